"""What people type for one thing that was applied: its address, or a name that only one of its kind has.

Quotes of keys may be missing: a shell takes them away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from reconciler.errors import ReconcilerError
from reconciler.model.address import short_name
from reconciler.model.schedule import ScheduledTask
from reconciler.model.service import Service

Thing = TypeVar("Thing", Service, ScheduledTask)


def meant(things: Sequence[Thing], text: str, kind: str) -> Thing:
    """Return the thing that is meant; raises with the known ones when there is none, or more than one."""
    bare = _bare(text)
    exact = [each for each in things if _bare(each.address) == bare]
    found = exact or [each for each in things if bare in (each.name, _bare(short_name(each.address)))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.address for each in found or things)
    if found:
        raise ReconcilerError(f'"{text}" means several {kind}s: {names}; give one of these addresses')
    raise ReconcilerError(f'no {kind} "{text}" was applied; there are: {names or "none"}')


def _bare(address: str) -> str:
    return address.replace('"', "")
