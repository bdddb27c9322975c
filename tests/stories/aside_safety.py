"""What must hold of what goes on beside a target, whatever went wrong: counts, runs, protected tasks, notifications.

Judged by what was recorded before a decision and what it records, and by what is done on the engine. Sources:
semantics L1, L8, I10 (autoscaling), M4 to M8 (scheduled tasks), E7 (protection), O4 (notifications).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.drivers.simulated import SimulatedEngine
from reconciler.model.beside import RunStatus, ScalingRecord, ScheduledRun, ScheduleRecord
from reconciler.model.deployment import RolloutState
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import Overlap, ScheduledTask
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Notify, StartContainer, Step
from reconciler.model.task import DesiredStatus, StopCode, TaskRecord
from reconciler.model.timetable import next_after
from reconciler.scheduler.run_ids import attempt_of
from tests.builders import NOW

GRACE_SECONDS = 60.0
"""A slot is in time for so long, whatever its window."""


@dataclass
class AsideSafety:
    """Looks on for as long as a story lasts: over the deaths of processes. A violation is an AssertionError."""

    engine: SimulatedEngine
    jobs: dict[str, ScheduledTask] = field(default_factory=dict)
    """Every scheduled task as it was declared last."""
    most: Counter[str] = field(default_factory=Counter)
    """The most tasks that a run of each ever had."""
    starts: dict[str, float] = field(default_factory=dict)
    """When each container of a run was started."""
    seen: set[str] = field(default_factory=set)
    """The containers that a look has shown: what is removed before that is started again."""
    attempts: dict[str, set[str]] = field(default_factory=dict)
    """The tasks that were started of each attempt."""
    codes: dict[str, int] = field(default_factory=dict)
    """How tasks of no service ended, by their containers' ids."""
    ended: dict[str, ScheduledRun] = field(default_factory=dict)
    sent: int = 0
    """The newest event that a receiver was sent."""

    def declare(self, stack: Stack) -> None:
        """Say what is applied now."""
        self.jobs |= {each.address: each for each in stack.scheduled_tasks}
        for each in stack.scheduled_tasks:
            self.most[each.address] = max(self.most[each.address], each.task_count)

    def at_look(self, before: State, after: State, shown: Snapshot, now: float) -> None:
        """Assert all rules of what is recorded; `before` is what was recorded when the look began."""
        self._note_codes(now)
        self.seen |= {each.id for found in shown.tasks for each in found.containers}
        problems = (
            *_of_counts(before, after),
            *_of_protection(before, after, now),
            *_of_slots(before, after, now),
            *self._of_runs(after, now),
        )
        for problem in problems:
            raise AssertionError(f"{problem}, at {now - NOW:.2f}")

    def after_effect(self, step: Step) -> None:
        """Assert all rules of what is done on the engine."""
        now = self.engine.clock.now()
        self._note_codes(now)
        if isinstance(step, StartContainer) and step.task.group in self.jobs:
            self._started(step, self.jobs[step.task.group], now)
        if isinstance(step, Notify):
            assert step.event >= self.sent, f"O4: event {step.event} is sent after {self.sent}"
            self.sent = step.event

    def _started(self, step: StartContainer, job: ScheduledTask, now: float) -> None:
        attempt = attempt_of(step.task.deployment)
        assert attempt is not None, f"M4: {step.task.deployment} is no run"
        tasks = self.attempts.setdefault(step.task.deployment, set())
        tasks.add(step.task.id)
        assert len(tasks) <= self.most[job.address], f"M4: {len(tasks)} tasks of attempt {step.task.deployment}"
        key = f"{step.task.id}-{step.container}"
        present = self.engine._containers.get(key)
        if present is not None and present.started_at is not None:
            first = self.starts.setdefault(key, present.started_at)
            first = first if key in self.seen else present.started_at
            assert present.started_at == first, f"M4: {step.container} of {step.task.deployment} is started twice"
        live = self._live_runs(job.address, now)
        assert job.overlap is Overlap.ALLOW or len(live) <= 1, f"M5: {' and '.join(sorted(live))} run at once"

    def _live_runs(self, group: str, now: float) -> set[str]:
        found = [each for each in self.engine._containers.values() if each.task.group == group and each.runs(now)]
        attempts = [attempt_of(each.task.deployment) for each in found]
        return {each.run for each in attempts if each is not None}

    def _note_codes(self, now: float) -> None:
        for each in self.engine._containers.values():
            if each.task.is_one_off and each.started_at is not None:
                shown = each.shown(now)
                if shown.exit_code is not None and not shown.is_live:
                    self.codes[each.task.id] = shown.exit_code

    def _of_runs(self, after: State, now: float) -> Iterator[str]:
        names = [each.id for each in after.runs]
        if len(set(names)) < len(names):
            yield f"M4: a run is recorded twice: {names}"
        for run in after.runs:
            known = self.ended.get(run.id)
            if known is not None and known != run:
                yield f"M9: run {run.id} was over, and is {run.status} now"
            if run.ended_at is not None:
                yield from self._of_end(run) if known is None else ()
                self.ended[run.id] = run
            elif run.status is RunStatus.RUNNING and run.stops_at is not None and run.stops_at <= now:
                yield f"M8: run {run.id} goes on after its timeout"

    def _of_end(self, run: ScheduledRun) -> Iterator[str]:
        """M9: what is told of a run is true."""
        codes = [self.codes.get(each) for each in run.tasks]
        if run.status is RunStatus.SUCCEEDED and any(code != 0 for code in codes):
            yield f"M9: run {run.id} is told to have succeeded, and ended with {codes}"
        if run.status is RunStatus.FAILED and codes and all(code == 0 for code in codes):
            yield f"M9: run {run.id} is told to have failed ({run.reason}), and ended with {codes}"


def _of_counts(before: State, after: State) -> Iterator[str]:
    """L1, L8, I10: where a count goes, and when."""
    target = after.target
    for record in after.scaling:
        earlier = before.scaling_of(record.service)
        autoscaling = target.autoscaling_of(record.service) if target is not None else None
        service = target.service(record.service) if target is not None else None
        if earlier is None or autoscaling is None or service is None:
            continue
        if service.desired_count != record.capacity:
            yield f"L1: {record.service} has {service.desired_count} tasks, and {record.capacity} are recorded"
        if earlier.capacity != record.capacity:
            yield from _of_change(earlier, record, autoscaling, before, after)


def _of_change(
    earlier: ScalingRecord, record: ScalingRecord, autoscaling: Autoscaling, before: State, after: State
) -> Iterator[str]:
    told = f"{record.service} goes from {earlier.capacity} to {record.capacity}"
    low = autoscaling.min_capacity if record.min_capacity is None else record.min_capacity
    high = max(low, autoscaling.max_capacity if record.max_capacity is None else record.max_capacity)
    if not low <= record.capacity <= high:
        yield f"L1: {told}, outside of {low}..{high}"
    last = before.activities[-1].number if before.activities else 0
    causes = {each.policy for each in after.activities if each.number > last and each.service == record.service}
    acted = causes & {each.name for each in autoscaling.scheduled_actions}
    is_in = record.capacity < earlier.capacity
    if not causes:
        yield f"L10: {told}, and nothing is told of it"
    rests = record.suspended
    if (rests.scheduled if acted else rests.scale_in if is_in else rests.scale_out) and len(causes) == 1:
        yield f"L8: {told} by {' and '.join(sorted(causes))}, which is suspended"
    primary = after.primary(record.service)
    if is_in and primary is not None and primary.rollout_state is RolloutState.IN_PROGRESS:
        yield f"I10: {told} during a deployment"


def _of_protection(before: State, after: State, now: float) -> Iterator[str]:
    """E7: neither a scale-in nor a deployment stops a protected task."""
    draining = {each.address for each in after.draining}
    known = {each.id: each for each in before.tasks}
    for record in after.tasks:
        earlier = known.get(record.id)
        if earlier is None or earlier.protected_until is None or earlier.protected_until <= now:
            continue
        if record.group not in draining and _is_stopped_now(earlier, record) and not _is_ill(record):
            left = earlier.protected_until - now
            yield f"E7: task {record.short_id}, protected for {left:g} s, is stopped: {record.stopped_reason}"


def _is_stopped_now(earlier: TaskRecord, record: TaskRecord) -> bool:
    was_wanted = earlier.desired_status is DesiredStatus.RUNNING
    is_ours = record.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED
    return was_wanted and record.desired_status is DesiredStatus.STOPPED and is_ours


def _is_ill(record: TaskRecord) -> bool:
    """Whether a task is replaced for its health: that is no deployment's wish."""
    return record.stopped_reason.startswith("its ") and "replacement" not in record.stopped_reason


def _of_slots(before: State, after: State, now: float) -> Iterator[str]:
    """M4, M6: every slot is dealt with in time, and none is run that is too old."""
    target = after.target
    earlier = {each.schedule: each for each in before.schedules}
    known = {each.id for each in before.runs}
    for record in after.schedules:
        task = target.scheduled_task(record.schedule) if target is not None else None
        if task is None or record.schedule not in earlier:
            continue
        if record.done_up_to < earlier[record.schedule].done_up_to:
            yield f"M4: {record.schedule} begins again at {record.done_up_to - NOW:g}"
        new = {each.slot: each for each in after.runs if each.schedule == record.schedule and not each.is_manual}
        slots = _slots(task, earlier[record.schedule], now)
        if slots and slots[-1] not in new:
            yield f"M4: nothing became of slot {slots[-1] - NOW:g} of {record.schedule}"
        is_run = bool(slots) and slots[-1] in new and new[slots[-1]].status is not RunStatus.MISSED
        if is_run and len(slots) > 1 and slots[-2] not in new:
            yield f"M6: nothing is told of slot {slots[-2] - NOW:g} of {record.schedule}, which was missed"
        for slot, run in new.items():
            is_late = now - slot > max(task.catch_up_window, GRACE_SECONDS)
            if run.id not in known and is_late and run.status is not RunStatus.MISSED:
                yield f"M6: run {run.id} begins {now - slot:g} s after its slot"


def _slots(task: ScheduledTask, record: ScheduleRecord, now: float) -> list[float]:
    found, after = [], record.done_up_to
    while (slot := next_after(task.schedule, after, record.anchor)) is not None and slot <= now:
        found.append(slot)
        after = slot
    return found
