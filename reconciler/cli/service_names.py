"""What people type for one service: its address, or a name that only one service has.

Quotes of keys may be missing: a shell takes them away.
"""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.model.address import short_name
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
    bare = _bare(text)
    exact = [each for each in stack.services if _bare(each.address) == bare]
    found = exact or [each for each in stack.services if bare in (each.name, _bare(short_name(each.address)))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.address for each in found)
        raise ReconcilerError(f'"{text}" means several services: {names}; give one of these addresses')
    known = ", ".join(each.address for each in stack.services)
    raise ReconcilerError(f'no service "{text}" was applied; there are: {known or "none"}')


def _bare(address: str) -> str:
    return address.replace('"', "")
