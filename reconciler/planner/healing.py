"""Services that are mended though nothing in the files changed: what is wrong with their tasks, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.decision import Decision
from reconciler.model.plan import Action, Change
from reconciler.model.service import Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.task import DesiredStatus
from reconciler.planner.places import line
from reconciler.scheduler.roster import views
from reconciler.scheduler.service_view import present_digests, why_replace
from reconciler.scheduler.task_view import TaskView

MAXIMUM_NAMED = 10
"""Tasks that are named for one reason."""


def heal(
    stack: Stack, healing: frozenset[str], decision: Decision, snapshot: Snapshot, now: float
) -> Iterable[Change]:
    """Return a change for each service whose tasks are not as they should be though its files say nothing new."""
    services = {each.address: each for each in stack.services}
    tasks = views(decision.state, snapshot, stack) if healing else ()
    for address in sorted(healing):
        service = services.get(address)
        if service is None:
            reason = "" if stack.is_empty else "its tasks run, but it is not in the stack"
            yield Change(address=address, action=Action.DELETE, reason=reason)
        else:
            yield Change(
                address=address,
                action=Action.UPDATE,
                reason=_why_unsettled(service, decision, tasks, snapshot, now),
                place=line(stack, address),
            )


def _why_replaced(
    service: Service, decision: Decision, tasks: Iterable[TaskView], snapshot: Snapshot, now: float
) -> tuple[tuple[str, str], ...]:
    """Return (task, reason) for each task that runs but must give way."""
    primary = decision.state.primary(service.address)
    if primary is None:
        return ()
    digests = present_digests(snapshot)
    return tuple(
        (view.record.short_id, why)
        for view in tasks
        if view.record.group == service.address and not view.is_leaving
        if (why := why_replace(view, service, primary, digests, now))
    )


def _why_unsettled(
    service: Service, decision: Decision, tasks: Iterable[TaskView], snapshot: Snapshot, now: float
) -> str:
    """Say in a sentence what is not as it should be: `2 of 3 tasks run; tasks 7f3c1a2b, 90ab12cd: ...`."""
    records = [each for each in decision.state.tasks if each.group == service.address]
    running = [each for each in records if each.desired_status is DesiredStatus.RUNNING and each.seen]
    ending = [each for each in records if each.stop_code and (not each.is_stopped or each.stopped_at == now)]
    ended = ending or [each for each in records if each.is_stopped and each.failed][-3:]
    reasons = [(each.short_id, each.stopped_reason) for each in ended]
    reasons += _why_replaced(service, decision, tasks, snapshot, now)
    waits = [each.reason for each in decision.waiting_for if each.address == service.address]
    count = f"{len(running)} of {service.desired_count} tasks run"
    return "; ".join([count, *(_grouped(reasons)[:3] or waits)])


def _grouped(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """Say a reason that several tasks have once."""
    tasks: dict[str, list[str]] = {}
    for short_id, why in reasons:
        tasks.setdefault(why, []).append(short_id)
    return [f"{_named(ids)}: {why}" for why, ids in tasks.items()]


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - MAXIMUM_NAMED} more" if len(ids) > MAXIMUM_NAMED else ""
    return f"{'task' if len(ids) == 1 else 'tasks'} {', '.join(ids[:MAXIMUM_NAMED])}{more}"
