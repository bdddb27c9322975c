"""Regular expressions: RE2's syntax on Python's engine, without what could run for ever."""

from __future__ import annotations

import re
from functools import lru_cache

from reconciler.language.functions.table import FunctionError
from reconciler.language.limits import check_text
from reconciler.language.values import NULL, Value, object_of, string, tuple_of

_CLASSES = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:ascii:]": "\\x00-\\x7f",
    "[:blank:]": "\\t ",
    "[:cntrl:]": "\\x00-\\x1f\\x7f",
    "[:digit:]": "0-9",
    "[:graph:]": "!-~",
    "[:lower:]": "a-z",
    "[:print:]": " -~",
    "[:punct:]": "!-/:-@\\[-`{-~",
    "[:space:]": "\\t\\n\\v\\f\\r ",
    "[:upper:]": "A-Z",
    "[:word:]": "0-9A-Za-z_",
    "[:xdigit:]": "0-9A-Fa-f",
}
_UNSUPPORTED = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?<?[=!]|\(\?>|\(\?P=|\\[1-9])")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern ready for use; raise FunctionError when it is wrong."""
    if _UNSUPPORTED.search(pattern):
        raise FunctionError("the pattern has a look-around or back-reference, which are not supported", 0)
    translated = pattern.replace("(?<", "(?P<").replace("\\z", "\\Z").replace("\\pL", "[^\\W\\d_]")
    translated = translated.replace("\\pN", "\\d").replace("\\p{L}", "[^\\W\\d_]").replace("\\p{N}", "\\d")
    for name, members in _CLASSES.items():
        translated = translated.replace(name, members)
    translated = re.sub(r"(?<!\\)\$(?=$|\))", r"\\Z", translated) if "(?m" not in translated else translated
    translated = re.sub(r"\(\?([imsU]+)\)", _leading_flags, translated)
    try:
        return re.compile(translated, re.ASCII if "\\d" in translated or "\\w" in translated else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise FunctionError(f"the pattern is no regular expression: {error}", 0) from None


def _leading_flags(found: re.Match[str]) -> str:
    return f"(?{found[1].replace('U', '')})" if found.start() == 0 else found[0]


def groups(found: re.Match[str]) -> Value:
    """Return a match as its text, or as its groups."""
    if found.re.groupindex:
        if len(found.re.groupindex) != found.re.groups:
            raise FunctionError("the pattern must name all of its groups or none", 0)
        return object_of({name: _text(text) for name, text in found.groupdict().items()})
    if found.re.groups:
        return tuple_of(map(_text, found.groups()))
    return string(found[0])


def _text(text: str | None) -> Value:
    return NULL._replace(type=string("").type) if text is None else string(text)


def replace_all(pattern: str, text: str, new: str) -> str:
    """Replace every match; `$1`, `${1}` and `${name}` in `new` stand for groups, `$$` for a dollar."""
    expression = compiled(pattern)
    check_text((len(text) + 1) * (len(new) + 1) if len(new) > 1000 else len(text))

    def filled(found: re.Match[str]) -> str:
        return re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", lambda name: _reference(found, name), new)

    return expression.sub(filled, text)


def _reference(found: re.Match[str], name: re.Match[str]) -> str:
    wanted = name[1] or name[2]
    if wanted is None:
        return "$"
    try:
        return found[int(wanted) if wanted.isdigit() else wanted] or ""
    except (IndexError, KeyError):
        return ""
