"""Collects diagnostics while a stack is read, with the texts that their source lines come from."""

from __future__ import annotations

from dataclasses import replace

from reconciler.language.diagnostics import from_evaluation, from_problem, in_order, make
from reconciler.language.recovery import Lost
from reconciler.language.scope import EvaluationError
from reconciler.language.syntax import Place, Problem
from reconciler.model.diagnostic import Diagnostic

UNKNOWN_AT_PLAN = "E0404"


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

    @property
    def has_errors(self) -> bool:
        """Say whether anything is wrong so far."""
        return any(each.severity == "error" for each in self.found)

    def error(self, code: str, summary: str, detail: str, file: str, place: Place) -> None:
        """Add an error."""
        self.found.append(make(code, summary, detail, file, place, self.texts.get(file, "")))

    def warning(self, code: str, summary: str, detail: str, file: str, place: Place) -> None:
        """Add a warning."""
        self.found.append(make(code, summary, detail, file, place, self.texts.get(file, ""), warn=True))

    def problem(self, problem: Problem, file: str) -> None:
        """Add what reading found."""
        self.found.append(from_problem(problem, file, self.texts.get(file, "")))

    def evaluation(self, error: EvaluationError) -> None:
        """Add what evaluating found, unless it only follows from another error."""
        if not isinstance(error, SkippedError):
            self.found.append(from_evaluation(error, self.texts))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a ready diagnostic."""
        self.found.append(diagnostic)

    def blame(self, subject: str) -> None:
        """Say whose own rule the latest diagnostic is about."""
        self.found[-1] = replace(self.found[-1], subject=subject)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return all of them, by file and line; what the copies of a module have in common is said once."""
        return in_order(list(dict.fromkeys(self.found)))
