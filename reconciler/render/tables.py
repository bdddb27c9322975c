"""Rows of text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.safe import one_line


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the last column is as long as it likes."""
    safe_rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in (list(header), *safe_rows)) for index in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (list(header), *safe_rows)
    ]
    return "\n".join(lines)
