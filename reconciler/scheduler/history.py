"""What is told and kept: service events in ECS's phrases, and how much history stays.

Sources: ECS service event messages; ECS keeps 100 events for each service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from reconciler.model.notification import EventKind, EventType
from reconciler.model.state import (
    DEPLOYMENTS_KEPT,
    EVENTS_KEPT,
    STOPPED_KEPT_SECONDS,
    Deployment,
    Event,
    RolloutState,
    State,
)
from reconciler.model.task import TaskRecord
from reconciler.scheduler.deployments import CRASH_LOOP_FAILURES

UNABLE = "is unable to consistently start tasks successfully"
"""ECS's words for a crash loop."""


class Told(NamedTuple):
    """Something to tell: an event without its number and time. An (address, message) pair is one of a service."""

    address: str
    message: str
    kind: EventKind = EventKind.SERVICE
    name: str = ""
    subject: str = ""
    type: EventType = EventType.INFO
    code: str = ""


def with_events(state: State, told: Iterable[Told | tuple[str, str]], now: float) -> State:
    """Append what is told as events; the same State when that is nothing."""
    number = state.events[-1].number if state.events else 0
    events = tuple(
        Event(number=number + index, at=now, **Told(*each)._asdict()) for index, each in enumerate(told, start=1)
    )
    return state.changed(events=(*state.events, *events)) if events else state


def deployment_messages(before: Deployment, after: Deployment) -> list[tuple[str, str]]:
    """Say what became of a deployment."""
    is_loop = before.consecutive_failures < CRASH_LOOP_FAILURES <= after.consecutive_failures
    told = [(after.service, f"{UNABLE}.")] if is_loop else []
    if before.rollout_state is after.rollout_state:
        return told
    if after.rollout_state is RolloutState.COMPLETED:
        done = f"(deployment {after.id}) deployment completed."
        return [(after.service, done), (after.service, "has reached a steady state.")]
    return [(after.service, f"(deployment {after.id}) deployment failed: {after.reason}")]


def task_messages(before: Mapping[str, TaskRecord], records: Iterable[TaskRecord]) -> list[tuple[str, str]]:
    """Say which tasks ended by themselves since the last look."""
    return [
        (record.group, f"(task {record.short_id}) ended: {record.stopped_reason}")
        for record in records
        if record.failed and record.id in before and not before[record.id].failed
    ]


def prune(state: State, observed: Set[str], now: float) -> State:
    """Drop what is older than what is kept: stopped tasks, events of each address, deployments of each service.

    A task that the engine still shows (`observed`, by id) is not dropped: it would be taken for an unknown one.
    """
    tasks = tuple(each for each in state.tasks if each.id in observed or not _is_old(each, now))
    events = _newest(state.events, EVENTS_KEPT) if len(state.events) > EVENTS_KEPT else state.events
    deployments = state.deployments
    if len(deployments) > DEPLOYMENTS_KEPT:
        counts = Counter(each.service for each in deployments)
        kept: list[Deployment] = []
        for each in deployments:
            is_spare = counts[each.service] > DEPLOYMENTS_KEPT and each.status.value == "INACTIVE"
            counts[each.service] -= is_spare
            kept += [] if is_spare else [each]
        deployments = tuple(kept)
    if (len(tasks), len(events), len(deployments)) == (len(state.tasks), len(state.events), len(state.deployments)):
        return state
    return state.changed(tasks=tasks, events=events, deployments=deployments)


def _is_old(record: TaskRecord, now: float) -> bool:
    return record.is_stopped and record.stopped_at is not None and now - record.stopped_at > STOPPED_KEPT_SECONDS


def _newest(events: tuple[Event, ...], count: int) -> tuple[Event, ...]:
    seen: Counter[str] = Counter()
    kept: list[Event] = []
    for event in reversed(events):
        seen[event.address] += 1
        if seen[event.address] <= count:
            kept.append(event)
    return tuple(reversed(kept))
