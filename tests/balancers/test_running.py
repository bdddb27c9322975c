"""What HAProxy answers, read: replies as HAProxy 2.6 gives them."""

from __future__ import annotations

import pytest

from reconciler.balancers.haproxy.access_log import latencies_p95
from reconciler.balancers.haproxy.configuration import description
from reconciler.balancers.haproxy.running import read_running
from reconciler.model.routing import (
    CheckResult,
    Color,
    ObservedTarget,
    PoolCounters,
    RunningBalancer,
    TargetState,
)

from .builders import ONE, WEB, configuration, target

COLUMNS = "pxname svname scur stot hrsp_5xx req_tot status lastchg uweight"
CHECKS = "check_status check_code check_desc last_chk addr"
HEADING = f"# {COLUMNS} {CHECKS} ".replace(" ", ",").replace("#,", "# ")
CONFIGURATION = configuration(target(ONE), green=250)
BACKENDS = "web-blue,BACKEND,0,9,2,7,UP,1,100,,,,,,\nweb-blue-open,BACKEND,0,1,1,1,UP,1,100,,,,,,\n"
SHARES = "proc.green_web: type=sint value=<250>\nproc.test_web: type=sint value=<0>\n"
OLD = "#<PID> <type>\n7 master 1\n# workers\n30 worker 0\n# old workers\n20 worker 1\n21 worker 2\n# programs\n"


def replies(*servers: str, said: str = description(CONFIGURATION)) -> str:
    table = "".join(f"{each}\n" for each in servers)
    says = f"Name: HAProxy\nUptime: 1\ndescription: {said}\nTasks: 9\nRun_queue: 0\nIdle_pct: 100\n"
    return f"{HEADING}\n{table}{BACKENDS}\n{SHARES}\n{says}\n"


def server(status: str, check: str = "L7OK", since: int = 60, weight: int = 100, code: int | str = 200) -> str:
    return (
        f'web-blue,{ONE},2,9,0,9,{status},{since},{weight},{check},{code},Layer7 check,"OK, ""well""",10.0.0.1:8080,'
    )


def test_replies_are_read_whole() -> None:
    unchecked = f"web-blue-open,{ONE},1,1,0,1,no check,60,100,,,,,10.0.0.1:8080,"
    assert read_running(CONFIGURATION, replies(server("UP"), unchecked), OLD) == RunningBalancer(
        structure=CONFIGURATION.structure,
        leaving=2,
        shares={WEB.address: (250, 0)},
        targets=(
            ObservedTarget(
                target_group=WEB.address,
                task_id=ONE,
                color=Color.BLUE,
                address="10.0.0.1",
                port=8080,
                state=TargetState.READY,
                check=CheckResult.PASSED,
                description="HTTP 200",
                sessions=3,
            ),
        ),
        counters=(
            PoolCounters(target_group=WEB.address, color=Color.BLUE, requests=8, errors=3),
            PoolCounters(target_group=WEB.address, color=Color.GREEN),
        ),
    )


STATES = [
    (server("UP", "INI", code=""), TargetState.READY, CheckResult.NONE),
    (server("UP"), TargetState.READY, CheckResult.PASSED),
    (server("UP 1/2", "L4CON", code=""), TargetState.READY, CheckResult.PASSED),
    (server("UP 1/2", "* L7OK"), TargetState.READY, CheckResult.PASSED),
    (server("DOWN", "L7STS", code=503), TargetState.READY, CheckResult.FAILED),
    (server("DOWN 1/2", "L7OK"), TargetState.READY, CheckResult.FAILED),
    (server("DRAIN", "INI", weight=0, code=""), TargetState.INITIAL, CheckResult.NONE),
    (server("DRAIN", "L7OK", weight=0), TargetState.INITIAL, CheckResult.PASSED),
    (server("UP", "L4OK", weight=0, code=""), TargetState.INITIAL, CheckResult.PASSED),
    (server("DRAIN 1/2", "L4CON", weight=0, code=""), TargetState.INITIAL, CheckResult.NONE),
    (server("DOWN", "L4CON", since=4, weight=0, code=""), TargetState.INITIAL, CheckResult.NONE),
    (server("DOWN", "L4CON", since=5, weight=0, code=""), TargetState.INITIAL, CheckResult.FAILED),
    (server("MAINT", "L7OK"), TargetState.DRAINING, CheckResult.NONE),
]


@pytest.mark.parametrize(("row", "state", "check"), STATES, ids=[row.split(",", 6)[6] for row, *_ in STATES])
def test_a_server_is_a_target_in_one_state(row: str, state: TargetState, check: CheckResult) -> None:
    found = read_running(CONFIGURATION, replies(row))
    assert found is not None
    assert [(each.state, each.check) for each in found.targets] == [(state, check)]


def test_no_answer_is_no_running_process() -> None:
    assert read_running(CONFIGURATION, "\n", "") is None


def test_an_answer_that_was_cut_is_none() -> None:
    whole = replies(server("UP"))
    end = whole.index("Idle_pct")
    assert {read_running(CONFIGURATION, whole[:length]) for length in range(end)} == {None}
    assert read_running(CONFIGURATION, whole[:end]) == read_running(CONFIGURATION, whole)


def test_a_process_whose_file_was_written_otherwise_runs_no_structure_of_ours() -> None:
    found = read_running(CONFIGURATION, replies(said=f"{CONFIGURATION.structure} 0123456789abcdef"))
    assert found is not None
    assert found.structure == ""


def test_a_process_of_another_structure_says_which() -> None:
    found = read_running(CONFIGURATION, replies(said="v1:other 0123456789abcdef"))
    assert found is not None
    assert found.structure == "v1:other"


def test_the_95th_percentile_of_each_pool_is_read_from_the_access_log() -> None:
    line = 'access 10.0.0.1:5000 [28/Nov/2026:14:00:00.000] http {}/{} 200 {} 85 "GET /a/b HTTP/1.1"'
    blue = [line.format("web-blue", ONE, each) for each in range(1, 100)]
    found = latencies_p95([*blue, line.format("web-blue-open", ONE, 500), "[NOTICE] web-green/x 200 7 "])
    assert found == {"web-blue": 0.095}
