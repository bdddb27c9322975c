"""Many policies: out if any wants it, in only if all agree, the largest count wins (c10, L6)."""

from __future__ import annotations

import pytest

from reconciler.model.scaling import StepScaling, TargetTracking
from tests.scheduler.scaling.scene import Scene, answer, autoscaling, steps, tracking

HOT, FAIR, COLD = 120.0, 58.0, 30.0


def quick(name: str, **fields: object) -> TargetTracking:
    return tracking(name, scale_out_periods=1, scale_in_periods=1, **fields)


ONLY_OUT = steps((0.0, None, 5), name="b")
BOTH_WAYS = steps((None, -20.0, -1), (0.0, None, 5), name="b")


@pytest.mark.parametrize(
    ("second", "a", "b", "count"),
    [
        (quick("b"), HOT, COLD, 8),
        (quick("b"), FAIR, HOT, 8),
        (quick("b"), 90.0, HOT, 8),
        (quick("b"), FAIR, FAIR, 4),
        (quick("b"), COLD, COLD, 2),
        (quick("b"), COLD, 15.0, 2),
        (quick("b"), COLD, 45.0, 3),
        (quick("b"), COLD, FAIR, 4),
        (quick("b"), COLD, None, 4),
        (quick("b"), None, HOT, 8),
        (quick("b", disable_scale_in=True), COLD, FAIR, 2),
        (quick("b", disable_scale_in=True), COLD, None, 2),
        (quick("b", disable_scale_in=True), FAIR, COLD, 4),
        (quick("b", disable_scale_in=True), COLD, HOT, 8),
        (ONLY_OUT, COLD, FAIR, 2),
        (ONLY_OUT, COLD, 70.0, 9),
        (ONLY_OUT, HOT, 70.0, 9),
        (BOTH_WAYS, COLD, 45.0, 4),
        (BOTH_WAYS, COLD, 35.0, 3),
        (BOTH_WAYS, FAIR, 35.0, 4),
    ],
)
def test_what_two_policies_come_to(
    second: TargetTracking | StepScaling, a: float | None, b: float | None, count: int
) -> None:
    found = Scene(autoscaling(quick("a"), second), 4).begun(a=FAIR, b=FAIR)
    assert found.minutes(a, policy="a", others={"b": b}) == count


def test_history_names_the_policy_that_leads_and_the_one_that_disagrees() -> None:
    found = Scene(autoscaling(quick("a"), quick("b")), 4).begun(a=FAIR, b=FAIR)
    found.minutes(COLD, policy="a", others={"b": FAIR})
    found.minutes(HOT, policy="a", others={"b": 90.0})
    assert found.history == ["a 4->4 NotAllPoliciesAgree", "a 4->8 ceil(4 running x 120 / 60) = 8"]


def test_a_policy_with_longer_periods_stands_by_what_it_said_last() -> None:
    slow = tracking("b", period=300.0, scale_in_periods=1, scale_out_periods=1)
    found = Scene(autoscaling(quick("a"), slow), 4, now=999_900.0).begun(a=FAIR, b=FAIR)
    assert found.minutes(*[FAIR] * 5, policy="a", others={"b": COLD}) == 4
    assert found.minutes(COLD, policy="a", others={"b": FAIR}) == 2


def test_what_was_said_long_ago_adds_nothing_again() -> None:
    slow = steps((0.0, None, 2), name="b", period=300.0, cooldown=0.0)
    found = Scene(autoscaling(quick("a"), slow), 2, now=999_900.0).begun(a=FAIR, b=FAIR)
    assert found.minutes(*[FAIR] * 5, policy="a", others={"b": 70.0}) == 4
    assert found.minutes(*[FAIR] * 4, policy="a", others={"b": 70.0}) == 4


def test_policies_that_all_wanted_more_all_cool_down() -> None:
    first = steps((0.0, None, 3), name="a")
    second = steps((0.0, None, 1), name="b")
    found = Scene(autoscaling(first, second), 2).begun(a=FAIR, b=FAIR)
    assert found.minutes(70.0, 70.0, policy="a", others={"b": 70.0}) == 5


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(("b", "count", "reason"), [(COLD, 2, ""), (FAIR, 4, "NotAllPoliciesAgree"), (HOT, 8, "")])
def test_nothing_is_scaled_in_before_all_have_spoken_whoever_answers_first(
    order: tuple[int, int], b: float, count: int, reason: str
) -> None:
    found = Scene(autoscaling(quick("a"), quick("b")), 4).begun(a=FAIR, b=FAIR)
    for _ in range(5):
        found.sample(a=COLD, b=b)
    asked = found.look().steps
    for index in order:
        found.look([answer(asked[index], {"a": COLD, "b": b})])
    assert found.capacity == count
    assert found.state.activities[0].not_scaled_reason.partition(":")[0] == reason
