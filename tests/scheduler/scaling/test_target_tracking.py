"""Target tracking by the minute: when it scales out and in, to which count, and what it never does (c10, L2, L7)."""

from __future__ import annotations

from tests.scheduler.scaling.scene import Scene, autoscaling, tracking

HOT, FAIR, COLD = 120.0, 58.0, 20.0


def scene(count: int = 2, **fields: object) -> Scene:
    found = Scene(autoscaling(tracking(**fields)), count)
    found.sample(load=FAIR)  # what is due at the beginning of the first minute belongs to the one before
    return found


def test_three_minutes_at_twice_the_target_double_the_tasks() -> None:
    found = scene()
    assert [found.minutes(HOT) for _ in range(3)] == [2, 2, 4]
    assert found.history == ["load 2->4 ceil(2 running x 120 / 60) = 4"]
