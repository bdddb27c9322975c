"""One service at one moment: what its tasks and deployment mean, and what to start and stop now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.decision import Waiting
from reconciler.model.service import SchedulingStrategy, Service, upper_bound
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import Deployment, RolloutState
from reconciler.model.step import Step
from reconciler.model.task import StopCode, TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler import images
from reconciler.scheduler.deployments import times_out_at
from reconciler.scheduler.placement import Capacity
from reconciler.scheduler.recorder import healthy_from, stop
from reconciler.scheduler.rolling import Fleet, Move, roll
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import task_id


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service with its primary deployment and its tasks, as they are now.

    `definition` is what the deployment's revision says. `is_draining` services have left the target. `blocked` names
    the service that must be steady (or, when draining, gone) before this one moves.
    """

    service: Service
    deployment: Deployment | None
    definition: TaskDefinition | None
    tasks: tuple[TaskView, ...]
    fleet: Fleet
    is_draining: bool = False
    blocked: str = ""

    @property
    def desired(self) -> int:
        """How many tasks are wanted. DAEMON is one for the one engine there is."""
        if self.is_draining:
            return 0
        if self.service.scheduling_strategy is SchedulingStrategy.DAEMON:
            return 1
        return self.service.desired_count

    @property
    def is_settled(self) -> bool:
        """Whether all wanted tasks, and only they, are there and healthy."""
        if self.desired == 0:
            return self.fleet.total == 0
        is_exact = len(self.fleet.keep) == self.desired == self.fleet.total
        return is_exact and all(each.is_healthy() for each in self.fleet.keep)


@dataclass(frozen=True, slots=True)
class ServiceMove:
    """What a service does now: new and stopped records, steps for images, words and times."""

    records: tuple[TaskRecord, ...] = ()
    deployment: Deployment | None = None
    steps: tuple[Step, ...] = ()
    events: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    wake_at: tuple[float, ...] = ()


def fleet_of(
    service: Service, deployment: Deployment | None, tasks: Iterable[TaskView], secrets: Mapping[str, str], now: float
) -> Fleet:
    """Sort the tasks that still occupy the engine into keep, replace and leaving."""
    keep: list[TaskView] = []
    replace: list[TaskView] = []
    leaving: list[TaskView] = []
    for view in tasks:
        if view.record.is_stopped:
            continue
        if view.is_leaving:
            leaving.append(view)
        elif deployment is not None and why_replace(view, service, deployment, secrets, now):
            replace.append(view)
        else:
            keep.append(view)
    return Fleet(tuple(keep), tuple(replace), tuple(leaving))


def why_replace(
    view: TaskView, service: Service, deployment: Deployment, secrets: Mapping[str, str], now: float
) -> str:
    """Return why a task must give way to another, or an empty text."""
    if (view.record.family, view.record.revision) != (deployment.family, deployment.revision):
        return f"revision {deployment.family}:{deployment.revision} replaces it"
    if view.is_unhealthy(service.health_check_grace_period, now):
        return "its health checks failed"
    return view.drift(secrets)


def move(view: ServiceView, capacity: Capacity, snapshot: Snapshot, owner: str, now: float) -> ServiceMove:
    """Decide what one service starts and stops now. `capacity` shrinks by what is started."""
    if view.deployment is None or view.definition is None or view.is_draining:
        return _drain(view, now) if view.is_draining else ServiceMove()
    deployment, definition = view.deployment, view.definition
    why_not, until = _why_not_start(view, deployment, definition, snapshot, now)
    plan = roll(view.desired, view.service.deployment_configuration, view.fleet, may_start=not why_not)
    started, refused = _start(view, deployment, definition, plan.start, capacity, owner, now)
    stopped = _stopped(view, deployment, plan, snapshot, now)
    wants_images = view.desired > 0 and not view.blocked and until is None and not _is_failed(deployment)
    return ServiceMove(
        records=(*started, *stopped),
        deployment=deployment.changed(next_ordinal=deployment.next_ordinal + len(started)) if started else None,
        steps=images.fetch_steps(view.service.address, definition, deployment.images) if wants_images else (),
        events=_events(started, stopped),
        waiting=_waiting(view, why_not or refused, until, is_moving=bool(started or stopped)),
        wake_at=tuple(at for at in (until, times_out_at(deployment, view.service), *_wakes(view, now)) if at),
    )


def _is_failed(deployment: Deployment) -> bool:
    return deployment.rollout_state is RolloutState.FAILED


def _why_not_start(
    view: ServiceView, deployment: Deployment, definition: TaskDefinition, snapshot: Snapshot, now: float
) -> tuple[str, float | None]:
    """Return why no task may start now, and until when if that is known. First match wins."""
    if _is_failed(deployment):
        return f"the deployment failed: {deployment.reason}", None
    if view.blocked:
        return view.blocked, None
    if deployment.retry_at is not None and now < deployment.retry_at:
        throttled = f"is unable to consistently start tasks successfully: {deployment.reason or 'tasks keep ending'}"
        return throttled, deployment.retry_at
    missing = images.unpinned(definition, deployment.images)
    if missing:
        return f"image {missing[0]} to be there", None
    return _unreadable_secret(definition, snapshot), None


def _unreadable_secret(definition: TaskDefinition, snapshot: Snapshot) -> str:
    readings = {each.address: each for each in snapshot.secrets}
    for address in definition.secret_addresses:
        reading = readings.get(address)
        if reading is not None and reading.digest is None:
            return f"{address} to be readable: {reading.reason}"
    return ""


def _start(
    view: ServiceView,
    deployment: Deployment,
    definition: TaskDefinition,
    count: int,
    capacity: Capacity,
    owner: str,
    now: float,
) -> tuple[tuple[TaskRecord, ...], str]:
    """Make records for new tasks while they fit. Returns them, and why no more of them fit."""
    records: list[TaskRecord] = []
    refused = ""
    for _ in range(count):
        refused = capacity.why_not(definition)
        if refused:
            refused = f"was unable to place a task because no engine met all of its requirements: {refused}"
            break
        capacity.take(definition)
        ordinal = deployment.next_ordinal + len(records)
        records.append(
            TaskRecord(
                id=task_id(owner, view.service.address, deployment.id, ordinal),
                group=view.service.address,
                service_name=view.service.name,
                family=deployment.family,
                revision=deployment.revision,
                deployment=deployment.id,
                ordinal=ordinal,
                created_at=now,
            )
        )
    return tuple(records), refused


def _stopped(
    view: ServiceView, deployment: Deployment, plan: Move, snapshot: Snapshot, now: float
) -> tuple[TaskRecord, ...]:
    secrets = present_digests(snapshot)
    stopped = []
    for each in plan.stop:
        why = why_replace(each, view.service, deployment, secrets, now)
        unhealthy = each.is_unhealthy(view.service.health_check_grace_period, now)
        code, reason = StopCode.SERVICE_SCHEDULER_INITIATED, why or f"the service wants {view.desired} tasks"
        stopped.append(stop(each.record, code, reason, now, failed=unhealthy))
    return tuple(stopped)


def _drain(view: ServiceView, now: float) -> ServiceMove:
    """Stop every task of a service that left the target, once nothing that depends on it runs."""
    fleet, address = view.fleet, view.service.address
    if view.blocked:
        return ServiceMove(waiting=(Waiting(address=address, reason=view.blocked),))
    code, reason = StopCode.SERVICE_SCHEDULER_INITIATED, "the service is no longer in the stack"
    stopped = tuple(stop(each.record, code, reason, now) for each in (*fleet.keep, *fleet.replace))
    waits = (Waiting(address=address, reason=f"{_tasks(fleet.leaving)} to stop"),) if fleet.leaving else ()
    return ServiceMove(records=stopped, events=_events((), stopped), waiting=waits)


def _waiting(view: ServiceView, why_not: str, until: float | None, *, is_moving: bool) -> tuple[Waiting, ...]:
    """Say why nothing happens, when nothing does though something is missing."""
    if view.is_settled or (is_moving and not why_not):
        return ()
    reason = why_not if why_not and _lacks_tasks(view) else _what_it_waits_for(view)
    return (Waiting(address=view.service.address, reason=reason, until=until),)


def _lacks_tasks(view: ServiceView) -> bool:
    return len(view.fleet.keep) < view.desired


def _wakes(view: ServiceView, now: float) -> list[float]:
    """Return when tasks of the service change by themselves: they become healthy, or their grace ends."""
    configuration = view.service.deployment_configuration
    times: list[float] = []
    for each in view.tasks:
        if not each.is_running:
            continue
        if each.record.healthy_at is None:
            at = healthy_from(each, configuration.minimum_healthy_time)
            times += [at] if at is not None and at > now else []
        grace_ends = (each.record.running_at or now) + view.service.health_check_grace_period
        times += [grace_ends] if grace_ends > now and each.health.value == "UNHEALTHY" else []
    return times


def _what_it_waits_for(view: ServiceView) -> str:
    if view.fleet.leaving:
        return f"{_tasks(view.fleet.leaving)} to stop"
    young = tuple(each for each in view.fleet.keep if not each.is_healthy())
    if young:
        return f"{_tasks(young)} to become healthy"
    upper = upper_bound(view.desired, view.service.deployment_configuration.maximum_percent)
    return (
        "was unable to stop or start tasks during a deployment because of the service deployment configuration: "
        f"{view.fleet.total} tasks of at most {upper}"
    )


def _tasks(views: tuple[TaskView, ...]) -> str:
    """Name tasks for people, three of them at most."""
    names = [each.record.short_id for each in views]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{'task' if len(names) == 1 else 'tasks'} {', '.join(names[:3])}{more}"


def _events(started: tuple[TaskRecord, ...], stopped: tuple[TaskRecord, ...]) -> tuple[str, ...]:
    messages = []
    if started:
        messages.append(f"has started {len(started)} tasks: {' '.join(each.short_id for each in started)}")
    if stopped:
        messages.append(f"has stopped {len(stopped)} running tasks: {' '.join(each.short_id for each in stopped)}")
    return tuple(messages)


def present_digests(snapshot: Snapshot) -> dict[str, str]:
    """Return the keyed digests of the secrets that can be read now, by address."""
    return {each.address: each.digest for each in snapshot.secrets if each.digest is not None}
