"""What is told and kept: service events in ECS's phrases, and how much history stays.

Sources: ECS service event messages; ECS keeps 100 events for each service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.notification import EventKind, EventName, EventType
from reconciler.model.state import (
    DEPLOYMENTS_KEPT,
    EVENTS_KEPT,
    REVISIONS_KEPT,
    STOPPED_KEPT_SECONDS,
    Event,
    Revision,
    State,
)
from reconciler.model.task import StopCode, TaskRecord, TaskStatus
from reconciler.model.timestamp import timestamp
from reconciler.scheduler.deployments import CRASH_LOOP_FAILURES, UNABLE


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
    """Append what is told as events; the same State when that is nothing. The oldest ones make room.

    They are counted by address and kind: events of its tasks push none of a service's own out.
    """
    number = state.events[-1].number if state.events else 0
    events = tuple(
        Event(number=number + index, at=now, **Told(*each)._asdict()) for index, each in enumerate(told, start=1)
    )
    return state.changed(events=_newest((*state.events, *events), EVENTS_KEPT)) if events else state


def deployment_told(before: Deployment, after: Deployment) -> list[Told]:
    """Say what became of a deployment: its end, and that a crash loop began, with the time of the next attempt."""
    told = []
    if before.consecutive_failures < CRASH_LOOP_FAILURES <= after.consecutive_failures:
        retry_at = None if after.is_abandoned else after.retry_at
        again = "" if retry_at is None else f" The next attempt is at {timestamp(retry_at)} at the earliest."
        name = EventName.TASK_START_IMPAIRED
        told.append(Told(after.service, f"{UNABLE}.{again}", name=name, subject=after.id, type=EventType.WARN))
    if before.rollout_state is after.rollout_state:
        return told
    if after.rollout_state is RolloutState.COMPLETED:
        done = f"(deployment {after.id}) deployment completed."
        return [*told, deployment_is(after, done, EventName.DEPLOYMENT_COMPLETED)]
    failed = f"(deployment {after.id}) deployment failed: {after.reason}"
    return [*told, deployment_is(after, failed, EventName.DEPLOYMENT_FAILED, EventType.ERROR)]


def deployment_is(deployment: Deployment, message: str, name: str = "", type: EventType = EventType.INFO) -> Told:
    """Say something of a deployment."""
    return Told(deployment.service, message, EventKind.DEPLOYMENT, name, deployment.id, type)


def desired_count_told(service: str, count: int, cause: str) -> Told:
    """Say that another count of tasks is desired of a service (an address), and who wants it so."""
    name = EventName.DESIRED_COUNT_UPDATED
    return Told(service, f"has {count} desired tasks, {cause}.", name=name)


def task_told(before: Mapping[str, TaskRecord], records: Iterable[TaskRecord]) -> list[Told]:
    """Say which tasks came to run, ended by themselves, and have stopped since the last look."""
    told: list[Told] = []
    for record in records:
        known = before.get(record.id)
        if known is None or known is record:
            continue
        if record.failed and not known.failed and record.stop_code is not StopCode.SERVICE_SCHEDULER_INITIATED:
            ended = f"(task {record.short_id}) ended: {record.stopped_reason}"
            told.append(Told(record.group, ended, subject=record.id, type=EventType.WARN))
        if record.last_status is not known.last_status and record.last_status in _TOLD:
            told.append(_status(record))
    return told


_TOLD = (TaskStatus.RUNNING, TaskStatus.STOPPED)
"""The changes of a task's status that are events."""


def _status(record: TaskRecord) -> Told:
    why = f": {record.stopped_reason}" if record.is_stopped and record.stopped_reason else "."
    message = f"(task {record.short_id}) of {record.family}:{record.revision} is {record.last_status}{why}"
    return Told(
        record.group,
        message,
        EventKind.TASK,
        record.last_status,
        record.id,
        EventType.WARN if record.is_stopped and record.failed else EventType.INFO,
        record.stop_code if record.is_stopped and record.stop_code is not None else "",
    )


def prune(state: State, observed: Set[str], now: float) -> State:
    """Drop what is older than what is kept: stopped tasks, deployments of each service, revisions of each family.

    A task that the engine still shows (`observed`, by id) is not dropped: it would be taken for an unknown one.
    Nor is one of a run that is not over: that is judged by all of its tasks.
    """
    needed = observed | {task for run in state.runs if run.ended_at is None for task in run.tasks}
    tasks = tuple(each for each in state.tasks if each.id in needed or not _is_old(each, now))
    deployments = state.deployments
    if len(deployments) > DEPLOYMENTS_KEPT:
        counts = Counter(each.service for each in deployments)
        kept: list[Deployment] = []
        for each in deployments:
            is_spare = counts[each.service] > DEPLOYMENTS_KEPT and each.status.value == "INACTIVE"
            counts[each.service] -= is_spare
            kept += [] if is_spare else [each]
        deployments = tuple(kept)
    revisions = _kept_revisions(state, tasks, deployments)
    found, there = (tasks, deployments, revisions), (state.tasks, state.deployments, state.revisions)
    if [len(each) for each in found] == [len(each) for each in there]:
        return state
    return state.changed(tasks=tasks, deployments=deployments, revisions=revisions)


def _kept_revisions(
    state: State, tasks: Iterable[TaskRecord], deployments: Iterable[Deployment]
) -> tuple[Revision, ...]:
    if len(state.revisions) <= REVISIONS_KEPT:
        return state.revisions
    used = {(each.family, each.revision) for each in tasks}
    used |= {(each.family, each.revision) for each in deployments}
    newest = Counter[str]()
    kept: list[Revision] = []
    for each in sorted(state.revisions, key=lambda revision: -revision.number):
        newest[each.family] += 1
        if newest[each.family] <= REVISIONS_KEPT or (each.family, each.number) in used:
            kept.append(each)
    found = {id(each) for each in kept}
    return tuple(each for each in state.revisions if id(each) in found)


def _is_old(record: TaskRecord, now: float) -> bool:
    return record.is_stopped and record.stopped_at is not None and now - record.stopped_at > STOPPED_KEPT_SECONDS


def _newest(events: tuple[Event, ...], count: int) -> tuple[Event, ...]:
    if len(events) <= count:
        return events
    seen: Counter[tuple[str, EventKind]] = Counter()
    kept: list[Event] = []
    for event in reversed(events):
        seen[event.address, event.kind] += 1
        if seen[event.address, event.kind] <= count:
            kept.append(event)
    return tuple(reversed(kept))
