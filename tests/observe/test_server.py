"""Who gets what at `watch --listen`: the real server on loopback, and nothing else real."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.drivers.simulated import VirtualClock
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.decision import Decision, Pass
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.observe import server
from reconciler.observe.health import health
from reconciler.observe.observatory import Observatory, StackObserver
from reconciler.observe.server import MOST_CONNECTIONS, Listen, parse_listen, serve
from reconciler.scheduler.history import Told, with_events
from tests.builders import NOW, declared, observed, running, shown, snapshot, stack, state

JOB = ScheduledTask(
    address="scheduled_task.job",
    name="job",
    task_definition="task_definition.web",
    schedule=Schedule(expression="@daily"),
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def observatory(clock: VirtualClock) -> Observatory:
    return Observatory(clock, relist_seconds=25)


@pytest.fixture
def shop(observatory: Observatory) -> StackObserver:
    return observatory.of("shop")


@pytest.fixture
def listening(observatory: Observatory) -> Iterator[Listen]:
    with serve(":0", observatory) as found:
        yield found


def asked(listening: Listen, path: str, method: str = "GET", host: str | None = "localhost") -> tuple[int, str, str]:
    """Ask; returns the status, the type and the body."""
    connection = http.client.HTTPConnection(listening.host, listening.port, timeout=5)
    connection.putrequest(method, path, skip_host=True)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], body


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:9321", 200),
        ("LOCALHOST.", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:9321", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:9321", 421),
        ("192.0.2.1", 421),
        ("", 421),
        (None, 421),
    ],
)
def test_only_hosts_that_are_ours_are_answered(listening: Listen, host: str | None, status: int) -> None:
    assert asked(listening, "/metrics", host=host)[0] == status
    assert asked(listening, "/healthz", host=host)[0] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_get_and_head_is_answered(listening: Listen, method: str) -> None:
    assert asked(listening, "/metrics", method)[0] == 405


def test_head_has_no_body_and_other_paths_are_not_there(listening: Listen) -> None:
    assert asked(listening, "/healthz", "HEAD") == (200, "application/json", "")
    assert asked(listening, "/")[0] == 404
    assert asked(listening, "/metrics/../healthz")[0] == 404
    assert asked(listening, "/healthz?verbose=1")[0] == 200


def test_listening_on_every_address_answers_to_literals_and_to_no_name(observatory: Observatory) -> None:
    with serve("0.0.0.0:0", observatory) as found:
        there = Listen("127.0.0.1", found.port)
        hosts = ("192.0.2.1:9321", "[2001:db8::1]", "localhost", "evil.example")
        assert [asked(there, "/healthz", host=host)[0] for host in hosts] == [200, 200, 200, 421]


def test_clients_that_say_nothing_keep_others_out_no_longer_than_a_connection_lasts(
    listening: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LONGEST_SECONDS", 0.5)
    idle = [socket.create_connection(listening, timeout=5) for _ in range(MOST_CONNECTIONS)]
    with pytest.raises((http.client.HTTPException, OSError)):
        asked(listening, "/healthz")
    assert _answers(listening, within=4), "they are ended before their next byte is given up"
    for each in idle:
        each.close()


def _answers(listening: Listen, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with suppress(http.client.HTTPException, OSError):
            return asked(listening, "/healthz")[0] == 200
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:9321", Listen("127.0.0.1", 9321)),
        (":9321", Listen("127.0.0.1", 9321)),
        ("[::1]:80", Listen("::1", 80)),
        ("box:80", Listen("box", 80)),
    ],
)
def test_where_to_listen_is_a_host_and_a_port(text: str, found: Listen) -> None:
    assert parse_listen(text) == found


@pytest.mark.parametrize("text", ["", "9321", "localhost", "localhost:", ":http", "::1:80", ":70000", ":-1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--listen wants HOST:PORT"):
        parse_listen(text)


def test_a_port_that_is_taken_is_told(listening: Listen, observatory: Observatory) -> None:
    with pytest.raises(ReconcilerError, match="cannot listen on"), serve(str(listening), observatory):
        pass


def looked(*tasks: object, **fields: object) -> Decision:
    wanted = stack(declared("web", 2)).changed(scheduled_tasks=(JOB,))
    return Decision(state=state(wanted, tasks=tasks, **fields), is_steady=True)


def test_health_follows_the_last_look(observatory: Observatory, shop: StackObserver, clock: VirtualClock) -> None:
    """A look counts for two relists; who stands by is well; an engine out of reach is not, once that has passed."""
    shop.holds(7)
    seen = [_health(observatory)]
    shop.observe(looked(), snapshot())
    clock.advance_to(clock.now() + 50)
    seen.append(_health(observatory))
    shop.out_of_reach("the engine does not answer")
    clock.advance_to(clock.now() + 1)
    seen.append(_health(observatory))
    shop.stands_by("locked: watch by ada on box (pid 7)")
    seen.append(_health(observatory))
    shop.holds(9)
    clock.advance_to(clock.now() + 51)
    seen.append(_health(observatory))
    assert seen == [
        (True, "ok", None),
        (True, "ok", None),
        (False, "failing", "no look for 51 s, the limit is 50 s: the engine does not answer"),
        (True, "standing by", "locked: watch by ada on box (pid 7)"),
        (False, "failing", "no look for 51 s, the limit is 50 s"),
    ]


def test_what_needs_mending_is_told_at_once_and_ends_with_the_next_look(
    observatory: Observatory, shop: StackObserver
) -> None:
    shop.observe(looked(), snapshot())
    shop.out_of_reach("the state is gone", needs_mending=True)
    found = [_health(observatory)]
    shop.out_of_reach("the engine does not answer")
    found.append(_health(observatory))
    shop.out_of_reach("the state is gone", needs_mending=True)
    shop.observe(looked(), snapshot())
    assert [*found, _health(observatory)] == [
        (False, "failing", "the state is gone"),
        (True, "ok", "the engine does not answer"),
        (True, "ok", None),
    ]


def test_who_stands_by_is_not_well_for_long_when_the_store_does_not_work(
    observatory: Observatory, shop: StackObserver, clock: VirtualClock
) -> None:
    shop.stands_by("locked: watch by ada on box (pid 7)")
    clock.advance_to(clock.now() + 1000)
    for _ in range(51):
        shop.out_of_reach("the state cannot be read")
        clock.advance_to(clock.now() + 1)
    found = [_health(observatory)]
    shop.stands_by("locked: watch by ada on box (pid 7)")
    assert [*found, _health(observatory)] == [
        (False, "failing", "no look for 51 s, the limit is 50 s: the state cannot be read"),
        (True, "standing by", "locked: watch by ada on box (pid 7)"),
    ]


def _health(observatory: Observatory) -> tuple[bool, str, str | None]:
    is_well, shape = health(observatory)
    return is_well, shape["stacks"]["shop"]["status"], shape["stacks"]["shop"]["reason"]


def test_a_watch_that_is_not_well_says_so_with_503(
    listening: Listen, shop: StackObserver, clock: VirtualClock
) -> None:
    clock.advance_to(clock.now() + 51)
    status, content_type, body = asked(listening, "/healthz")
    assert (status, content_type, json.loads(body)["status"]) == (503, "application/json", "failing")


def test_the_metrics_are_what_was_seen(listening: Listen, shop: StackObserver, clock: VirtualClock) -> None:
    run = ScheduledRun(id="r", schedule=JOB.address, slot=NOW, status=RunStatus.SUCCEEDED, ended_at=NOW - 5)
    gone = run.changed(id="s", schedule="scheduled_task.gone")
    before = looked(running(1), running(2))
    after = looked(running(1, failed=True), running(2), running(3, healthy=False), runs=(run, gone))
    told = with_events(after.state, [Told("service.web", "has started 1 tasks: 3")], NOW)
    shop.holds(7)
    shop.observe(before, snapshot(observed(shown())))
    shop.observe(after.changed(state=told), snapshot(observed(shown(started_at=NOW))))
    shop.passed(Pass(look_seconds=0.02, decide_seconds=0.005, waited_seconds=25))
    clock.advance_to(clock.now() + 3)
    lines = asked(listening, "/metrics")[2].splitlines()
    ours = {name: value for name, _, value in (line.rpartition(" ") for line in lines if _is_ours(line))}
    service = '{service="service.web",stack="shop"}'
    assert {name: float(value) for name, value in ours.items()} == {
        'reconciler_engine_reachable{stack="shop"}': 1,
        'reconciler_state_usable{stack="shop"}': 1,
        'reconciler_stack_steady{stack="shop"}': 1,
        'reconciler_lease_token{stack="shop"}': 7,
        'reconciler_last_look_age_seconds{stack="shop"}': 3,
        'reconciler_schedule_last_success_timestamp_seconds{schedule="scheduled_task.job",stack="shop"}': NOW - 5,
        f"reconciler_service_desired_tasks{service}": 2,
        f"reconciler_service_running_tasks{service}": 3,
        f"reconciler_service_pending_tasks{service}": 0,
        f"reconciler_service_healthy_tasks{service}": 2,
        'reconciler_service_deployments{service="service.web",stack="shop",state="IN_PROGRESS"}': 1,
        'reconciler_service_deployments{service="service.web",stack="shop",state="COMPLETED"}': 0,
        'reconciler_service_deployments{service="service.web",stack="shop",state="FAILED"}': 0,
        f"reconciler_task_starts_total{service}": 1,
        f"reconciler_task_failures_total{service}": 1,
        f"reconciler_container_restarts_total{service}": 1,
        'reconciler_events_total{kind="service",stack="shop",type="INFO"}': 1,
        'reconciler_reconcile_seconds_count{stack="shop"}': 1,
        'reconciler_reconcile_seconds_sum{stack="shop"}': 0.025,
        'reconciler_look_seconds_count{stack="shop"}': 1,
        'reconciler_look_seconds_sum{stack="shop"}': 0.02,
        'reconciler_decide_seconds_count{stack="shop"}': 1,
        'reconciler_decide_seconds_sum{stack="shop"}': 0.005,
    }


def _is_ours(line: str) -> bool:
    return line.startswith("reconciler_") and "_bucket{" not in line and "build_info" not in line


def test_a_state_that_cannot_be_written_says_nothing_about_the_engine(listening: Listen, shop: StackObserver) -> None:
    def shown() -> list[str]:
        lines = asked(listening, "/metrics")[2].splitlines()
        return [
            each.split("{")[0] + each[-4:] for each in lines if each.startswith(("reconciler_e", "reconciler_sta"))
        ]

    shop.holds(7)
    shop.observe(looked(), snapshot())
    shop.out_of_reach("the state is gone", needs_mending=True)
    found = [shown()]
    shop.out_of_reach("the engine does not answer")
    assert [*found, shown()] == [
        ["reconciler_engine_reachable 1.0", "reconciler_state_usable 0.0", "reconciler_stack_steady 1.0"],
        ["reconciler_engine_reachable 0.0", "reconciler_state_usable 1.0", "reconciler_stack_steady 1.0"],
    ]


def test_a_parser_of_prometheus_reads_every_metric_with_its_type_and_help(
    listening: Listen, shop: StackObserver
) -> None:
    shop.holds(7)
    shop.observe(looked(running(1)), snapshot(observed(shown())))
    families = list(text_string_to_metric_families(asked(listening, "/metrics")[2]))
    assert [each.name for each in families if not each.documentation or each.type == "unknown"] == []
    labels = {name for each in families for sample in each.samples for name in sample.labels}
    assert labels == {"stack", "service", "state", "version", "le"}


def test_series_do_not_grow_with_tasks_that_come_and_go(listening: Listen, shop: StackObserver) -> None:
    def series() -> set[str]:
        return {line.rpartition(" ")[0] for line in asked(listening, "/metrics")[2].splitlines() if line[0] != "#"}

    shop.holds(7)
    shop.observe(looked(running(1)), snapshot(observed(shown())))
    shop.observe(looked(running(2)), snapshot(observed(shown())))
    before = series()
    for number in range(3, 300):
        shop.observe(looked(running(number), running(number + 1, failed=True)), snapshot())
    assert series() == before


def test_a_bucket_counts_what_took_at_most_that_long(listening: Listen, shop: StackObserver) -> None:
    for seconds in (0.025, 0.026, 99.0):
        shop.passed(Pass(look_seconds=seconds, decide_seconds=0, waited_seconds=0))
    text = asked(listening, "/metrics")[2]
    counts = [
        f'reconciler_look_seconds_bucket{{le="{bound}",stack="shop"}} {count:.1f}'
        for bound, count in (("0.01", 0), ("0.025", 1), ("0.05", 2), ("10.0", 2), ("+Inf", 3))
    ]
    assert [each for each in counts if each not in text] == []


def test_who_stands_by_tells_no_counts_of_services(listening: Listen, shop: StackObserver) -> None:
    shop.observe(looked(running(1)), snapshot())
    shop.stands_by("somebody else has it")
    text = asked(listening, "/metrics")[2]
    assert "reconciler_service_desired_tasks{" not in text
    assert 'reconciler_lease_token{stack="shop"} 0.0' in text
