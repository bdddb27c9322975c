"""Autoscalings and their activities, and who owns a count in `status`: whole texts, and JSON of the same values."""

from __future__ import annotations

from reconciler.model.beside import PolicyRecord, ScalingActivity, ScalingRecord, Suspended
from reconciler.model.decision import Decision
from reconciler.model.scaling import Autoscaling, ScalingMetric
from reconciler.model.state import State
from reconciler.render.autoscaling import (
    activities_json,
    activities_text,
    autoscalings_json,
    autoscalings_text,
)
from reconciler.render.status import Standing, status_json, status_text
from tests.builders import NOW, declared, stack, state
from tests.scheduler.scaling.scene import action, autoscaling, steps, tracking

CPU = tracking("cpu", prometheus=None, metric=ScalingMetric.CPU)


def shop(owner: Autoscaling | None = None, **fields: object) -> State:
    found = owner or autoscaling(CPU, steps((0.0, None, 1), name="queue"))
    measured = PolicyRecord(name="cpu", period_began=NOW, values=(None, 57.256))
    values = {"autoscaling": found.address, "service": "service.web", "capacity": 4, "policies": (measured,)}
    target = stack(declared("web", 4)).changed(autoscalings=(found,))
    return state(target, scaling=(ScalingRecord(**{**values, **fields}),))


def test_autoscalings_are_a_row_for_each_policy() -> None:
    suspended = Suspended(scale_in=True, scheduled=True)
    assert (
        autoscalings_text(shop(suspended=suspended, max_capacity=6))
        == """\
SERVICE      COUNT  BOUNDS  POLICY  METRIC      VALUE  LIMIT  SUSPENDED
service.web  4      1..6    cpu     cpu         57.26  60     in, scheduled
                            queue   prometheus  -      60"""
    )


def test_one_without_policies_is_a_row_too() -> None:
    assert autoscalings_text(shop(autoscaling())).splitlines()[1].split() == [
        "service.web", "4", "1..10", "-", "-", "-", "-", "-",
    ]  # fmt: skip


def test_without_any_that_is_said() -> None:
    assert autoscalings_text(state(stack(declared()))) == "Nothing is scaled: no autoscaling is applied."
    assert autoscalings_json(state()) == []


def test_an_autoscaling_in_json_has_the_bounds_in_effect() -> None:
    owner = autoscaling(CPU, scheduled_actions=(action("night", "0 22 * * *", min_capacity=2),))
    assert autoscalings_json(shop(owner, min_capacity=2)) == [
        {
            "address": "autoscaling.web",
            "service": "service.web",
            "desired_count": 4,
            "min_capacity": 2,
            "max_capacity": 10,
            "suspended": [],
            "policies": [
                {
                    "name": "cpu",
                    "type": "target_tracking",
                    "target_value": 60.0,
                    "metric": "cpu",
                    "value": 57.256,
                    "missing": None,
                }
            ],
            "scheduled_actions": [{"name": "night", "schedule": "0 22 * * *", "timezone": "UTC"}],
        }
    ]


def activity(**fields: object) -> ScalingActivity:
    values = {
        "number": 7,
        "autoscaling": "autoscaling.web",
        "service": "service.web",
        "at": NOW - 62,
        "policy": "cpu",
    }
    return ScalingActivity(**{**values, "before": 2, "after": 2, "value": 112.5, **fields})


FORMULA = "ceil(2 running x 112.5 / 60) = 4"
HELD = activity(not_scaled_reason="AlreadyAtMaxCapacity: max_capacity is 2", formula=FORMULA)


def test_activities_say_what_was_done_and_why_not() -> None:
    scheduled = activity(policy="night", value=None, before=4, after=2, formula="max_capacity = 2")
    missing = activity(value=None, not_scaled_reason="MissingData: the last period has no value")
    assert (
        activities_text((activity(after=4, formula=FORMULA), HELD, scheduled, missing), NOW) == """\
WHEN       SERVICE      POLICY  COUNT   VALUE  WHY
1m02s ago  service.web  cpu     2 -> 4  112.5  ceil(2 running x 112.5 / 60) = 4
1m02s ago  service.web  cpu     2       112.5  not scaled: AlreadyAtMaxCapacity: max_capacity is 2 """
        """(ceil(2 running x 112.5 / 60) = 4)
1m02s ago  service.web  night   4 -> 2  -      max_capacity = 2
1m02s ago  service.web  cpu     2       -      not scaled: MissingData: the last period has no value"""
    )
    assert activities_text((), NOW) == "No activities yet."


def test_an_activity_in_json_has_everything() -> None:
    assert activities_json((HELD,)) == [
        {
            "number": 7,
            "at": "1970-01-12T13:45:38Z",
            "autoscaling": "autoscaling.web",
            "service": "service.web",
            "policy": "cpu",
            "before": 2,
            "after": 2,
            "value": 112.5,
            "formula": FORMULA,
            "not_scaled_reason": "AlreadyAtMaxCapacity: max_capacity is 2",
        }
    ]


def test_status_says_who_owns_the_count() -> None:
    found = shop(suspended=Suspended(scale_out=True))
    assert found.target is not None
    standing = Standing(found.target, Decision(state=found))
    assert "\n  service.web: 4 desired, managed by autoscaling.web (1..10), suspended: out\n" in (
        status_text(standing, NOW) + "\n"
    )
    (service,) = status_json(standing)["services"]
    assert service["autoscaling"] == autoscalings_json(found)[0]


def test_status_of_a_service_that_nothing_scales_names_no_owner() -> None:
    found = state(stack(declared()))
    assert found.target is not None
    (service,) = status_json(Standing(found.target, Decision(state=found)))["services"]
    assert service["autoscaling"] is None


def test_why_a_policy_has_no_value_is_shown_while_it_has_none() -> None:
    gone = PolicyRecord(name="cpu", period_began=NOW, values=(57.0, None), missing="http://p answered 500")
    found = shop(autoscaling(CPU), policies=(gone,))
    assert found.target is not None
    line = "service.web: policy cpu has no value: http://p answered 500"
    assert autoscalings_text(found).splitlines()[-2:] == ["", line]
    assert f"\n  {line}\n" in status_text(Standing(found.target, Decision(state=found)), NOW) + "\n"
    assert autoscalings_json(found)[0]["policies"][0]["missing"] == "http://p answered 500"
    new = shop(autoscaling(CPU), policies=(gone.changed(values=()),))
    assert line not in autoscalings_text(new)
