"""A service with an autoscaling, and time that passes: what is measured is said by the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.beside import PolicyRecord, ScalingActivity, ScalingRecord, Suspended
from reconciler.model.deployment import RolloutState
from reconciler.model.scaling import Autoscaling, ScheduledAction, StepAdjustment, StepScaling, TargetTracking
from reconciler.model.schedule import Schedule
from reconciler.model.service import Prometheus
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Outcome, ProbeMetric, Step
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.scaling.capacity import with_capacities
from reconciler.scheduler.scaling.scaling import scale
from tests.builders import declared, deployment, observed, running, snapshot, stack, state, task

MINUTE = 60.0
BEGIN = 999_960.0
"""The beginning of a minute."""

QUERY = Prometheus(url="http://prometheus", query="load")


def tracking(name: str = "load", **fields: Any) -> TargetTracking:
    """A policy that keeps what Prometheus says near 60."""
    return TargetTracking(**{"name": name, "prometheus": QUERY, "target_value": 60.0, **fields})


def steps(*adjustments: tuple[float | None, float | None, int], name: str = "steps", **fields: Any) -> StepScaling:
    """A policy with a threshold of 60 and (lower, upper, adjustment) steps."""
    found = tuple(StepAdjustment(lower_bound=low, upper_bound=up, adjustment=by) for low, up, by in adjustments)
    return StepScaling(**{"name": name, "prometheus": QUERY, "threshold": 60.0, "steps": found, **fields})


def action(name: str, expression: str, **fields: Any) -> ScheduledAction:
    """A scheduled action."""
    return ScheduledAction(name=name, schedule=Schedule(expression=expression), **fields)


def autoscaling(*policies: TargetTracking | StepScaling, **fields: Any) -> Autoscaling:
    """The autoscaling of `service.web`, between 1 and 10 tasks."""
    return Autoscaling(
        **{
            "address": "autoscaling.web",
            "service": "service.web",
            "min_capacity": 1,
            "max_capacity": 10,
            "target_trackings": tuple(each for each in policies if isinstance(each, TargetTracking)),
            "step_scalings": tuple(each for each in policies if isinstance(each, StepScaling)),
            **fields,
        }
    )


@dataclass
class Scene:
    """Runs the autoscaling as time passes. `running` tasks run; None: always as many as are wanted."""

    owner: Autoscaling
    count: int = 2
    running: int | None = None
    rollout_state: RolloutState = RolloutState.COMPLETED
    now: float = BEGIN
    suspended: Suspended = field(default_factory=Suspended)
    policies: tuple[PolicyRecord, ...] = ()
    state: State = field(init=False)
    saves: int = 0

    def __post_init__(self) -> None:
        web = stack(declared("web", self.count)).changed(autoscalings=(self.owner,))
        record = ScalingRecord(
            autoscaling="autoscaling.web",
            service="service.web",
            capacity=self.count,
            suspended=self.suspended,
            policies=self.policies,
        )
        done = deployment(desired_count=self.count, rollout_state=self.rollout_state)
        self.state = state(web, scaling=(record,), deployments=(done,))

    @property
    def stack(self) -> Stack:
        assert self.state.target is not None
        return with_capacities(self.state.target, self.state)

    @property
    def record(self) -> ScalingRecord:
        (only,) = self.state.scaling
        return only

    @property
    def capacity(self) -> int:
        """The count in effect: the record, the target and the deployment agree on it."""
        (web,) = self.stack.services
        assert (web.desired_count, self.state.deployments[0].desired_count) == (self.record.capacity,) * 2
        return self.record.capacity

    @property
    def history(self) -> list[str]:
        """What is told, in short."""
        return [told(each) for each in self.state.activities]

    def begun(self, **values: float | None) -> Scene:
        """Take the sample that is due at once: it belongs to the period before. A new minute begins."""
        self.sample(**values)
        return self

    def rollout(self, rollout_state: RolloutState) -> None:
        """Let the deployment go on."""
        done = tuple(each.changed(rollout_state=rollout_state) for each in self.state.deployments)
        self.state = self.state.changed(deployments=done)

    def look(self, outcomes: Iterable[Outcome] = (), **fields: Any) -> Attended:
        """Look once, and save."""
        there = self.capacity if self.running is None else self.running
        ids = range(1, there + 1)
        self.state = self.state.changed(tasks=tuple(running(each) for each in ids))
        shown = snapshot(*(observed(of=task(each)) for each in ids), outcomes=tuple(outcomes), **fields)
        attended = scale(AsideGround(self.stack, shown, self.now), self.state)
        self.saves += attended.state is not self.state
        self.state = attended.state
        return attended

    def sample(self, **values: float | None) -> None:
        """Look when the next sample is due, and answer what is asked; the time is then that of the answer."""
        attended = self.look()
        if attended.steps:
            self.look(answer(each, values) for each in attended.steps)
        assert attended.wake_at is not None
        self.now = attended.wake_at

    def minutes(self, *values: float | None, policy: str = "load", others: Mapping[str, float] | None = None) -> int:
        """Let a minute pass for each value; returns the count afterwards. The last sample of a minute ends it."""
        for value in values:
            for _ in range(6):
                self.sample(**{policy: value, **(others or {})})
        return self.capacity


def answer(step: Step, values: Mapping[str, float | None]) -> Outcome:
    """Answer a query with the policy's value; None is no answer."""
    assert isinstance(step, ProbeMetric)
    value = values.get(step.policy)
    return Outcome(step=step, ok=value is not None, value=value)


def told(activity: ScalingActivity) -> str:
    """An activity in one line."""
    reason = activity.not_scaled_reason.partition(":")[0]
    return f"{activity.policy} {activity.before}->{activity.after} {reason or activity.formula}"
