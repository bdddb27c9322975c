"""What is wrong within an expression: rules, each of which has an answer or none."""

from __future__ import annotations

import re

from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_spot import LABEL, WORD, Spot
from reconciler.language.reading.syntax_unclosed import never_closed, still_open, superfluous

CLOSERS = "})]"
_DIRECTIVES = ("if", "else", "endif", "for", "endfor")


def interpolation(here: Spot) -> Problem | None:
    """`${` and `%{` hold one expression or directive, and are closed."""
    inner = here.innermost
    if inner is None or inner.kind not in ("INTERP_START", "DIRECTIVE_START"):
        return None
    if here.rest.startswith('"') and not here.begins_line and here.follows_value:
        return never_closed(here.text, inner)
    if inner.kind == "DIRECTIVE_START" and here.before.rstrip().endswith("{") and here.shown not in _DIRECTIVES:
        detail = 'There are "if", "else", "endif", "for" and "endfor".'
        return here.problem("E0101", f'"{here.shown}" is no directive', detail)
    if here.rest.startswith("}") and not here.follows_value:
        return here.problem("E0101", "an expression is missing before this brace", f"Write {inner.text} value }}.")
    if here.follows_value and re.match(r"[\w\"\[({]", here.rest):
        return here.problem("E0101", f'"}}" or an operator is missing before {here.named}', "Add it.")
    return None


def for_expression(here: Spot) -> Problem | None:
    """`for x in list : value`, or `for k, v in map : key => value` in braces."""
    inner = here.innermost
    if inner is None or inner.kind not in ("LSQB", "FOR_BRACE") or inner.line != here.line:
        return None
    inside = here.before[inner.column :]
    if not re.match(r"\s*for\b", inside):
        return None
    shape = "[for x in list : value]" if inner.kind == "LSQB" else "{for k, v in map : k => v}"
    result = re.search(r":\s*([^:]*?)\s*\Z", inside)
    if result and inner.kind == "FOR_BRACE" and "=>" not in inside and here.rest[:1] in ("}", ":"):
        column = inner.column + result.start(1) + 1 if here.rest.startswith("}") else here.column
        place = (here.line, column, here.line, max(here.column, column + 1))
        return Problem(
            "E0101", '"=>" is missing: in braces a for expression gives keys too', f"Write {shape}.", place
        )
    missing = '"in"' if not re.search(r"\bin\b", inside) else '":"' if ":" not in inside else ""
    return here.problem("E0101", f"{missing} is missing before {here.named}", f"Write {shape}.") if missing else None


def closer(here: Spot) -> Problem | None:
    """A bracket closes what was opened last, once that is whole."""
    if here.shown not in CLOSERS or not here.shown:
        return None
    inner = here.innermost
    if inner is None or inner.closer != here.shown:
        suspect = superfluous(here.text, here.line) if here.shown == "}" else None
        detail = "Remove it, or add what it closes."
        if suspect is not None:
            detail += f" By the indentation, that of line {suspect} is one too many."
        return here.problem("E0101", f'"{here.shown}" closes nothing', detail)
    if here.before.rstrip().endswith(inner.text):
        return here.problem("E0101", f'nothing stands in "{inner.text}{inner.closer}"', "Write an expression in it.")
    return here.problem("E0101", f'something is missing before "{here.shown}"', "Finish the expression before it.")


def item(here: Spot) -> Problem | None:
    """Items of a list and arguments of a call are separated with commas."""
    inner = here.innermost
    if inner is None or inner.kind not in ("LPAR", "LSQB"):
        return None
    if re.match(r"=(?![=>])", here.rest):
        name = re.search(rf"{WORD}\s*\Z", here.before)
        if name and not here.before[: name.start()].strip():
            return still_open(here, inner, f'"{name[0].strip()}"')
        return here.problem("E0105", 'there is no "=" in an expression', "Write == to compare.")
    if not here.follows_value and not here.begins_line:
        return None
    if here.begins_line and re.match(rf"{WORD}(\s+{LABEL})*\s*(=(?!=)|\{{)", here.rest):
        return still_open(here, inner, f'"{here.shown}"')
    if here.shown[0] in "=<>?&|,:":
        return None
    return here.problem("E0106", f"a comma is missing before {here.named}", "Separate the items with commas.")


def comma(here: Spot) -> Problem | None:
    """Commas stand between values, in [ ] and ( )."""
    if not here.rest.startswith(","):
        return None
    key = re.search(rf"[{{,]\s*({WORD}|\"[^\"]*\")\s*\Z", here.before)
    if here.is_in_object and key:
        return here.problem(
            "E0101", f"the value of {key[1]} is missing", f"Write `{key[1]} = ...`; a list is [ ... ]."
        )
    if here.innermost is not None and here.innermost.kind == "LPAR" and here.follows_value:
        return here.problem("E0101", "parentheses hold one expression", "Write [ ... ] for a list.")
    if here.is_in_body and here.follows_value:
        return here.problem("E0101", "no comma stands between attributes or blocks", "Remove it.")
    return here.problem("E0101", "a value is missing before this comma", "Remove the comma, or add the value.")


def line_ended(here: Spot) -> Problem | None:
    """An expression ends on its line, but for brackets."""
    if here.rest:
        return None
    name = re.search(rf"({WORD})\s*=\s*\Z", here.before)
    if name:
        return here.problem("E0101", f'the value of "{name[1]}" is missing', f"Write `{name[1]} = ...`.")
    detail = "Finish it on this line; only inside ( ) and [ ] may an expression go on in the next."
    return here.problem("E0101", "the line ends in the middle of an expression", detail)
