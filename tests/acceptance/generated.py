"""Files of stacks by chance: mutated, grown from the grammar, soup of tokens and of bytes, and extremes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from reconciler.language.schema import Block
from reconciler.language.schema_stack import ROOT

from .extremes import EXTREMES
from .grown import NAMES, block, expression
from .mutations import MUTATIONS, TEXTS, TOKENS, cut, insert, truncate


class Generated(NamedTuple):
    """A folder of files, and how it came about."""

    kind: str
    files: dict[str, bytes]


def generated(count: int, seed: int) -> Iterator[Generated]:
    """Yield so many folders, of every kind in turn; the same for the same seed."""
    kinds = list(KINDS.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        yield Generated(kind, make(random.Random(f"{seed} {number}")))


def _one(text: str | bytes, name: str = "main.hcl") -> dict[str, bytes]:
    return {name: text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")}


def _mutated(chance: random.Random) -> dict[str, bytes]:
    text = chance.choice(TEXTS)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = chance.choice(MUTATIONS)(text, chance)
    return _one(text)


def _grown(chance: random.Random) -> dict[str, bytes]:
    return _one("".join(block(chance.choice(ROOT.blocks), chance, 0) for _ in range(chance.randrange(1, 7))))


def _tokens(chance: random.Random) -> dict[str, bytes]:
    return _one("".join(chance.choice(TOKENS) for _ in range(chance.randrange(1, 120))))


def _bytes(chance: random.Random) -> dict[str, bytes]:
    size = chance.randrange(1, 400)
    return _one(chance.randbytes(size) if chance.random() < 0.3 else bytes(chance.choices(range(9, 127), k=size)))


def _extreme(chance: random.Random) -> dict[str, bytes]:
    many = chance.choice((10, 65, 1000, 20_000))
    inner = chance.choice(EXTREMES)
    return _one(inner(many, chance))


def _json(chance: random.Random) -> dict[str, bytes]:
    text = json.dumps(_json_value(chance, 5, ROOT), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.5:
        text = chance.choice((cut, insert, truncate))(text, chance)
    return _one(text, chance.choice(("main.hcl.json", "main.hcl.json", "x.auto.vars.hcl.json")))


def _json_value(chance: random.Random, depth: int, schema: Block) -> object:
    names = [each.name for each in schema.attributes] + [each.word for each in schema.blocks]
    if depth <= 0 or chance.random() < 0.2:
        text = "${" + expression(chance, 2) + "}"
        return chance.choice(
            (None, True, 1, -1.5, 10**30, "x", "", text, text, "service.web", [], {}, "\ud800", "//")
        )
    if chance.random() < 0.2:
        return [_json_value(chance, depth - 1, schema) for _ in range(chance.randrange(3))]
    chosen = chance.sample([*names, *NAMES, "//", "dynamic"], chance.randrange(5))
    return {name: _json_value(chance, depth - 1, schema.block(name) or schema) for name in chosen}


def _folder(chance: random.Random) -> dict[str, bytes]:
    """A module and a file of values beside a stack, each mutated or not."""
    module = 'variable "v" {\n  type = string\n}\nnetwork "n" {\n}\noutput "o" {\n  value = network.n.name\n}\n'
    main = 'variable "a" {}\nmodule "m" {\n  source = "./m"\n  v = var.a\n}\noutput "o" {\n  value = module.m.o\n}\n'
    parts = {"m/m.hcl": module, "main.hcl": main, "x.auto.vars.hcl": 'a = "b"\n'}
    for name in parts:
        if chance.random() < 0.6:
            parts[name] = chance.choice(MUTATIONS)(parts[name], chance)
    return {name: text.encode("utf-8", "surrogatepass") for name, text in parts.items()}


KINDS: dict[str, Callable[[random.Random], dict[str, bytes]]] = {
    "mutated": _mutated,
    "grown": _grown,
    "mutated again": _mutated,
    "tokens": _tokens,
    "bytes": _bytes,
    "extreme": _extreme,
    "json": _json,
    "folder": _folder,
}
