"""Regular expressions: RE2's syntax on Python's engine.

A pattern is translated token by token: what the two spell differently is rewritten, and what only Python knows
(look-around, back-references, possessive repeats) is refused as RE2 refuses it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from reconciler.language.functions.table import FunctionError
from reconciler.language.limits import check_text
from reconciler.language.values import STRING, Type, Value, null, object_of, string, tuple_of

_POSIX = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\x\{(?P<code>[0-9A-Fa-f]{1,6})\}|\\(?P<sign>[pP])(?:\{(?P<category>\^?\w+)\}|(?P<letter>\w))"
    r"|\\(?P<escape>.)|\[:(?P<not>\^?)(?P<posix>\w+):\]|\(\?(?P<flags>[a-zA-Z-]*)(?P<end>[:)])|\(\?P?<(?P<name>\w+)>"
    r"|(?P<look>\(\?.?.?)|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})[+*?]*)|(?P<other>.)",
    re.DOTALL,
)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern ready for use; raise FunctionError when it is wrong."""
    try:
        return re.compile(_translated(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise FunctionError(f"the pattern is no regular expression: {error}", 0) from None


def _translated(pattern: str) -> str:
    parts: list[str] = []
    groups_to_close = [0]
    in_class, class_start, multiline = False, 0, False
    for found in _TOKEN.finditer(pattern):
        token = found[0]
        if in_class:
            parts.append(_in_class(found))
            in_class = not (token == "]" and found.start() > class_start)
        elif token == "[":
            in_class = True
            class_start = found.end() + (1 if pattern.startswith("^", found.end()) else 0)
            parts.append(token)
        elif found["flags"] is not None and found["end"] == ")":
            multiline = multiline or "m" in found["flags"].partition("-")[0]
            parts.append(f"(?{_flags(found['flags'])}:")
            groups_to_close[-1] += 1
        elif token == ")":
            if len(groups_to_close) == 1:
                raise re.error("unbalanced parenthesis")
            parts.append(")" * (groups_to_close.pop() + 1))
        elif token == "$":
            parts.append("$" if multiline else r"\Z")
        else:
            if token.startswith("("):
                groups_to_close.append(0)
            parts.append(_outside(found))
    return "".join(parts) + ")" * groups_to_close[0]


def _outside(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    if found["flags"] is not None:
        return f"(?{_flags(found['flags'])}:"
    if found["name"] is not None:
        return f"(?P<{found['name']}>"
    if found["look"] is not None:
        raise re.error(f'"{found[0]}" is not supported')
    if found["repeat"] is not None and re.search(r"[+*?]{3}|[+*?}][+*]\Z", found[0]):
        raise re.error(f'bad repetition "{found[0]}"')
    return _character(found, False)


def _in_class(found: re.Match[str]) -> str:
    if found["posix"] is not None:
        if found["posix"] not in _POSIX or found["not"]:
            raise re.error(f'the class "{found[0]}" is not supported')
        return _POSIX[found["posix"]]
    if found[0] in ("[", "&", "~", "|"):
        return "\\" + found[0]
    return _character(found, True) if found["quoted"] is None else re.escape(found["quoted"])


def _character(found: re.Match[str], in_class: bool) -> str:
    if found["code"] is not None:
        return re.escape(chr(min(int(found["code"], 16), sys.maxunicode)))
    if found["sign"] is not None:
        return _category(found, in_class)
    escape = found["escape"]
    if escape is None:
        return found[0]
    if escape == "z":
        return r"\Z"
    if escape in "123456789Z" or (escape.isalpha() and escape not in "AabBdDfnrsStvwWxC"):
        raise re.error(f'"{found[0]}" is not supported')
    return found[0]


def _category(found: re.Match[str], in_class: bool) -> str:
    name = found["category"] or found["letter"]
    negated = (found["sign"] == "P") != name.startswith("^")
    members = _members(name.removeprefix("^"))
    if in_class:
        if negated:
            raise re.error(f'"{found[0]}" in brackets is not supported')
        return members
    return f"[{'^' if negated else ''}{members}]"


@lru_cache(maxsize=32)
def _members(category: str) -> str:
    """Return the characters of a general category such as L or Lu, as the inside of a class."""
    ranges = list(_ranges(category))
    if not ranges:
        raise re.error(f'the class "{category}" is not supported')
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _ranges(category: str) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for code in range(sys.maxunicode + 1):
        inside = unicodedata.category(chr(code)).startswith(category)
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            yield start, code - 1
            start = None


def _flags(letters: str) -> str:
    on, minus, off = letters.partition("-")
    if set(on + off) - set("ims"):
        raise re.error(f'the flags "{letters}" are not supported')
    return on + (minus + off if off else "")


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield all matches; an empty one never touches the match before it."""
    last = -1
    for found in pattern.finditer(text):
        if found.start() != found.end() or found.start() != last:
            yield found
        last = found.end()


def groups(found: re.Match[str]) -> Value:
    """Return a match as its text, or as its groups."""
    if found.re.groupindex:
        if len(found.re.groupindex) != found.re.groups:
            raise FunctionError("the pattern must name all of its groups or none", 0)
        return object_of({name: _text(text) for name, text in found.groupdict().items()})
    if found.re.groups:
        return tuple_of(map(_text, found.groups()))
    return string(found[0])


def groups_type(pattern: re.Pattern[str]) -> Type:
    """Return the type that `groups` gives the matches of a pattern."""
    if pattern.groupindex:
        return Type("object", None, (), dict.fromkeys(sorted(pattern.groupindex), STRING))
    return Type("tuple", None, (STRING,) * pattern.groups) if pattern.groups else STRING


def _text(text: str | None) -> Value:
    return null(STRING) if text is None else string(text)


def replace_all(pattern: str, text: str, new: str) -> str:
    """Replace every match; `$1`, `${1}` and `${name}` in `new` stand for groups, `$$` for a dollar."""
    parts: list[str] = []
    position = length = 0
    for found in matches(compiled(pattern), text):
        filled = re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", lambda name, of=found: _reference(of, name), new)  # type: ignore[misc]
        parts += [text[position : found.start()], filled]
        length += len(filled)
        check_text(length)
        position = found.end()
    return "".join(parts) + text[position:]


def _reference(found: re.Match[str], name: re.Match[str]) -> str:
    wanted = name[1] or name[2]
    if wanted is None:
        return "$"
    try:
        return found[int(wanted) if wanted.isdigit() else wanted] or ""
    except (IndexError, KeyError):
        return ""
