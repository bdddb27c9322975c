"""`decide`: the one answer to what is safe to do now. Level-triggered: asked again after everything that happens.

Rolling update, scaling, healing, removal and recovery after a crash are this same function. The order inside:
record what was seen, let every service say what it starts and stops, then pursue what is wanted of every task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.decision import Decision, Waiting
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Deployment, DeploymentStatus, RolloutState, State
from reconciler.model.step import BuildImage, Step
from reconciler.model.task import TaskRecord
from reconciler.scheduler import deployments, history, images, one_off, resources
from reconciler.scheduler.alarms import watch
from reconciler.scheduler.balancers import balancer_steps, lost_balancers, note_silence
from reconciler.scheduler.hooks import Ground, abandoned
from reconciler.scheduler.opening import roll_back
from reconciler.scheduler.placement import Capacity
from reconciler.scheduler.recorder import adopt, record_tasks, starting_tasks
from reconciler.scheduler.roster import views
from reconciler.scheduler.routing import (
    POLL_SECONDS,
    Traffic,
    parting_configurations,
    wakes,
    wanted_configurations,
)
from reconciler.scheduler.service_view import Progress, ServiceView
from reconciler.scheduler.services import ServiceMove, move
from reconciler.scheduler.stages import advance
from reconciler.scheduler.survey import survey
from reconciler.scheduler.targets import ghosts
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import Pursuit, Surroundings, kept_for_logs, pursue


def decide(stack: Stack, state: State, snapshot: Snapshot, now: float) -> Decision:
    """Say what is safe to do now to bring what runs to the target.

    `stack` is the target, `now` seconds since the epoch. Save the decision's state, then perform its steps. Calling
    it twice with the same arguments gives the same answer; a step in flight is never emitted again.
    """
    decision = _decide(stack, state, snapshot, now)
    undone = roll_back(stack, decision.state, now)
    if undone is decision.state:
        return decision
    # A deployment has just failed: what it is undone for is pursued at once. What was seen is recorded already.
    return _decide(stack, undone, snapshot.changed(outcomes=()), now)


def _decide(stack: Stack, state: State, snapshot: Snapshot, now: float) -> Decision:
    before = {record.id: record for record in state.tasks}
    adopted = note_silence(adopt(state, snapshot, now), snapshot, now)
    tasks = _seen(stack, adopted, snapshot, now)
    services = survey(stack, adopted, tasks, snapshot, now)
    ground = Ground(snapshot, {each.record.id: each for each in tasks}, stack.name, stack.folder, adopted.owner, now)
    services = {address: _judged(view, before, ground) for address, view in services.items()}
    moves = _moves(services, tasks, adopted, snapshot, now)
    over = abandoned(_as_judged(adopted, services), ground.tasks, now)
    tasks = _moved(tasks, services, moves, over)
    recorded = _record(adopted, services, moves, tasks, before, snapshot, now)
    services = {address: _with_deployment(view, recorded) for address, view in services.items()}
    traffic = Traffic(stack, recorded, snapshot, services, tasks, now)
    wanted, parting = wanted_configurations(traffic), parting_configurations(traffic)
    around = _surroundings(stack, recorded, tasks, snapshot, now)
    pursuits = {view.record.id: pursue(view, around) for view in tasks}
    steps = _steps(around, moves, tasks, pursuits, balancer_steps(stack, recorded, snapshot, wanted, parting))
    stuck = tuple(address for address, view in services.items() if _is_failed(view, now))
    lost = lost_balancers(stack, recorded, now)
    undone = (address for address, view in services.items() if address in stuck or _is_undone(view, stack))
    failed = (*undone, *lost)
    is_quiet = not steps and not snapshot.in_flight and len(recorded.silent) == len(lost)
    unsettled = tuple(address for address, view in services.items() if not view.is_done)
    polls = now + POLL_SECONDS if recorded.silent else wakes((*wanted.values(), *parting.values()), now)
    return Decision(
        state=history.prune(_forget_drained(recorded), {each.task.id for each in snapshot.tasks}, now),
        steps=steps,
        wake_at=_wake_at(moves, pursuits, polls, now),
        waiting_for=(*_waiting(moves, tasks, pursuits), *_silent(stack, recorded, snapshot)),
        is_steady=is_quiet and not unsettled and not failed,
        failed=failed,
        unsettled=unsettled,
        is_over=is_quiet and _stuck(services, stuck).issuperset(unsettled),
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


def _judged(view: ServiceView, before: Mapping[str, TaskRecord], ground: Ground) -> ServiceView:
    """Bring a primary deployment up to what was seen: pins, failures, its stage, complete or failed."""
    deployment, definition, now = view.deployment, view.definition, ground.now
    if deployment is not None and view.is_draining:
        return replace(view, deployment=deployments.leave(deployment, now))
    if deployment is None or definition is None:
        return view
    deployment = images.pin(deployment, definition, ground.snapshot, view.tasks)
    refused = images.fetch_failures(definition, ground.snapshot.outcomes)
    deployment = deployments.count_outcomes(deployment, view.service, view.tasks, before, refused, now)
    deployment, progress = _advanced(view, deployment, ground)
    deployment = deployments.judge(
        deployment,
        view.service,
        is_settled=view.is_settled,
        is_held=bool(view.blocked) or progress.is_held,
        now=now,
        failure=progress.failure,
    )
    source = view.source and deployments.count_outcomes(view.source, view.service, view.tasks, before, (), now)
    return replace(view, deployment=deployment, progress=progress, source=source)


def _advanced(view: ServiceView, deployment: Deployment, ground: Ground) -> tuple[Deployment, Progress]:
    """Read the alarms of a deployment in progress, and move it through its stages."""
    if deployment.rollout_state is not RolloutState.IN_PROGRESS or view.blocked:
        return deployment, Progress()
    watched = watch(deployment, view.service, ground)
    deployment, progress = advance(view, watched.deployment, ground)
    wake_at = () if watched.wake_at is None else (watched.wake_at,)
    return deployment, replace(
        progress,
        steps=(*progress.steps, *watched.steps),
        wake_at=(*progress.wake_at, *wake_at),
        failure=progress.failure or watched.failure,
        warnings=watched.warnings,
    )


def _with_deployment(view: ServiceView, recorded: State) -> ServiceView:
    """Return a service with its deployment as it is recorded now."""
    deployment = recorded.deployment(view.deployment.id) if view.deployment is not None else None
    return replace(view, deployment=deployment)


def _moves(
    services: Mapping[str, ServiceView], tasks: Iterable[TaskView], state: State, snapshot: Snapshot, now: float
) -> dict[str, ServiceMove]:
    occupying = (view.definition for view in tasks if not view.record.is_stopped)
    capacity = Capacity.of(snapshot.engine, occupying)
    return {address: move(view, capacity, snapshot, state.owner, now) for address, view in services.items()}


def _as_judged(state: State, services: Mapping[str, ServiceView]) -> dict[str, Deployment]:
    """Return every deployment by its id, the primary ones as this look left them."""
    recorded = {each.id: each for each in state.deployments}
    return recorded | {view.deployment.id: view.deployment for view in services.values() if view.deployment}


def _moved(
    tasks: tuple[TaskView, ...],
    services: Mapping[str, ServiceView],
    moves: Mapping[str, ServiceMove],
    over: Iterable[TaskRecord],
) -> tuple[TaskView, ...]:
    """Return the tasks with what the services want of them now, and the new ones; those of hooks too.

    `over` are the tasks of hooks whose deployment is over, stopped.
    """
    changed = {record.id: record for each in moves.values() for record in each.records}
    by_id = {view.record.id: view for view in tasks}
    changed |= {record.id: record for record in over}
    begun = [record for view in services.values() for record in view.progress.records]
    known = by_id.keys()
    kept = (replace(view, record=changed[view.record.id]) if view.record.id in changed else view for view in tasks)
    new = (
        TaskView(record, definition, color=services[record.group].color_of(record))
        for record in changed.values()
        if record.id not in known and (definition := services[record.group].definition_of(record)) is not None
    )
    hooked = (TaskView(record, record.definition) for record in begun if record.definition is not None)
    return (*kept, *new, *hooked)


def _record(
    state: State,
    services: Mapping[str, ServiceView],
    moves: Mapping[str, ServiceMove],
    tasks: tuple[TaskView, ...],
    before: Mapping[str, TaskRecord],
    snapshot: Snapshot,
    now: float,
) -> State:
    """Return the state with everything that was seen and is now wanted."""
    current = {
        each.id: each
        for address, view in services.items()
        for each in (moves[address].deployment or view.deployment, moves[address].source or view.source)
        if each is not None
    }
    current = one_off.pinned(state, tasks, snapshot) | current
    messages = history.task_messages(before, (view.record for view in tasks))
    for each in state.deployments:
        messages += history.deployment_messages(each, current.get(each.id, each))
    messages += [(address, text) for address, each in moves.items() for text in each.events]
    alive = {view.record.deployment for view in tasks if not view.record.is_stopped}
    state = state.changed(
        tasks=tuple(view.record for view in tasks),
        deployments=tuple(_aged(current.get(each.id, each), alive) for each in state.deployments),
    )
    return history.with_events(state, messages, now)


def _aged(deployment: Deployment, alive: set[str]) -> Deployment:
    """An older deployment is ACTIVE while it has tasks, then INACTIVE (ECS)."""
    if deployment.is_primary:
        return deployment
    status = DeploymentStatus.ACTIVE if deployment.id in alive else DeploymentStatus.INACTIVE
    return deployment if deployment.status is status else deployment.changed(status=status)


def _forget_drained(state: State) -> State:
    """A service that left the target is forgotten once nothing of it runs."""
    alive = {record.group for record in state.tasks if not record.is_stopped}
    draining = tuple(service for service in state.draining if service.address in alive)
    return state if len(draining) == len(state.draining) else state.changed(draining=draining)


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
        ghost=_why_hold(snapshot) or ghosts(snapshot, _addresses(tasks)),
        fingerprints={(each.family, each.number): each.fingerprint for each in state.revisions},
        now=now,
    )


def _why_hold(snapshot: Snapshot) -> str:
    """What a balancer is being told just now may name a task that has ended since, and with it a free address."""
    told = sorted(key for key in snapshot.in_flight if key.startswith("balancer "))
    return f"load {told[0]} to be configured" if told else ""


def _addresses(tasks: Iterable[TaskView]) -> dict[str, frozenset[str]]:
    """Return the addresses that live tasks have."""
    return {
        view.record.id: frozenset(
            address for each in view.observed.containers if each.is_live for address in each.addresses.values()
        )
        for view in tasks
        if view.observed is not None
    }


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


def _wake_at(
    moves: Mapping[str, ServiceMove], pursuits: Mapping[str, Pursuit], polls: float | None, now: float
) -> float | None:
    times = [at for each in moves.values() for at in each.wake_at]
    times += [] if polls is None else [polls]
    times += [each.wake_at for each in pursuits.values() if each.wake_at is not None]
    return min((at for at in times if at > now), default=None)


def _waiting(
    moves: Mapping[str, ServiceMove], tasks: Iterable[TaskView], pursuits: Mapping[str, Pursuit]
) -> tuple[Waiting, ...]:
    """Say why nothing (more) happens: services first, then tasks."""
    found = [waiting for each in moves.values() for waiting in each.waiting]
    found += [
        Waiting(address=f"{view.record.group}/{view.record.short_id}", reason=pursuit.waiting)
        for view in tasks
        if (pursuit := pursuits[view.record.id]).waiting
    ]
    return tuple(found)


def _silent(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Waiting, ...]:
    """Say which load balancers run and do not answer, and what they say instead."""
    silent = {each.balancer for each in state.silent}
    found = ((each, snapshot.balancer(each.name)) for each in stack.load_balancers if each.name in silent)
    return tuple(
        Waiting(address=each.address, reason=f"it to answer: {seen.problem if seen else ''}".rstrip(": "))
        for each, seen in found
    )


def _stuck(services: Mapping[str, ServiceView], failed: tuple[str, ...]) -> set[str]:
    """Return the failed services and those that wait, directly or not, for one of them."""
    stuck = set(failed)
    grows = True
    while grows:
        waiting = {
            address
            for address, view in services.items()
            if view.blocked and not view.is_draining and stuck.intersection(view.service.depends_on)
        }
        grows = not waiting <= stuck
        stuck |= waiting
    return stuck


def _is_undone(view: ServiceView, stack: Stack) -> bool:
    """Whether a service runs what it ran before a deployment failed, and not what is declared."""
    if view.deployment is None or view.is_draining or not view.deployment.rolls_back:
        return False
    return view.definition != stack.definition_of(view.service)


def _is_failed(view: ServiceView, now: float) -> bool:
    """Whether a service's deployment failed, or completed once and does not heal."""
    deployment = view.deployment
    if deployment is None or view.is_draining:
        return False
    if deployment.rollout_state is RolloutState.FAILED:
        return True
    stalls_at = None if view.is_settled else deployments.stalls_at(deployment, view.service, view.tasks, now)
    return stalls_at is not None and now >= stalls_at
