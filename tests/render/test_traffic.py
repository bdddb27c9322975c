"""Traffic as people read it: load balancers, targets, a shift under way, maintenance, counts that somebody set."""

from __future__ import annotations

from typing import Any

from reconciler.cli.failures import failure_of
from reconciler.cli.shown import shown_tasks
from reconciler.drivers.simulated.behaviour import Behaviour, expected_behaviour
from reconciler.engine.present import Present, present
from reconciler.model.container_definition import PortMapping
from reconciler.model.decision import Decision
from reconciler.model.load_balancer import Protocol
from reconciler.model.plan import Plan, Rollout
from reconciler.model.request import Request, RequestKind
from reconciler.model.routing import ObservedBalancer, TargetHealth
from reconciler.model.service import Alarm, DeploymentStrategy, Linear
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.planner.requests import carry_out
from reconciler.render.failures import failure_text
from reconciler.render.plan import impact, plan_text
from reconciler.render.progress import ServiceRow, row_text, rows
from reconciler.render.status import Standing, status_json, status_text
from reconciler.render.tasks import ShownTask, tasks_json, tasks_text
from reconciler.render.traffic import load_balancer_json, load_balancer_row, target_counts, targets_text
from tests.builders import NOW, balanced, container, listener, load_balancer, percents, running, snapshot, stack
from tests.site import Site

IMAGES = ("app:1", "app:2", "haproxy:3.0")


def shop(image: str = "app:1", strategy: str = "LINEAR", count: int = 2, **fields: Any) -> Stack:
    """A service behind a load balancer, whose traffic shifts in two steps."""
    shifts = {"linear": Linear(step_percent=50, step_bake_time=60), "bake_time": 30, "minimum_healthy_time": 1}
    configuration = percents(strategy=DeploymentStrategy(strategy), **{**shifts, **fields})
    served = container(image=image, port_mappings=(PortMapping(container_port=8080),))
    return stack(balanced("web", count, served, configuration=configuration, tested=True))


def site() -> Site:
    found = Site()
    for each in IMAGES:
        found.engine.add_image(each)
    return found


def now(place: Site, declared: Stack) -> Present:
    return present(place.engine, declared, place.store.load("shop"), place.clock)


def shown(place: Site, declared: Stack) -> str:
    """What `status` prints, without its events."""
    found = now(place, declared)
    standing = Standing(found.stack, found.decision, found.snapshot, shown_tasks(found.tasks))
    text = status_text(standing, place.clock.now())
    return text.partition("\n\nEvents:")[0]


def test_progress_tells_each_stage_with_shares_and_what_is_waited_for() -> None:
    place = site()
    told: dict[ServiceRow, str] = {}

    def observe(decision: Decision, seen: Snapshot) -> None:
        (row,) = rows(decision, seen)
        text = row_text(row, 0, now=place.clock.now())
        told.setdefault(row, " ".join(text.replace(row.note.partition(" ")[2], "...", 1).split()[1:]))

    place.apply(shop())
    place.observe = observe
    place.apply(shop("app:2"))
    assert list(told.values()) == [
        "linear SCALE_UP 2/2 new 2 old healthy 0 new, 2 old 0s",
        "linear SCALE_UP 2/2 new 2 old healthy 0 new, 2 old 0s waits for tasks ...",
        "linear TEST_TRAFFIC_SHIFT 2/2 new 2 old healthy 2 new, 2 old 0s waits for test ...",
        "linear PRODUCTION_TRAFFIC_SHIFT blue 100 %, green 0 %, test traffic green"
        " 2/2 new 2 old healthy 2 new, 2 old 0s waits for 50 ...",
        "linear PRODUCTION_TRAFFIC_SHIFT blue 50 %, green 50 %, test traffic green"
        " 2/2 new 2 old healthy 2 new, 2 old 0s waits for 50 ..., 1m00s left",
        "linear PRODUCTION_TRAFFIC_SHIFT blue 50 %, green 50 %, test traffic green"
        " 2/2 new 2 old healthy 2 new, 2 old 0s waits for 100 ...",
        "linear BAKE_TIME 2/2 new 2 old healthy 2 new, 2 old 0s waits for the ..., 30s left",
        "linear CLEAN_UP 2/2 new 2 old healthy 2 new, 0 old 0s",
        "linear CLEAN_UP 2/2 new 2 old healthy 2 new, 0 old draining 2 0s waits for tasks ...",
        "linear CLEAN_UP 2/2 new 2 old healthy 2 new, 0 old 0s waits for tasks ...",
        "steady 2/2 new healthy 2/2 0s",
    ]


def test_what_is_left_of_a_wait_is_the_stage_s_and_not_an_alarm_s() -> None:
    place, left = site(), []
    alarms = (Alarm(name="errors", metric="http_5xx_percent", greater_than=5, period=5),)

    def observe(decision: Decision, seen: Snapshot) -> None:
        (row,) = rows(decision, seen)
        if row.stage == "BAKE_TIME":
            left.append(row_text(row, 0, now=place.clock.now()).rpartition("  ")[2])

    place.apply(shop())
    place.observe = observe
    place.apply(shop("app:2", alarms=alarms))
    assert left[:3] == [f"waits for the bake time to pass, {seconds}s left" for seconds in (30, 28, 26)]


def test_status_shows_load_balancers_and_targets() -> None:
    place = site()
    place.apply(shop())
    assert (
        shown(place, shop())
        == """\
Stack "shop": 1 of 1 services steady.

LOAD BALANCER       STATE    LISTENERS
load_balancer.edge  running  http://127.0.0.1 (http), http://127.0.0.1:81 (test)

SERVICE      REVISION  DESIRED  RUNNING  PENDING  HEALTHY  TARGETS    DEPLOYMENT
service.web  web:1     2        2        0        2        2 healthy  PRIMARY COMPLETED"""
    )


def test_status_says_who_owns_a_count_and_what_is_in_maintenance() -> None:
    place = site()
    place.apply(shop())
    state = place.store.load("shop")
    for request in (
        Request(kind=RequestKind.SCALE, service="service.web", count=5),
        Request(kind=RequestKind.MAINTENANCE, service="service.web", message="Back\nat noon."),
    ):
        state = carry_out(request, state, place.clock.now())
    assert state.target is not None
    standing = Standing(state.target, Decision(state=state))
    text = status_text(standing, place.clock.now())
    assert (
        '  service.web: in maintenance, every request is answered with 503 and "Back at noon."\n'
        "  service.web: 5 desired, set by `reconciler scale`; the file says 2\n"
    ) in text
    (service,) = status_json(standing)["services"]
    assert (service["desired_count"], service["scaled"], service["maintenance"]) == (
        5,
        {"count": 5, "declared": 2},
        "Back\nat noon.",
    )


def test_a_load_balancer_tells_where_it_answers_and_why_it_does_not() -> None:
    edge = load_balancer(
        "edge",
        listener("http", 80, "web"),
        listener("inside", 81, "web", publish=False),
        listener("one", 82, "web", bind="10.0.0.1"),
        listener("six", 83, "web", bind="fd00::1", protocol=Protocol.HTTPS),
    )
    urls = [each["url"] for each in load_balancer_json(edge, snapshot())["listeners"]]
    assert urls == ["http://127.0.0.1", "http://edge:81", "http://10.0.0.1:82", "https://[fd00::1]:83"]
    lost = ObservedBalancer(
        address="load_balancer.edge", name="edge", container_id="c1", is_live=True, problem="no answer"
    )
    only = load_balancer("edge", listener("inside", 81, "web", publish=False))
    states = {
        "absent": (),
        "stopped": (lost.changed(is_live=False, problem=""),),
        "unreachable": (lost,),
    }
    rows_of = [load_balancer_row(load_balancer_json(only, snapshot(balancers=each))) for each in states.values()]
    assert rows_of == [
        ("load_balancer.edge", "absent", "http://edge:81 (inside, inside the network)"),
        ("load_balancer.edge", "stopped", "http://edge:81 (inside, inside the network)"),
        ("load_balancer.edge", "unreachable: no answer", "http://edge:81 (inside, inside the network)"),
    ]


def test_ps_has_a_column_for_targets_only_behind_a_load_balancer() -> None:
    bad = ShownTask(running(1), target=TargetHealth.UNHEALTHY, target_reason="health checks failed: HTTP 503")
    lines = tasks_text((bad, ShownTask(running(2))), NOW).splitlines()
    assert lines == [
        "TASK      GROUP        REVISION  STATUS   HEALTH   TARGET     AGE  PORTS  REASON",
        "00000000  service.web  web:1     RUNNING  healthy  unhealthy  0s   -",
        "00000000  service.web  web:1     RUNNING  healthy  -          0s   -",
    ]
    assert "TARGET" not in tasks_text((ShownTask(running(2)),), NOW)
    (shape,) = tasks_json((bad,))
    assert (shape["target_health"], shape["target_reason"]) == ("unhealthy", "health checks failed: HTTP 503")


def test_targets_are_counted_by_health_the_healthy_ones_first() -> None:
    healths = (TargetHealth.DRAINING, None, *[TargetHealth.HEALTHY] * 3, TargetHealth.INITIAL)
    assert targets_text(target_counts(healths)) == "3 healthy, 1 initial, 1 draining"
    assert targets_text({}) == "-"


def test_a_rollout_shows_its_strategy_and_stages() -> None:
    rollout = Rollout(
        address="service.web",
        desired_count=2,
        phases=("start 2", "stop 2"),
        peak=4,
        minimum_healthy=2,
        strategy="BLUE_GREEN",
        stages=("SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT: 100 %", "CLEAN_UP"),
    )
    assert impact(rollout) == "service.web: 2 tasks, blue/green, no downtime; 4 tasks at most, 2 healthy at least"
    assert "      stages: SCALE_UP -> PRODUCTION_TRAFFIC_SHIFT: 100 % -> CLEAN_UP\n" in plan_text(planned(rollout))


def planned(rollout: Rollout) -> Plan:
    return Plan(stack="shop", serial=1, rollouts=(rollout,))


def test_a_failure_tells_what_it_was_rolled_back_to_and_shows_the_failed_ones_task() -> None:
    place = site()
    place.apply(shop())
    place.engine.behave = lambda step: (
        Behaviour(exits_after=0.5, exit_code=3, output=("cannot bind",))
        if step.task.definition.containers[0].image == "app:2"
        else expected_behaviour(step)
    )
    ended = place.apply(shop("app:2"))
    primary = ended.state.primary("service.web")
    assert primary is not None
    failure = failure_of(place.engine, ended, "service.web")
    assert (
        failure_text(failure)
        == f"""\
service.web  FAILED  4 failures, the limit is 3; the last: essential container app exited with code 3
  it was rolled back: web:1 runs, as before
  last log lines of task {failure.task}, container app:
    cannot bind
  next:
    reconciler logs service.web/{failure.task}
    reconciler deployment show {primary.rolls_back}
    reconciler ps --all
    reconciler plan"""
    )


def test_files_that_say_what_was_rolled_back_to_end_the_failure() -> None:
    place = site()
    place.apply(shop())
    place.engine.behave = lambda step: (
        Behaviour(exits_after=0.5, exit_code=3)
        if step.task.definition.containers[0].image == "app:2"
        else expected_behaviour(step)
    )
    place.apply(shop("app:2"))
    assert "1 FAILED" in shown(place, shop())
    assert (place.plan(shop()).is_empty, place.prepare(shop()).is_idle) == (True, False)
    place.apply(shop())
    assert shown(place, shop()).startswith('Stack "shop": 1 of 1 services steady.\n')
    assert place.prepare(shop()).is_idle
