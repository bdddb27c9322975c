"""What is wrong at the place where reading stopped: rules in order, of which the first that has an answer decides."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_habits import ANYWHERE, OPERATORS, VALUES, habit, odd_character
from reconciler.language.reading.syntax_spot import LABEL, WORD, Opener, Spot
from reconciler.language.reading.syntax_unclosed import never_closed, still_open, superfluous

CLOSERS = "})]"
NO_SIGNS = tuple("$@^~\\")
"""Signs that nothing begins with: they are shown themselves."""

_DIRECTIVES = ("if", "else", "endif", "for", "endfor")
_BRACE_BELOW = 'the block\'s "{" stands on the next line'
_LINES = "Each attribute and each block stands on a line of its own."


def explained(here: Spot) -> Problem:
    """Return the problem of a place."""
    return next(problem for rule in _RULES if (problem := rule(here)) is not None)


def _heredoc(here: Spot) -> Problem | None:
    """A heredoc whose end is missing is no token: reading stops at its first or second character."""
    begun = here.before.endswith("<") and here.rest.startswith("<")
    rest, column = ("<" + here.rest, here.column - 1) if begun else (here.rest, here.column)
    found = re.match(r"<<-?([^\W\d][\w.-]*)[ \t]*$", rest)
    if found is None:
        return None
    place = (here.line, column, here.line, column + len(found[0].rstrip()))
    detail = f"End it with a line that holds {found[1]} alone."
    return Problem("E0103", f"the heredoc <<{found[1]} is never closed", detail, place)


def _comment(here: Spot) -> Problem | None:
    begun = here.before.endswith("/") and here.rest.startswith("*")
    if not begun and not here.rest.startswith("/*"):
        return None
    column = here.column - begun
    place = (here.line, column, here.line, column + 2)
    return Problem("E0103", "the comment is never closed", "Add the closing */.", place)


def _string_over_lines(here: Spot) -> Problem | None:
    """An interpolation may go on in the next line, so that a quote missing in it shows far too late."""
    for position, each in enumerate(here.opened[:-1]):
        if each.kind == "DBLQUOTE" and each.line < here.line:
            inner = here.opened[position + 1]
            detail = f'Add the closing "{inner.closer}", or the quote that is missing in it.'
            return Problem("E0103", f'"{inner.text}" is never closed', detail, inner.place)
    return None


def _interpolation(here: Spot) -> Problem | None:
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
        return here.problem("E0101", f'"}}" or an operator is missing before {_named(here)}', "Add it.")
    return None


def _statement(here: Spot) -> Problem | None:
    """An attribute is `name = value`: a name with something else behind it is shown as a whole."""
    if not here.is_in_body:
        return None
    statement = re.fullmatch(rf"({WORD})\s*", here.statement)
    if statement is None:
        return None
    name = statement[1]
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
    return Problem("E0101", f'{_named(here)} does not fit behind "{name}"', _VALUE_OR_BLOCK.format(name=name), place)


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


def _next_line(here: Spot) -> str:
    return "\n".join(here.text.split("\n")[here.line :]).lstrip()


def _header(here: Spot) -> Problem | None:
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


def _one_line_block(here: Spot) -> Problem | None:
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


def _line_ended(here: Spot) -> Problem | None:
    if here.rest:
        return None
    name = re.search(rf"({WORD})\s*=\s*\Z", here.before)
    if name:
        return here.problem("E0101", f'the value of "{name[1]}" is missing', f"Write `{name[1]} = ...`.")
    detail = "Finish it on this line; only inside ( ) and [ ] may an expression go on in the next."
    return here.problem("E0101", "the line ends in the middle of an expression", detail)


def _closer(here: Spot) -> Problem | None:
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


def _for(here: Spot) -> Problem | None:
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
    return (
        here.problem("E0101", f"{missing} is missing before {_named(here)}", f"Write {shape}.") if missing else None
    )


def _item(here: Spot) -> Problem | None:
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
    return here.problem("E0106", f"a comma is missing before {_named(here)}", "Separate the items with commas.")


def _new_line(here: Spot) -> Problem | None:
    whole = here.is_in_body or here.is_in_object
    begun = "=" in here.before or here.before.rstrip().endswith(("}", '"'))
    if not (whole and here.follows_value and begun and re.match(r"[\w\"{\[(]", here.rest)):
        return None
    if here.rest.count('"') % 2:
        return here.problem("E0105", "a quote is missing or too many in this line", "Put the text in one pair.")
    if here.is_in_object:
        return here.problem("E0102", f"a comma is missing before {_named(here)}", "Or begin a new line with it.")
    return here.problem("E0102", f"{_named(here)} must begin a new line", _LINES)


def _comma(here: Spot) -> Problem | None:
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


def _line_begins(here: Spot) -> Problem | None:
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
        return here.problem("E0101", f"{_named(here)} does not begin a line", detail)
    detail = 'Begin with a name: `name = value` for an attribute, `type "label" { ... }` for a block.'
    return here.problem("E0101", f"{_named(here)} does not fit here", detail)


def _anywhere(here: Spot) -> Problem | None:
    return habit(here, ANYWHERE)


def _expression(here: Spot) -> Problem | None:
    if here.begins_line and here.is_in_body:
        return None
    return odd_character(here) or (habit(here, OPERATORS) if here.follows_value else None) or habit(here, VALUES)


def _misfit(here: Spot) -> Problem | None:
    return here.problem("E0101", f"{_named(here)} does not fit here", "Look for a typo just before it.")


def _named(here: Spot) -> str:
    return "a quote" if here.shown == '"' else f'"{here.shown}"'


_RULES: tuple[Callable[[Spot], Problem | None], ...] = (
    _heredoc,
    _comment,
    _string_over_lines,
    _anywhere,
    _statement,
    _header,
    _interpolation,
    _expression,
    _one_line_block,
    _line_ended,
    _for,
    _closer,
    _item,
    _comma,
    _new_line,
    _line_begins,
    odd_character,
    _misfit,
)
