"""Collects diagnostics while a stack is read, with the texts that their source lines come from."""

from __future__ import annotations

from dataclasses import replace

from reconciler.language.diagnostics import in_order, make
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.reading.recovery import Lost
from reconciler.language.reading.syntax import Place, Problem
from reconciler.model.diagnostic import Diagnostic, error

UNKNOWN_AT_PLAN = "E0404"
MAXIMUM_TOLD = 1000


class SkippedError(EvaluationError):
    """The value depends on something that failed and was reported already."""

    def __init__(self, place: Place) -> None:
        super().__init__("", "depends on something that failed", "", place)


class Report:
    """The diagnostics of one loading. `texts` maps the name of each file to what it holds."""

    def __init__(self, texts: dict[str, str] | None = None) -> None:
        self.texts: dict[str, str] = {} if texts is None else texts
        self.found: list[Diagnostic] = []
        self.lost: dict[str, tuple[Lost, ...]] = {}
        """By file, what could not be read: what refers to it is no error of its own."""
        self.untold = 0
        self._told: set[tuple[str, str, str, Place]] = set()
        self._is_latest = False

    @property
    def has_errors(self) -> bool:
        """Say whether anything is wrong so far."""
        return any(each.severity == "error" for each in self.found)

    @property
    def is_full(self) -> bool:
        """Say whether so much is found that nobody reads more."""
        return len(self.found) >= MAXIMUM_TOLD and self.has_errors

    def error(self, code: str, summary: str, detail: str, file: str, place: Place) -> None:
        """Add an error."""
        self._tell(code, summary, detail, file, place, warn=False)

    def warning(self, code: str, summary: str, detail: str, file: str, place: Place) -> None:
        """Add a warning."""
        self._tell(code, summary, detail, file, place, warn=True)

    def _tell(self, code: str, summary: str, detail: str, file: str, place: Place, warn: bool) -> None:
        """Add what was not said yet; the copies of a block and of a module have much in common."""
        key = (code, summary, file, place)
        self._is_latest = key not in self._told and not self.is_full
        if key in self._told:
            return
        if self.is_full:
            self.untold += not warn
            return
        self._told.add(key)
        self.found.append(make(code, summary, detail, file, place, self.texts.get(file, ""), warn))

    def problem(self, problem: Problem, file: str) -> None:
        """Add what reading found."""
        self.error(problem.code, problem.summary, problem.detail, file, problem.place)

    def evaluation(self, error: EvaluationError) -> None:
        """Add what evaluating found, unless it only follows from another error."""
        if not isinstance(error, SkippedError):
            self.error(error.code, error.summary, error.detail, error.file, error.place)

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a ready diagnostic."""
        self.found.append(diagnostic)

    def blame(self, subject: str) -> None:
        """Say whose own rule the latest diagnostic is about."""
        if self._is_latest:
            self.found[-1] = replace(self.found[-1], subject=subject)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return all of them, by file and line; what the copies of a module have in common is said once."""
        told = in_order(list(dict.fromkeys(self.found)))
        if not self.untold:
            return told
        return (*told, error("E0119", f"there are {self.untold} more errors", "Mend those above first."))
