"""What the files change of that which acts beside deployments: autoscalings, scheduled tasks, notifications.

Nothing runs differently by it at once: it is recorded, and `reconciler watch` goes by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.notification import Notification
from reconciler.model.plan import Action, AttributeChange, Change, Effect
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import ScheduledTask
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.differ import changed_attributes
from reconciler.planner.places import line

Aside = Autoscaling | ScheduledTask | Notification


def aside_changes(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    """Return what an apply records of them. What a lost State had recorded is taken as unchanged."""
    if is_lost(state, snapshot):
        return
    before = _declared(state.target) if state.target is not None else {}
    after = _declared(stack)
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        if new is None:
            yield Change(address=address, action=Action.DELETE, reason=_why_removed(stack, state, address))
        elif old is None:
            yield Change(address=address, action=Action.CREATE, label=_label(new), place=line(stack, address))
        elif old != new:
            yield from _updated(stack, old, new)


def is_lost(state: State, snapshot: Snapshot) -> bool:
    """Whether something runs of which nothing is recorded."""
    return state.target is None and bool(snapshot.tasks)


def _declared(stack: Stack) -> Mapping[str, Aside]:
    parts: tuple[Aside, ...] = (*stack.autoscalings, *stack.scheduled_tasks, *stack.notifications)
    return {each.address: each for each in parts}


def _updated(stack: Stack, old: Aside, new: Aside) -> Iterable[Change]:
    attributes, unchanged = changed_attributes(
        old, new, Effect.IN_PLACE, lambda path: line(stack, f"{new.address}.{path}")
    )
    if attributes:
        yield Change(
            address=new.address,
            action=Action.UPDATE,
            attributes=tuple(each.changed(sensitive=_may_hold_a_token(new, each)) for each in attributes),
            unchanged=unchanged,
            place=line(stack, new.address),
        )


def _may_hold_a_token(new: Aside, attribute: AttributeChange) -> bool:
    """Whether it is a webhook: whoever knows its URL may post there."""
    return isinstance(new, Notification) and attribute.path == "url"


def _label(new: Aside) -> str:
    """Say in short what it is about."""
    if isinstance(new, Autoscaling):
        return f"{new.service}, {new.min_capacity} to {new.max_capacity} tasks"
    if isinstance(new, ScheduledTask):
        return f"{new.schedule.expression}, {new.schedule.timezone}"
    return ", ".join(new.events) or "all events"


def _why_removed(stack: Stack, state: State, address: str) -> str:
    if stack.is_empty:
        return ""
    running = any(each.group == address and not each.is_stopped for each in state.tasks)
    return "it is no longer in the stack" + ("; what runs of it runs to its end" if running else "")
