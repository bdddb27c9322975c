"""What a YAML scalar means: a text, number, bool, null or point in time."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from datetime import datetime

from reconciler.language.expressions import numbers
from reconciler.language.expressions.values import NULL, STRING, Value, boolean, null, number, string
from reconciler.language.functions.yaml_reading.source import YamlError

STANDARD = "tag:yaml.org,2002:"

_KINDS = frozenset({"str", "binary", "null", "bool", "int", "float", "timestamp"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_OF_BASE = {"0x": (16, re.compile("0x[0-9a-fA-F]+\\Z")), "0o": (8, re.compile("0o[0-7]+\\Z"))}
_UNBOUNDED = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MOMENT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt](?P<hour>\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(?P<zone>Z|[-+]\d\d:\d\d))"
    r"|(?: (?P<local>\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?))?\Z",
    re.ASCII,
)


def resolved(tag: str | None, text: str, style: str) -> Value:
    """Return what a scalar of a tag (None: none) means; `style` is plain, quoted or block. Raise YamlError."""
    kind = (tag or "").removeprefix(STANDARD)
    if tag is not None and not (tag.startswith(STANDARD) and kind in _KINDS):
        raise YamlError(f'the tag "{tag}" is not known')
    if kind == "binary":
        _check_base64(text)
    if style == "quoted" or kind in ("str", "binary"):
        return string(text)
    if kind == "null" or (not kind and text in _NULLS):
        return NULL if style == "plain" else null(STRING)
    value = _parsed(kind, text, style == "plain")
    if value is None and kind:
        raise YamlError(f'"{text}" is no {kind}')
    return string(text) if value is None else value


def _parsed(kind: str, text: str, plain: bool) -> Value | None:
    """Return a bool, number or point in time; None when the text is none. Blocks without a tag are never numbers."""
    if (kind == "bool" or (not kind and plain)) and text in _TRUTHS:
        return boolean(_TRUTHS[text])
    if kind in ("int", "float") or (not kind and plain):
        amount = _amount(text)
        if amount is not None:
            return number(amount)
    return _moment(text) if kind in ("", "timestamp") else None


def _amount(text: str) -> numbers.Number | None:
    base, pattern = _OF_BASE.get(text[:2], (10, _DECIMAL))
    if _UNBOUNDED.match(text):
        raise YamlError(f'"{text}" is no number that can be kept')
    if not pattern.match(text):
        return None
    return numbers.settled(int(text[2:], base)) if base != 10 else numbers.parse(text)


def _moment(text: str) -> Value | None:
    found = _MOMENT.match(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups()[:3])
    first = 4 if found["hour"] else 8 if found["local"] else 0
    hour, minute, second = (int(found[first + part]) if first else 0 for part in range(3))
    try:
        datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    zone = found["zone"] or "Z"
    return string(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")


def _check_base64(text: str) -> None:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise YamlError("the text is not base64") from None
