"""Whatever policies, values, deployments and hands do: what is never otherwise (L1, L7, L8, I10)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from reconciler.model.beside import ScalingActivity, Suspended
from reconciler.model.deployment import RolloutState
from reconciler.model.scaling import AdjustmentType, Autoscaling, StepAdjustment, StepScaling, TargetTracking
from reconciler.scheduler.scaling.activities import ACTIVITIES_KEPT
from reconciler.scheduler.scaling.capacity import with_capacity
from tests.scheduler.scaling.scene import BEGIN, QUERY, Scene, action, answer, autoscaling

SEEDS = 40
SAMPLES = 120


def policy(name: str, random: Random) -> TargetTracking | StepScaling:
    period, cooldown = random.choice((5.0, 10.0, 20.0, 60.0)), random.choice((0.0, 30.0, 300.0))
    if random.random() < 0.5:
        return TargetTracking(
            name=name,
            prometheus=QUERY,
            target_value=random.choice((0.7, 60.0)),
            scale_out_cooldown=cooldown,
            scale_in_cooldown=random.choice((0.0, 60.0)),
            disable_scale_in=random.random() < 0.2,
            period=period,
            scale_out_periods=random.randint(1, 3),
            scale_in_periods=random.randint(1, 4),
        )
    low, high = random.randint(-30, -1), random.randint(1, 30)
    amounts = sorted(random.randint(-60, 60) for _ in range(3))
    kind = random.choice(tuple(AdjustmentType))
    if kind is AdjustmentType.EXACT_CAPACITY:
        amounts = [abs(each) for each in amounts]
    bounds = ((None, low), (low, high), (high, None))
    return StepScaling(
        name=name,
        prometheus=QUERY,
        threshold=60,
        adjustment_type=kind,
        minimum_adjustment_magnitude=random.choice((0, 2)),
        period=period,
        evaluation_periods=random.randint(1, 3),
        cooldown=cooldown,
        steps=tuple(
            StepAdjustment(lower_bound=lower, upper_bound=upper, adjustment=amount)
            for (lower, upper), amount in zip(bounds, amounts, strict=True)
        ),
    )


def owner(random: Random) -> Autoscaling:
    least = random.choice((0, 1, 3))
    night = action("night", "rate(11 minutes)", min_capacity=random.randint(0, 3), max_capacity=random.randint(3, 9))
    return autoscaling(
        *(policy(name, random) for name in "abc"[: random.randint(1, 3)]),
        min_capacity=least,
        max_capacity=least + random.randint(0, 12),
        scheduled_actions=(night,) if random.random() < 0.4 else (),
    )


def meddle(scene: Scene, random: Random) -> None:
    """Let a deployment begin or end, somebody suspend or scale, tasks fail, or nothing happen."""
    if random.random() < 0.05:
        scene.rollout(random.choice((RolloutState.IN_PROGRESS, RolloutState.COMPLETED)))
    if random.random() < 0.03:
        flags = {name: random.random() < 0.3 for name in ("scale_in", "scale_out", "scheduled")}
        record = scene.record.changed(suspended=Suspended(**flags))
        scene.state = scene.state.changed(scaling=(record,))
    if random.random() < 0.03:
        scene.state = with_capacity(scene.state, "service.web", random.randint(0, 15))
    if random.random() < 0.1:
        scene.running = random.choice((None, None, 0, 1, 3, 20))
    if random.random() < 0.02:
        scene.now += random.choice((45.0, 4000.0))


def value(random: Random, mood: float) -> float | None:
    return None if random.random() < 0.04 else random.choice((0.0, mood, mood, mood * random.random(), -1.0))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_the_count_is_moved_only_as_it_may(seed: int) -> None:
    random = Random(f"scaling {seed}")
    scene = Scene(owner(random), random.randint(0, 5), now=BEGIN + random.randint(0, 100))
    scene.state = scene.state.changed(activities=())
    mood = 60.0
    for _ in range(SAMPLES):
        meddle(scene, random)
        mood = random.choice((mood, mood, mood, 0.2, 30.0, 61.0, 130.0))
        before = scene.capacity
        attended = scene.look()
        problems = list(wrong(scene, before))
        before = scene.capacity
        scene.look(answer(each, {name: value(random, mood) for name in "abc"}) for each in attended.steps)
        problems += wrong(scene, before)
        saves = scene.saves
        scene.look()
        assert (problems, scene.saves) == ([], saves), f"seed {seed} at {scene.now - BEGIN:g}"
        assert attended.wake_at is not None and attended.wake_at > scene.now
        scene.now = attended.wake_at


def wrong(scene: Scene, before: int) -> Iterator[str]:
    """Yield what must not be, after a look; `before` is the count before it."""
    after, record = scene.capacity, scene.record
    least = scene.owner.min_capacity if record.min_capacity is None else record.min_capacity
    most = max(least, scene.owner.max_capacity if record.max_capacity is None else record.max_capacity)
    told = scene.state.activities[-1] if scene.state.activities else None
    if after != before:
        yield from _of_change(scene, before, told, least, most)
    if len(scene.state.activities) > ACTIVITIES_KEPT:
        yield f"{len(scene.state.activities)} activities are kept"


def _of_change(scene: Scene, before: int, told: ScalingActivity | None, least: int, most: int) -> Iterator[str]:
    after, is_scheduled = scene.capacity, told is not None and told.policy == "night"
    if not least <= after <= most:
        yield f"{before} -> {after}, though the bounds are {least} and {most}"
    if told is None or (told.before, told.after, told.not_scaled_reason) != (before, after, ""):
        yield f"{before} -> {after}, and what is told is {told}"
    if after < before and scene.state.deployments[0].rollout_state is RolloutState.IN_PROGRESS:
        yield f"{before} -> {after} while a deployment is in progress"
    suspended = scene.record.suspended
    if not is_scheduled and ((after < before and suspended.scale_in) or (after > before and suspended.scale_out)):
        yield f"{before} -> {after}, though that is suspended"
    if is_scheduled:
        return
    if told is not None and told.value is None:
        yield f"{before} -> {after} without a value"
    voters = {each.name for each in scene.owner.target_trackings if not each.disable_scale_in}
    silent = [
        each.name for each in scene.record.policies if each.name in voters and each.values[-1:] in ((), (None,))
    ]
    if after < before and silent:
        yield f"{before} -> {after}, though {silent} have no value"
