"""Stacks as people write them, and small damages to a text, as editing does them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from .grown import expression

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


def cut(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.choice((1, 1, 1, 5, 40)) :]


def insert(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + chance.choice(TOKENS) + text[start:]


def truncate(text: str, chance: random.Random) -> str:
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
        lines[position] = lines[position].partition("=")[0] + "= " + expression(chance, 3)
    return "\n".join(lines)


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    cut,
    insert,
    truncate,
    _swap_lines,
    _repeat_line,
    _splice,
    _new_value,
)
