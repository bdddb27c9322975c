"""The order inside a task: the four conditions, start_timeout, shutdown, and the restart policy (c4, c5, c11)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.container_definition import RestartPolicy, VolumesFrom
from reconciler.model.snapshot import Container, ContainerHealth
from reconciler.model.task_definition import HOLDER, NetworkMode, TaskDefinition
from reconciler.scheduler.containers import StartOrder, start_order, stop_order, will_restart
from tests.builders import CHECK, NOW, container, definition, observed, shown

LINK = "db:database"


def of(condition: str, **target: Any) -> TaskDefinition:
    """`app` waits for `db`. Bridge mode: no holder in the way."""
    db = container("db", essential=condition in ("START", "HEALTHY"), **target)
    return definition(container("app", after={"db": condition}), db, network_mode=NetworkMode.BRIDGE)


def order(
    found: TaskDefinition, *containers: Container, started: tuple[str, ...] = (), now: float = NOW
) -> StartOrder:
    return start_order(found, observed(*containers) if containers else None, now, started)


def test_a_container_that_waits_for_nothing_starts_at_once() -> None:
    assert order(definition(container("app"))) == StartOrder(ready=("app",))


def test_the_holder_of_a_shared_network_starts_before_all_others() -> None:
    pair = definition(container("app"), container("side"))
    assert order(pair) == StartOrder(ready=(HOLDER,))
    assert order(pair, shown(HOLDER)) == StartOrder(ready=("app", "side"))


def test_a_container_that_was_created_but_not_started_is_started() -> None:
    assert order(definition(container("app")), shown("app", "created")) == StartOrder(ready=("app",))


@pytest.mark.parametrize(
    ("condition", "status", "fields", "is_met"),
    [
        ("START", "running", {}, True),
        ("START", "exited", {"exit_code": 1}, True),
        ("COMPLETE", "running", {}, False),
        ("COMPLETE", "exited", {"exit_code": 0}, True),
        ("COMPLETE", "exited", {"exit_code": 7}, True),
        ("SUCCESS", "running", {}, False),
        ("SUCCESS", "exited", {"exit_code": 0}, True),
        ("HEALTHY", "running", {"health": ContainerHealth.STARTING}, False),
        ("HEALTHY", "running", {"health": ContainerHealth.UNHEALTHY}, False),
        ("HEALTHY", "running", {"health": ContainerHealth.HEALTHY}, True),
    ],
)
def test_each_condition_is_met_by_what_ecs_says(condition: str, status: str, fields: Any, is_met: bool) -> None:
    found = order(of(condition, health_check=CHECK), shown("db", status, **fields), started=("db",))
    waiting = StartOrder(waiting=f"container db to reach {condition}")
    assert found == (StartOrder(ready=("app",)) if is_met else waiting)


def test_a_dependency_starts_first_and_its_dependent_says_what_it_waits_for() -> None:
    assert order(of("HEALTHY", health_check=CHECK)) == StartOrder(ready=("db",), waiting="container db to start")


def test_success_is_hopeless_after_another_exit_code() -> None:
    failure = "container db exited with code 3 before SUCCESS"
    assert order(of("SUCCESS"), shown("db", "exited", exit_code=3)) == StartOrder(failure=failure)


def test_healthy_is_hopeless_after_any_exit() -> None:
    failure = "container db exited with code 0 before HEALTHY"
    assert order(of("HEALTHY"), shown("db", "exited")) == StartOrder(failure=failure)


def test_healthy_is_not_hopeless_while_the_restart_policy_brings_the_dependency_back() -> None:
    found = of("HEALTHY", restart_policy=RestartPolicy(restart_attempt_period=10))
    ended = shown("db", "exited", exit_code=1)
    assert order(found, ended, started=("db",)) == StartOrder(ready=("db",), waiting="container db to reach HEALTHY")


@pytest.mark.parametrize(("condition", "counts"), [("COMPLETE", True), ("SUCCESS", True), ("HEALTHY", True)])
def test_start_timeout_runs_from_the_start_of_the_dependency(condition: str, counts: bool) -> None:
    found = of(condition, start_timeout=90)
    waiting = StartOrder(waiting=f"container db to reach {condition}", wake_at=NOW - 60 + 90)
    assert order(found, shown("db")) == waiting
    failure = f"container db did not reach {condition} within its start_timeout of 90 s"
    assert order(found, shown("db"), now=NOW + 30) == StartOrder(failure=failure)


def test_start_timeout_does_not_apply_to_start() -> None:
    assert order(of("START", start_timeout=1), shown("db")) == StartOrder(ready=("app",))


def test_start_timeout_is_forgotten_once_the_dependent_has_started() -> None:
    assert order(of("HEALTHY", start_timeout=1), shown("db"), shown("app")) == StartOrder()


def test_a_removed_init_container_is_not_run_again() -> None:
    found = order(of("SUCCESS"), shown("app"), started=("app", "db"))
    assert found == StartOrder()


def test_a_dependency_that_was_removed_before_it_was_seen_to_end_fails_the_task() -> None:
    found = start_order(of("SUCCESS"), observed(shown("other")), NOW, ("db",))
    assert found == StartOrder(failure="container db was removed from outside before SUCCESS")


def test_a_started_dependency_satisfies_start_though_it_was_removed() -> None:
    assert start_order(of("START"), observed(shown("other")), NOW, ("db",)) == StartOrder(ready=("app",))


def test_volumes_from_and_links_imply_start() -> None:
    found = definition(
        container("app", volumes_from=(VolumesFrom(source_container="files"),), links=(LINK,)),
        container("db"),
        container("files"),
        network_mode=NetworkMode.BRIDGE,
    )
    assert order(found) == StartOrder(ready=("db", "files"), waiting="container files to start")
    assert order(found, shown("db"), shown("files")) == StartOrder(ready=("app",))


def test_a_restart_in_place_does_not_ask_its_dependencies_again() -> None:
    app = container("app", after={"init": "SUCCESS"}, restart_policy=RestartPolicy(restart_attempt_period=10))
    found = definition(app, container("init", essential=False), network_mode=NetworkMode.BRIDGE)
    assert order(found, shown("app", "exited"), started=("app", "init")) == StartOrder(ready=("app",))


@pytest.mark.parametrize(
    ("policy", "ran_seconds", "exit_code", "restarts"),
    [
        (None, 1000.0, 1, False),
        (RestartPolicy(enabled=False), 1000.0, 1, False),
        (RestartPolicy(), 300.0, 1, True),
        (RestartPolicy(), 299.0, 1, False),
        (RestartPolicy(), 300.0, 0, True),
        (RestartPolicy(ignored_exit_codes=(0, 3)), 300.0, 3, False),
        (RestartPolicy(), 300.0, None, False),
        (RestartPolicy(restart_attempt_period=60), 60.0, 137, True),
    ],
)
def test_the_restart_policy_restarts_only_what_ran_long_enough(
    policy: RestartPolicy | None, ran_seconds: float, exit_code: int | None, restarts: bool
) -> None:
    ended = shown("app", "exited", exit_code=exit_code, started_at=NOW - ran_seconds, finished_at=NOW)
    assert will_restart(container("app", restart_policy=policy), ended) is restarts


CHAIN = definition(
    container("app", after={"db": "START", "log": "START"}),
    container("db", after={"init": "SUCCESS"}),
    container("init", essential=False),
    container("log"),
)


@pytest.mark.parametrize(
    ("live", "stops", "nothing_else"),
    [
        (("app", "db", "log", HOLDER), ("app",), False),
        (("db", "log", HOLDER), ("db", "log"), True),
        (("log", HOLDER), ("log",), True),
        ((HOLDER,), (), True),
    ],
)
def test_shutdown_is_the_reverse_of_the_start(
    live: tuple[str, ...], stops: tuple[str, ...], nothing_else: bool
) -> None:
    assert stop_order(CHAIN, observed(*(shown(name) for name in live))) == (stops, nothing_else)
