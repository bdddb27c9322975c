"""What a stack's files may say: one declarative table of blocks and attributes, the source of checks and of docs.

An attribute has a kind, bounds and a one-line description; a block has attributes and blocks. What other tools know
and we do not is named too, so that the answer is better than "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.language.expressions.access import similar


class Kind(StrEnum):
    """What an attribute holds; the text is how the reference names it."""

    STRING = "string"
    INTEGER = "whole number"
    NUMBER = "number"
    BOOL = "bool"
    DURATION = "duration"
    STRINGS = "list of strings"
    INTEGERS = "list of whole numbers"
    MAP = "map of strings"
    REFERENCE = "reference"
    REFERENCES = "list of references"
    REFERENCE_MAP = "map of references"
    ANY = "any value"
    EXPRESSION = "expression"
    """Not evaluated with the block: a type, a condition, a meta-argument."""


class Attribute(NamedTuple):
    """`name = ...`. `of` are the block types a reference may name; durations have bounds in seconds."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    """Choices that come with a later version."""
    unsupported: Mapping[str, str] = {}
    """What ELB or ECS can be told here and we cannot -> what to do instead."""


class Block(NamedTuple):
    """`word "label" { ... }`. `field` is the model's name for it; `labelled` blocks are told apart by their label."""

    word: str
    doc: str
    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()
    field: str = ""
    labelled: bool = False
    repeated: bool = False
    required: bool = False
    aws_only: Mapping[str, str] = {}
    """Name -> what to use instead."""
    later: Mapping[str, str] = {}
    """Name -> what it will be for."""
    free: bool = False
    """Whether attributes of any name are allowed (locals)."""

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name."""
        for each in self.attributes:  # the innermost loop of decoding: a generator would take twice as long
            if each.name == name:
                return each
        return None

    def block(self, word: str) -> Block | None:
        """Return the block of that name."""
        for each in self.blocks:
            if each.word == word:
                return each
        return None


META = (
    Attribute("count", Kind.EXPRESSION, "How many of the block to make; `count.index` tells them apart."),
    Attribute(
        "for_each", Kind.EXPRESSION, "A map or set of strings: one of the block for each entry, as `each.key`."
    ),
)
"""What every resource block takes."""

_CONDITION = (
    Attribute("condition", Kind.EXPRESSION, "True when all is well.", required=True),
    Attribute("error_message", Kind.EXPRESSION, "What to say when it is not.", required=True),
)

PRECONDITION = Block("precondition", "What must hold before the block is evaluated.", _CONDITION, repeated=True)

LIFECYCLE = Block(
    "lifecycle",
    "How changes of the block are treated. Everything here may be an expression.",
    (
        Attribute("prevent_destroy", Kind.BOOL, "Whether a plan that removes it is an error.", default=False),
        Attribute(
            "ignore_changes",
            Kind.EXPRESSION,
            "Attributes that keep what they have once the block is applied: [desired_count], or all.",
        ),
        Attribute(
            "replace_triggered_by", Kind.EXPRESSION, "Values whose change replaces the tasks of a service, in a list."
        ),
        Attribute(
            "create_before_destroy",
            Kind.BOOL,
            "Known from Terraform. Of a service the percents in deployment_configuration say it.",
        ),
    ),
    (
        PRECONDITION,
        Block(
            "postcondition",
            "What must hold once the block is evaluated, and once it runs; `self` is the block.",
            _CONDITION,
            repeated=True,
        ),
    ),
)


LIFECYCLE_SHOWN = "service"
"""The block whose lifecycle the reference describes: there all of it has a meaning."""


def find(path: str) -> Block | Attribute | None:
    """Return the block or attribute at a path such as `task_definition.container.image`, or `container.image`."""
    words = path.split(".")
    inner = (block for root in _roots() for block in _every_block(root))
    candidates = (_descend(block, words) for block in (*_roots(), *inner))
    return next((each for each in candidates if each is not None), None)


def _roots() -> tuple[Block, Block]:
    """Return the tables of a stack's files and of test files."""
    from reconciler.language.schema_stack import ROOT
    from reconciler.language.testing.schema import TEST_FILE

    return ROOT, TEST_FILE


def _descend(block: Block, words: list[str]) -> Block | Attribute | None:
    for position, word in enumerate(words):
        inner = block.block(word)
        if inner is None:
            return block.attribute(word) if position == len(words) - 1 else None
        block = inner
    return block


def step_into(block: Block, words: list[str]) -> tuple[bool, str]:
    """Say whether a path of the stack language is inside a block, and what was meant if it is not.

    Labels of blocks, and the keys of maps and of what tells repeated blocks apart, may be any word.
    """
    for position, word in enumerate(words):
        attribute, inner = block.attribute(word), block.block(word)
        if attribute is not None:
            return attribute.kind in (Kind.MAP, Kind.REFERENCE_MAP) or position == len(words) - 1, ""
        if inner is None:
            close = similar(word, [*(each.name for each in block.attributes), *(each.word for each in block.blocks)])
            return False, close or "See `reconciler docs` for what there is."
        if inner.labelled or inner.repeated:
            rest = words[position + 2 :]
            return step_into(inner, rest) if rest else (True, "")
        block = inner
    return True, ""


def _every_block(block: Block) -> list[Block]:
    return [block, *(inner for each in block.blocks for inner in _every_block(each))]


def paths() -> list[str]:
    """Return the path of every block and attribute, in the order of the reference."""
    return [path for root in _roots() for block in root.blocks for path in _paths(block, block.word)]


def _paths(block: Block, path: str) -> list[str]:
    attributes = [f"{path}.{each.name}" for each in block.attributes]
    return [path, *attributes, *(inner for each in block.blocks for inner in _paths(each, f"{path}.{each.word}"))]


def default_text(attribute: Attribute) -> str:
    """Return an attribute's default as a stack would say it, empty when there is none."""
    value = attribute.default
    if value is None:
        return ""
    if attribute.kind is Kind.DURATION:
        return f'"{value}s"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def describe(attribute: Attribute) -> str:
    """Return one line: kind, need, default, bounds, description."""
    return f"{attribute.doc} *({'; '.join(facts(attribute))})*"


def facts(attribute: Attribute) -> list[str]:
    """Return an attribute's kind, need, default and bounds."""
    found = [f"{attribute.kind}" + (f" to {' or '.join(attribute.of)}" if attribute.of else "")]
    if attribute.required:
        found.append("required")
    if default_text(attribute):
        found.append(f"default {default_text(attribute)}")
    if attribute.choices:
        which = "any" if attribute.kind is Kind.STRINGS else "one"
        found.append(f"{which} of " + ", ".join(f'"{choice}"' for choice in attribute.choices))
    return found + _bounds(attribute)


def _bounds(attribute: Attribute) -> list[str]:
    unit = " s" if attribute.kind is Kind.DURATION else ""
    low, high = attribute.minimum, attribute.maximum
    if low is not None and high is not None:
        return [f"{low:.12g} to {high:.12g}{unit}"]
    if low:
        return [f"from {low:.12g}{unit}"]
    return [f"up to {high:.12g}{unit}"] if high is not None else []


def reference_markdown() -> str:
    """Return the whole table as Markdown: one section a block, one row an attribute."""
    lines = [
        "# Reference of the stack language",
        "",
        "Every block and attribute, made from the table that checks stacks.",
        "",
    ]
    for block in (each for root in _roots() for each in root.blocks):
        lines += _section(block, block.word, 2)
    return "\n".join(lines)


def _section(block: Block, path: str, level: int) -> list[str]:
    label = ' "name"' if block.labelled else ""
    lines = [f"{'#' * min(level, 4)} `{path}{label}`", "", block.doc, ""]
    lines += [f"- `{each.name}`: {describe(each)}" for each in block.attributes]
    lines += [f"- `{each.word}`: a block, {times(each)}: {_where(each, path)}." for each in block.blocks]
    lines += [""] if block.attributes or block.blocks else []
    for each in block.blocks:
        if each is not LIFECYCLE or path == LIFECYCLE_SHOWN:
            lines += _section(each, f"{path}.{each.word}", level + 1)
    return lines


def _where(block: Block, path: str) -> str:
    is_elsewhere = block is LIFECYCLE and path != LIFECYCLE_SHOWN
    return f"see `{LIFECYCLE_SHOWN}.{block.word}`" if is_elsewhere else "see below"


def times(block: Block) -> str:
    """Return how often a block may stand in the one around it."""
    if block.labelled or block.repeated:
        return "at least once" if block.required else "any number of times"
    return "once" if block.required else "at most once"
