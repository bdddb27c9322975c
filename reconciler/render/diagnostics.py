"""Diagnostics as text for people and as JSON for tools."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.diagnostic import Diagnostic, Snippet, Span
from reconciler.render.safe import one_line, safe

FAR_TO_THE_RIGHT, SHOWN_BEFORE, SHOWN_WIDTH = 150, 60, 160


def diagnostic_text(diagnostic: Diagnostic) -> str:
    """Return the error as people read it: what, where with the marked line, what to do.

    Error: unknown attribute "imgae" in container "app"   [E0203]
      shop.hcl:14:5
        14 |     imgae = "nginx:1.27"
           |     ^^^^^
      Did you mean "image"?
    """
    lines = [f"{diagnostic.severity.capitalize()}: {diagnostic.summary}   [{diagnostic.code}]"]
    if diagnostic.span is not None:
        lines.append(f"  {diagnostic.span}")
        lines += [*_source_lines(diagnostic), *_part_lines(diagnostic)]
    lines += [f"  {line}" for line in diagnostic.detail.splitlines()]
    return safe("\n".join(lines))


def diagnostic_brief(diagnostic: Diagnostic) -> str:
    """Return one line: `Warning: container "app" has no memory limit   main.hcl:9:3   [E0223]`."""
    place = f"   {diagnostic.span}" if diagnostic.span is not None else ""
    return safe(f"{diagnostic.severity.capitalize()}: {diagnostic.summary}{place}   [{diagnostic.code}]")


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """Return the shape of Terraform's `validate -json` diagnostics."""
    shape: dict[str, object] = {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
    }
    span = diagnostic.span
    if span is not None:
        start = {"line": span.line, "column": span.column}
        end = {"line": span.end_line, "column": span.end_column}
        found = diagnostic.snippet
        if found is not None:
            start["byte"], end["byte"] = found.start, found.end
            shape["snippet"] = _snippet(diagnostic, span, found)
        shape["range"] = {"filename": span.file, "start": start, "end": end}
    return shape


def validation_json(diagnostics: Iterable[Diagnostic]) -> dict[str, object]:
    """Return what `validate --json` prints."""
    found = tuple(diagnostics)
    errors = sum(each.severity == "error" for each in found)
    return {
        "format_version": "1.0",
        "valid": not errors,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": [diagnostic_json(each) for each in found],
    }


def _snippet(diagnostic: Diagnostic, span: Span, found: Snippet) -> dict[str, object]:
    """Return the lines with the offsets, in bytes, of what is marked in them."""
    length = len(found.code.encode("utf-8", "surrogatepass"))
    return {
        "context": found.context or None,
        "code": found.code,
        "start_line": span.line,
        "highlight_start_offset": min(found.start - found.begins_at, length),
        "highlight_end_offset": min(max(found.end, found.start + 1) - found.begins_at, length),
        "values": [{"traversal": part, "statement": f"is {value}"} for part, value in diagnostic.parts],
    }


def _source_lines(diagnostic: Diagnostic) -> list[str]:
    span = diagnostic.span
    if span is None or not diagnostic.source:
        return []
    width = _width(diagnostic)
    lines = []
    for number, text in diagnostic.source:
        if number != span.line:
            lines.append(f"    {number:>{width}} | {text}")
            continue
        text, column = _around(diagnostic, span, text)
        end = column + span.end_column - span.column if span.end_line == span.line else len(text) + 1
        blanks = "".join("\t" if each == "\t" else " " for each in text[: column - 1])
        marked = max(1, min(end, max(len(text) + 1, column)) - column)
        lines += [f"    {number:>{width}} | {text}", f"    {'':>{width}} | {blanks}{'^' * marked}"]
    return lines


def _around(diagnostic: Diagnostic, span: Span, text: str) -> tuple[str, int]:
    """Return the marked line and the column of the mark, cut around a mark that stands far to the right."""
    found = diagnostic.snippet
    if span.column <= FAR_TO_THE_RIGHT or found is None:
        return text, span.column
    code = found.code.split("\n")[0]
    start = len(
        found.code.encode("utf-8", "surrogatepass")[: found.start - found.begins_at].decode("utf-8", "replace")
    )
    first = max(0, start - SHOWN_BEFORE)
    return f"...{code[first : first + SHOWN_WIDTH]}", start - first + len("...") + 1


def _part_lines(diagnostic: Diagnostic) -> list[str]:
    margin = " " * _width(diagnostic)
    return [f"    {margin} | {one_line(f'{part} is {value}')}" for part, value in diagnostic.parts]


def _width(diagnostic: Diagnostic) -> int:
    """Return how wide the numbers of the lines are."""
    return max((len(str(number)) for number, _ in diagnostic.source), default=0)
