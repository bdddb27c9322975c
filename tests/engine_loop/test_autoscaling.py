"""An hour of a watch that scales: with load that comes and goes, deployments beside it, crashes, and a lost watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.drivers.simulated import Behaviour, Load
from reconciler.engine.watch import Ending, Watch
from reconciler.model.decision import Decision
from reconciler.model.deployment import RolloutState
from reconciler.model.scaling import Autoscaling, ScalingMetric, TargetTracking
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.task import Task
from tests.builders import CHECK, Declared, container, declared, stack
from tests.scheduler.scaling.scene import action
from tests.site import Site

MINUTE = 60.0
CPU = TargetTracking(name="cpu", metric=ScalingMetric.CPU, target_value=60)
"""A task has half a CPU: at 60% it does 0.3 CPUs of work."""


def web(image: str = "app:1", **fields: object) -> Declared:
    return declared("web", 1, container(image=image, cpu=512, memory=128, **fields))


def shop(*policies: TargetTracking, service: Declared | None = None, **fields: object) -> Stack:
    values = {"address": "autoscaling.web", "service": "service.web", "min_capacity": 1, "max_capacity": 6}
    owner = Autoscaling(**{**values, "target_trackings": policies or (CPU,), **fields})
    return stack(service or web()).changed(autoscalings=(owner,))


@dataclass
class Scaled:
    """A site with some work that its tasks share. `counts` are (minutes since the beginning, new count)."""

    work: Callable[[float], float]
    """Minutes -> CPUs."""
    site: Site = field(default_factory=Site)
    counts: list[tuple[float, int]] = field(default_factory=list)
    shrinks_while_deploying: int = 0
    looks: int = 0

    def __post_init__(self) -> None:
        self.began = self.site.clock.now()
        self.site.engine.load = self._load
        self.site.looks = 20_000
        self.site.observe = self._note

    @property
    def minute(self) -> float:
        return (self.site.clock.now() - self.began) / MINUTE

    def watch(self, until: float) -> Ending:
        world = replace(self.site.world(), is_interrupted=lambda: self.minute >= until)
        lease = self.site.store.acquire("shop", "watch", 0)
        try:
            return Watch(world, ".", lambda line: None).keep("shop", lease)
        finally:
            lease.release()

    def _load(self, task: Task) -> Load:
        return Load(cpus=self.work(self.minute) / max(1, len(self.site.live)), memory=20)

    def _note(self, decision: Decision, snapshot: Snapshot) -> None:
        self.looks += 1
        (record,) = decision.state.scaling
        before = self.counts[-1][1] if self.counts else record.capacity
        if not self.counts or record.capacity != before:
            self.counts.append((round(self.minute), record.capacity))
        primary = decision.state.primary("service.web")
        is_deploying = primary is not None and primary.rollout_state is RolloutState.IN_PROGRESS
        self.shrinks_while_deploying += is_deploying and record.capacity < before


def burst(minute: float) -> float:
    """A quarter of a CPU, and 1.2 from the tenth minute to the thirtieth."""
    return 1.2 if 10 <= minute < 30 else 0.25


def test_a_burst_scales_out_after_three_minutes_and_in_after_fifteen_quiet_ones() -> None:
    scaled = Scaled(burst)
    scaled.site.apply(shop())
    assert scaled.watch(until=60) is Ending.STOPPED
    assert scaled.counts == [(0, 1), (12, 4), (44, 1)]  # the clock's own minutes begin 20 s later than ours
    assert scaled.site.live == ("web:1",)
    assert scaled.looks < 60 * 25
    messages = [each.message for each in scaled.site.store.load("shop").events if "Successfully" in each.message]
    assert [each.partition(" Cause")[0] for each in messages] == [
        "Successfully set desired count to 4.",
        "Successfully set desired count to 1.",
    ]


def test_a_plan_while_it_is_scaled_shows_no_difference() -> None:
    scaled = Scaled(burst)
    scaled.site.apply(shop())
    scaled.watch(until=20)
    assert scaled.site.plan(shop()).changes == ()
    scaled.site.apply(shop())
    assert scaled.counts == [(0, 1), (12, 4)]


def test_a_deployment_is_no_time_to_scale_in_however_quiet_it_is() -> None:
    eager = CPU.changed(scale_in_periods=3)
    scaled = Scaled(lambda minute: 1.2 if minute < 12 else 0.1)
    scaled.site.engine.behave = lambda step: Behaviour(healthy_after=500.0 if step.image.endswith("app:2") else 5.0)
    scaled.site.apply(shop(eager, service=web(health_check=CHECK)))
    scaled.watch(until=13)
    scaled.site.apply(shop(eager, service=web("app:2", health_check=CHECK)))
    assert scaled.minute > 21
    assert scaled.counts == [(0, 1), (2, 4)]
    assert scaled.site.live == ("web:2",) * 4
    scaled.watch(until=40)
    assert scaled.site.live == ("web:2",)
    assert scaled.shrinks_while_deploying == 0


def test_a_watch_that_was_away_scales_in_only_after_a_whole_row_of_its_own() -> None:
    scaled = Scaled(burst)
    scaled.site.apply(shop())
    scaled.watch(until=31)
    scaled.site.clock.advance_to(scaled.began + 45 * MINUTE)
    scaled.watch(until=58)
    assert scaled.counts == [(0, 1), (12, 4)]
    scaled.watch(until=65)
    assert [count for _, count in scaled.counts] == [1, 4, 1]


def test_a_scheduled_action_holds_at_night_what_load_would_take_away() -> None:
    scaled = Scaled(lambda minute: 0.05)
    night = action("night", "rate(10 minutes)", min_capacity=3, max_capacity=5)
    scaled.site.apply(shop(scheduled_actions=(night,)))
    scaled.watch(until=40)
    assert scaled.counts == [(0, 1), (10, 3)]
    assert scaled.site.live == ("web:1",) * 3
