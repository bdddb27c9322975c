"""Files of stacks by chance: mutated, grown from the grammar, soup of tokens and of bytes, and extremes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.language.functions.table import TABLE
from reconciler.language.schema import Attribute, Block, Kind
from reconciler.language.schema_stack import RESOURCES, ROOT

ROOT_FOLDER = Path(__file__).parents[2]
SEEDS = sorted(
    (
        *ROOT_FOLDER.glob("stacks/*/*.hcl"),
        *ROOT_FOLDER.glob("docs/samples/*.hcl"),
        ROOT_FOLDER / "tests/language/full.hcl",
    )
)
TEXTS = tuple(file.read_text() for file in SEEDS)

TOKENS: tuple[str, ...] = (
    *"{}[]()=,.:;?!<>+-*/%&|\"'`~@#$^\\\n\t ",
    *(
        "${",
        "%{",
        "$${",
        "==",
        "!=",
        "<=",
        ">=",
        "&&",
        "||",
        "=>",
        "...",
        "::",
        "//",
        "/*",
        "*/",
        "[*]",
        ".*",
        "<<E",
        "<<-E",
    ),
    *(
        "\nE\n",
        "for",
        "in",
        "if",
        "else",
        "endif",
        "endfor",
        "true",
        "false",
        "null",
        "0",
        "1",
        "1e9",
        "-1.5",
        '""',
        '"x"',
    ),
    *(
        "var",
        "local",
        "each.key",
        "count.index",
        "self",
        "path.module",
        "dynamic",
        "\r\n",
        "\ufeff",
        "\x00",
        "é",
        "\u200b",
        "“",
    ),
    *(f'{word} "a" {{\n' for word in ("service", "task_definition", "module", "variable", "output")),
)
NAMES = ("a", "b", "web", "x-1", "größe", "_", "count", "for_each", "default")
CONSTRAINTS = (
    "string",
    "number",
    "bool",
    "any",
    "list(string)",
    "map(any)",
    "set(number)",
    "tuple([string])",
    "object({ a = string })",
)


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


# Mutated


def _mutated(chance: random.Random) -> dict[str, bytes]:
    text = chance.choice(TEXTS)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = chance.choice(MUTATIONS)(text, chance)
    return _one(text)


def _cut(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.choice((1, 1, 1, 5, 40)) :]


def _insert(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + chance.choice(TOKENS) + text[start:]


def _truncate(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _swap_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines)


def _repeat_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    position = chance.randrange(len(lines))
    return "\n".join([*lines[:position], lines[position], *lines[position:]])


def _splice(text: str, chance: random.Random) -> str:
    other = chance.choice(TEXTS).split("\n")
    start = chance.randrange(len(other))
    lines = text.split("\n")
    position = chance.randrange(len(lines))
    return "\n".join([*lines[:position], *other[start : start + 5], *lines[position:]])


def _new_value(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if "=" in line]
    if places:
        position = chance.choice(places)
        lines[position] = lines[position].partition("=")[0] + "= " + _expression(chance, 3)
    return "\n".join(lines)


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _cut,
    _insert,
    _truncate,
    _swap_lines,
    _repeat_line,
    _splice,
    _new_value,
)


# Grown


def _grown(chance: random.Random) -> dict[str, bytes]:
    return _one("".join(_block(chance.choice(ROOT.blocks), chance, 0) for _ in range(chance.randrange(1, 7))))


def _block(schema: Block, chance: random.Random, depth: int) -> str:
    indent = "  " * depth
    label = f' "{chance.choice(NAMES)}"' if schema.labelled else ""
    lines = [f"{indent}{schema.word}{label} {{"]
    chosen = [each for each in schema.attributes if each.required or chance.random() < 0.25]
    lines += [f"{indent}  {each.name} = {_value(each, chance)}" for each in chosen]
    if schema.free or chance.random() < 0.05:
        lines.append(f"{indent}  {chance.choice(NAMES)} = {_expression(chance, 3)}")
    lines += [_block(each, chance, depth + 1) for each in schema.blocks if each.required or chance.random() < 0.15]
    return "\n".join([*lines, f"{indent}}}\n"])


def _value(attribute: Attribute, chance: random.Random) -> str:
    if chance.random() < 0.1:
        return _expression(chance, 3)
    if attribute.choices:
        return f'"{chance.choice(attribute.choices)}"'
    kinds: dict[Kind, tuple[str, ...]] = {
        Kind.STRING: ('"x"', '"${var.a}"', '"."', '"/tmp"'),
        Kind.INTEGER: ("1", "0", "64", "-1", "80"),
        Kind.BOOL: ("true", "false"),
        Kind.DURATION: ('"1s"', "5", '"x"'),
        Kind.STRINGS: ('["a", "b"]', "[]"),
        Kind.INTEGERS: ("[1]", "[]"),
        Kind.MAP: ('{ A = "b" }', "{}"),
        Kind.EXPRESSION: (*CONSTRAINTS, "1", "true", '"m"', "toset([])", "2"),
    }
    of = chance.choice(attribute.of) if attribute.of else "service"
    reference = f"{of}.{chance.choice(NAMES)}"
    return chance.choice(kinds.get(attribute.kind, (reference, f"[{reference}]", f"{{ A = {reference} }}")))


def _expression(chance: random.Random, depth: int) -> str:
    if depth <= 0 or chance.random() < 0.3:
        return chance.choice((*_literals(chance), _reference(chance), _reference(chance)))
    inner = [_expression(chance, depth - 1) for _ in range(3)]
    name = chance.choice((*TABLE, "try", "can"))
    return chance.choice(
        (
            f"[{inner[0]}, {inner[1]}]",
            f"{{ a = {inner[0]}, ({inner[1]}) = {inner[2]} }}",
            f"({inner[0]} {chance.choice(('+', '-', '*', '/', '%', '==', '<', '&&', '||', '!='))} {inner[1]})",
            f"({inner[0]} ? {inner[1]} : {inner[2]})",
            f"{chance.choice('-!')}({inner[0]})",
            f"{name}({', '.join(inner[: chance.randrange(4)])})",
            f"{name}({inner[0]}...)",
            f'"a ${{{inner[0]}}} %{{ if {inner[1]} }}b%{{ endif }}"',
            f"[for x in {inner[0]} : {inner[1]}]",
            f"{{ for k, v in {inner[0]} : k => v... if {inner[1]} }}",
            f"{inner[0]}[*].a",
            f"{inner[0]}[{inner[1]}]",
            f"({inner[0]}).{chance.choice(NAMES)}",
            f"<<-E\n  x ${{{inner[0]}}}\nE\n",
        )
    )


def _literals(chance: random.Random) -> tuple[str, ...]:
    return ("null", "true", str(chance.randrange(-9, 1000)), "1.5e3", f'"{chance.choice(NAMES)}"', "[]", "{}", '"1"')


def _reference(chance: random.Random) -> str:
    root = chance.choice(
        ("var", "local", "module", "path", "stack", "each", "count", "self", "x", "data", *RESOURCES)
    )
    return ".".join(
        [root, *(chance.choice((*NAMES, "name", "key", "value", "index")) for _ in range(chance.randrange(3)))]
    )


# Soups


def _tokens(chance: random.Random) -> dict[str, bytes]:
    return _one("".join(chance.choice(TOKENS) for _ in range(chance.randrange(1, 120))))


def _bytes(chance: random.Random) -> dict[str, bytes]:
    size = chance.randrange(1, 400)
    return _one(chance.randbytes(size) if chance.random() < 0.3 else bytes(chance.choices(range(9, 127), k=size)))


# Extremes


def _extreme(chance: random.Random) -> dict[str, bytes]:
    many = chance.choice((10, 65, 1000, 20_000))
    inner = chance.choice(EXTREMES)
    return _one(inner(many, chance))


EXTREMES: tuple[Callable[[int, random.Random], str], ...] = (
    lambda many, chance: f"locals {{\n  a = {chance.choice('([{') * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = {'(' * many}1{')' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = {'[' * many}{']' * many}\n}}\n",
    lambda many, chance: "locals {\n  a = 1" + f" {chance.choice('+-*&|')} 1" * many + "\n}\n",
    lambda many, chance: f"locals {{\n  a = {'!' * many}true\n}}\n",
    lambda many, chance: "locals {\n  a = " + "true ? 1 : " * many + "2\n}\n",
    lambda many, chance: f"locals {{\n  a = var{'.x' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = x{'[0]' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = x{'[*]' * many}\n}}\n",
    lambda many, chance: f'locals {{\n  a = "{"${" * many}1{"}" * many}"\n}}\n',
    lambda many, chance: f'locals {{\n  a = "{"%{ if true }" * many}"\n}}\n',
    lambda many, chance: f'locals {{\n  a = "{"x" * many * 10}"\n}}\n',
    lambda many, chance: f"locals {{\n  a = {'9' * many}\n}}\n",
    lambda many, chance: f"locals {{\n  a = 1e{many}\n  b = 10000000000 % (1 / 3)\n}}\n",
    lambda many, chance: f"{'a' * many} = 1\n",
    lambda many, chance: "b {\n" * many,
    lambda many, chance: "}\n" * many,
    lambda many, chance: "a = = 1\n" * min(many, 2000),
    lambda many, chance: 'a "x {\n' * min(many, 2000),
    lambda many, chance: "a = <<E\n" * min(many, 2000),
    lambda many, chance: "/*" * many,
    lambda many, chance: "".join(
        f"locals {{\n  a{each} = local.a{each + 1}\n}}\n" for each in range(min(many, 2000))
    ),
    lambda many, chance: f"locals {{\n  a = range({many}00000)\n  b = [for x in range(1000) : range(1000)]\n}}\n",
    lambda many, chance: f'network "x" {{\n  count = {many}\n}}\n',
    lambda many, chance: f'network "x" {{\n  for_each = toset([for x in range({many}) : tostring(x)])\n}}\n',
    lambda many, chance: (
        'locals {\n  a = join("", [for x in range(1000) : format("%0999d", 1)])\n  b = "${local.a}${local.a}"\n}\n'
    ),
    lambda many, chance: (
        "locals {\n"
        + f'  a0 = "{"x" * 100}"\n'
        + "".join(f'  a{n + 1} = "${{local.a{n}}}${{local.a{n}}}"\n' for n in range(40))
        + "}\n"
    ),
    lambda many, chance: f'module "m" {{\n  source = "."\n  count = {many}\n}}\n',
    lambda many, chance: (
        f'locals {{\n  a = regex("(a*)*b", "{"a" * min(many, 25)}")\n  b = [for a in [1] : [for b in [a] : b]]\n}}\n'
    ),
)


# JSON


def _json(chance: random.Random) -> dict[str, bytes]:
    text = json.dumps(_json_value(chance, 5, ROOT), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.5:
        text = chance.choice((_cut, _insert, _truncate))(text, chance)
    return _one(text, chance.choice(("main.hcl.json", "main.hcl.json", "x.auto.vars.hcl.json")))


def _json_value(chance: random.Random, depth: int, schema: Block) -> object:
    names = [each.name for each in schema.attributes] + [each.word for each in schema.blocks]
    if depth <= 0 or chance.random() < 0.2:
        text = "${" + _expression(chance, 2) + "}"
        return chance.choice(
            (None, True, 1, -1.5, 10**30, "x", "", text, text, "service.web", [], {}, "\ud800", "//")
        )
    if chance.random() < 0.2:
        return [_json_value(chance, depth - 1, schema) for _ in range(chance.randrange(3))]
    chosen = chance.sample([*names, *NAMES, "//", "dynamic"], chance.randrange(5))
    return {name: _json_value(chance, depth - 1, schema.block(name) or schema) for name in chosen}


# Folders


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
