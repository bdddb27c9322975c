"""What one look teaches about tasks: State and Snapshot in, State out. Only facts that were seen are recorded.

A container that would not start, an exit, a removal by hand: all of them become a task record with a stop code and
a reason. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.noun import fingerprint
from reconciler.model.routing import TargetHealth
from reconciler.model.snapshot import Container, ObservedTask, Snapshot
from reconciler.model.state import Revision, State
from reconciler.model.step import Outcome, RemoveTask, StartContainer
from reconciler.model.task import ContainerResult, DesiredStatus, StopCode, Task, TaskRecord, TaskStatus
from reconciler.model.task_definition import HOLDER
from reconciler.scheduler.containers import exited_essential, start_order
from reconciler.scheduler.task_view import TaskView

UNSEEN_SECONDS = 5.0
"""For so long after its record was made a task that no look showed may yet be there."""


def adopt(state: State, snapshot: Snapshot, now: float) -> State:
    """Record the tasks and revisions that the engine shows and the State does not know."""
    known = {record.id for record in state.tasks}
    found = tuple(_adopted(each, now) for each in snapshot.tasks if each.task.id not in known)
    if not found:
        return state
    registered = {(each.family, each.number) for each in state.revisions}
    revisions = {
        (task.family, task.revision): Revision(
            family=task.family,
            number=task.revision,
            fingerprint=task.fingerprint,
            definition=task.definition,
            registered_at=now,
        )
        for task in (each.task for each in snapshot.tasks)
        if (task.family, task.revision) not in registered and not _is_overridden(task)
    }
    return state.changed(
        tasks=(*state.tasks, *found), revisions=(*state.revisions, *(revisions[key] for key in sorted(revisions)))
    )


def record_tasks(
    tasks: tuple[TaskView, ...], snapshot: Snapshot, minimum_healthy_times: Mapping[str, float], now: float
) -> tuple[TaskView, ...]:
    """Bring every record up to what was seen. `minimum_healthy_times` are seconds by group."""
    evidence = _evidence(snapshot.outcomes)
    starting = starting_tasks(snapshot)
    updated = []
    for view in tasks:
        if view.observed is None and view.record.id in starting:
            updated.append(view)
            continue
        is_starting = view.record.id in starting
        record = _record(view, evidence.get(view.record.id, _NOTHING), now, is_starting=is_starting)
        record = _with_health(view, record, minimum_healthy_times.get(record.group, 0.0), now)
        record = _with_draining(view, record, now)
        updated.append(view if record is view.record else replace(view, record=record))
    return tuple(updated)


def starting_tasks(snapshot: Snapshot) -> frozenset[str]:
    """Return the tasks that a start is under way for: what they are is known once that is over."""
    return frozenset(key.split()[1] for key in snapshot.in_flight if key.startswith("start_container "))


def fail(record: TaskRecord, code: StopCode, reason: str, now: float) -> TaskRecord:
    """Mark a task that ended by itself: wanted STOPPED from now on."""
    return record.changed(
        desired_status=DesiredStatus.STOPPED,
        last_status=TaskStatus.STOPPING,
        stopping_at=now,
        stop_code=code,
        stopped_reason=reason,
        failed=True,
    )


def stop(record: TaskRecord, code: StopCode, reason: str, now: float, *, failed: bool = False) -> TaskRecord:
    """Mark a task that somebody wants stopped. Who said so first is kept."""
    if record.desired_status is DesiredStatus.STOPPED:
        return record
    return fail(record, code, reason, now).changed(failed=failed)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What outcomes say of one task."""

    failure: str = ""
    ended: tuple[ContainerResult, ...] = ()


_NOTHING = _Evidence()


def _evidence(outcomes: tuple[Outcome, ...]) -> dict[str, _Evidence]:
    found: dict[str, _Evidence] = {}
    for outcome in outcomes:
        step = outcome.step
        if isinstance(step, StartContainer) and not outcome.ok:
            what = "" if step.container == HOLDER else f"container {step.container}: "
            found[step.task.id] = _Evidence(failure=f"{outcome.code}: {what}{outcome.reason}")
        if isinstance(step, RemoveTask) and outcome.containers:
            found[step.task_id] = _Evidence(ended=outcome.containers)
    return found


def _is_overridden(task: Task) -> bool:
    """Whether a one-off task runs something else than its revision says."""
    return task.is_one_off and fingerprint(task.definition) != task.fingerprint


def _adopted(observed: ObservedTask, now: float) -> TaskRecord:
    """Return the record of a task that was not known. One that nothing runs of had stopped before."""
    task = observed.task
    starts = [each.started_at for each in observed.containers if each.started_at is not None]
    record = TaskRecord(
        id=task.id,
        group=task.group,
        service_name=task.service_name,
        family=task.family,
        revision=task.revision,
        deployment=task.deployment,
        ordinal=task.ordinal,
        created_at=min(starts, default=now),
        seen=True,
        definition=task.definition if task.is_one_off else None,
    )
    if not observed.containers:
        return stop(record, StopCode.SERVICE_SCHEDULER_INITIATED, "only its volumes are left", now)
    is_over = any(each.has_exited for each in observed.containers)
    if task.is_one_off or not is_over or any(each.is_live for each in observed.containers):
        return record
    return stop(record, StopCode.SERVICE_SCHEDULER_INITIATED, "nothing of it runs any more", now)


def _record(view: TaskView, evidence: _Evidence, now: float, *, is_starting: bool) -> TaskRecord:
    record = view.record
    if record.is_stopped:
        return record
    if evidence.ended:
        record = record.changed(containers=evidence.ended)
    if evidence.failure and not view.is_leaving:
        record = fail(record, StopCode.TASK_FAILED_TO_START, evidence.failure, now)
    if view.observed is None:
        return _record_absent(record, now)
    record = _record_present(view, _note_started(record, view.observed), view.observed, now)
    return record if is_starting else _record_end(record, view.observed, now)


def may_be_unseen(record: TaskRecord, now: float) -> bool:
    """Say whether a task may have been started though no look has shown it: an engine may lag behind its own answers.

    Such a task still counts: were it taken for stopped, one too many could run.
    """
    return not (record.seen or record.failed) and now < record.created_at + UNSEEN_SECONDS


def _record_absent(record: TaskRecord, now: float) -> TaskRecord:
    if record.desired_status is DesiredStatus.STOPPED and may_be_unseen(record, now):
        return record
    if record.desired_status is DesiredStatus.STOPPED:
        return record.changed(last_status=TaskStatus.STOPPED, stopped_at=now)
    if not record.seen:
        return record
    gone = "its containers were removed from outside"
    record = fail(record, StopCode.ESSENTIAL_CONTAINER_EXITED, gone, now)
    return record.changed(last_status=TaskStatus.STOPPED, stopped_at=now)


def _note_started(record: TaskRecord, observed: ObservedTask) -> TaskRecord:
    started = {each.name for each in observed.containers if each.started_at is not None}
    if record.seen and started <= set(record.started):
        return record
    return record.changed(seen=True, started=tuple(sorted(started | set(record.started))))


def _record_present(view: TaskView, record: TaskRecord, observed: ObservedTask, now: float) -> TaskRecord:
    if record.desired_status is DesiredStatus.RUNNING and not view.is_whole:
        code, reason, failed = _why_ended(view, record, observed, now)
        if code is not None:
            record = fail(record, code, reason, now).changed(failed=failed)
    return _record_progress(view, record, now) if record.desired_status is DesiredStatus.RUNNING else record


def _record_end(record: TaskRecord, observed: ObservedTask, now: float) -> TaskRecord:
    """Record that a task has stopped: it is to stop, nothing of it runs, and no start of it is under way."""
    is_wanted = record.desired_status is DesiredStatus.RUNNING
    if is_wanted or any(each.is_live for each in observed.containers):
        return record
    results = record.containers or _results(observed)
    stopped_at = _finished_at(record, observed, now) if record.is_one_off else now
    return record.changed(last_status=TaskStatus.STOPPED, stopped_at=stopped_at, containers=results)


def _finished_at(record: TaskRecord, observed: ObservedTask, now: float) -> float:
    """Return when a job ended, which may be long before anybody looked; the holder ends only once it is stopped."""
    times = [each.finished_at for each in observed.containers if each.name != HOLDER and each.finished_at is not None]
    return min(now, max([record.created_at, *times])) if times else now


def _why_ended(
    view: TaskView, record: TaskRecord, observed: ObservedTask, now: float
) -> tuple[StopCode | None, str, bool]:
    """Say whether a task that should run has ended: stop code, reason, and whether that is a failure."""
    exited = tuple(exited_essential(view.definition, observed))
    if exited:
        reason = "; ".join(f"essential container {each.name} {_ending(each)}" for each in exited)
        failed = not record.is_one_off or any(each.exit_code != 0 for each in exited)
        return StopCode.ESSENTIAL_CONTAINER_EXITED, reason, failed
    missing = _missing(view, record, observed)
    if missing:
        return StopCode.ESSENTIAL_CONTAINER_EXITED, f"container {missing} was removed from outside", True
    holder = observed.container(HOLDER)
    if holder is not None and HOLDER in record.started and not holder.is_live:
        return StopCode.ESSENTIAL_CONTAINER_EXITED, "its network namespace ended: the holder exited", True
    failure = start_order(view.definition, observed, now, record.started).failure
    if failure:
        return StopCode.TASK_FAILED_TO_START, failure, True
    return None, "", False


def _missing(view: TaskView, record: TaskRecord, observed: ObservedTask) -> str:
    """Name a container that was seen started, is gone now, and without which the task is not whole."""
    vital = {each.name for each in view.definition.essential} | {HOLDER}
    present = {each.name for each in observed.containers}
    return next((name for name in record.started if name in vital and name not in present), "")


def _record_progress(view: TaskView, record: TaskRecord, now: float) -> TaskRecord:
    names = {each.name for each in view.definition.containers}
    if view.is_up and names <= set(record.started):
        if record.last_status is TaskStatus.RUNNING:
            return record
        return record.changed(last_status=TaskStatus.RUNNING, running_at=now)
    if record.last_status is TaskStatus.PROVISIONING:
        return record.changed(last_status=TaskStatus.PENDING)
    return record


def _with_health(view: TaskView, record: TaskRecord, minimum_healthy_time: float, now: float) -> TaskRecord:
    """Record the moment a task first counts as healthy."""
    running = record.last_status is TaskStatus.RUNNING and record.desired_status is DesiredStatus.RUNNING
    if not running or record.healthy_at is not None or view.observed is None:
        return record
    at = healthy_from(replace(view, record=record), minimum_healthy_time)
    return record.changed(healthy_at=now) if at is not None and now >= at else record


def _with_draining(view: TaskView, record: TaskRecord, now: float) -> TaskRecord:
    """Record the moment from which a task that is to stop gets nothing new: its deregistration delay begins."""
    is_new = record.desired_status is DesiredStatus.STOPPED and record.draining_at is None
    drains = view.traffic is not None and view.traffic.drains
    return record.changed(draining_at=now) if is_new and drains else record


def healthy_from(view: TaskView, minimum_healthy_time: float) -> float | None:
    """Return when a running task counts as healthy by itself; None while only its checks can tell.

    With health checks, of containers or of load balancers: as soon as all of them pass. Without:
    `minimum_healthy_time` seconds after its last essential start (ECS waits 40 s; our default is 10).
    """
    if view.traffic is not None and view.traffic.health is not TargetHealth.HEALTHY:
        return None
    if view.has_health_check:
        return 0.0 if view.health.value == "HEALTHY" else None
    if view.traffic is not None:
        return 0.0
    if view.observed is None:
        return None
    starts = [
        present.started_at
        for each in view.definition.essential
        if (present := view.observed.container(each.name)) is not None and present.started_at is not None
    ]
    return max(starts, default=0.0) + minimum_healthy_time


def _results(observed: ObservedTask) -> tuple[ContainerResult, ...]:
    return tuple(
        ContainerResult(name=each.name, exit_code=each.exit_code, reason=_why(each))
        for each in observed.containers
        if each.name != HOLDER
    )


def _why(container: Container) -> str:
    return "OutOfMemoryError" if container.oom_killed else container.error


def _ending(container: Container) -> str:
    ending = f"exited with code {container.exit_code}"
    return f"{ending}: out of memory" if container.oom_killed else ending
