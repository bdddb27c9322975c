"""What a service promises: how many tasks of which definition run, and how a new revision replaces an old one."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Literal

from reconciler.model.noun import Noun, Seconds


class SchedulingStrategy(StrEnum):
    """REPLICA keeps `desired_count` tasks; DAEMON keeps one task per engine."""

    REPLICA = "REPLICA"
    DAEMON = "DAEMON"


class DeploymentStrategy(StrEnum):
    """How a new revision takes over: task by task, or beside the old one with its traffic shifted in steps."""

    ROLLING = "ROLLING"
    BLUE_GREEN = "BLUE_GREEN"
    LINEAR = "LINEAR"
    CANARY = "CANARY"


class LifecycleStage(StrEnum):
    """The stages of a deployment, in order (ECS deployment lifecycle stages)."""

    RECONCILE_SERVICE = "RECONCILE_SERVICE"
    PRE_SCALE_UP = "PRE_SCALE_UP"
    SCALE_UP = "SCALE_UP"
    POST_SCALE_UP = "POST_SCALE_UP"
    TEST_TRAFFIC_SHIFT = "TEST_TRAFFIC_SHIFT"
    POST_TEST_TRAFFIC_SHIFT = "POST_TEST_TRAFFIC_SHIFT"
    PRE_PRODUCTION_TRAFFIC_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    POST_PRODUCTION_TRAFFIC_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
    BAKE_TIME = "BAKE_TIME"
    CLEAN_UP = "CLEAN_UP"


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


class Linear(Noun):
    """Traffic shifts in equal steps; `step_bake_time` is waited after each but the last (ECS linear)."""

    step_percent: float = 10
    step_bake_time: Seconds = 360


class Canary(Noun):
    """A small part of the traffic first, then all of it (ECS canary)."""

    percent: float = 5
    bake_time: Seconds = 600


class Prometheus(Noun):
    """A query whose one value counts."""

    url: str
    query: str


class Alarm(Noun):
    """Fails a deployment when `datapoints` periods in a row are above the limit.

    Exactly one source: `metric` of the balancer, a `command` (an exit code other than 0 is above any limit), or a
    Prometheus query.
    """

    name: str
    metric: Literal["http_5xx_percent", "latency_p95"] | None = None
    command: tuple[str, ...] = ()
    prometheus: Prometheus | None = None
    greater_than: float = 0
    period: Seconds = 10
    datapoints: int = 2


class HttpHook(Noun):
    """Asks a URL: 2xx goes on, unless the body says IN_PROGRESS."""

    url: str


class TaskHook(Noun):
    """Runs one task of the new revision, with another command if it is given."""

    command: tuple[str, ...] = ()
    container: str | None = None


class LifecycleHook(Noun):
    """Something that must go well before a deployment leaves a stage. Exactly one of four kinds."""

    name: str
    stages: tuple[LifecycleStage, ...]
    command: tuple[str, ...] = ()
    http: HttpHook | None = None
    task: TaskHook | None = None
    pause: bool = False
    timeout: Seconds = 86_400
    on_timeout: Literal["ROLLBACK", "CONTINUE"] = "ROLLBACK"


class TargetRegistration(Noun):
    """Which port of a task is a target of which group; `test_listener` is an address of a listener."""

    target_group: str
    container_name: str
    container_port: int
    test_listener: str | None = None


class DeploymentConfiguration(Noun):
    """The bounds of a deployment. Percents are of the desired count; a file's silence is already filled in."""

    strategy: DeploymentStrategy = DeploymentStrategy.ROLLING
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    minimum_healthy_time: Seconds = 10
    timeout: Seconds = 600
    bake_time: Seconds = 0
    linear: Linear = Linear()
    canary: Canary = Canary()
    deployment_circuit_breaker: DeploymentCircuitBreaker = DeploymentCircuitBreaker()
    alarms: tuple[Alarm, ...] = ()
    lifecycle_hooks: tuple[LifecycleHook, ...] = ()


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
    load_balancers: tuple[TargetRegistration, ...] = ()
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
