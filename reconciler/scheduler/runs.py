"""The life of one run of a scheduled task: its attempts, what ends them, and what came of it.

Its tasks are one-off tasks whose deployment has the attempt's id, so labels tell of which run a task is.
A run that has no tasks yet waits for those that it replaces. Sources: ECS RunTask; EventBridge Scheduler retries.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.deployment import DeploymentStatus
from reconciler.model.notification import EventKind, EventType
from reconciler.model.overrides import overridden
from reconciler.model.schedule import Overlap, ScheduledTask
from reconciler.model.state import State
from reconciler.model.task import StopCode, TaskRecord
from reconciler.scheduler.aside import AsideGround
from reconciler.scheduler.back_off import delay
from reconciler.scheduler.history import Told, with_events
from reconciler.scheduler.opening import new_deployment
from reconciler.scheduler.recorder import stop
from reconciler.scheduler.revisions import register
from reconciler.scheduler.run_ids import attempt_id
from reconciler.scheduler.tasks import task_id

LATE = "no watch could try it again in time"

_KILLED = (137, 143)
"""How a container ends that is stopped because another one ended."""

_GRAVE = {RunStatus.FAILED: EventType.ERROR, RunStatus.TIMED_OUT: EventType.ERROR, RunStatus.MISSED: EventType.WARN}
_GRAVE |= {RunStatus.SKIPPED: EventType.WARN}


def unfinished(state: State, schedule: str) -> tuple[ScheduledRun, ...]:
    """Return the runs of a schedule (an address) that are not over."""
    return tuple(each for each in state.runs if each.schedule == schedule and each.ended_at is None)


def pursue_run(run: ScheduledRun, task: ScheduledTask | None, ground: AsideGround, state: State) -> State:
    """Return the State with what a run needs next; the same one when that is nothing.

    `task` is how it is declared, None once its block is gone: then what runs may finish, and nothing new begins.
    """
    if _has_tasks(run):
        return _pursue_tasks(run, task, ground, state)
    if task is None:
        reason = f"{run.reason}; its block is gone".removeprefix("; ")
        status = RunStatus.FAILED if run.tasks else RunStatus.STOPPED
        return _ended(run, status, reason, state, ground.now)
    if run.retry_at is not None and ground.now < run.retry_at:
        return state
    if run.retry_at is not None and ground.now - run.retry_at > max(task.catch_up_window, task.timeout):
        return _ended(run, RunStatus.FAILED, f"{run.reason}; {LATE}", state, ground.now)
    if task.overlap is Overlap.REPLACE and any(_has_tasks(each) for each in unfinished(state, run.schedule)):
        return state
    return _begin(run, task, ground, state)


def stop_run(run: ScheduledRun, status: RunStatus, reason: str, state: State, now: float) -> State:
    """Stop the tasks of a run. It is over, with that status, once none of them runs any more."""
    told = f"(run {run.id}) is stopped: {reason}."
    state = _with_run(run.changed(status=status, reason=reason), state)
    if not _has_tasks(run):
        return _ended(run, status, reason, state, now)
    code = StopCode.SERVICE_SCHEDULER_INITIATED
    tasks = (stop(each, code, reason, now) if each.id in run.tasks else each for each in state.tasks)
    return with_events(state.changed(tasks=tuple(tasks)), [_told(run, told, status)], now)


def record_run(run: ScheduledRun, message: str, state: State, now: float) -> State:
    """Record a new run. One that is over already was none: it was skipped or missed."""
    state = state.changed(runs=(*state.runs, run))
    return with_events(state, [_told(run, message, run.status)], now) if message else state


def wakes_at(run: ScheduledRun) -> float | None:
    """Return when a run is to be looked at again though nothing happened."""
    return {RunStatus.RETRYING: run.retry_at, RunStatus.RUNNING: run.stops_at}.get(run.status)


def _has_tasks(run: ScheduledRun) -> bool:
    """Whether tasks of it may run; those of a run that is to be tried again have ended."""
    return bool(run.tasks) and run.status is not RunStatus.RETRYING


def _begin(run: ScheduledRun, task: ScheduledTask, ground: AsideGround, state: State) -> State:
    """Make the tasks of an attempt. Those that labels told of already are taken as they are."""
    now = ground.now
    state, template = _prepared(run, task, ground, state)
    ids = tuple(
        task_id(state.owner, task.address, template.deployment, each) for each in range(1, task.task_count + 1)
    )
    made = tuple(
        template.changed(id=each, ordinal=ordinal) for ordinal, each in enumerate(ids, 1) if state.task(each) is None
    )
    begun = run.changed(
        status=RunStatus.RUNNING,
        started_at=now if run.started_at is None else run.started_at,
        stops_at=now + task.timeout,
        retry_at=None,
        reason="",
        exit_code=None,
        tasks=ids,
    )
    state = _with_run(begun, state.changed(tasks=(*state.tasks, *made)))
    names = " ".join(f"(task {each[:8]})" for each in ids)
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    told = f"(run {run.id}{attempt}) has started {len(ids)} tasks: {names}."
    return with_events(state, [_told(run, told, RunStatus.RUNNING)], now)


def _prepared(run: ScheduledRun, task: ScheduledTask, ground: AsideGround, state: State) -> tuple[State, TaskRecord]:
    """Register the definition and record the deployment of an attempt; returns also what its tasks have in common."""
    now, name = ground.now, attempt_id(run.id, run.attempt)
    definition = ground.stack.definitions[task.task_definition]
    state, revision = register(definition, state, now)
    if state.deployment(name) is None:
        fresh = new_deployment(task.address, revision, state, task.task_count, now)
        fresh = fresh.changed(id=name, status=DeploymentStatus.ACTIVE, next_ordinal=task.task_count + 1)
        state = state.changed(deployments=(*state.deployments, fresh))
    return state, TaskRecord(
        id="",
        group=task.address,
        family=revision.family,
        revision=revision.number,
        deployment=name,
        ordinal=0,
        created_at=now,
        definition=overridden(definition, task.overrides),
        started_by=run.id,
    )


def _pursue_tasks(run: ScheduledRun, task: ScheduledTask | None, ground: AsideGround, state: State) -> State:
    found = [each for each in state.tasks if each.id in run.tasks]
    if all(each.is_stopped for each in found):
        return _judge(run, task, found, state, ground.now)
    if run.status is RunStatus.RUNNING and run.stops_at is not None and ground.now >= run.stops_at:
        began = min(each.created_at for each in found)
        return stop_run(run, RunStatus.TIMED_OUT, f"timeout of {run.stops_at - began:g} s", state, ground.now)
    return state


def _judge(run: ScheduledRun, task: ScheduledTask | None, tasks: list[TaskRecord], state: State, now: float) -> State:
    """Say what came of an attempt whose tasks have all stopped."""
    status, reason = (run.status, run.reason) if run.reason else _outcome(run, tasks)
    code = _exit_code(tasks, state) if status is not RunStatus.SUCCEEDED else 0
    run = run.changed(exit_code=code)
    can_retry = task is not None and status in (RunStatus.FAILED, RunStatus.TIMED_OUT)
    if task is None or not can_retry or run.attempt > task.retries:
        return _ended(run, status, reason, state, max((each.stopped_at or now for each in tasks), default=now))
    retry_at = now + delay(run.attempt, run.id)
    told = f"(run {run.id}) attempt {run.attempt} of {task.retries + 1} failed: {reason}."
    waiting = run.changed(
        status=RunStatus.RETRYING, reason=reason, attempt=run.attempt + 1, retry_at=retry_at, stops_at=None
    )
    return with_events(_with_run(waiting, state), [_told(run, told, RunStatus.RETRYING)], now)


def _outcome(run: ScheduledRun, tasks: list[TaskRecord]) -> tuple[RunStatus, str]:
    if len(tasks) < len(run.tasks):
        return RunStatus.FAILED, "nothing is recorded of its tasks any more"
    by_user = [each for each in tasks if each.stop_code is StopCode.USER_INITIATED]
    failed = [each for each in tasks if each.stop_code is not StopCode.ESSENTIAL_CONTAINER_EXITED or each.failed]
    if by_user:
        return RunStatus.STOPPED, by_user[0].stopped_reason
    return (RunStatus.FAILED, failed[0].stopped_reason) if failed else (RunStatus.SUCCEEDED, "")


def _exit_code(tasks: Iterable[TaskRecord], state: State) -> int | None:
    """Return the code of the container that failed first, as well as it can be told; None when none has ended."""
    codes = [
        result.exit_code
        for record in tasks
        for result in record.containers
        if result.exit_code is not None and result.name in _essential(record, state)
    ]
    failed = sorted((code for code in codes if code), key=lambda code: code in _KILLED)
    return failed[0] if failed else min(codes, default=None)


def _essential(record: TaskRecord, state: State) -> set[str]:
    revision = state.revision(record.family, record.revision)
    definition = record.definition or (revision.definition if revision else None)
    return {each.name for each in definition.essential} if definition else {each.name for each in record.containers}


def _ended(run: ScheduledRun, status: RunStatus, reason: str, state: State, at: float) -> State:
    over = run.changed(status=status, reason=reason, ended_at=at, retry_at=None, stops_at=None)
    words = _ENDINGS.get(status, "has stopped")
    told = f"(run {run.id}) {words}: {reason}".removesuffix(": ") + "."
    return with_events(_with_run(over, state), [_told(run, told, status)], at)


_ENDINGS = {RunStatus.TIMED_OUT: "has failed", RunStatus.FAILED: "has failed", RunStatus.SUCCEEDED: "has succeeded"}
_ENDINGS |= {RunStatus.MISSED: "was missed"}


def _told(run: ScheduledRun, message: str, status: RunStatus) -> Told:
    return Told(
        run.schedule,
        message,
        kind=EventKind.SCHEDULE,
        name=f"SCHEDULED_RUN_{status}",
        subject=run.id,
        type=_GRAVE.get(status, EventType.INFO),
    )


def _with_run(run: ScheduledRun, state: State) -> State:
    return state.changed(runs=tuple(run if each.id == run.id else each for each in state.runs))
