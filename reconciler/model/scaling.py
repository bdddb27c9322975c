"""Autoscaling as it is declared: between which counts a service moves, and what moves it.

Sources: AWS Application Auto Scaling (target tracking, step scaling, scheduled actions).
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.noun import Noun, Seconds
from reconciler.model.schedule import Schedule
from reconciler.model.service import Prometheus


class ScalingMetric(StrEnum):
    """What is measured of a service: cpu and memory in percent of the limit, requests per minute and target."""

    CPU = "cpu"
    MEMORY = "memory"
    REQUESTS_PER_TARGET = "requests_per_target"


class AdjustmentType(StrEnum):
    """How a step's adjustment is meant (AAS AdjustmentType)."""

    CHANGE_IN_CAPACITY = "ChangeInCapacity"
    PERCENT_CHANGE_IN_CAPACITY = "PercentChangeInCapacity"
    EXACT_CAPACITY = "ExactCapacity"


class TargetTracking(Noun):
    """Keeps a metric near `target_value`. Exactly one of `metric` and `prometheus`.

    A period's value is the mean of its samples; `scale_out_periods` above the target in a row scale out,
    `scale_in_periods` below the low threshold scale in (AAS: 3 and 15 periods of 60 s).
    """

    name: str
    metric: ScalingMetric | None = None
    prometheus: Prometheus | None = None
    target_value: float
    scale_out_cooldown: Seconds = 300
    scale_in_cooldown: Seconds = 300
    disable_scale_in: bool = False
    period: Seconds = 60
    scale_out_periods: int = 3
    scale_in_periods: int = 15


def range_key(lower_bound: float | None, upper_bound: float | None) -> str:
    """Return what tells a step from others: `0:500`, `500:`."""
    lower, upper = ("" if each is None else f"{each:.12g}" for each in (lower_bound, upper_bound))
    return f"{lower}:{upper}"


class StepAdjustment(Noun):
    """One step: its bounds are relative to the threshold, None is without end."""

    lower_bound: float | None = None
    upper_bound: float | None = None
    adjustment: int


class StepScaling(Noun):
    """Moves the count by the step that the metric is in, when it was in one for `evaluation_periods` periods."""

    name: str
    metric: ScalingMetric | None = None
    prometheus: Prometheus | None = None
    threshold: float
    adjustment_type: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY
    minimum_adjustment_magnitude: int = 0
    period: Seconds = 60
    evaluation_periods: int = 1
    cooldown: Seconds = 300
    steps: tuple[StepAdjustment, ...]


class ScheduledAction(Noun):
    """Sets other bounds at certain times; None leaves one as it is."""

    name: str
    schedule: Schedule
    min_capacity: int | None = None
    max_capacity: int | None = None


class Autoscaling(Noun):
    """Who owns the count of a service: it moves between `min_capacity` and `max_capacity`.

    `service` is an address. A service has one autoscaling at most.
    """

    address: str
    service: str
    min_capacity: int
    max_capacity: int
    target_trackings: tuple[TargetTracking, ...] = ()
    step_scalings: tuple[StepScaling, ...] = ()
    scheduled_actions: tuple[ScheduledAction, ...] = ()
