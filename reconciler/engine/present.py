"""What is, right now: the recorded State brought up to one look, without recording or performing anything."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.clock import Clock
from reconciler.drivers.driver import Driver
from reconciler.engine.looking import look_request
from reconciler.model.decision import Decision
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import HealthStatus, TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.planner.target import adopt_deployments
from reconciler.scheduler.moved import as_recorded
from reconciler.scheduler.recorder import adopt
from reconciler.scheduler.roster import views
from reconciler.scheduler.scheduler import decide
from reconciler.scheduler.targets import Traffic
from reconciler.scheduler.task_view import task_health


@dataclass(frozen=True, slots=True)
class TaskNow:
    """A task with what the engine shows of it, and the load balancers when it has to do with any."""

    record: TaskRecord
    observed: ObservedTask | None
    health: HealthStatus
    definition: TaskDefinition | None
    traffic: Traffic | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """The stack as it is now. `stack` is the recorded target, or one without services when nothing was applied."""

    stack: Stack
    state: State
    snapshot: Snapshot
    decision: Decision
    tasks: tuple[TaskNow, ...]


def present(driver: Driver, declared: Stack, state: State, clock: Clock) -> Present:
    """Look at the engine and say what is; raises EngineError when it is out of reach."""
    target = state.target or declared.only_definitions()  # an empty one would mean that all tasks are to stop
    snapshot = as_recorded(driver.look(look_request(target, state, detailed=False)), state)
    if not state.owner and len(snapshot.owners) == 1:
        owner = snapshot.owners[0]
        state = state.changed(owner=owner.id, digest_key=owner.digest_key)
        snapshot = driver.look(look_request(target, state, detailed=False))
        adopted = adopt(state, snapshot, clock.now())
        state = adopt_deployments(declared, adopted, snapshot, clock.now())
        target = declared
    decision = decide(target, state, snapshot, clock.now())
    observed = {each.task.id: each for each in snapshot.tasks}
    known = {each.id for each in state.tasks} | set(observed)
    traffic = {each.record.id: each.traffic for each in views(decision.state, snapshot, target)}
    tasks = tuple(
        _now(record, observed.get(record.id), decision.state, traffic[record.id])
        for record in decision.state.tasks
        if record.id in known
    )
    return Present(target, decision.state, snapshot, decision, tasks)


def _now(record: TaskRecord, observed: ObservedTask | None, state: State, traffic: Traffic | None) -> TaskNow:
    revision = state.revision(record.family, record.revision)
    definition = record.definition or (revision.definition if revision else None)
    health = task_health(definition, observed) if definition else HealthStatus.UNKNOWN
    return TaskNow(record, observed, health, definition, traffic)
