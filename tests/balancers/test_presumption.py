"""What a plan takes a balancer's process to do, which it may not ask."""

from __future__ import annotations

from reconciler.balancers.haproxy.presumption import presume
from reconciler.model.routing import (
    BalancerConfiguration,
    CheckResult,
    Color,
    Route,
    RunningBalancer,
    Target,
    TargetState,
)
from tests.builders import target_group

ONE, TWO, THREE = ("1" * 32, "2" * 32, "3" * 32)


def target(task_id: str, color: Color = Color.BLUE, state: TargetState = TargetState.READY) -> Target:
    return Target(task_id=task_id, color=color, address="10.0.0.2", port=8080, state=state)


def presumed(*notices: str) -> RunningBalancer:
    targets = (target(ONE), target(TWO), target(THREE, Color.GREEN, TargetState.INITIAL))
    route = Route(target_group="target_group.web", green=100, test_green=1000, targets=targets)
    configuration = BalancerConfiguration(name="edge", target_groups=(target_group("web"),), routes=(route,))
    found = presume(configuration, notices)
    assert found.structure == configuration.structure
    return found


def checks(found: RunningBalancer) -> list[CheckResult]:
    return [each.check for each in found.targets]


def test_a_process_is_taken_to_do_what_its_volume_says() -> None:
    found = presumed()
    assert found.shares == {"target_group.web": (100, 1000)}
    assert [each.state for each in found.targets] == [TargetState.READY, TargetState.READY, TargetState.INITIAL]
    assert checks(found) == [CheckResult.PASSED, CheckResult.PASSED, CheckResult.NONE]


def test_a_target_is_unhealthy_when_the_last_notice_about_it_says_so() -> None:
    down = f'[WARNING]  (8) : Server web-blue/{ONE} is DOWN, reason: Layer7 wrong status, code: 503, info: "x".'
    up = f"[WARNING]  (8) : Server web-blue/{TWO} is UP, reason: Layer7 check passed, code: 200."
    found = presumed(down.replace(ONE, TWO), down, up)
    assert checks(found) == [CheckResult.FAILED, CheckResult.PASSED, CheckResult.NONE]
    assert found.targets[0].description == "Layer7 wrong status"


def test_a_notice_about_the_other_pool_or_another_group_says_nothing() -> None:
    other = f"[WARNING]  (8) : Server web-green/{ONE} is DOWN, reason: Layer4 timeout."
    assert checks(presumed(other, other.replace("web-green", "api-blue"))) == checks(presumed())


def test_a_line_for_a_request_tells_nothing_about_a_target() -> None:
    forged = f'access 10.0.0.9:5 [x] http web-blue/{ONE} 200 5 85 "GET /Server web-blue/{ONE} is DOWN HTTP/1.1"'
    assert presumed(forged) == presumed()
