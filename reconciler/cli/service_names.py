"""What was applied last, and which service of it people mean."""

from __future__ import annotations

from reconciler.cli.names import meant
from reconciler.errors import ReconcilerError
from reconciler.model.service import Service
from reconciler.model.stack import Stack
from reconciler.model.state import State


def applied_stack(state: State) -> Stack:
    """Return what was applied last; raises when nothing was."""
    if state.target is None or state.target.is_empty:
        raise ReconcilerError(f'nothing of stack "{state.stack_name}" is applied yet: `reconciler apply` first')
    return state.target


def service_named(stack: Stack, text: str) -> Service:
    """Return the service that is meant; raises with the known ones when there is none, or more than one."""
    return meant(stack.services, text, "service")
