"""The use cases: plan, apply, destroy, run, stop. Each looks, plans, records an intent, and converges.

Knows protocols only. What reads files, prints, or asks is the caller's.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.clock import Clock
from reconciler.drivers.driver import Driver
from reconciler.engine.attributes import known_after_apply, known_all_along
from reconciler.engine.converge import Converged, World, converge
from reconciler.engine.forecast import unobtainable_images, with_rollouts
from reconciler.engine.last_events import send_last
from reconciler.engine.looking import look_request
from reconciler.errors import ReconcilerError, StackError, StaleError
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.lifecycle import Move
from reconciler.model.plan import Plan
from reconciler.model.request import Request
from reconciler.model.snapshot import SecretReading, Snapshot
from reconciler.model.stack import Output, Stack
from reconciler.model.state import State
from reconciler.model.task import TaskStatus
from reconciler.planner.checks import check
from reconciler.planner.lifecycle import keep_ignored
from reconciler.planner.moves import readdress
from reconciler.planner.never_due import never_due
from reconciler.planner.planner import Planned, plan_outputs
from reconciler.planner.planner import plan as make_plan
from reconciler.planner.scaling import keep_scaled
from reconciler.planner.task_requests import UNRECORDED, start_tasks, stop_tasks, tasks_of
from reconciler.scheduler.moved import as_recorded
from reconciler.scheduler.scaling.capacity import with_capacities
from reconciler.store.store import Lease, Store

Outputs = Callable[[Mapping[str, Mapping[str, object]]], tuple[Output, ...]]
"""Evaluates the stack's outputs, given attributes that are only known of what runs."""

Rename = Callable[[Mapping[str, str]], Stack]
"""Evaluates the stack again, given the names that moved objects keep, by address."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked beside the files. `doom_volumes` removes shared volumes that left the stack."""

    doom_volumes: bool = False
    with_preview: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """One stack, one engine, one store."""

    driver: Driver
    store: Store
    clock: Clock
    readings: Callable[[str], tuple[SecretReading, ...]]
    """Reads the digests of the stack's secrets, given the key."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, with what it was made from."""

    stack: Stack
    planned: Planned
    recorded: State
    snapshot: Snapshot
    messages: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def plan(self) -> Plan:
        """What is shown."""
        return self.planned.plan

    @property
    def is_idle(self) -> bool:
        """Whether an apply would neither record nor perform anything.

        An empty plan alone is not enough: a lost State is recorded again, what ended one-off tasks left is removed,
        and what is declared is recorded after a rollback to it, though none of that changes what runs.
        """
        return self.plan.is_empty and not self.messages and not self.planned.decision.steps and self.is_recorded

    @property
    def is_recorded(self) -> bool:
        """Whether the recorded target has the same task definitions. After a rollback it has the failed ones."""
        return self.recorded.target is None or self.recorded.target.definitions == self.stack.definitions


def prepare(
    session: Session, stack: Stack, outputs: Outputs, options: Options, rename: Rename | None = None
) -> Prepared:
    """Look and plan. Nothing is changed, on the engine or in the store.

    `rename` returns the stack with the names that moved objects keep; without it they get those of their addresses.
    Raises StackError for what this engine cannot do, EngineError when it is out of reach.
    """
    recorded, snapshot, messages = _look(session, stack, detailed=not stack.is_empty)
    moved = readdress(stack, recorded, as_recorded(snapshot, recorded))
    recorded, snapshot = moved.state, moved.snapshot
    stack = rename(recorded.names) if rename and recorded.names else stack
    stack = keep_ignored(stack, recorded.target)
    stack, recorded = keep_scaled(stack, recorded)
    stack = with_capacities(stack, recorded)
    snapshot = snapshot.changed(secrets=session.readings(recorded.digest_key) if stack.secrets else ())
    recorded = _with_doomed_volumes(stack, recorded, snapshot, options)
    _refuse(check(stack, recorded, snapshot))
    now = session.clock.now()
    planned = make_plan(stack, recorded, snapshot, now)
    _refuse(unobtainable_images(session.driver, stack, planned, snapshot))
    is_moving = bool(planned.plan.changes)
    stack = stack.changed(outputs=outputs(_known(stack, planned, snapshot)))
    planned = replace(
        planned,
        plan=planned.plan.changed(
            outputs=plan_outputs(stack, recorded, snapshot),
            moves=moved.moves,
            forgotten=moved.forgotten,
            notes=(*planned.plan.notes, *map(_blocked, moved.blocked)),
        ),
    )
    if is_moving and options.with_preview:
        planned = replace(planned, plan=with_rollouts(stack, planned, snapshot, now))
    return Prepared(stack, planned, recorded, snapshot, messages, never_due(stack, recorded, now))


def _known(stack: Stack, planned: Planned, snapshot: Snapshot) -> Mapping[str, Mapping[str, object]]:
    """Return what outputs can be told before an apply."""
    changed = {each.address for each in planned.plan.changes}
    if changed:
        return known_all_along(stack, snapshot, changed)
    return known_after_apply(planned.decision.state, snapshot)


@dataclass(frozen=True, slots=True)
class Applied:
    """How an apply ended."""

    converged: Converged
    outputs: tuple[Output, ...]

    @property
    def state(self) -> State:
        """What is recorded now."""
        return self.converged.state


def apply(session: Session, world: World, prepared: Prepared, outputs: Outputs, lease: Lease) -> Applied:
    """Record the target and converge until each service is steady or failed.

    Raises StaleError when the recorded state moved on since the plan.
    """
    state = record(session, prepared, lease)
    ended = converge(world, prepared.stack, state, lease, _is_over)
    ended = send_last(world, prepared.stack, ended, lease)
    values = outputs(known_after_apply(ended.state, ended.snapshot))
    kept = tuple(each if not each.sensitive else each.changed(value=None) for each in values)
    if kept != ended.state.outputs:
        saved = session.store.save(ended.state.changed(outputs=kept), lease)
        ended = replace(ended, state=saved)
    return Applied(ended, values)


def record(session: Session, prepared: Prepared, lease: Lease) -> State:
    """Record the target, which whoever converges next pursues: a watch, or the next apply.

    Raises StaleError when the recorded state moved on since the plan.
    """
    if session.store.load(prepared.stack.name).serial != prepared.recorded.serial:
        raise StaleError("the recorded state changed since this plan was made; plan again")
    return session.store.save(prepared.planned.target, lease)


def run(
    session: Session, world: World, stack: Stack, wanted: Request, lease: Lease
) -> tuple[tuple[str, ...], Converged]:
    """Start one-off tasks; returns their ids once they run or have ended (ECS RunTask)."""
    state = start_tasks(wanted, runnable(session, stack), session.clock.now())
    ids = tasks_of(wanted.token, state)
    state = session.store.save(state, lease)
    return ids, converge(world, stack, state, lease, lambda decision: have_begun(decision.state, ids))


def runnable(session: Session, stack: Stack) -> State:
    """Return what is recorded, once it is sure that a one-off task can be run beside it; only looks."""
    recorded, snapshot, _ = _look(session, stack, detailed=False)
    if recorded.target is None and any(not each.task.is_one_off for each in snapshot.tasks):
        raise ReconcilerError(UNRECORDED)  # to converge without its services would stop them
    _refuse(check(stack, recorded, as_recorded(snapshot, recorded)))
    return recorded


def finish_tasks(session: Session, world: World, stack: Stack, ids: Sequence[str], lease: Lease) -> Converged:
    """Converge until nothing of these tasks runs any more: their essential containers have ended."""
    recorded = session.store.load(stack.name)
    return converge(world, stack, recorded, lease, lambda decision: have_stopped(decision.state, ids))


def stop_task(session: Session, world: World, stack: Stack, wanted: Request, lease: Lease) -> Converged:
    """Stop one task, and replace it when a service wants it (ECS StopTask)."""
    state = stop_tasks(wanted, session.store.load(stack.name), stack, session.clock.now())
    state = session.store.save(state, lease)
    return converge(
        world, stack, state, lease, lambda decision: have_stopped(decision.state, wanted.tasks) and decision.is_over
    )


def _is_over(decision: Decision) -> bool:
    return decision.is_over


def have_begun(state: State, ids: Sequence[str]) -> bool:
    """Whether each of these tasks runs or has ended."""
    begun = (TaskStatus.RUNNING, TaskStatus.STOPPING, TaskStatus.STOPPED)
    return all(each.last_status in begun for each in state.tasks if each.id in ids)


def have_stopped(state: State, ids: Sequence[str]) -> bool:
    """Whether nothing of these tasks runs any more."""
    return all(each.is_stopped for each in state.tasks if each.id in ids)


def _blocked(move: Move) -> str:
    return f"{move.before} cannot move to {move.after}: something else is there"


def _look(session: Session, stack: Stack, *, detailed: bool) -> tuple[State, Snapshot, tuple[str, ...]]:
    """Return what is recorded, what is there, and what to say about it. A state that was lost gets its owner back."""
    recorded = session.store.load(stack.name)
    snapshot = session.driver.look(look_request(stack, recorded, detailed=detailed, only_reads=True))
    recorded, messages = _own(recorded, snapshot)
    if messages and not snapshot.tasks:
        snapshot = session.driver.look(look_request(stack, recorded, detailed=detailed, only_reads=True))
    return recorded, snapshot, messages


def _own(state: State, snapshot: Snapshot) -> tuple[State, tuple[str, ...]]:
    """Give a State that has none its owner: the engine's only one, else a new one."""
    if state.owner:
        return state, ()
    if len(snapshot.owners) > 1:
        names = ", ".join(owner.volume for owner in snapshot.owners)
        raise ReconcilerError(
            f'no state is recorded for stack "{state.stack_name}", but the engine shows several owners: {names}.'
            "\nGive --state DIR of the right one, or rename this stack."
        )
    if snapshot.owners:
        owner = snapshot.owners[0]
        message = f"no state is recorded: what runs is adopted from its labels (owner {owner.id[:8]})"
        return state.changed(owner=owner.id, digest_key=owner.digest_key), (message,)
    return state.changed(owner=randomness.token_hex(16), digest_key=randomness.token_hex(32)), ()


def _with_doomed_volumes(stack: Stack, state: State, snapshot: Snapshot, options: Options) -> State:
    wanted = {each.name for each in stack.volumes}
    doomed = tuple(each.name for each in snapshot.volumes if each.is_ours and each.name not in wanted)
    return state.changed(doomed_volumes=doomed if options.doom_volumes else ())


def _refuse(problems: tuple[Diagnostic, ...]) -> None:
    if problems:
        raise StackError(problems)
