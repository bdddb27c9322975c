"""The one tree of exceptions, and the exit code that each of them ends the command with.

    ReconcilerError                1   anything below; the text is for people, never a traceback
    ├── StackError                 1   what a user can mend in the files: carries diagnostics with places
    ├── EngineError                1   the engine is out of reach, or answered what nobody expected
    ├── HandedOverError            1   a watch made way for whoever asked for its stack; never leaves the loop
    ├── StoreError                 1   the state cannot be read or written; nothing was changed
    ├── DeploymentFailedError      3   the planned revision is not the one that runs
    ├── LockError                  4   somebody else holds the stack
    ├── StaleError                 5   the world changed between plan and apply
    ├── PartialError               6   stopped half-way; what was done is recorded, a re-run converges
    ├── UsageError                64   the command line itself
    ├── OutputClosedError        141   whoever read our output has gone, as of a process ended by SIGPIPE
    └── StoppedBySignalError  130 / 143  a signal; the state is saved

Expected failures of single steps are values (`model.step.Outcome`), not exceptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic


class ReconcilerError(Exception):
    """Base of all errors we raise on purpose. `exit_code` is what the command ends with."""

    exit_code = 1


class StackError(ReconcilerError):
    """The stack's files are wrong; `diagnostics` says where and what to do."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("; ".join(diagnostic.summary for diagnostic in diagnostics))


class EngineError(ReconcilerError):
    """The engine is out of reach, or refused something that is not one step's own failure."""


class HandedOverError(ReconcilerError):
    """A watch was asked for its stack: nothing of it is under way any more."""


class StoreError(ReconcilerError):
    """The state could not be read or written."""


class DeploymentFailedError(ReconcilerError):
    """A deployment failed: the planned revision is not live."""

    exit_code = 3


class LockError(ReconcilerError):
    """Another process holds the stack's lock."""

    exit_code = 4


class StaleError(ReconcilerError):
    """The recorded state moved on between plan and apply."""

    exit_code = 5


class PartialError(ReconcilerError):
    """An apply stopped half-way; a re-run converges."""

    exit_code = 6


class UsageError(ReconcilerError):
    """The command line is wrong."""

    exit_code = 64


class OutputClosedError(ReconcilerError):
    """Whoever read our output has gone; there is nobody left to tell."""

    exit_code = 141


class StoppedBySignalError(ReconcilerError):
    """A signal ended the command after the step in hand; nothing is lost."""

    exit_code = 130
