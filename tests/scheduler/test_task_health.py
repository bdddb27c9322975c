"""The truth table of a task's health (E3, c6), what counts as healthy, and what as drift."""

from __future__ import annotations

import pytest

from reconciler.model.snapshot import ContainerHealth, Drift
from reconciler.model.task import DesiredStatus, HealthStatus
from reconciler.scheduler.task_view import TaskView, task_health
from tests.builders import CHECK, NOW, container, definition, observed, running, shown, task, view

TWO_CHECKS = definition(
    container("a", health_check=CHECK),
    container("b", health_check=CHECK),
    container("c", essential=False, health_check=CHECK),
)


@pytest.mark.parametrize(
    ("a", "b", "c", "health"),
    [
        ("healthy", "healthy", "unhealthy", "HEALTHY"),
        ("healthy", "healthy", None, "HEALTHY"),
        ("healthy", "starting", "healthy", "UNKNOWN"),
        ("healthy", "unhealthy", "healthy", "UNHEALTHY"),
        ("unhealthy", "starting", "healthy", "UNHEALTHY"),
        ("starting", "starting", "healthy", "UNKNOWN"),
        ("healthy", None, "healthy", "UNKNOWN"),
        (None, None, None, "UNKNOWN"),
    ],
)
def test_health_of_a_task_is_what_its_essential_checks_say_together(
    a: str | None, b: str | None, c: str | None, health: str
) -> None:
    seen = [
        shown(name, health=ContainerHealth(each) if each else None)
        for name, each in zip("abc", (a, b, c), strict=True)
    ]
    assert task_health(TWO_CHECKS, observed(*seen)) is HealthStatus(health)


def test_health_is_unknown_without_checks_and_without_containers() -> None:
    assert task_health(definition(), observed(shown())) is HealthStatus.UNKNOWN
    assert task_health(TWO_CHECKS, None) is HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("found", "is_healthy"),
    [
        (view(), True),
        (view(health="healthy"), True),
        (view(health="starting"), True),
        (view(health="unhealthy"), False),
        (view(healthy_at=None), False),
        (view(desired_status=DesiredStatus.STOPPED), False),
        (view(is_shown=False), False),
        (TaskView(running(), definition(), observed(shown("app", "exited"))), False),
    ],
    ids=["no check", "passes", "restarted in place", "fails", "not yet", "leaving", "gone", "exited"],
)
def test_a_task_counts_as_healthy_while_nothing_says_otherwise(found: TaskView, is_healthy: bool) -> None:
    assert found.is_healthy() is is_healthy


def test_failed_checks_do_not_count_within_the_grace_period() -> None:
    found = view(health="unhealthy")
    assert [found.is_unhealthy(30, NOW + 29.9), found.is_unhealthy(30, NOW + 30)] == [False, True]


def test_drift_names_the_setting_and_the_changed_secret() -> None:
    mine = task(secret_digests={"secret.key": "old", "secret.same": "same"})
    drifted = shown(drift=(Drift(attribute="memory", declared="64 MiB", observed="32 MiB"),))
    found = TaskView(running(), definition(), observed(drifted, of=mine))
    assert found.drift({"secret.key": "new", "secret.same": "same"}) == (
        "app: memory is 32 MiB, declared 64 MiB; secret.key has a new value"
    )
    assert found.drift({}) == "app: memory is 32 MiB, declared 64 MiB"
