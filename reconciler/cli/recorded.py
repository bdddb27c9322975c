"""The stack as it was recorded, for verbs that only read or stop: they work though the files do not."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.cli.options import stack_files
from reconciler.cli.output import tell
from reconciler.errors import StackError
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.render.words import count
from reconciler.store.store import Store

NO_VALUE = "E0501"
"""The diagnostic of a variable without a value: no news for who only wants to look."""

_NAME = re.compile(r'(?:^\s*stack\s+|"stack"\s*:\s*\{\s*)"([^"\\]+)"', re.MULTILINE)


def recorded_stack(folder: Path, store: Store, diagnostics: tuple[Diagnostic, ...]) -> Stack:
    """Return the target that was recorded last for the stack of this folder, whose files have errors.

    Raises StackError with those errors when nothing is recorded.
    """
    state = store.load(recorded_name(folder))
    if not state.serial:
        raise StackError(diagnostics)
    errors = [each for each in diagnostics if each.severity == "error" and each.code != NO_VALUE]
    if errors:
        tell(
            f"Note: the stack's files have {count(len(errors), 'error')}, told by `reconciler validate`; "
            "what was recorded is used."
        )
    return (state.target or _ran(state)).changed(folder=str(folder))


def _ran(state: State) -> Stack:
    """Return a stack of the definitions that one-off tasks ran though nothing was ever applied."""
    definitions = {f"task_definition.{each.family}": each.definition for each in state.revisions}
    return Stack(name=state.stack_name, definitions=definitions)


def recorded_name(folder: Path) -> str:
    """Return the stack's name: what the `stack` block says, as far as it can be read, else the folder's name."""
    for file in stack_files(folder):
        found = _NAME.search(file.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
    return folder.resolve().name
