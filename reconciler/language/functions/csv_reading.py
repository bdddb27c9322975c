"""CSV to rows of fields, as strict about quotes as Go is."""

from __future__ import annotations

from collections.abc import Iterator


class CsvError(ValueError):
    """The text is no CSV."""


def rows(text: str) -> Iterator[list[str]]:
    """Yield the fields of each line that is not empty; a quoted field may run over several."""
    lines = enumerate(_lines(text), start=1)
    for number, line in lines:
        if line != "\n":
            yield _row(line, number, lines)


def _lines(text: str) -> Iterator[str]:
    """Yield lines with their ends; a carriage return before the end belongs to it."""
    for line in text.split("\n")[:-1]:
        yield line.removesuffix("\r") + "\n"
    rest = text.rpartition("\n")[2]
    if rest:
        yield rest.removesuffix("\r")


def _row(line: str, number: int, lines: Iterator[tuple[int, str]]) -> list[str]:
    fields: list[str] = []
    while True:
        if line.startswith('"'):
            field, line = _quoted(line[1:], number, lines)
            fields.append(field)
        else:
            field, comma, line = line.partition(",")
            field = field.removesuffix("\n")
            if '"' in field:
                raise CsvError(f"line {number}: a quote stands inside of a field that is not quoted")
            fields.append(field)
            line = comma + line
        if not line.startswith(","):
            return fields
        line = line[1:]


def _quoted(line: str, number: int, lines: Iterator[tuple[int, str]]) -> tuple[str, str]:
    """Return a quoted field, and what follows it: a comma, or nothing."""
    parts: list[str] = []
    while True:
        before, quote, line = line.partition('"')
        parts.append(before)
        if not quote:
            following = next(lines, None)
            if following is None:
                raise CsvError(f"line {number}: a quote is never closed")
            line = following[1]
        elif line.startswith('"'):
            parts.append('"')
            line = line[1:]
        elif line.startswith(",") or line in ("", "\n"):
            return "".join(parts), line.removesuffix("\n")
        else:
            raise CsvError(f"line {number}: something follows the end of a quoted field")
