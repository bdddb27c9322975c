"""Functions of strings."""

from __future__ import annotations

from reconciler.language.expressions.graphemes import graphemes
from reconciler.language.expressions.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Number,
    Value,
    list_of,
    list_type,
    string,
)
from reconciler.language.functions.formatting import format_text
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.limits import check_elements, check_text


@function(STRING, returns=STRING)
def chomp(text: str) -> str:
    """Remove the newlines at the end."""
    return text.rstrip("\r\n")


@function(STRING, STRING, returns=BOOL)
def endswith(text: str, suffix: str) -> bool:
    """Say whether `text` ends with `suffix`."""
    return text.endswith(suffix)


@function(STRING, STRING, returns=BOOL)
def startswith(text: str, prefix: str) -> bool:
    """Say whether `text` starts with `prefix`."""
    return text.startswith(prefix)


@function(STRING, STRING, returns=BOOL)
def strcontains(text: str, part: str) -> bool:
    """Say whether `part` is in `text`."""
    return part in text


@function(STRING, returns=STRING, variadic=Parameter(ANY, nullable=True), name="format")
def format_(pattern: str, *arguments: Value) -> str:
    """Fill the verbs of a pattern: %s %d %v %q %x and their kin."""
    return format_text(pattern, arguments)


@function(STRING, returns=list_type(STRING), variadic=Parameter(ANY, nullable=True))
def formatlist(pattern: str, *arguments: Value) -> Value:
    """Fill a pattern once for each element; arguments that are no list are the same each time."""
    columns = [value.data if value.type.kind in ("list", "set", "tuple") else None for value in arguments]
    lengths = {len(column) for column in columns if column is not None}
    if len(lengths) > 1:
        raise FunctionError("the lists must be of one length")
    count = lengths.pop() if lengths else 1
    check_elements(count)
    rows = []
    for position in range(count):
        row = [
            value if column is None else column[position] for value, column in zip(arguments, columns, strict=True)
        ]
        rows.append(string(format_text(pattern, row)))
    return list_of(STRING, rows)


@function(NUMBER, STRING, returns=STRING)
def indent(spaces: Number, text: str) -> str:
    """Put `spaces` blanks at the start of every line but the first."""
    if not isinstance(spaces, int) or not 0 <= spaces < 1 << 63:
        raise FunctionError("a whole number from 0 up is required", 0)
    check_text(len(text) + spaces * text.count("\n"))
    return text.replace("\n", "\n" + " " * spaces)


@function(STRING, returns=STRING, variadic=list_type(STRING))
def join(separator: str, *lists: Value) -> str:
    """Join the strings of one or more lists."""
    if not lists:
        raise FunctionError("at least 2 arguments wanted, 1 given", None, "", "E0322")
    parts = []
    for position, items in enumerate(lists):
        for item in items.data:
            if item.data is None:
                raise FunctionError("an element is null", position + 1)
            parts.append(item.data)
    check_text(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


@function(STRING, returns=STRING)
def lower(text: str) -> str:
    """Return small letters."""
    return "".join(letter.lower()[:1] for letter in text)


@function(STRING, returns=STRING)
def upper(text: str) -> str:
    """Return capital letters."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


@function(STRING, returns=STRING)
def title(text: str) -> str:
    """Make the first letter of each word a capital."""
    shown, begins = [], True
    for letter in text:
        capital = letter.title()
        shown.append(capital if begins and len(capital) == 1 else letter)
        begins = not (letter.isalnum() or letter == "_") if letter.isascii() else letter.isspace()
    return "".join(shown)


@function(STRING, STRING, returns=list_type(STRING))
def split(separator: str, text: str) -> Value:
    """Split at every separator."""
    parts = text.split(separator) if separator else list(text)
    check_elements(len(parts))
    return list_of(STRING, map(string, parts))


@function(STRING, returns=STRING)
def strrev(text: str) -> str:
    """Return the characters in reverse."""
    return "".join(reversed(graphemes(text)))


@function(STRING, NUMBER, NUMBER, returns=STRING)
def substr(text: str, offset: Number, length: Number) -> str:
    """Return `length` characters from `offset`; a negative offset counts from the end, length -1 means all."""
    if not isinstance(offset, int) or not isinstance(length, int):
        raise FunctionError("a whole number is required", 1 if not isinstance(offset, int) else 2)
    characters = graphemes(text)
    start = max(0, offset + len(characters)) if offset < 0 else offset
    everything = length < 0 or (length == 0 and offset < 0)
    end = len(characters) if everything else start + length
    return "".join(characters[start:end])


@function(STRING, STRING, returns=STRING)
def trim(text: str, cutset: str) -> str:
    """Remove the characters of `cutset` from both ends."""
    return text.strip(cutset) if cutset else text


@function(STRING, STRING, returns=STRING)
def trimprefix(text: str, prefix: str) -> str:
    """Remove a prefix."""
    return text.removeprefix(prefix)


@function(STRING, STRING, returns=STRING)
def trimsuffix(text: str, suffix: str) -> str:
    """Remove a suffix."""
    return text.removesuffix(suffix)


@function(STRING, returns=STRING)
def trimspace(text: str) -> str:
    """Remove white space from both ends."""
    return text.strip()
