"""A deployment that is to begin, while only the tasks in its own pool can answer: it shifts from those."""

from __future__ import annotations

import pytest

from reconciler.model.deployment import Deployment
from reconciler.model.routing import Color, ObservedBalancer
from reconciler.model.state import State
from reconciler.scheduler.hooks import Ground
from reconciler.scheduler.roster import views
from reconciler.scheduler.turning import TURN_SECONDS, turn_round
from tests.builders import NOW, OWNER, balanced, running, stack
from tests.scheduler.balancing import balanced_state, balancer, blue_green, first, listed, look, second, seen

SHOP = stack(balanced("web", 1, configuration=blue_green("CANARY")))
CANARY = second("PRODUCTION_TRAFFIC_SHIFT", status="ACTIVE", rollout_state="FAILED")
"""d2, green: superseded in its shift."""
LONELY = (listed(1, "initial", "failed"), listed(2, color="green"))


def third(stage: str = "RECONCILE_SERVICE", **fields: object) -> Deployment:
    """The deployment d3, that is to take over from d1 too."""
    return second(stage, id="d3", number=3, **fields)


def turned(
    there: ObservedBalancer,
    deployment: Deployment | None = None,
    *,
    now: float = NOW + TURN_SECONDS,
    **fields: object,
) -> State | None:
    """Return what becomes of d3, task 1 being d1's and task 2 d2's; None when nothing is turned."""
    tasks = (running(1, **fields), running(2, deployment="d2", revision=2))
    before = balanced_state(SHOP, first(), CANARY, deployment or third(), tasks=tasks)
    shown = look(seen(1), seen(2, deployment="d2", revision=2), balancers=(there,))
    found = {each.record.id: each for each in views(before, shown, SHOP)}
    after = turn_round(SHOP, before, Ground(shown, found, "shop", "folder", OWNER, now))
    return None if after is before else after


def pool_of(state: State | None) -> tuple[str, Color] | None:
    """Return what d3 shifts from, and its pool."""
    found = state.primary("service.web") if state is not None else None
    return (found.shifts_from, found.color) if found is not None else None


@pytest.mark.parametrize("green", [50, 1000])
def test_it_shifts_from_the_only_one_that_can_answer(green: int) -> None:
    assert pool_of(turned(balancer(*LONELY, green=green))) == ("d2", Color.BLUE)


def test_what_worked_last_has_a_minute_to_answer_again() -> None:
    assert turned(balancer(*LONELY, green=50), now=NOW + 59.9) is None


@pytest.mark.parametrize(
    ("there", "deployment"),
    [
        (balancer(*LONELY, green=0, test_green=1000), third()),
        (balancer(listed(1), listed(2, color="green"), green=50), third()),
        (balancer(listed(1), listed(2, "initial", "none", color="green"), green=50), third()),
        (balancer(*LONELY, green=50).changed(running=None), third()),
        (balancer(*LONELY, green=50), third("SCALE_UP")),
        (balancer(*LONELY, green=50), third(shifts_from="")),
    ],
    ids=["it had no traffic", "both can", "the old one can", "nobody knows", "it has begun", "it shifts nothing"],
)
def test_else_it_shifts_from_what_worked_last(there: ObservedBalancer, deployment: Deployment) -> None:
    assert turned(there, deployment) is None


def test_without_a_load_balancer_it_shifts_from_the_only_healthy_tasks() -> None:
    unbalanced = third(registrations=())
    assert pool_of(turned(balancer(listed(2, color="green")), unbalanced, healthy=False)) == ("d2", Color.BLUE)
