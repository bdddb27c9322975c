"""Where a path of the stack is declared: the nearest place that is known."""

from __future__ import annotations

from reconciler.model.diagnostic import Span
from reconciler.model.stack import Stack


def place(stack: Stack, path: str) -> Span | None:
    """Return where a path, or the nearest block around it, is declared."""
    while path:
        if path in stack.origins:
            return stack.origins[path]
        path = path.rpartition(".")[0]
    return None


def line(stack: Stack, path: str) -> str:
    """Return `file:line` of a path, or of the nearest block around it; empty when neither is known."""
    span = place(stack, path)
    return f"{span.file}:{span.line}" if span else ""
