"""Functions that encode and decode: JSON, YAML, CSV, base64, URLs."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from reconciler.language.expressions import numbers
from reconciler.language.expressions.values import (
    ANY,
    NULL,
    STRING,
    Type,
    Value,
    boolean,
    list_of,
    number,
    object_of,
    string,
    tuple_of,
)
from reconciler.language.functions import charsets, csv_reading, yaml_writing
from reconciler.language.functions.gzip_writing import writer as gzip_writer
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.functions.yaml_reading import reader
from reconciler.language.functions.yaml_reading.source import YamlError
from reconciler.language.reading.escapes import normalise


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", "").encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError("the text is not base64", 0) from None


def utf8(content: bytes, what: str) -> str:
    """Return bytes as text; raise FunctionError when they are none."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise FunctionError(f"{what} is not UTF-8 text") from None


@function(STRING, returns=STRING)
def base64decode(text: str) -> str:
    """Decode base64 to text."""
    return utf8(_decoded(text), "the result")


@function(STRING, returns=STRING)
def base64encode(text: str) -> str:
    """Encode text's UTF-8 bytes."""
    return base64.b64encode(text.encode()).decode()


@function(STRING, returns=STRING)
def base64gzip(text: str) -> str:
    """Compress text and encode the result."""
    return base64.b64encode(gzip_writer.compressed(text.encode())).decode()


def _codec(name: str) -> str:
    codec = charsets.codec_of(name)
    if codec is None:
        raise FunctionError("the encoding is not known", 1, "Use the name that IANA has for it, such as UTF-16LE.")
    return codec


@function(STRING, STRING, returns=STRING)
def textencodebase64(text: str, encoding: str) -> str:
    """Encode text in a named character encoding, then in base64."""
    try:
        return base64.b64encode(charsets.encoded(text, _codec(encoding))).decode()
    except charsets.CharsetError as error:
        raise FunctionError(str(error), 0) from None


@function(STRING, STRING, returns=STRING)
def textdecodebase64(text: str, encoding: str) -> str:
    """Decode base64, then a named character encoding."""
    try:
        return charsets.decoded(_decoded(text), _codec(encoding))
    except charsets.CharsetError as error:
        raise FunctionError(str(error), 0) from None


@function(STRING, returns=STRING)
def urlencode(text: str) -> str:
    """Escape text for a URL's query."""
    from urllib.parse import quote_plus

    return quote_plus(text)


@function(Parameter(ANY, nullable=True), returns=STRING)
def jsonencode(value: Value) -> str:
    """Write a value as JSON, in one line and with keys in order."""
    return encode_json(value)


_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def encode_json(value: Value) -> str:
    """Return the JSON of a known value: exact numbers, and the characters of HTML escaped as Go does."""
    data = value.data
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return json_text(data)
    if isinstance(data, dict):
        return "{" + ",".join(f"{json_text(name)}:{encode_json(item)}" for name, item in data.items()) + "}"
    if isinstance(data, tuple):
        return "[" + ",".join(map(encode_json, data)) + "]"
    return numbers.text(data)


def json_text(text: str) -> str:
    """Return a JSON string."""
    quoted = json.dumps(text, ensure_ascii=False)
    for character, escape in _ESCAPES.items():
        quoted = quoted.replace(character, escape)
    return quoted


@function(STRING, returns=ANY)
def jsondecode(text: str) -> Value:
    """Read JSON."""
    try:
        source = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)
        return _value(source)
    except RecursionError:
        raise FunctionError("the JSON is nested too deeply", 0) from None
    except ValueError as error:
        raise FunctionError(f"the text is not JSON: {error}", 0) from None


def _number(digits: str) -> Any:
    amount = numbers.parse(digits)
    assert amount is not None
    return number(amount)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _value(source: Any) -> Value:
    if source is None:
        return NULL
    if isinstance(source, bool):
        return boolean(source)
    if isinstance(source, str):
        return string(_whole(source))
    if isinstance(source, Value):
        return source
    if isinstance(source, list):
        return tuple_of(map(_value, source))
    return object_of({normalise(_whole(name)): _value(item) for name, item in source.items()})


def _whole(text: str) -> str:
    """Return a text in which halves of a character, as `\\ud83d` alone, are marked as broken."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


_HALVES = re.compile("[\ud800-\udfff]")


@function(Parameter(ANY, nullable=True), returns=STRING)
def yamlencode(value: Value) -> str:
    """Write a value as YAML, strings in double quotes."""
    return yaml_writing.encode(value)


@function(STRING, returns=ANY)
def yamldecode(text: str) -> Value:
    """Read YAML: one document."""
    try:
        return reader.read(text)
    except YamlError as error:
        raise FunctionError(f"the text is not YAML: {error}", 0) from None


@function(STRING, returns=ANY)
def csvdecode(text: str) -> Value:
    """Read CSV with a header line: a list of objects of strings."""
    try:
        rows = list(csv_reading.rows(text))
    except csv_reading.CsvError as error:
        raise FunctionError(f"the text is not CSV: {error}", 0) from None
    if not rows:
        raise FunctionError("the text has no header line", 0)
    header = rows[0]
    if len(set(header)) != len(header):
        raise FunctionError("two columns have the same name", 0)
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise FunctionError(f"line {line} has {len(row)} fields instead of {len(header)}", 0)
    kind = Type("object", None, (), dict.fromkeys(sorted(header), STRING))
    items = [object_of({name: string(field) for name, field in zip(header, row, strict=True)}) for row in rows[1:]]
    return list_of(kind, items)
