"""What lifecycle blocks do to a plan: leave attributes alone, replace tasks, guard objects."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.container_definition import MountPoint
from reconciler.model.diagnostic import Diagnostic, Span
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.load_balancer import Action, Forward, Listener, LoadBalancer
from reconciler.model.scaling import Autoscaling, ScalingMetric, TargetTracking
from reconciler.model.schedule import ContainerOverride, Schedule, ScheduledTask
from reconciler.model.stack import Stack, Volume
from reconciler.planner.checks import check
from reconciler.planner.lifecycle import keep_ignored
from tests.builders import container, declared, snapshot, stack, state
from tests.site import Site


def with_lifecycle(found: Stack, address: str, **fields: Any) -> Stack:
    return found.changed(lifecycles={**found.lifecycles, address: Lifecycle(**fields)})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("container.app.image", ("app:1", {"A": "2", "B": "1"}, ("app", "new"))),
        ("container.app.environment.A", ("app:2", {"A": "1", "B": "1"}, ("app", "new"))),
        ("container.app.environment.B", ("app:2", {"A": "2"}, ("app", "new"))),
        ("container.app.environment", ("app:2", {"A": "1"}, ("app", "new"))),
        ("container.app", ("app:1", {"A": "1"}, ("app", "new"))),
        ("container.old", ("app:2", {"A": "2", "B": "1"}, ("app", "new", "old"))),
        ("container.new", ("app:2", {"A": "2", "B": "1"}, ("app",))),
        ("container", ("app:1", {"A": "1"}, ("app", "old"))),
        ("all", ("app:1", {"A": "1"}, ("app", "old"))),
        ("container.nowhere.image", ("app:2", {"A": "2", "B": "1"}, ("app", "new"))),
    ],
)
def test_an_ignored_attribute_is_as_it_was_recorded(path: str, expected: object) -> None:
    before = stack(declared("web", 1, container(environment={"A": "1"}), container("old")))
    after = stack(declared("web", 1, container(image="app:2", environment={"A": "2", "B": "1"}), container("new")))
    wanted = with_lifecycle(after, "task_definition.web", ignore_changes=(path,))
    found = keep_ignored(wanted, before).definitions["task_definition.web"]
    app = found.container("app")
    assert (app.image, dict(app.environment), tuple(each.name for each in found.containers)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("container.app.docker_labels.com.example.a", ({"com.example.a": "1", "com.example": "2"}, True)),
        ("container.app.mount_point./data/a.b.read_only", ({"com.example.a": "2", "com.example": "2"}, False)),
        ("container.app.mount_point./data/a.b", ({"com.example.a": "2", "com.example": "2"}, False)),
    ],
)
def test_keys_may_hold_dots(path: str, expected: object) -> None:
    def made(value: str, *, read_only: bool) -> Stack:
        mount = MountPoint(source_volume="data", container_path="/data/a.b", read_only=read_only)
        labels = {"com.example.a": value, "com.example": value}
        return stack(declared("web", 1, container(docker_labels=labels, mount_points=(mount,))))

    wanted = with_lifecycle(made("2", read_only=True), "task_definition.web", ignore_changes=(path,))
    app = keep_ignored(wanted, made("1", read_only=False)).definitions["task_definition.web"].container("app")
    assert (dict(app.docker_labels), app.mount_points[0].read_only) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("listener.http.forward.target_group.a.weight", (81, (1, 5))),
        ("listener.http.forward.target_group.b", (81, (2, 1))),
        ("listener.http.forward", (81, (1, 1))),
        ("listener.http.redirect", (81, (1, 1))),
        ("listener.http.port", (80, (2, 5))),
        ("listener.http", (80, (1, 1))),
    ],
)
def test_an_ignored_part_of_a_listener_is_as_it_was_recorded(path: str, expected: object) -> None:
    def made(port: int, *weights: int) -> Stack:
        pairs = zip("ab", weights, strict=True)
        forwards = tuple(Forward(target_group=f"target_group.{name}", weight=weight) for name, weight in pairs)
        address = "load_balancer.public.listener.http"
        listener = Listener(name="http", address=address, port=port, action=Action(forwards=forwards))
        balancer = LoadBalancer(address="load_balancer.public", name="public", listeners=(listener,))
        return stack().changed(load_balancers=(balancer,))

    wanted = with_lifecycle(made(81, 2, 5), "load_balancer.public", ignore_changes=(path,))
    (found,) = keep_ignored(wanted, made(80, 1, 1)).load_balancers[0].listeners
    assert (found.port, tuple(each.weight for each in found.action.forwards)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("schedule", ("@daily", "Europe/Berlin", ("b", 7, "2"))),
        ("timezone", ("@hourly", "UTC", ("b", 7, "2"))),
        ("overrides", ("@hourly", "Europe/Berlin", ("a", None, "1"))),
        ("overrides.container.app", ("@hourly", "Europe/Berlin", ("a", None, "1"))),
        ("overrides.container.app.cpu", ("@hourly", "Europe/Berlin", ("b", None, "2"))),
        ("overrides.container.app.environment.DAY", ("@hourly", "Europe/Berlin", ("b", 7, "1"))),
    ],
)
def test_an_ignored_part_of_a_schedule_is_as_it_was_recorded(path: str, expected: object) -> None:
    def made(expression: str, timezone: str, command: str, cpu: int | None, day: str) -> Stack:
        job = ScheduledTask(
            address="scheduled_task.job",
            name="job",
            task_definition="task_definition.job",
            schedule=Schedule(expression=expression, timezone=timezone),
            overrides=(ContainerOverride(name="app", command=(command,), cpu=cpu, environment={"DAY": day}),),
        )
        return stack().changed(scheduled_tasks=(job,))

    after = made("@hourly", "Europe/Berlin", "b", 7, "2")
    wanted = with_lifecycle(after, "scheduled_task.job", ignore_changes=(path,))
    (found,) = keep_ignored(wanted, made("@daily", "UTC", "a", None, "1")).scheduled_tasks
    (app,) = found.overrides
    assert (
        found.schedule.expression,
        found.schedule.timezone,
        ((app.command or ("",))[0], app.cpu, app.environment["DAY"]),
    ) == expected


def test_an_ignored_bound_and_target_value_are_no_change() -> None:
    def made(most: int, value: float) -> Stack:
        policy = TargetTracking(name="cpu", metric=ScalingMetric.CPU, target_value=value)
        scaling = Autoscaling(
            address="autoscaling.web",
            service="service.web",
            min_capacity=1,
            max_capacity=most,
            target_trackings=(policy,),
        )
        return stack(declared("web", 1)).changed(autoscalings=(scaling,))

    paths = ("max_capacity", "target_tracking.cpu.target_value")
    wanted = with_lifecycle(made(9, 70), "autoscaling.web", ignore_changes=paths)
    assert keep_ignored(wanted, made(4, 60)).autoscalings == made(4, 60).autoscalings


def test_what_is_not_there_yet_is_made_as_declared_though_its_changes_are_ignored() -> None:
    wanted = with_lifecycle(stack(declared("web", 3)), "service.web", ignore_changes=("desired_count",))
    assert keep_ignored(wanted, None) is wanted
    assert keep_ignored(wanted, stack(declared("db", 1))) == wanted


def test_an_ignored_count_is_no_change_and_stays() -> None:
    site = Site()
    site.apply(stack(declared("web", 3)))
    wanted = with_lifecycle(stack(declared("web", 1)), "service.web", ignore_changes=("desired_count",))
    assert [(each.address, [one.path for one in each.attributes]) for each in site.plan(wanted).changes] == [
        ("service.web", ["lifecycle.ignore_changes"])
    ]
    site.apply(wanted)
    assert len(site.live) == 3
    assert site.plan(wanted).is_empty


def test_a_change_of_a_watched_value_replaces_every_task_once() -> None:
    site = Site()
    first = with_lifecycle(stack(declared("web", 2)), "service.web", replace_triggered_by={"network.back": "v1:a"})
    site.apply(first)
    before = {each.task.id for each in site.engine.look(site.request()).tasks}
    second = with_lifecycle(first, "service.web", replace_triggered_by={"network.back": "v1:b"})
    assert [each.reason for each in site.plan(second).changes] == [
        "its tasks are replaced, for network.back changed (replace_triggered_by)"
    ]
    assert site.apply(second).decision.is_steady
    after = {each.task.id for each in site.engine.look(site.request()).tasks}
    assert (len(after), after & before) == (2, set())
    assert site.live == ("web:1", "web:1")
    assert site.plan(second).is_empty


def test_a_value_that_is_watched_from_now_on_replaces_nothing() -> None:
    site = Site()
    site.apply(stack(declared("web", 1)))
    wanted = with_lifecycle(stack(declared("web", 1)), "service.web", replace_triggered_by={"var.tag": "v1:a"})
    assert [each.reason for each in site.plan(wanted).changes] == [""]
    before = site.engine.look(site.request()).tasks
    site.apply(wanted)
    assert [each.task.id for each in site.engine.look(site.request()).tasks] == [each.task.id for each in before]


GUARDED = with_lifecycle(stack(declared("web", 1), declared("db", 1)), "service.web", prevent_destroy=True)
PLACE = Span("web.hcl", 9, 5, 9, 20)


def refusals(wanted: Stack, recorded: Stack, **fields: Any) -> list[Diagnostic]:
    return [each for each in check(wanted, state(recorded, **fields), snapshot()) if each.code == "E0611"]


def test_a_guarded_service_is_not_destroyed_by_removing_its_block() -> None:
    (found,) = refusals(stack(declared("db", 1)), GUARDED)
    assert (found.summary, found.detail) == (
        "service.web would be destroyed, and its lifecycle block prevents that",
        "Put its block back; to destroy it, apply prevent_destroy = false first.",
    )


def test_a_guarded_copy_is_not_destroyed_by_lowering_the_count() -> None:
    service, definition = declared("web", 1)
    copies = tuple(service.changed(address=f"service.web[{each}]") for each in range(2))
    both = with_lifecycle(
        stack((copies[0], definition)).changed(services=copies), "service.web[1]", prevent_destroy=True
    )
    (found,) = refusals(stack((copies[0], definition)), both)
    assert found.detail == "Put this copy of it back; to destroy it, apply prevent_destroy = false first."


def test_a_guarded_service_is_not_destroyed_with_its_stack() -> None:
    declared_now = GUARDED.changed(origins={"service.web.lifecycle.prevent_destroy": PLACE})
    (found,) = refusals(declared_now.emptied(), GUARDED)
    assert (found.detail, found.span) == (
        "Set prevent_destroy = false in its lifecycle block; to destroy it, apply prevent_destroy = false first.",
        PLACE,
    )


def test_what_the_files_say_of_a_guard_counts_before_what_was_recorded() -> None:
    open_now = with_lifecycle(GUARDED, "service.web", prevent_destroy=False)
    assert refusals(open_now.emptied(), GUARDED) == []
    assert len(refusals(GUARDED.emptied(), open_now)) == 1


def test_a_guarded_volume_is_kept_by_a_destroy_anyway_and_refused_when_its_data_were_to_go() -> None:
    volume = Volume(address="volume.data", name="shop_data")
    guarded = with_lifecycle(stack(declared("web", 1), volumes=(volume,)), "volume.data", prevent_destroy=True)
    assert refusals(guarded.emptied(), guarded) == []
    assert len(refusals(guarded.emptied(), guarded, doomed_volumes=("shop_data",))) == 1


def test_a_new_revision_of_a_guarded_service_is_rolled_out() -> None:
    changed = with_lifecycle(stack(declared("web", 1, container(image="app:2"))), "service.web", prevent_destroy=True)
    assert refusals(changed, with_lifecycle(stack(declared("web", 1)), "service.web", prevent_destroy=True)) == []
