"""What an expression may refer to, and the error that evaluating it may raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from reconciler.language.expressions.values import Value
from reconciler.language.limits import Budget
from reconciler.language.reading.syntax import Expression, Place

TOO_MUCH = "E0311"
"""The code of an error that says a limit was passed."""

UNFORGIVEN = frozenset({TOO_MUCH, "E0401", "E0402", "E0405"})
"""Codes of errors that no try() and no conditional makes up for: a limit was passed, or a name is not declared."""


class EvaluationError(Exception):
    """An expression has no value; `place` is in `file`."""

    def __init__(self, code: str, summary: str, detail: str, place: Place, file: str = "") -> None:
        super().__init__(summary)
        self.code, self.summary, self.detail, self.place, self.file = code, summary, detail, place, file


class FileReader(Protocol):
    """Reads files below the stack's folder; raises ValueError with the reason."""

    folder: str

    def read_bytes(self, path: str) -> bytes:
        """Return what the file holds."""

    def exists(self, path: str) -> bool:
        """Say whether there is such a regular file."""

    def matching(self, path: str, pattern: str) -> list[str]:
        """Return the files below `path` that match the pattern, relative to it, sorted."""


class Names(Protocol):
    """The names of a stack: `var.x`, `local.y`, `service.web`."""

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return what `root.name` stands for; raise EvaluationError."""

    def bare(self, root: str, place: Place) -> Value:
        """Return what `root` alone stands for; raise EvaluationError."""


class Scope:
    """The names, files and loop variables that an expression sees; `failed` is what attempts keep there."""

    def __init__(
        self,
        names: Names,
        files: FileReader | None = None,
        variables: Mapping[str, Value] | None = None,
        budget: Budget | None = None,
        file: str = "",
        in_template: bool = False,
    ) -> None:
        self.names, self.files, self.file = names, files, file
        self.variables: dict[str, Value] = dict(variables or {})
        self.budget = budget or Budget()
        self.in_template = in_template
        self.failed: dict[int, tuple[Expression, Any]] = {}

    def inside(self) -> Scope:
        """Return the scope inside a loop: the loop sets its variables anew for each turn, hiding outer names."""
        return Scope(self.names, self.files, self.variables, self.budget, self.file, self.in_template)
