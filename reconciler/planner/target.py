"""Record an intent: the State that an apply, a destroy or a run starts to pursue. Nothing is performed here.

Sources: ECS RegisterTaskDefinition (equal content is the same revision), UpdateService (a new revision is a new
deployment; a new desired count is not).
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.address import default_name
from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.lifecycle import Moved
from reconciler.model.routing import WHOLE, Color
from reconciler.model.service import LifecycleStage, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.planner.beside import begin_beside
from reconciler.planner.lifecycle import triggered
from reconciler.planner.registrations import regrouped
from reconciler.scheduler.history import desired_count_told, with_events
from reconciler.scheduler.opening import new_deployment, open_deployment
from reconciler.scheduler.revisions import register
from reconciler.scheduler.tasks import task_id


def retarget(stack: Stack, state: State, now: float, reopen: frozenset[str] = frozenset()) -> State:
    """Make `stack` the target: register revisions, open deployments, let removed services drain.

    `reopen` names services whose tasks are not as they should be though their revision stays: their deployment is
    in progress again, so that it can complete or fail anew.
    """
    revisions: dict[str, Revision] = {}
    for definition in used_definitions(stack):
        state, revisions[definition.family] = register(definition, state, now)
    replaced = triggered(stack, state)
    for service in stack.services:
        revision = revisions[stack.definition_of(service).family]
        if service.address in replaced:
            state = open_deployment(service, revision, state, now, replaces_before=now)
        else:
            state = _deploy(service, revision, state, now, is_reopened=service.address in reopen)
        state = regrouped(service, state)
    wanted = {service.address for service in stack.services}
    leaving = [*state.draining, *(state.target.services if state.target else ())]
    draining = {service.address: service for service in leaving if service.address not in wanted}
    return begin_beside(stack, state, now).changed(
        target=_recorded(stack),
        draining=tuple(draining[each] for each in sorted(draining)),
        moved=_still_moved(state, stack.addresses, draining.keys()),
    )


def _still_moved(state: State, declared: frozenset[str], draining: Iterable[str]) -> tuple[Moved, ...]:
    """Return what labels still mean. What is made anew where something moved to has the name of its address."""
    before = state.target.addresses if state.target is not None else declared
    return tuple(
        each.changed(name=default_name(each.address)) if each.address in declared - before else each
        for each in state.moved
        if each.address in declared.union(draining)
    )


def _recorded(stack: Stack) -> Stack:
    """Return what is kept of a target: not where it was written, and not what was followed already."""
    lifecycles = {} if stack.is_empty else stack.lifecycles
    return stack.changed(origins={}, outputs=(), moves=(), removals=(), lifecycles=lifecycles)


def run_tasks(state: State, definition: TaskDefinition, overridden: TaskDefinition, count: int, now: float) -> State:
    """Record `count` one-off tasks of a definition, as changed by overrides (ECS RunTask)."""
    state, revision = register(definition, state, now)
    group = f"family:{definition.family}"
    deployment = new_deployment(group, revision, state, count, now).changed(status=DeploymentStatus.ACTIVE)
    tasks = tuple(
        TaskRecord(
            id=task_id(state.owner, group, deployment.id, ordinal),
            group=group,
            family=revision.family,
            revision=revision.number,
            deployment=deployment.id,
            ordinal=ordinal,
            created_at=now,
            definition=overridden,
        )
        for ordinal in range(1, count + 1)
    )
    deployment = deployment.changed(next_ordinal=count + 1)
    return state.changed(deployments=(*state.deployments, deployment), tasks=(*state.tasks, *tasks))


def used_definitions(stack: Stack) -> tuple[TaskDefinition, ...]:
    """Return the definitions that services and schedules run, sorted by family. `run` registers others."""
    used = {each.task_definition for each in stack.services} | {
        each.task_definition for each in stack.scheduled_tasks
    }
    return tuple(sorted((stack.definitions[each] for each in used), key=_family))


def _family(definition: TaskDefinition) -> str:
    return definition.family


def _deploy(service: Service, revision: Revision, state: State, now: float, *, is_reopened: bool) -> State:
    primary = state.primary(service.address)
    is_same = primary and (primary.family, primary.revision) == (revision.family, revision.number)
    if primary and is_same and not primary.has_failed:
        registered = primary.changed(registrations=service.load_balancers)
        if primary.desired_count != service.desired_count:
            told = desired_count_told(service.address, service.desired_count, "as declared")
            state = with_events(state, [told], now)
        return _replace(state, continued(registered, service, now, is_reopened=is_reopened))
    return open_deployment(service, revision, state, now)


def reopened(stack: Stack, state: State, now: float, services: frozenset[str]) -> State:
    """Open the deployments of services anew whose tasks are not as they should be. Nothing else changes."""
    for service in stack.services:
        primary = state.primary(service.address)
        if primary is not None and service.address in services and not is_given_up(primary):
            state = _replace(state, continued(primary, service, now, is_reopened=True))
    return state


def is_given_up(primary: Deployment) -> bool:
    """Whether a deployment failed and is no rollback: to go on with it would skip what it failed at."""
    return primary.has_failed and not primary.rolls_back


def continued(primary: Deployment, service: Service, now: float, *, is_reopened: bool) -> Deployment:
    """Scaling is no new deployment: the primary one goes on with another count."""
    if primary.desired_count == service.desired_count and not is_reopened:
        return primary
    is_done = primary.rollout_state is not RolloutState.IN_PROGRESS
    return primary.changed(
        desired_count=service.desired_count,
        rollout_state=RolloutState.IN_PROGRESS,
        stage=LifecycleStage.CLEAN_UP if is_done else primary.stage,
        reason="",
        failures=0,
        consecutive_failures=0,
        retry_at=None,
        progress_at=now,
        updated_at=now,
    )


def _replace(state: State, deployment: Deployment) -> State:
    return state.changed(
        deployments=tuple(deployment if each.id == deployment.id else each for each in state.deployments)
    )


def adopt_deployments(stack: Stack, state: State, snapshot: Snapshot, now: float) -> State:
    """Make a primary deployment for every service whose tasks run though no deployment is recorded: a lost State.

    Of tasks in both pools of a target group, those count that have its traffic.
    """
    colors = {each.task.id: each.task.color for each in snapshot.tasks}
    for service in stack.services:
        mine = [record for record in state.tasks if record.group == service.address and not record.is_stopped]
        if not mine or state.primary(service.address) is not None:
            continue
        live = [record for record in mine if colors.get(record.id) is _live_color(service, snapshot)] or mine
        newest = max(live, key=lambda record: (record.revision, record.ordinal))
        revision = state.revision(newest.family, newest.revision)
        if revision is None:
            continue
        adopted = new_deployment(service.address, revision, state, service.desired_count, now).changed(
            id=newest.deployment,
            rollout_state=RolloutState.COMPLETED,
            completed_at=now,
            stage=LifecycleStage.CLEAN_UP,
            strategy=service.deployment_configuration.strategy,
            registrations=service.load_balancers,
            color=colors.get(newest.id, Color.BLUE),
            next_ordinal=max(record.ordinal for record in mine) + 1,
        )
        state = state.changed(deployments=(*state.deployments, adopted))
    return state


def _live_color(service: Service, snapshot: Snapshot) -> Color:
    """Return the pool that most of a service's traffic goes to, as its load balancers' volumes say."""
    groups = {each.target_group for each in service.load_balancers}
    routes = (route for each in snapshot.balancers if each.configuration for route in each.configuration.routes)
    greens = [route.green for route in routes if route.target_group in groups]
    return Color.GREEN if any(2 * green > WHOLE for green in greens) else Color.BLUE
