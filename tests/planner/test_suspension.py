"""Suspending an autoscaling as it is asked for (L8): what rests, what is told, and what cannot be suspended."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.beside import ScalingRecord, Suspended
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.planner.beside import begin_beside
from reconciler.planner.requests import carry_out
from tests.builders import NOW, declared, stack, state
from tests.scheduler.scaling.scene import autoscaling, tracking

SHOP = stack(declared()).changed(autoscalings=(autoscaling(tracking()),))
RECORD = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=1, declared=(1, 10))


def suspend(found: State, suspended: Suspended, service: str = "service.web") -> State:
    return carry_out(Request(kind="suspend", service=service, suspended=suspended), found, NOW)


@pytest.mark.parametrize(
    ("suspended", "message"),
    [
        (Suspended(scale_in=True), "autoscaling: suspended now: scale-in."),
        (Suspended(scale_out=True, scheduled=True), "autoscaling: suspended now: scale-out, scheduled actions."),
        (Suspended(), "autoscaling: nothing is suspended."),
    ],
)
def test_what_is_said_rests_and_is_told(suspended: Suspended, message: str) -> None:
    before = state(SHOP, scaling=(RECORD.changed(suspended=Suspended(scale_in=True, scheduled=True)),))
    after = suspend(before, suspended)
    assert after.scaling == (RECORD.changed(suspended=suspended),)
    assert [(each.address, each.message) for each in after.events] == [("service.web", message)]


def test_it_holds_through_the_next_apply() -> None:
    after = suspend(state(SHOP, scaling=(RECORD,)), Suspended(scale_out=True))
    assert begin_beside(SHOP, after, NOW).scaling == after.scaling


def test_a_service_that_nothing_scales_is_refused() -> None:
    with pytest.raises(ReconcilerError, match=r"service\.web has no autoscaling in what was applied last"):
        suspend(state(stack(declared())), Suspended(scale_in=True))
