"""Habits of other languages and of keyboards, by what they look like, and what to write instead: a table of patterns.

Each row is tried against the text from the place on where reading stopped; the first that matches decides.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_spot import Spot


class Habit(NamedTuple):
    """What is recognised by `rest` after `before`.

    In the texts `{0}` is what `rest` matched, `{1}` its first group, and `{2}` the word before it.
    """

    rest: str
    summary: str
    detail: str
    before: str = ""


_IN_QUOTES = ("text stands in quotes", 'Put the whole value in quotes: "{2}{0}".')
_COMMENT = 'a comment begins with "#"'
_IS_EQUAL = ('equality is "=="', "Write == or !=.")
_TEST = "Write `condition ? value : otherwise`."
_AND_OR = ('"{1}" is no operator', "Write && for and, || for or.")

ANYWHERE = (
    Habit(r"<{7}|={7}|>{7}|\|{7}", "this is a mark of a merge conflict", "Keep one version, and remove the marks."),
    Habit(r"'[^']*'?", "strings are written in double quotes", "Write \"...\" instead of '...'."),
    Habit(r"[“”„‟«»‘’‚′″][^“”„‟«»‘’′″\"]*[“”„‟«»‘’′″\"]?", "this is no plain double quote", 'Write " instead.'),
    Habit(r"`{3}", "this is a mark of Markdown", "Remove the line."),
    Habit(r"`[^`]*`?", "strings are written in double quotes", 'Write "..." instead.'),
    Habit(r"<!--", _COMMENT, "Write # instead of <!-- ... -->."),
    Habit(r"--", _COMMENT, "Write # instead of --.", r"^\s*$"),
    Habit(r";", "there are no semicolons", "Begin a new line instead."),
    Habit(r"\*/", "no comment ends here", "Remove the */, or add the /* that it closes."),
    Habit(r"\\", "a line is not continued with \\", "Remove it; inside ( ) a line may end anywhere."),
)
"""Wherever they stand."""

VALUES = (
    Habit(r"<<-?\s+\w+|<<-?[\"']\w+[\"']?", "a heredoc begins with <<EOT", "Write <<EOT, without blanks or quotes."),
    Habit(r"<<-?\w+[ \t]+\S.*", "a heredoc's marker ends its line", "Begin the text on the next line."),
    Habit(r"<<", "a heredoc has a name", "Write <<EOT, and end it with a line that holds EOT alone."),
    Habit(r"\$\{.*?\}?", "${ } belongs in a string", 'Write the expression alone, or "${...}".'),
    Habit(r"%\{.*?\}?", "%{ } belongs in a string", 'Write the directive in quotes: "%{ ... }".'),
    Habit(r"\$", "a name has no dollar sign", "Remove it: a variable is var.NAME."),
    Habit(r"\.\d+", "a number begins with a digit", "Write 0{0}."),
    Habit(r"\.\.\.", '"..." only spreads the last argument of a function', "Write concat() or merge()."),
    Habit(r"[./~][\w./~-]*", "text stands in quotes", 'Put the path in quotes: "{0}".', r"=\s*$"),
    Habit(r"if\b", "there is no if in expressions", _TEST),
    Habit(r"(and|or)\b", *_AND_OR),
    Habit(r"=", *_IS_EQUAL, r"[=!<>]=$"),
    Habit(r">", *_IS_EQUAL, r"<$"),
    Habit(r"=", 'one "=" is too many', "Remove it.", r"=\s*$"),
    Habit(r"\*", "there is no power operator", "Write pow(x, y).", r"\*\s*$"),
    Habit(r"[:?]", 'there is no "??" and no "?:"', "Write coalesce(x, y).", r"\?\s*$"),
    Habit(r"\.", "a name is missing between the dots", "Remove one of them.", r"\.\s*$"),
    Habit(r"\"", "strings are not joined with an operator", 'Write "${a}${b}".', r"\.\s*$"),
)
"""Where a value must begin."""

OPERATORS = (
    Habit(r"[&|]", "bits have no operators", "Write && for and, || for or."),
    Habit(r"=>", '"=>" stands only in { for ... }', "Functions cannot be written in a stack."),
    Habit(r"for\b", "a for expression begins with for", "Write [for x in list : value]."),
    Habit(r"if\b", "there is no if behind a value", _TEST),
    Habit(r"(and|or)\b", *_AND_OR),
    Habit(r"(is|not|in)\b", '"{1}" is no operator', "Write ==, != or contains(list, x).", r"\w\s+$"),
    Habit(r"\w+", '"not" is no operator', "Write ! for not.", r"\bnot\s+$"),
    Habit(r"_\d[\d_]*", "a number holds digits only", "Write it without _.", r"\d$"),
    Habit(r"x[\da-fA-F]+", "a number is decimal", 'Write parseint("...", 16).', r"\b0$"),
    Habit(r"\w+", *_IN_QUOTES, r"=\s*\d[\w.]*$"),
    Habit(r":[^\s\"]*", *_IN_QUOTES, r"=\s*[^\W\d][\w./-]*$"),
    Habit(r"//?[^\s\"]*", *_IN_QUOTES, r"=\s*\S*$"),
    Habit(r"\w+", "a name does not begin with a digit", 'Put it in quotes: "{2}{0}".', r"(^|[{,])\s*\d+$"),
    Habit(r"\w+", 'a quote is missing or too many before "{0}"', 'Inside of a string write \\" for a quote.', r"\"$"),
    Habit(r"\w+", _COMMENT, "Write # instead of --.", r"\s--\s*\w+\s+$"),
    Habit(r'"', "a quote is missing before this one", 'Put the whole text in quotes: "{2}".', r"[\w./:-]$"),
    Habit(r",(?=\d)", 'a number has a "." before its fraction', "Write it with a point.", r"\d$"),
    Habit(r"\(", "a value has no methods", "Write f(x) instead of x.f().", r"\.\w+$"),
)
"""Behind a whole value."""

_ASCII = {"–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!="}


def habit(spot: Spot, table: tuple[Habit, ...]) -> Problem | None:
    """Return the problem of the first row that fits."""
    for row in table:
        found = re.match(row.rest, spot.rest)
        if found is None or (row.before and not re.search(row.before, spot.before)):
            continue
        word = re.search(r"[^\s=\[({,\"]*\Z", spot.before)
        parts = (found[0], found[1] if found.re.groups else "", word[0] if word else "")
        place = spot.reach(max(1, len(found[0])))
        return Problem("E0105", _filled(row.summary, parts), _filled(row.detail, parts), place)
    return None


def _filled(text: str, parts: tuple[str, ...]) -> str:
    for number, part in enumerate(parts):
        text = text.replace(f"{{{number}}}", part)
    return text


def odd_character(spot: Spot) -> Problem | None:
    """Recognise a character that looks like another, or like nothing."""
    character = spot.rest[:1]
    if not character or (character.isascii() and character.isprintable()):
        return None
    if character.isalpha():
        return None
    meant = _ASCII.get(character) or unicodedata.normalize("NFKC", character)
    name = unicodedata.name(character, "a control character")
    shown = f'"{character}" ' if character.isprintable() else ""
    summary = f"{shown}is no sign of the language: U+{ord(character):04X}, {name}".removeprefix(" ")
    summary = summary if shown else f"a character that is not seen: U+{ord(character):04X}, {name}"
    plain = meant.isascii() and meant.isprintable() and meant.strip()
    detail = f"Write {meant} instead." if plain else "Remove it."
    return Problem("E0107", summary, detail, spot.reach(1))
