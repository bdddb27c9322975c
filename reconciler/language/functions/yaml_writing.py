"""YAML as Terraform writes it."""

from __future__ import annotations

from fractions import Fraction

from reconciler.language import numbers
from reconciler.language.values import Value


def encode(value: Value) -> str:
    """Return block-style YAML with quoted strings and keys, as `yamlencode` gives it."""
    text = "\n".join(_lines(value)) + "\n"
    bare = value.data is None or isinstance(value.data, bool | int | Fraction)
    return text + "...\n" if bare else text


def _lines(value: Value) -> list[str]:
    data = value.data
    if isinstance(data, dict) and data:
        lines: list[str] = []
        for name, item in data.items():
            lines.extend(_entry(f"{_quoted(name)}:", item, "  "))
        return lines
    if isinstance(data, tuple) and data:
        lines = []
        for item in data:
            inner = _lines(item)
            lines.append(f"- {inner[0]}")
            lines.extend(f"  {line}" for line in inner[1:])
        return lines
    return [_scalar(value)]


def _entry(head: str, item: Value, margin: str) -> list[str]:
    if isinstance(item.data, dict) and item.data:
        return [head, *(margin + line for line in _lines(item))]
    if isinstance(item.data, tuple) and item.data:
        return [head, *_lines(item)]
    if isinstance(item.data, str) and "\n" in item.data:
        return [f"{head} {_block(item.data)[0]}", *_block(item.data)[1:]]
    return [f"{head} {_scalar(item)}"]


def _block(text: str) -> list[str]:
    mark = "|" if text.endswith("\n") and not text.endswith("\n\n") else "|+" if text.endswith("\n") else "|-"
    return [mark, *(f"  {line}" if line else "" for line in text.removesuffix("\n").split("\n"))]


def _scalar(value: Value) -> str:
    data = value.data
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, dict):
        return "{}"
    if isinstance(data, tuple):
        return "[]"
    return _quoted(data) if isinstance(data, str) else numbers.text(data)


def _quoted(text: str) -> str:
    from reconciler.language.functions.encoding import json_text

    return json_text(text).replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
