"""A lost State in the middle of a shift: what has most of the traffic is what is adopted (R5, J3)."""

from __future__ import annotations

import pytest

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import Color
from reconciler.planner.target import adopt_deployments
from tests.builders import NOW, balanced, running, snapshot, stack
from tests.scheduler.balancing import REGISTRATION, balanced_state, balancer, blue_green, listed, seen

SHOP = stack(balanced("web", 1, configuration=blue_green()))


def adopted(green: int) -> Deployment:
    """Adopt task 1 (blue, revision 1 of d1) and task 2 (green, revision 2 of d2)."""
    there = balancer(listed(1), listed(2, color="green"), green=green)
    tasks = (seen(1), seen(2, deployment="d2", revision=2, color="green"))
    records = (running(1), running(2, deployment="d2", revision=2))
    lost = balanced_state(SHOP, tasks=records)
    (found,) = adopt_deployments(SHOP, lost, snapshot(*tasks, balancers=(there,)), NOW).deployments
    return found


@pytest.mark.parametrize(
    ("green", "deployment", "revision", "color"),
    [
        (0, "d1", 1, Color.BLUE),
        (400, "d1", 1, Color.BLUE),
        (500, "d1", 1, Color.BLUE),
        (800, "d2", 2, Color.GREEN),
        (1000, "d2", 2, Color.GREEN),
    ],
)
def test_what_has_most_of_the_traffic_is_adopted_as_completed(
    green: int, deployment: str, revision: int, color: Color
) -> None:
    found = adopted(green)
    assert (found.id, found.revision, found.color, found.rollout_state) == (
        deployment,
        revision,
        color,
        RolloutState.COMPLETED,
    )
    assert (found.registrations, found.shifts_from, found.strategy) == ((REGISTRATION,), "", "BLUE_GREEN")
