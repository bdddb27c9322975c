"""What stays recorded: 100 events an address and kind, 10 deployments a service, tasks for three hours (C2)."""

from __future__ import annotations

from reconciler.model.deployment import DeploymentStatus
from reconciler.model.notification import EventKind
from reconciler.model.task import TaskStatus
from reconciler.scheduler.history import Told, prune, with_events
from tests.builders import NOW, deployment, record, state

HOURS = 3600.0


def test_events_are_numbered_on() -> None:
    one = with_events(state(), [("service.web", "a"), ("service.db", "b")], NOW)
    two = with_events(one, [("service.web", "c")], NOW + 1)
    assert [(each.number, each.at, each.address, each.message) for each in two.events] == [
        (1, NOW, "service.web", "a"),
        (2, NOW, "service.db", "b"),
        (3, NOW + 1, "service.web", "c"),
    ]


def test_the_newest_hundred_events_of_each_address_stay() -> None:
    many = with_events(state(), [(f"service.{'ab'[index % 2]}", str(index)) for index in range(300)], NOW)
    kept = with_events(many, [("service.c", "one")], NOW).events
    assert [each.number for each in kept] == list(range(101, 302))


def test_events_of_tasks_push_none_of_their_service_out() -> None:
    one = with_events(state(), [("service.web", "kept")], NOW)
    tasks = [Told("service.web", str(number), EventKind.TASK) for number in range(150)]
    kept = with_events(one, tasks, NOW).events
    assert [each.number for each in kept] == [1, *range(52, 152)]


def test_stopped_tasks_are_forgotten_after_three_hours_unless_the_engine_still_shows_them() -> None:
    gone = tuple(
        record(index, last_status=TaskStatus.STOPPED, stopped_at=NOW - index * HOURS) for index in (1, 2, 3, 4, 5)
    )
    before = state(tasks=(*gone, record(6)))
    assert [each.ordinal for each in prune(before, {gone[4].id}, NOW).tasks] == [1, 2, 3, 5, 6]


def test_the_newest_ten_deployments_of_a_service_stay_and_those_that_live() -> None:
    old = tuple(
        deployment(id=f"d{number}", number=number, status=DeploymentStatus.INACTIVE) for number in range(1, 15)
    )
    live = old[0].changed(status=DeploymentStatus.ACTIVE)
    other = deployment(id="x", service="service.db", status=DeploymentStatus.INACTIVE)
    kept = prune(state(deployments=(live, *old[1:], other)), set(), NOW).deployments
    assert [each.id for each in kept] == ["d1", *(f"d{number}" for number in range(6, 15)), "x"]


def test_nothing_to_drop_is_the_same_state() -> None:
    before = state(tasks=(record(),))
    assert prune(before, set(), NOW) is before


def test_the_newest_hundred_revisions_of_a_family_stay_and_those_in_use() -> None:
    one = state().revisions[0]
    many = tuple(one.changed(number=number) for number in range(1, 121))
    other = one.changed(family="db")
    found = state(revisions=(*many, other), deployments=(deployment(revision=3),), tasks=(record(revision=7),))
    kept = prune(found, frozenset({record().id}), NOW).revisions
    assert [each.number for each in kept] == [3, 7, *range(21, 121), 1]
