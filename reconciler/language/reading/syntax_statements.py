"""What is wrong with an attribute or a block: rules, each of which has an answer or none."""

from __future__ import annotations

import re

from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_spot import LABEL, WORD, Opener, Spot

NO_SIGNS = tuple("$@^~\\")
"""Signs that nothing begins with: they are shown themselves."""

_BRACE_BELOW = 'the block\'s "{" stands on the next line'
_LINES = "Each attribute and each block stands on a line of its own."


def statement(here: Spot) -> Problem | None:
    """An attribute is `name = value`: a name with something else behind it is shown as a whole."""
    if not here.is_in_body:
        return None
    alone = re.fullmatch(rf"({WORD})\s*", here.statement)
    if alone is None:
        return None
    name = alone[1]
    if not here.rest and _next_line(here).startswith("{"):
        return here.problem("E0101", _BRACE_BELOW, f"Write `{name} {{`.", here.from_statement(0))
    for pattern, code, summary, detail in _AFTER_NAME:
        found = re.match(pattern, here.rest)
        if found:
            parts = {"name": name, "found": found[0].strip()}
            place = here.from_statement(len(found[0].rstrip()))
            if not found[0]:
                place = (*place[:3], place[1] + len(name))
            return Problem(code, summary.format(**parts), detail.format(**parts), place)
    if not here.shown.isascii() or here.shown in (*NO_SIGNS, "{"):
        return None
    place = here.from_statement(len(here.shown))
    return Problem("E0101", f'{here.named} does not fit behind "{name}"', _VALUE_OR_BLOCK.format(name=name), place)


_VALUE_OR_BLOCK = "Write `{name} = ...`, or `{name} {{ ... }}` for a block."
_AFTER_NAME = (
    (r":$", "E0105", 'there is no ":" behind a name', _VALUE_OR_BLOCK),
    (r"\d[^{]*(?=\{)", "E0105", "a label stands in quotes", 'Write `{name} "{found}" {{`.'),
    (r":=?|=>|===?|[-+*/]=", "E0105", 'an attribute is set with "="', "Write `{name} = ...`."),
    (
        r"[.\[][^=]*(?==)",
        "E0105",
        "only a plain name can be set, not {name}{found}",
        "Set all of it: `{name} = ...`.",
    ),
    (r"$|\}", "E0101", 'nothing follows the name "{name}"', _VALUE_OR_BLOCK),
    (r"[\d\[-]\S*", "E0101", '"=" is missing behind "{name}"', "Write `{name} = {found}`."),
    (r"\(", "E0101", '"{name}(" does not begin an attribute', _VALUE_OR_BLOCK),
)


def header(here: Spot) -> Problem | None:
    """A block is `type "label" {` on one line."""
    if not here.is_in_body or not re.fullmatch(rf"{WORD}(\s+{LABEL})+\s*", here.statement):
        return None
    header = here.statement.strip()
    block = f"Write `{header} {{`."
    if not here.rest:
        if _next_line(here).startswith("{"):
            return here.problem("E0101", _BRACE_BELOW, block)
        detail = f"{block[:-1]} for a block, `{header.split()[0]} = ...` for an attribute."
        return here.problem("E0101", f'neither "=" nor "{{" follows `{header}`', detail)
    if here.rest[0] in "=:" and not here.rest.rstrip().endswith("{"):
        name = header.split()[-1]
        return here.problem("E0105", f'one name stands before "{here.rest[0]}"', f"Write `{name} = ...`.")
    if here.rest[0] in "=:":
        return here.problem("E0105", f'a block has no "{here.rest[0]}"', block)
    if here.rest[0] in "([":
        return here.problem("E0105", f'a block is opened with "{{", not with "{here.rest[0]}"', block)
    if here.rest[0] in ".," and "{" in here.rest:
        return here.problem("E0105", f'labels are not joined with "{here.rest[0]}"', 'Write `type "label" {`.')
    if "{" not in here.rest and "=" not in here.rest:
        return here.problem("E0101", "this line is neither an attribute nor a block", "A comment begins with #.")
    return None


def _next_line(here: Spot) -> str:
    return "\n".join(here.text.split("\n")[here.line :]).lstrip()


def one_line_block(here: Spot) -> Problem | None:
    """A block on one line holds one attribute."""
    inner = here.innermost
    if inner is None or not inner.is_body or inner.line != here.line:
        return None
    if here.rest.startswith("{") and re.match(rf"{WORD}(\s+{LABEL})*\s*$", here.statement):
        place = here.from_statement(0)
        return Problem("E0102", "a block on one line holds no other block", _LINES, (*place[:3], here.column))
    if here.rest.startswith("{") and here.before.rstrip().endswith("{"):
        return here.problem("E0101", 'one "{" is enough', "Remove one of them.")
    detail = "Close it on the same line, or put every attribute on a line of its own."
    if here.rest.startswith(","):
        detail = f"Put every attribute on a line of its own; `{_block_type(inner, here)} = {{ ... }}` is a map."
    return here.problem("E0102", "a block on one line holds one attribute and ends on that line", detail)


def _block_type(opened: Opener, here: Spot) -> str:
    found = re.search(rf"({WORD})(\s+{LABEL})*\s*\Z", here.before[: opened.column - 1])
    return found[1] if found else "name"


def new_line(here: Spot) -> Problem | None:
    """What follows a whole value begins a new line."""
    whole = here.is_in_body or here.is_in_object
    begun = "=" in here.before or here.before.rstrip().endswith(("}", '"'))
    if not (whole and here.follows_value and begun and re.match(r"[\w\"{\[(]", here.rest)):
        return None
    if here.rest.count('"') % 2:
        return here.problem("E0105", "a quote is missing or too many in this line", "Put the text in one pair.")
    if here.is_in_object:
        return here.problem("E0102", f"a comma is missing before {here.named}", "Or begin a new line with it.")
    return here.problem("E0102", f"{here.named} must begin a new line", _LINES)


def line_begins(here: Spot) -> Problem | None:
    """A line of a body begins with a name."""
    if not (here.begins_line and here.is_in_body) or re.match(WORD, here.rest):
        return None
    quoted = re.match(r"\"([^\"]*)\"\s*[=:{]", here.rest)
    if quoted and quoted[0][-1] != "{":
        return here.problem("E0101", "an attribute's name stands without quotes", f"Write `{quoted[1]} = ...`.")
    if here.rest.startswith("{") and here.innermost is None:
        detail = 'Write `type "label" { ... }`; a stack in JSON has a name that ends in .hcl.json.'
        return here.problem("E0101", 'a block begins with its type, not with "{"', detail)
    if here.rest[0].isdigit():
        return here.problem("E0101", "a name does not begin with a digit", "Begin with a letter or _.")
    if here.rest[0] in '?:+-*/%&|=<>."':
        detail = "An expression goes on in the next line only inside ( )."
        return here.problem("E0101", f"{here.named} does not begin a line", detail)
    detail = 'Begin with a name: `name = value` for an attribute, `type "label" { ... }` for a block.'
    return here.problem("E0101", f"{here.named} does not fit here", detail)
