"""Scheduled actions: bounds at their times, the count within them, and what was missed (c10, L5)."""

from __future__ import annotations

import pytest

from reconciler.model.beside import Suspended
from reconciler.model.deployment import RolloutState
from reconciler.model.schedule import Schedule
from reconciler.scheduler.scaling.scheduled_actions import last_due
from tests.scheduler.scaling.scene import MINUTE, Scene, action, autoscaling, tracking

HOUR, DAY = 3600.0, 86_400.0
MIDNIGHT = 950_400.0
"""1970-01-12 00:00 UTC, a Monday."""

NIGHT = action("night", "cron(0 22 * * ? *)", min_capacity=1, max_capacity=2)
MORNING = action("morning", "0 6 * * *", min_capacity=4, max_capacity=8)


def scene(*actions: object, count: int = 5, hour: float = 21.0, **fields: object) -> Scene:
    owner = autoscaling(scheduled_actions=actions or (NIGHT, MORNING))
    return Scene(owner, count, now=MIDNIGHT + hour * HOUR, **fields)  # type: ignore[arg-type]


def bounds(found: Scene) -> tuple[int | None, int | None, int]:
    return found.record.min_capacity, found.record.max_capacity, found.capacity


def at(found: Scene, hour: float) -> tuple[int | None, int | None, int]:
    """Let it be another hour of the first day, look, and return (min, max, count)."""
    found.now = MIDNIGHT + hour * HOUR
    found.look()
    return bounds(found)


def test_an_action_that_is_new_waits_for_its_time() -> None:
    found = scene()
    assert found.look().wake_at == MIDNIGHT + 22 * HOUR
    assert bounds(found) == (None, None, 5)


def test_at_its_time_it_sets_the_bounds_and_the_count_within_them() -> None:
    found = scene()
    assert [at(found, hour) for hour in (21, 22, 29.9, 30)] == [(None, None, 5), (1, 2, 2), (1, 2, 2), (4, 8, 4)]
    assert found.history == [
        "night 5->2 min_capacity = 1, max_capacity = 2",
        "morning 2->4 min_capacity = 4, max_capacity = 8",
    ]
    told = "Successfully set desired count to {}. Cause: scheduled action {}."
    assert [each.message for each in found.state.events] == [
        told.format(2, "night set min_capacity = 1, max_capacity = 2"),
        told.format(4, "morning set min_capacity = 4, max_capacity = 8"),
    ]


def test_within_the_new_bounds_the_count_stays() -> None:
    found = scene(count=2)
    at(found, 21)
    assert at(found, 22) == (1, 2, 2)
    assert found.history == ["night 2->2 min_capacity = 1, max_capacity = 2"]
    assert found.state.events == ()


def test_one_bound_alone_leaves_the_other() -> None:
    found = scene(action("floor", "0 22 * * *", min_capacity=7))
    at(found, 21)
    assert at(found, 22) == (7, None, 7)


def test_a_lower_bound_above_the_upper_one_is_the_upper_one_too() -> None:
    found = scene(action("floor", "0 22 * * *", min_capacity=12))
    at(found, 21)
    assert at(found, 22) == (12, None, 12)


def test_of_those_missed_while_nobody_watched_the_last_ones_are_carried_out_in_their_order() -> None:
    found = scene()
    at(found, 21)
    assert at(found, 24 * 30 + 7) == (4, 8, 4)
    assert [each.policy for each in found.state.activities] == ["night", "morning"]
    assert at(found, 24 * 30 + 21.9) == (4, 8, 4)


def test_what_was_done_is_not_done_again() -> None:
    found = scene()
    at(found, 21)
    at(found, 22)
    saves = found.saves
    assert at(found, 22.5) == (1, 2, 2)
    assert found.saves == saves


def test_one_time_is_once() -> None:
    found = scene(action("launch", "at(1970-01-12T22:00:00)", min_capacity=9))
    at(found, 21)
    assert at(found, 22) == (9, None, 9)
    found.now = MIDNIGHT + 23 * HOUR
    assert found.look().wake_at is None


def test_a_rate_counts_from_when_it_was_first_seen() -> None:
    found = scene(action("often", "rate(1 hour)", min_capacity=6), hour=21.25)
    found.look()
    assert at(found, 22.2) == (None, None, 5)
    assert at(found, 22.25) == (6, None, 6)


def test_suspended_actions_are_passed_over_for_good() -> None:
    found = scene(suspended=Suspended(scheduled=True))
    at(found, 21)
    assert at(found, 22) == (None, None, 5)
    (record,) = found.state.scaling
    found.state = found.state.changed(scaling=(record.changed(suspended=Suspended()),))
    assert at(found, 23) == (None, None, 5)


def test_one_that_takes_tasks_away_waits_for_the_end_of_a_deployment() -> None:
    found = scene(rollout_state=RolloutState.IN_PROGRESS)
    at(found, 21)
    assert at(found, 22) == (None, None, 5)
    assert at(found, 22.1) == (None, None, 5)
    assert found.history == ["night 5->5 DeploymentInProgress"]
    found.rollout(RolloutState.COMPLETED)
    assert at(found, 22.2) == (1, 2, 2)


def test_one_that_waited_does_not_undo_a_later_one() -> None:
    burst = action("burst", "30 22 * * *", min_capacity=6, max_capacity=8)
    found = scene(NIGHT, burst, rollout_state=RolloutState.IN_PROGRESS)
    assert [at(found, hour) for hour in (21, 22, 22.5)] == [(None, None, 5), (None, None, 5), (6, 8, 6)]
    found.rollout(RolloutState.COMPLETED)
    assert at(found, 22.7) == (6, 8, 6)


def test_two_that_waited_are_carried_out_in_their_order() -> None:
    later = action("later", "30 22 * * *", max_capacity=4)
    found = scene(NIGHT, later, rollout_state=RolloutState.IN_PROGRESS)
    assert [at(found, hour) for hour in (21, 22, 22.5)] == [(None, None, 5)] * 3
    found.rollout(RolloutState.COMPLETED)
    assert at(found, 22.7) == (1, 4, 2)


def test_one_that_adds_tasks_does_not_wait() -> None:
    found = scene(action("floor", "0 22 * * *", min_capacity=7), rollout_state=RolloutState.IN_PROGRESS)
    at(found, 21)
    assert at(found, 22) == (7, None, 7)


def test_policies_keep_to_the_bounds_that_an_action_set() -> None:
    owner = autoscaling(tracking(scale_out_periods=1), scheduled_actions=(NIGHT,))
    found = Scene(owner, 1, now=MIDNIGHT + 22 * HOUR - 2 * MINUTE).begun()
    assert found.minutes(58.0, 58.0, 600.0) == 2


@pytest.mark.parametrize(
    ("expression", "after", "now", "found"),
    [
        ("* * * * *", 0.0, 30 * DAY + 30, 30 * DAY),
        ("0 0 1 1 *", 0.0, 900 * DAY, 730 * DAY),
        ("0 0 1 1 *", 0.0, 30 * DAY, None),
        ("0 6 * * *", 6 * HOUR, 24 * HOUR, None),
        ("rate(7 minutes)", 0.0, 70 * MINUTE, 70 * MINUTE),
        ("rate(7 minutes)", 0.0, 71 * MINUTE, 70 * MINUTE),
    ],
)
def test_the_last_time_that_is_due_is_found_however_long_ago(
    expression: str, after: float, now: float, found: float | None
) -> None:
    assert last_due(Schedule(expression=expression), after, now) == found
