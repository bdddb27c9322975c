"""Values as `terraform console` writes them, types as its `type` does, and values as JSON on one line."""

from __future__ import annotations

import json

from reconciler.language.expressions import numbers
from reconciler.language.expressions.values import ANY, PRIMITIVES, Type, Unknown, Value

UNKNOWN, SENSITIVE = "(known after apply)", "(sensitive value)"

_WRAPPED = {"list": "tolist", "set": "toset", "map": "tomap"}
_NULLS = {"string": "tostring(null)", "number": "tonumber(null)", "bool": "tobool(null)", "any": "null"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\a": "\\a", "\b": "\\b", "\f": "\\f", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def answer_text(answer: Value | Type) -> str:
    """Return what the console prints for a value, or for the type that `type` was asked for."""
    return value_text(answer) if isinstance(answer, Value) else type_text(answer)


def json_answer(answer: Value | Type) -> str:
    """Return the same as JSON on one line; a type is a string."""
    return json_line(answer) if isinstance(answer, Value) else _json_string(str(answer))


def value_text(value: Value, indent: int = 0) -> str:
    """Return a value over as many lines as it needs; what stands inside is indented by two."""
    data = value.data
    if value.sensitive:
        return SENSITIVE
    if isinstance(data, Unknown):
        return UNKNOWN
    if data is None:
        return _null(value.type)
    if isinstance(data, str):
        return _string(data, indent)
    if isinstance(data, dict):
        lines = [f"{_string(name, indent + 2)} = {value_text(item, indent + 2)}" for name, item in data.items()]
        return _wrapped(value.type, _bracketed("{}", lines, indent))
    if isinstance(data, tuple):
        lines = [f"{value_text(item, indent + 2)}," for item in data]
        return _wrapped(value.type, _bracketed("[]", lines, indent))
    return _scalar(data)


def json_line(value: Value) -> str:
    """Return a value as JSON on one line; numbers are written out exactly."""
    data = value.data
    if value.sensitive:
        return _json_string(SENSITIVE)
    if isinstance(data, Unknown):
        return _json_string(UNKNOWN)
    if data is None:
        return "null"
    if isinstance(data, str):
        return _json_string(data)
    if isinstance(data, dict):
        return "{" + ",".join(f"{_json_string(name)}:{json_line(item)}" for name, item in data.items()) + "}"
    if isinstance(data, tuple):
        return "[" + ",".join(map(json_line, data)) + "]"
    return _scalar(data)


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def type_text(kind: Type, indent: int = 0) -> str:
    """Return a type as the console's `type` does, over several lines where it has parts."""
    if kind == ANY:
        return "dynamic"
    if kind.element is not None:
        if kind.element in (*PRIMITIVES, ANY):
            return f"{kind.kind}({type_text(kind.element)})"
        return f"{kind.kind}({_listed([type_text(kind.element, indent + 4)], indent)})"
    if kind.kind == "tuple":
        return f"tuple([{_listed([type_text(each, indent + 4) for each in kind.elements], indent)}])"
    if kind.kind == "object":
        parts = [f"{name}: {type_text(each, indent + 4)}" for name, each in sorted(kind.attributes.items())]
        return f"object({{{_listed(parts, indent)}}})"
    return kind.kind


def _listed(parts: list[str], indent: int) -> str:
    margin = " " * indent
    return "".join(f"\n{margin}    {each}," for each in parts) + (f"\n{margin}" if parts else "")


def _scalar(data: numbers.Number | bool) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    return numbers.text(data)


def _null(kind: Type) -> str:
    if kind.kind in _NULLS:
        return _NULLS[kind.kind]
    if kind.kind in _WRAPPED:
        return f"{_WRAPPED[kind.kind]}(null) /* of {type_text(kind.element or ANY)} */"
    return f"null /* {kind.kind} */"


def _wrapped(kind: Type, text: str) -> str:
    return f"{_WRAPPED[kind.kind]}({text})" if kind.kind in _WRAPPED else text


def _bracketed(brackets: str, lines: list[str], indent: int) -> str:
    if not lines:
        return brackets
    margin = " " * indent
    return brackets[0] + "".join(f"\n{margin}  {line}" for line in lines) + f"\n{margin}{brackets[1]}"


def _string(text: str, indent: int) -> str:
    """Return a string in quotes, one of several lines as a heredoc."""
    if "\n" not in text:
        return '"' + "".join(map(_quoted, text)) + '"'
    lines, mark = text.split("\n"), "EOT"
    while any(line.strip() == mark for line in lines):
        mark += "_"
    margin = " " * indent
    body = "".join(f"\n{margin}{line}" for line in lines)
    return f"<<{'-' if indent else ''}{mark}{body}\n{margin}{mark}"


def _quoted(character: str) -> str:
    """Escape a character as Go's %q does."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
