"""One service as it is at one moment: its deployment, and its tasks sorted by what is to become of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import Color
from reconciler.model.service import LifecycleStage, SchedulingStrategy, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import Step
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler.rolling import Fleet
from reconciler.scheduler.strategies import is_before
from reconciler.scheduler.task_view import TaskView


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a deployment in progress is: what its stage, hooks and alarms want done and wait for.

    `until` is when that wait is over, if it is known; `wake_at` are all times to look again. `is_held`: it waits for
    what is no failure of its own. `failure` ends it, `warnings` are for people. `vacates`: its pool has no traffic,
    and is to be emptied.
    """

    steps: tuple[Step, ...] = ()
    records: tuple[TaskRecord, ...] = ()
    waiting: str = ""
    wake_at: tuple[float, ...] = ()
    is_held: bool = False
    failure: str = ""
    warnings: tuple[str, ...] = ()
    until: float | None = None
    vacates: bool = False


@dataclass(frozen=True)
class ServiceView:
    """A service with its primary deployment and its tasks, as they are now.

    `definition` is what the deployment's revision says. `is_draining` services have left the target. `blocked` names
    the service that must be steady (or, when draining, gone) before this one moves. `progress` is its deployment's.
    `source` is the deployment that has the traffic while it is shifted: its tasks are kept up meanwhile.
    `declared` is what the stack says it is to run.
    """

    service: Service
    deployment: Deployment | None
    definition: TaskDefinition | None
    tasks: tuple[TaskView, ...]
    fleet: Fleet
    is_draining: bool = False
    blocked: str = ""
    progress: Progress = Progress()
    source: Deployment | None = None
    source_definition: TaskDefinition | None = None
    declared: TaskDefinition | None = None

    def definition_of(self, record: TaskRecord) -> TaskDefinition | None:
        """Return what a new task of the service runs: the primary deployment's, or its source's, definition."""
        is_source = self.source is not None and record.deployment == self.source.id
        return self.source_definition if is_source else self.definition

    def color_of(self, record: TaskRecord) -> Color:
        """Return the pool of a new task of the service."""
        deployment = (
            self.source if self.source is not None and record.deployment == self.source.id else self.deployment
        )
        return deployment.color if deployment is not None else Color.BLUE

    @cached_property
    def desired(self) -> int:
        """How many tasks are wanted. DAEMON is one for the one engine there is."""
        if self.is_draining:
            return 0
        if self.service.scheduling_strategy is SchedulingStrategy.DAEMON:
            return 1
        return self.service.desired_count

    @cached_property
    def in_the_way(self) -> tuple[TaskView, ...]:
        """The protected tasks that would be stopped now: replaced ones and surplus ones.

        Of a shift that has the traffic of both pools only those of the pool that the new tasks belong in.
        """
        return tuple(each for each in self._unwanted if each.record.id in self.fleet.protected)

    @cached_property
    def _unwanted(self) -> tuple[TaskView, ...]:
        """The tasks of which some are to be stopped."""
        if self.deployment is None or self.is_draining:
            return ()
        replaced = self.fleet.replace
        if self.deployment.is_shifting:
            replaced = tuple(each for each in replaced if each.color is self.deployment.color)
        return (*replaced, *self.fleet.keep) if len(self.fleet.keep) > self.desired else replaced

    @cached_property
    def is_blocked(self) -> bool:
        """Whether nothing but protected tasks is waited for (ECS deployment blocked by task protection)."""
        fleet = self.fleet
        is_busy = fleet.leaving or fleet.unhealthy or fleet.spare(self._unwanted)
        return bool(self.in_the_way) and not is_busy and all(each.is_healthy() for each in fleet.keep)

    @property
    def is_undone(self) -> bool:
        """Whether it runs what it ran before a deployment failed, and not what is declared."""
        is_back = self.deployment is not None and bool(self.deployment.rolls_back)
        return is_back and not self.is_draining and self.definition != self.declared

    @property
    def is_done(self) -> bool:
        """Whether it is settled and no deployment of it is in progress."""
        is_open = self.deployment is not None and self.deployment.rollout_state is RolloutState.IN_PROGRESS
        return self.is_settled and (self.is_draining or not is_open)

    @cached_property
    def is_settled(self) -> bool:
        """Whether all wanted tasks, and only they, are there and healthy."""
        if self.desired == 0:
            return self.fleet.total == 0
        is_exact = len(self.fleet.keep) == self.desired == self.fleet.total
        return is_exact and all(each.is_healthy() for each in self.fleet.keep)


def fleet_of(
    service: Service, deployment: Deployment | None, tasks: Iterable[TaskView], secrets: Mapping[str, str], now: float
) -> Fleet:
    """Sort the tasks that still occupy the engine into keep, replace and leaving."""
    fleet: dict[str, list[TaskView]] = {"keep": [], "replace": [], "unhealthy": [], "leaving": []}
    for view in tasks:
        if not view.record.is_stopped:
            fleet[_place_of(view, service, deployment, secrets, now)].append(view)
    found = {place: tuple(views) for place, views in fleet.items()}
    protected = frozenset(view.record.id for view in tasks if _is_protected(view, service, now))
    return Fleet(**found, color=deployment.color if deployment is not None else Color.BLUE, protected=protected)


def _is_protected(view: TaskView, service: Service, now: float) -> bool:
    """Whether a task is not to be stopped by a scale-in or a deployment. One that is unhealthy is replaced (ECS)."""
    until = view.record.protected_until
    return until is not None and now < until and not view.is_unhealthy(service.health_check_grace_period, now)


def _place_of(
    view: TaskView, service: Service, deployment: Deployment | None, secrets: Mapping[str, str], now: float
) -> str:
    if view.is_leaving:
        return "leaving"
    if deployment is None or not why_replace(view, service, deployment, secrets, now):
        return "keep"
    is_target = (view.record.family, view.record.revision) == (deployment.family, deployment.revision)
    is_target = is_target and view.color is deployment.color
    is_ill = is_target and view.is_unhealthy(service.health_check_grace_period, now)
    return "unhealthy" if is_ill else "replace"


def why_replace(
    view: TaskView, service: Service, deployment: Deployment, secrets: Mapping[str, str], now: float
) -> str:
    """Return why a task must give way to another, or an empty text."""
    if (view.record.family, view.record.revision) != (deployment.family, deployment.revision):
        return f"revision {deployment.family}:{deployment.revision} replaces it"
    replaces_before = None if deployment.has_failed else deployment.replaces_before
    if replaces_before is not None and view.record.created_at < replaces_before:
        return "its replacement was asked for"
    if view.color is not deployment.color:
        return f"the traffic belongs on {deployment.color}"
    if view.is_unhealthy(service.health_check_grace_period, now):
        return f"its {view.why_unhealthy}"
    return "" if _proves_itself(view, deployment) else view.drift(secrets)


def _proves_itself(view: TaskView, deployment: Deployment) -> bool:
    """Whether a task may have traffic of a shift that can still be taken back: what drifts then is replaced later."""
    if not deployment.is_shifting or view.record.deployment != deployment.id:
        return False
    return deployment.shift > 0 or not is_before(deployment, LifecycleStage.PRODUCTION_TRAFFIC_SHIFT)


def present_digests(snapshot: Snapshot) -> dict[str, str]:
    """Return the keyed digests of the secrets that can be read now, by address."""
    return {each.address: each.digest for each in snapshot.secrets if each.digest is not None}
