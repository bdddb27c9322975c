"""Blocks and expressions by chance, grown from the table of blocks: most of them mean something."""

from __future__ import annotations

import random

from reconciler.language.functions.table import TABLE
from reconciler.language.schema import Attribute, Block, Kind
from reconciler.language.schema_stack import RESOURCES

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


def block(schema: Block, chance: random.Random, depth: int) -> str:
    indent = "  " * depth
    label = f' "{chance.choice(NAMES)}"' if schema.labelled else ""
    lines = [f"{indent}{schema.word}{label} {{"]
    chosen = [each for each in schema.attributes if each.required or chance.random() < 0.25]
    lines += [f"{indent}  {each.name} = {_value(each, chance)}" for each in chosen]
    if schema.free or chance.random() < 0.05:
        lines.append(f"{indent}  {chance.choice(NAMES)} = {expression(chance, 3)}")
    lines += [block(each, chance, depth + 1) for each in schema.blocks if each.required or chance.random() < 0.15]
    return "\n".join([*lines, f"{indent}}}\n"])


def _value(attribute: Attribute, chance: random.Random) -> str:
    if chance.random() < 0.1:
        return expression(chance, 3)
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


def expression(chance: random.Random, depth: int) -> str:
    if depth <= 0 or chance.random() < 0.3:
        return chance.choice((*_literals(chance), _reference(chance), _reference(chance)))
    inner = [expression(chance, depth - 1) for _ in range(3)]
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
