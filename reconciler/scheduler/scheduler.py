"""`decide`: the one answer to what is safe to do now. Level-triggered: asked again after everything that happens.

Rolling update, scaling, healing, removal and recovery after a crash are this same function. The order inside:
record what was seen, let every service say what it starts and stops, then pursue what is wanted of every task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import ASIDES, BuildImage, Step
from reconciler.model.task import TaskRecord
from reconciler.scheduler import history, one_off, resources
from reconciler.scheduler.balancers import balancer_steps, lost_balancers, note_silence
from reconciler.scheduler.hooks import Ground, abandoned
from reconciler.scheduler.judging import as_judged, judged, with_deployments
from reconciler.scheduler.opening import roll_back
from reconciler.scheduler.outlook import is_failed, silent, stuck_services, waiting, wake_at
from reconciler.scheduler.placement import Capacity
from reconciler.scheduler.recorder import adopt, record_tasks, starting_tasks
from reconciler.scheduler.recording import forget_drained, record
from reconciler.scheduler.roster import views
from reconciler.scheduler.routing import (
    POLL_SECONDS,
    RoutingGround,
    parting_configurations,
    wakes,
    wanted_configurations,
)
from reconciler.scheduler.scaling.capacity import with_capacities
from reconciler.scheduler.service_ground import ServiceGround
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.services import ServiceMove, move
from reconciler.scheduler.survey import survey
from reconciler.scheduler.targets import ghosts, why_hold
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import Pursuit, Surroundings, kept_for_logs, pursue
from reconciler.scheduler.turning import turn_round


def decide(stack: Stack, state: State, snapshot: Snapshot, now: float) -> Decision:
    """Say what is safe to do now to bring what runs to the target.

    `stack` is the target, `now` seconds since the epoch. Save the decision's state, then perform its steps. Calling
    it twice with the same arguments gives the same answer; a step in flight is never emitted again.
    """
    stack = with_capacities(stack, state)
    decision = _decide(stack, state, snapshot, now)
    undone = roll_back(stack, decision.state, now)
    if undone is decision.state:
        return decision
    # A deployment has just failed: what it is undone for is pursued at once. What was seen is recorded already.
    return _decide(stack, undone, snapshot.changed(outcomes=()), now)


def _decide(stack: Stack, state: State, snapshot: Snapshot, now: float) -> Decision:
    before = {each.id: each for each in state.tasks}
    adopted = note_silence(adopt(state, snapshot, now), snapshot, now)
    tasks = _seen(stack, adopted, snapshot, now)
    ground = Ground(snapshot, {each.record.id: each for each in tasks}, stack.name, stack.folder, adopted.owner, now)
    adopted = turn_round(stack, adopted, ground)
    services = survey(stack, adopted, tasks, snapshot, now)
    services = {address: judged(view, before, ground) for address, view in services.items()}
    moves = _moves(services, tasks, adopted, snapshot, now)
    over = abandoned(as_judged(adopted, services), ground.tasks, now)
    tasks = _moved(tasks, services, moves, over)
    recorded = record(adopted, services, moves, tasks, before, snapshot, now)
    services = with_deployments(services, recorded)
    routing = RoutingGround(stack, recorded, snapshot, services, tasks, now)
    wanted, parting = wanted_configurations(routing), parting_configurations(routing)
    around = _surroundings(stack, recorded, tasks, snapshot, now)
    pursuits = {view.record.id: pursue(view, around) for view in tasks}
    steps = _steps(around, moves, tasks, pursuits, balancer_steps(stack, recorded, snapshot, wanted, parting))
    lost = lost_balancers(stack, recorded, now)
    hopeless = {address for address, view in services.items() if is_failed(view, now)}
    undone = {address for address, view in services.items() if view.is_undone}
    failed = (*(address for address in services if address in hopeless | undone), *lost)
    is_busy = any(not key.startswith(ASIDES) for key in snapshot.in_flight)
    is_quiet = not (steps or is_busy or one_off.are_left(stack, tasks)) and len(recorded.silent) == len(lost)
    unsettled = tuple(address for address, view in services.items() if not view.is_done)
    polls = now + POLL_SECONDS if recorded.silent else wakes((*wanted.values(), *parting.values()), now)
    return Decision(
        state=history.prune(forget_drained(recorded), {each.task.id for each in snapshot.tasks}, now),
        steps=steps,
        wake_at=wake_at(moves, pursuits, polls, now),
        waiting_for=(*waiting(moves, tasks, pursuits), *silent(stack, recorded, snapshot)),
        is_steady=is_quiet and not unsettled and not failed,
        failed=failed,
        unsettled=unsettled,
        is_over=is_quiet and stuck_services(services, hopeless | undone.difference(unsettled)).issuperset(unsettled),
    )


def _seen(stack: Stack, state: State, snapshot: Snapshot, now: float) -> tuple[TaskView, ...]:
    """Return every task with its record brought up to what was seen."""
    times = {
        each.address: each.deployment_configuration.minimum_healthy_time
        for each in (*state.draining, *stack.services)
    }
    tasks = record_tasks(views(state, snapshot, stack), snapshot, times, now)
    tasks = one_off.fail_unobtainable(tasks, snapshot, now)
    return one_off.stop_all(tasks, now) if stack.is_empty else tasks


def _moves(
    services: Mapping[str, ServiceView], tasks: Iterable[TaskView], state: State, snapshot: Snapshot, now: float
) -> dict[str, ServiceMove]:
    occupying = (view.definition for view in tasks if not view.record.is_stopped)
    ground = ServiceGround(snapshot, Capacity.of(snapshot.engine, occupying), state.owner, now)
    return {address: move(view, ground) for address, view in services.items()}


def _moved(
    tasks: tuple[TaskView, ...],
    services: Mapping[str, ServiceView],
    moves: Mapping[str, ServiceMove],
    over: Iterable[TaskRecord],
) -> tuple[TaskView, ...]:
    """Return the tasks with what the services want of them now, and the new ones; those of hooks too.

    `over` are the tasks of hooks whose deployment is over, stopped.
    """
    changed = {found.id: found for each in moves.values() for found in each.records}
    changed |= {each.id: each for each in over}
    begun = [each for view in services.values() for each in view.progress.records]
    known = {view.record.id for view in tasks}
    kept = (replace(view, record=changed[view.record.id]) if view.record.id in changed else view for view in tasks)
    new = (
        TaskView(each, definition, color=services[each.group].color_of(each))
        for each in changed.values()
        if each.id not in known and (definition := services[each.group].definition_of(each)) is not None
    )
    hooked = (TaskView(each, each.definition) for each in begun if each.definition is not None)
    return (*kept, *new, *hooked)


def _surroundings(
    stack: Stack, state: State, tasks: Iterable[TaskView], snapshot: Snapshot, now: float
) -> Surroundings:
    wanted = frozenset(service.address for service in stack.services)
    return Surroundings(
        stack=stack,
        state=state,
        snapshot=snapshot,
        deployments={each.id: each for each in state.deployments},
        kept=frozenset() if stack.is_empty else kept_for_logs(state.tasks, wanted, now),
        starting=starting_tasks(snapshot),
        ghost=why_hold(snapshot) or ghosts(snapshot, _addresses(tasks, snapshot)),
        fingerprints={(each.family, each.number): each.fingerprint for each in state.revisions},
        now=now,
    )


def _steps(
    around: Surroundings,
    moves: Mapping[str, ServiceMove],
    tasks: Iterable[TaskView],
    pursuits: Mapping[str, Pursuit],
    of_balancers: Iterable[Step],
) -> tuple[Step, ...]:
    """Return every step that may be taken now, each once, without those in flight."""
    stack, state, snapshot = around.stack, around.state, around.snapshot
    steps: list[Step] = [*resources.create_steps(stack, state, snapshot)]
    if resources.has_owner(state, snapshot) or stack.is_empty:
        steps += [step for each in moves.values() for step in each.steps]
        steps += one_off.fetch_steps(tasks, around.deployments)
        steps += [step for each in pursuits.values() for step in each.steps]
        steps += of_balancers
    steps += resources.remove_steps(stack, state, snapshot)
    unique = {step.key: _located(step, stack.folder) for step in steps if step.key not in snapshot.in_flight}
    return tuple(unique.values())


def _located(step: Step, folder: str) -> Step:
    """A build's context is relative to the stack's folder."""
    return step.changed(folder=folder) if isinstance(step, BuildImage) else step


def _addresses(tasks: Iterable[TaskView], snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """Return the addresses that live tasks have, for those who compare them with what load balancers list."""
    if not snapshot.balancers:
        return {}
    return {
        view.record.id: frozenset(
            address for each in view.observed.containers if each.is_live for address in each.addresses.values()
        )
        for view in tasks
        if view.observed is not None
    }
