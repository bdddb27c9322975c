"""What a service promises: how many tasks of which definition run, and how a new revision replaces an old one."""

from __future__ import annotations

import math
from enum import StrEnum

from reconciler.model.noun import Noun, Seconds


class SchedulingStrategy(StrEnum):
    """REPLICA keeps `desired_count` tasks; DAEMON keeps one task per engine."""

    REPLICA = "REPLICA"
    DAEMON = "DAEMON"


class DeploymentStrategy(StrEnum):
    """How a new revision takes over."""

    ROLLING = "ROLLING"


class ThresholdType(StrEnum):
    """How the circuit breaker counts (ECS ThresholdConfiguration)."""

    BOUNDED_PERCENT = "BOUNDED_PERCENT"
    UNBOUNDED_PERCENT = "UNBOUNDED_PERCENT"
    COUNT = "COUNT"


class Threshold(Noun):
    """A percent of the desired count, or a count."""

    type: ThresholdType = ThresholdType.BOUNDED_PERCENT
    value: int = 50


class DeploymentCircuitBreaker(Noun):
    """Fails a deployment whose tasks keep failing."""

    enable: bool = True
    rollback: bool = True
    reset_on_healthy_task: bool = True
    threshold: Threshold = Threshold()


class DeploymentConfiguration(Noun):
    """The bounds of a deployment. Percents are of the desired count; a file's silence is already filled in."""

    strategy: DeploymentStrategy = DeploymentStrategy.ROLLING
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    minimum_healthy_time: Seconds = 10
    timeout: Seconds = 600
    deployment_circuit_breaker: DeploymentCircuitBreaker = DeploymentCircuitBreaker()


class Service(Noun):
    """Keeps tasks running. `name` is also its DNS name on the stack's network."""

    address: str
    name: str
    task_definition: str
    """Address of the task definition."""
    desired_count: int = 1
    scheduling_strategy: SchedulingStrategy = SchedulingStrategy.REPLICA
    health_check_grace_period: Seconds = 0
    depends_on: tuple[str, ...] = ()
    """Addresses of the services that must be steady first."""
    deployment_configuration: DeploymentConfiguration = DeploymentConfiguration()


def lower_bound(desired_count: int, minimum_healthy_percent: int) -> int:
    """Return how many tasks must stay healthy: rounded up (ECS minimumHealthyPercent).

    >>> lower_bound(2, 75)
    2
    """
    return math.ceil(desired_count * minimum_healthy_percent / 100)


def upper_bound(desired_count: int, maximum_percent: int) -> int:
    """Return how many tasks may be there at once: rounded down (ECS maximumPercent).

    >>> upper_bound(3, 125)
    3
    """
    return desired_count * maximum_percent // 100


def failure_threshold(threshold: Threshold, desired_count: int) -> int:
    """Return how many failed tasks fail a deployment (ECS: half of the desired count, from 3 to 200).

    >>> [failure_threshold(Threshold(), desired) for desired in (1, 5, 10, 25, 400, 800)]
    [3, 3, 5, 13, 200, 200]
    """
    if threshold.type is ThresholdType.COUNT:
        return threshold.value
    share = math.ceil(desired_count * threshold.value / 100)
    if threshold.type is ThresholdType.UNBOUNDED_PERCENT:
        return max(1, share)
    return min(max(share, 3), 200)
