"""What is told: each change, each decision against one once, in ECS's words; and how much of it is kept (L10)."""

from __future__ import annotations

from reconciler.model.beside import ScalingActivity
from reconciler.scheduler.scaling.activities import ACTIVITIES_KEPT, with_activity
from tests.builders import NOW, state
from tests.scheduler.scaling.scene import Scene, autoscaling, told, tracking


def activity(after: int = 2, reason: str = "", **fields: object) -> ScalingActivity:
    values = {"number": 0, "autoscaling": "autoscaling.web", "service": "service.web", "at": NOW, "policy": "cpu"}
    return ScalingActivity(**{**values, "before": 2, "after": after, "not_scaled_reason": reason, **fields})


def test_an_activity_says_who_why_and_from_what() -> None:
    found = Scene(autoscaling(tracking(scale_out_periods=1)), 2).begun()
    found.minutes(120.0)
    (only,) = found.state.activities
    at = found.state.events[0].at
    assert only == activity(4, number=1, at=at, policy="load", value=120.0, formula="ceil(2 running x 120 / 60) = 4")
    assert [(each.address, each.message) for each in found.state.events] == [
        (
            "service.web",
            "Successfully set desired count to 4. Cause: policy load: the query was 120, above 60 for one period; "
            "ceil(2 running x 120 / 60) = 4.",
        )
    ]


def test_the_same_reason_not_to_scale_is_told_once_and_again_after_another() -> None:
    found = state()
    for reason in ("full", "full", "paused", "paused", "full"):
        found = with_activity(found, activity(reason=reason))
    assert [told(each) for each in found.activities] == ["cpu 2->2 full", "cpu 2->2 paused", "cpu 2->2 full"]
    assert [each.number for each in found.activities] == [1, 2, 3]
    assert found.events == ()


def test_each_policy_is_told_of_for_itself() -> None:
    found = state()
    for policy in ("cpu", "memory", "cpu", "memory"):
        found = with_activity(found, activity(reason="full", policy=policy))
    assert [told(each) for each in found.activities] == ["cpu 2->2 full", "memory 2->2 full"]


def test_what_was_told_before_is_the_very_same_state() -> None:
    before = with_activity(state(), activity(reason="full"))
    assert with_activity(before, activity(reason="full")) is before


def test_the_newest_are_kept_of_each_autoscaling() -> None:
    found = with_activity(state(), activity(3, autoscaling="autoscaling.api", service="service.api"))
    for _ in range(ACTIVITIES_KEPT + 5):
        found = with_activity(found, activity(3))
    numbers = [each.number for each in found.activities if each.autoscaling == "autoscaling.web"]
    assert numbers == list(range(7, ACTIVITIES_KEPT + 7))
    assert len(found.activities) == ACTIVITIES_KEPT + 1
