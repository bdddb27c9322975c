"""A task as the scheduler sees it: its record, what the engine shows of it, and what both mean together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.routing import Color, TargetHealth
from reconciler.model.snapshot import ContainerHealth, ObservedTask
from reconciler.model.task import DesiredStatus, HealthStatus, TaskRecord, TaskStatus
from reconciler.model.task_definition import HOLDER, TaskDefinition
from reconciler.scheduler.targets import Traffic

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TaskView:
    """One task. `observed` is None while the engine shows nothing of it. What is asked often is worked out once.

    `traffic` is what the load balancers say of it, None when it has nothing to do with any; `color` is its pool.
    """

    record: TaskRecord
    definition: TaskDefinition
    observed: ObservedTask | None = None
    traffic: Traffic | None = None
    color: Color = Color.BLUE

    @property
    def is_leaving(self) -> bool:
        """Whether it is wanted STOPPED."""
        return self.record.desired_status is DesiredStatus.STOPPED

    @property
    def is_running(self) -> bool:
        """Whether it is RUNNING and wanted so."""
        return self.record.last_status is TaskStatus.RUNNING and not self.is_leaving

    @cached_property
    def live(self) -> frozenset[str]:
        """The names of its containers that are there and live."""
        return frozenset(each.name for each in self.observed.containers if each.is_live) if self.observed else _NONE

    @cached_property
    def is_up(self) -> bool:
        """Whether all its essential containers are there and live; one that is restarted in place is not."""
        return self.observed is not None and all(each.name in self.live for each in self.definition.essential)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all its containers are there and live, the holder too: nothing can be missing or have ended."""
        if not all(each.name in self.live for each in self.definition.containers):
            return False
        return HOLDER in self.live or not self.definition.needs_holder

    @cached_property
    def health(self) -> HealthStatus:
        """What its essential containers' health checks say together (ECS Task.healthStatus)."""
        return task_health(self.definition, self.observed)

    @property
    def has_health_check(self) -> bool:
        """Whether some essential container has a health check."""
        return any(each.health_check for each in self.definition.essential)

    @cached_property
    def fails_checks(self) -> bool:
        """Whether its containers' checks or a load balancer's say that it is unhealthy."""
        return self.is_bad_target or self.health is HealthStatus.UNHEALTHY

    @property
    def is_bad_target(self) -> bool:
        """Whether a load balancer's check says that it is unhealthy."""
        return self.traffic is not None and self.traffic.health is TargetHealth.UNHEALTHY

    @property
    def why_unhealthy(self) -> str:
        """Say which checks failed, and what a load balancer's found."""
        return self.traffic.reason if self.traffic is not None and self.is_bad_target else "health checks failed"

    def is_healthy(self) -> bool:
        """Whether it counts as healthy now: recorded so once, and no exit and no check says otherwise since."""
        is_proven = self.is_running and self.record.healthy_at is not None
        return is_proven and self.is_up and not self.fails_checks

    def is_unhealthy(self, grace: float, now: float) -> bool:
        """Whether its checks failed, outside of the grace period that follows its start."""
        if not self.is_running or not self.fails_checks:
            return False
        return now >= (self.record.running_at or now) + grace

    def drift(self, secrets: Mapping[str, str]) -> str:
        """Return what of it is not as declared, or an empty text. `secrets` are the present digests by address."""
        if self.observed is None:
            return ""
        settings = [
            f"{each.name}: {drift.attribute} is {drift.observed}, declared {drift.declared}"
            for each in self.observed.containers
            for drift in each.drift
        ]
        settings += [
            f"{address} has a new value"
            for address, digest in self.observed.task.secret_digests.items()
            if secrets.get(address, digest) != digest
        ]
        return "; ".join(settings)


def task_health(definition: TaskDefinition, observed: ObservedTask | None) -> HealthStatus:
    """Combine: all essential HEALTHY is HEALTHY, any UNHEALTHY is UNHEALTHY, else (or without checks) UNKNOWN."""
    checks = [_health(each, observed) for each in definition.essential if each.health_check]
    if ContainerHealth.UNHEALTHY in checks:
        return HealthStatus.UNHEALTHY
    if checks and all(each is ContainerHealth.HEALTHY for each in checks):
        return HealthStatus.HEALTHY
    return HealthStatus.UNKNOWN


def _health(container: ContainerDefinition, observed: ObservedTask | None) -> ContainerHealth | None:
    present = observed.container(container.name) if observed else None
    return present.health if present and present.is_live else None
