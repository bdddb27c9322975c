"""What runs, as `status`, `ps`, live progress and the end of a failed apply show it: whole texts."""

from __future__ import annotations

from reconciler.model.decision import Decision, Waiting
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.snapshot import Container, ContainerStatus, PublishedPort, Snapshot
from reconciler.model.state import Event, State
from reconciler.model.task import DesiredStatus, HealthStatus, StopCode, TaskStatus
from reconciler.render.failures import Failure, failure_text
from reconciler.render.progress import ServiceRow, address_width, heartbeat, row_text, rows, waiting_words
from reconciler.render.safe import defused, one_line, safe
from reconciler.render.status import Standing, status_json, status_text
from reconciler.render.tasks import ShownTask, tasks_text
from reconciler.render.words import duration, timestamp
from tests.builders import NOW, declared, record, stack

SHOP = stack(declared("web", 2))


def deployment(**fields: object) -> Deployment:
    values = {
        "id": "d1",
        "service": "service.web",
        "number": 1,
        "family": "web",
        "revision": 2,
        "created_at": NOW,
        "updated_at": NOW,
        "progress_at": NOW,
        "desired_count": 2,
    }
    return Deployment(**{**values, **fields})


def rolling() -> Decision:
    """Two new tasks of revision 2, one of them healthy, and an old one that leaves."""
    running = {"last_status": TaskStatus.RUNNING, "created_at": NOW - 60}
    tasks = (
        record(1, revision=1, desired_status=DesiredStatus.STOPPED, **running),
        record(2, revision=2, healthy_at=NOW, **running),
        record(3, revision=2, **running),
    )
    events = (Event(number=1, at=NOW - 92, address="service.web", message="has started 2 tasks"),)
    state = State(
        stack_name="shop", serial=3, target=SHOP, tasks=tasks, deployments=(deployment(failures=1),), events=events
    )
    waits = (Waiting(address="service.web", reason="task 00000003 to become healthy"),)
    return Decision(state=state, waiting_for=waits, unsettled=("service.web",))


def test_status_is_a_verdict_a_table_what_is_waited_for_and_events() -> None:
    assert (
        status_text(Standing(SHOP, rolling()), NOW)
        == """\
Stack "shop": 0 of 1 services steady.

SERVICE      REVISION  DESIRED  RUNNING  PENDING  HEALTHY  DEPLOYMENT
service.web  web:2     2        2        0        1        PRIMARY IN_PROGRESS

Waiting:
  service.web waits for task 00000003 to become healthy

Events:
   1m32s ago  service.web has started 2 tasks"""
    )


def test_status_says_why_in_words_that_are_a_sentence() -> None:
    reason = "is unable to consistently start tasks successfully: tasks keep ending"
    decision = rolling().changed(waiting_for=(Waiting(address="service.web", reason=reason),))
    assert f"\n  service.web {reason}\n" in status_text(Standing(SHOP, decision), NOW)


def test_status_says_when_a_crash_loop_is_tried_again() -> None:
    reason = "is unable to consistently start tasks successfully: tasks keep ending"
    decision = rolling().changed(waiting_for=(Waiting(address="service.web", reason=reason, until=NOW + 64),))
    assert f"  service.web {reason}; it is tried again in 1m04s\n" in status_text(Standing(SHOP, decision), NOW)
    (service,) = status_json(Standing(SHOP, decision))["services"]
    assert (service["waiting_for"], service["next_attempt_at"]) == (reason, timestamp(NOW + 64))


def test_status_as_json_has_counts_deployments_and_events() -> None:
    shape = status_json(Standing(SHOP, rolling()))
    (service,) = shape["services"]
    assert (shape["stack"], shape["serial"], shape["steady"]) == ("shop", 3, False)
    counts = {name: value for name, value in service.items() if name.endswith("_count")}
    assert counts == {
        "desired_count": 2,
        "running_count": 2,
        "pending_count": 0,
        "stopping_count": 1,
        "healthy_count": 1,
    }
    assert [each["rollout_state"] for each in service["deployments"]] == ["IN_PROGRESS"]
    assert service["events"] == [{"created_at": timestamp(NOW - 92), "message": "has started 2 tasks"}]


def test_a_stack_that_was_never_applied_says_so() -> None:
    empty = stack()
    nothing = Decision(state=State(stack_name="shop"))
    assert status_text(Standing(empty, nothing), NOW) == 'Stack "shop": nothing is applied.'
    assert tasks_text((), NOW) == "No tasks."


def test_ps_shows_ports_of_what_runs_and_reasons_of_what_stopped() -> None:
    running = Container(
        id="c1",
        name="app",
        status=ContainerStatus.RUNNING,
        ports=(PublishedPort(container_port=80, host_port=8080),),
    )
    stopped = record(
        2,
        created_at=NOW - 100,
        last_status=TaskStatus.STOPPED,
        stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
        stopped_reason="exited\x1b[31m with\ncode 3",
    )
    shown = (
        ShownTask(record(1, created_at=NOW - 7, last_status=TaskStatus.RUNNING), HealthStatus.HEALTHY, (running,)),
        ShownTask(stopped),
    )
    assert (
        tasks_text(shown, NOW)
        == """\
TASK      GROUP        REVISION  STATUS   HEALTH   AGE    PORTS               REASON
00000000  service.web  web:1     RUNNING  healthy  7s     127.0.0.1:8080->80
00000000  service.web  web:1     STOPPED  -        1m40s  -                   exited with code 3"""
    )


def test_a_task_that_somebody_paused_shows_what_lets_it_go_on() -> None:
    paused = Container(id="0123456789abcdef", name="app", status=ContainerStatus.PAUSED)
    beside = Container(id="c2", name="log", status=ContainerStatus.RUNNING)
    task = ShownTask(record(1, last_status=TaskStatus.RUNNING), HealthStatus.HEALTHY, (paused, beside))
    assert tasks_text((task,), NOW).endswith("paused by somebody: docker unpause 0123456789ab")
    assert "\n  service.web: task 00000000 is paused by somebody: docker unpause 0123456789ab\n" in status_text(
        Standing(SHOP, rolling(), tasks=(task,)), NOW
    )


def test_progress_is_one_row_a_service() -> None:
    (row,) = rows(rolling(), Snapshot())
    assert row_text(row, 18.2) == (
        "service.web               rolling    2/2 new  1 old  healthy 1/2  failures 1 of 3  18s  "
        "waits for task 00000003 to become healthy"
    )


def test_long_addresses_keep_the_columns_below_each_other() -> None:
    short = ServiceRow(address="service.visitor", state="steady", desired=1)
    long = ServiceRow(address='module.web["berlin"].service.web', state="steady", desired=1)
    width = address_width((short, long))
    assert {row_text(row, 1, width).index("steady") for row in (short, long)} == {len(long.address) + 2}


def test_a_service_that_left_the_stack_is_stopping() -> None:
    decision = rolling()
    (row,) = rows(decision.changed(state=decision.state.changed(target=stack())), Snapshot())
    assert (row.state, row.old, row.is_steady) == ("stopping", 3, False)


def test_a_completed_deployment_is_steady_unless_its_tasks_keep_ending() -> None:
    decision = rolling()
    done = decision.state.changed(deployments=(deployment(rollout_state=RolloutState.COMPLETED),))
    assert [each.is_steady for each in rows(decision.changed(state=done, waiting_for=()), Snapshot())] == [True]
    assert [each.is_steady for each in rows(decision.changed(state=done), Snapshot())] == [False]


def test_what_is_waited_for_says_how_long_that_still_takes() -> None:
    assert waiting_words("the bake time to pass", NOW + 42, NOW) == "waits for the bake time to pass, 42s left"
    assert waiting_words("the bake time to pass", NOW, NOW) == "waits for the bake time to pass"
    unable = "is unable to consistently start tasks successfully"
    assert waiting_words(unable, NOW + 4, NOW) == f"{unable}; it is tried again in 4s"


def test_a_heartbeat_says_what_is_waited_for() -> None:
    assert heartbeat(rolling(), 65) == (
        "still at it after 1m05s: service.web waits for task 00000003 to become healthy"
    )
    assert heartbeat(Decision(state=State(stack_name="shop")), 30) == "still at it after 30s: steps are under way"


def test_a_failure_shows_the_cause_the_log_and_the_next_commands() -> None:
    failure = Failure("service.web", "3 of 3 failures", "7f3c1a2b", "app", ("one", "\x1b]0;owned\x07two"))
    assert (
        failure_text(failure, " --stack shop")
        == """\
service.web  FAILED  3 of 3 failures
  last log lines of task 7f3c1a2b, container app:
    one
    two
  next:
    reconciler logs service.web/7f3c1a2b --stack shop
    reconciler ps --all --stack shop
    reconciler plan --stack shop"""
    )


def test_a_failure_without_a_log_says_what_to_type_all_the_same() -> None:
    text = failure_text(Failure("service.web", "no progress for 600 s"))
    assert text.splitlines()[:3] == [
        "service.web  FAILED  no progress for 600 s",
        "  next:",
        "    reconciler logs service.web",
    ]


def test_durations_read_like_a_clock() -> None:
    assert [duration(each) for each in (0, 0.44, 9.96, 42, 60, 92, 3599.7, 7500)] == [
        "0s",
        "0.4s",
        "10s",
        "42s",
        "1m00s",
        "1m32s",
        "1h00m",
        "2h05m",
    ]


def test_untrusted_text_is_made_harmless() -> None:
    assert safe("a\x1b[31mb\x1b]8;;http://x\x07c\rd\x00e\x9bf\tg\n") == "abcdef\tg\n"
    assert one_line(" a\n\n b\u202e ") == "a b<U+202E>"
    assert defused("::error::x\n  ::set-output\nplain ::") == ": :error::x\n  : :set-output\nplain ::"
