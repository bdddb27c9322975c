"""What a plan says, and that it is empty exactly when nothing would be done."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.drivers.simulated import Behaviour
from reconciler.engine.session import run
from reconciler.model.diagnostic import Span
from reconciler.model.plan import Action, AttributeChange, Change, DriftEntry, Effect, OutputChange
from reconciler.model.snapshot import Drift, SecretReading
from reconciler.model.stack import Output, Stack
from reconciler.planner.planner import plan
from tests.builders import EMPTY, NOW, container, declared, definition, percents, run_request, snapshot, stack, state
from tests.site import Site


def short(changes: tuple[Change, ...]) -> list[tuple[str, str, str]]:
    return [(each.address, each.action.value, each.reason or each.label) for each in changes]


def steady(site: Site, wanted: Stack) -> None:
    assert site.apply(wanted).decision.is_steady


def test_a_new_stack_creates_its_network_revisions_and_services() -> None:
    assert short(Site().plan(stack(declared("web", 3))).changes) == [
        ("network", "create", "shop"),
        ("service.web", "create", "3 tasks"),
        ("task_definition.web", "create", "revision 1"),
    ]


def test_after_an_apply_the_plan_is_empty() -> None:
    site = Site()
    steady(site, stack(declared("web", 3)))
    assert site.plan(stack(declared("web", 3))).is_empty


def test_a_changed_image_names_the_attribute_with_old_new_effect_and_line() -> None:
    site = Site()
    steady(site, stack(declared("web", 1)))
    path = "task_definition.web.container.app.image"
    changed = stack(declared("web", 1, container(image="app:2"))).changed(
        origins={path: Span("web.hcl", 7, 5, 7, 10), "service.web": Span("web.hcl", 20, 1, 20, 8)}
    )
    attribute = AttributeChange(
        path="container.app.image", old="app:1", new="app:2", effect=Effect.NEW_REVISION, place="web.hcl:7"
    )
    service, definition = site.plan(changed).changes
    assert service == Change(
        address="service.web",
        action=Action.UPDATE,
        reason="a new revision replaces its tasks",
        place="web.hcl:20",
    )
    assert (definition.address, definition.label, definition.attributes) == (
        "task_definition.web",
        "revision 2",
        (attribute,),
    )


def test_scaling_is_in_place_and_makes_no_revision() -> None:
    site = Site()
    steady(site, stack(declared("web", 3)))
    (change,) = site.plan(stack(declared("web", 5))).changes
    assert change.attributes == (AttributeChange(path="desired_count", old=3, new=5, effect=Effect.IN_PLACE),)


def test_a_changed_percent_alone_is_told_and_then_gone() -> None:
    site = Site()
    steady(site, stack(declared("web", 2)))
    wanted = stack(declared("web", 2, configuration=percents(50, 150)))
    (change,) = site.plan(wanted).changes
    assert [each.path for each in change.attributes] == [
        "deployment_configuration.maximum_percent",
        "deployment_configuration.minimum_healthy_percent",
    ]
    steady(site, wanted)
    assert site.plan(wanted).is_empty


def test_a_service_that_left_the_files_is_destroyed() -> None:
    site = Site()
    steady(site, stack(declared("web"), declared("db")))
    assert short(site.plan(stack(declared("web"))).changes) == [
        ("service.db", "delete", "it is no longer in the stack")
    ]


def test_a_destroy_names_everything() -> None:
    site = Site()
    steady(site, stack(declared("web")))
    assert [(each.address, each.action) for each in site.plan(EMPTY).changes] == [
        ("network", Action.DELETE),
        ("service.web", Action.DELETE),
    ]


def test_a_task_that_was_removed_by_hand_is_drift_and_a_reason_to_act() -> None:
    site = Site()
    steady(site, stack(declared("web", 2)))
    victim = site.engine.look(site.request()).tasks[0]
    site.engine.remove(victim.containers[0].id)
    found = site.plan(stack(declared("web", 2)))
    gone = "its containers were removed from outside"
    assert found.drift == (DriftEntry(address="service.web", task=victim.task.short_id, reason=gone),)
    assert short(found.changes) == [
        ("service.web", "update", f"1 of 2 tasks run; task {victim.task.short_id}: {gone}")
    ]


def test_ten_of_the_tasks_that_have_one_reason_are_named() -> None:
    site = Site()
    steady(site, stack(declared("web", 12)))
    for each in site.engine.look(site.request()).tasks:
        site.engine.remove(each.containers[0].id)
    (change,) = site.plan(stack(declared("web", 12))).changes
    assert change.reason.startswith("0 of 12 tasks run; tasks ")
    assert change.reason.endswith(" and 2 more: its containers were removed from outside")
    assert change.reason.count(",") == 9


def test_a_killed_task_is_a_reason_with_its_exit_code() -> None:
    site = Site()
    steady(site, stack(declared("web", 1)))
    victim = site.engine.look(site.request()).tasks[0]
    site.engine.kill(victim.containers[0].id, 137)
    (change,) = site.plan(stack(declared("web", 1))).changes
    assert change.reason.endswith("essential container app exited with code 137")


def test_a_setting_edited_by_hand_is_drift_that_names_the_attribute() -> None:
    site = Site()
    wanted = stack(declared("web", 1))
    steady(site, wanted)
    shown = site.engine.look(site.request())
    seen = shown.tasks[0]
    edited = seen.containers[0].changed(drift=(Drift(attribute="memory", declared="128", observed="256"),))
    shown = shown.changed(tasks=(seen.changed(containers=(edited,)),))
    found = plan(wanted, site.store.load("shop"), shown, site.clock.now()).plan
    assert found.drift == (
        DriftEntry(
            address="service.web",
            task=seen.task.short_id,
            attribute="app.memory",
            declared="128",
            observed="256",
        ),
    )
    assert [each.address for each in found.changes] == ["service.web"]


def test_a_network_that_is_gone_is_drift_and_made_again() -> None:
    site = Site()
    wanted = stack(declared("web", 1))
    steady(site, wanted)
    shown = site.engine.look(site.request()).changed(networks=())
    found = plan(wanted, site.store.load("shop"), shown, site.clock.now()).plan
    assert found.drift == (DriftEntry(address="network", reason="network shop is gone"),)
    assert ("network", "create", "shop") in short(found.changes)


def test_a_failed_deployment_is_tried_again() -> None:
    site = Site()
    site.engine.behave = lambda step: Behaviour(start_failure="exec format error")
    ended = site.apply(stack(declared("web", 1)))
    assert ended.decision.failed == ("service.web",)
    (change,) = site.plan(stack(declared("web", 1))).changes
    assert change.reason.startswith("its last deployment failed (3 failures, the limit is 3; the last: Cannot")


def test_a_lost_state_plans_nothing() -> None:
    site = Site()
    wanted = stack(declared("web", 2), declared("db", 1))
    steady(site, wanted)
    fresh = Site(clock=site.clock)
    fresh.engine = site.engine
    assert fresh.plan(wanted).is_empty


def test_a_definition_that_no_service_runs_is_no_change() -> None:
    site = Site()
    wanted = stack(declared("web"))
    job = declared("job")[1]
    with_job = wanted.changed(definitions={**wanted.definitions, "task_definition.job": job})
    steady(site, with_job)
    assert site.plan(with_job).is_empty


def test_outputs_change_by_value_and_sensitive_ones_are_never_compared() -> None:
    wanted = stack().changed(
        outputs=(
            Output(name="later", known=False),
            Output(name="password", value="hidden", sensitive=True),
            Output(name="same", value=1),
            Output(name="url", value="new"),
        )
    )
    recorded = state(stack()).changed(
        outputs=(
            Output(name="gone", value=1),
            Output(name="password", sensitive=True),
            Output(name="same", value=1),
            Output(name="url", value="old"),
        ),
        deployments=(),
    )
    assert plan(wanted, recorded, snapshot(networks=()), NOW).plan.outputs == (
        OutputChange(name="gone", action=Action.DELETE, old=1),
        OutputChange(name="later", action=Action.CREATE, known=False),
        OutputChange(name="url", action=Action.UPDATE, old="old", new="new"),
    )


def test_the_order_of_maps_and_containers_never_changes_a_plan() -> None:
    def wanted(environment: Mapping[str, str]) -> Stack:
        return stack(declared("web", 1, container(environment=environment)))

    site = Site()
    steady(site, wanted({"A": "1", "B": "2"}))
    assert site.plan(wanted({"B": "2", "A": "1"})).is_empty


def test_content_that_ran_before_is_the_old_revision_again() -> None:
    site = Site()
    first, second = stack(declared("web", 1)), stack(declared("web", 1, container(image="app:2")))
    steady(site, first)
    steady(site, second)
    definition = site.plan(first).changes[1]
    assert (definition.address, definition.label) == ("task_definition.web", "revision 1 again")
    steady(site, first)
    assert site.live == ("web:1",)
    assert site.plan(first).is_empty


def test_going_back_after_a_failed_deployment_touches_no_task() -> None:
    site = Site()
    good, bad = stack(declared("web", 2)), stack(declared("web", 2, container(image="bad:1")))
    steady(site, good)
    before = site.engine.look(site.request()).tasks
    site.engine.behave = lambda step: Behaviour(start_failure="exec format error")
    assert site.apply(bad).decision.failed == ("service.web",)
    steady(site, good)
    assert [each.task.id for each in site.engine.look(site.request()).tasks] == [each.task.id for each in before]


def test_a_new_value_of_a_secret_is_a_reason_that_names_it() -> None:
    site = Site()
    wanted = stack(declared("web", 1, container(secrets={"PW": "secret.pw"}, secrets_as="environment")))
    old, new = (SecretReading(address="secret.pw", digest=each) for each in ("old", "new"))
    steady(site, wanted)
    shown = site.engine.look(site.request())
    seen = shown.tasks[0]
    given = seen.task.changed(secret_digests={"secret.pw": "old"})
    shown = shown.changed(tasks=(seen.changed(task=given),))
    recorded, now = site.store.load("shop"), site.clock.now()
    assert plan(wanted, recorded, shown.changed(secrets=(old,)), now).plan.is_empty
    assert short(plan(wanted, recorded, shown.changed(secrets=(new,)), now).plan.changes) == [
        ("service.web", "update", f"1 of 1 tasks run; task {seen.task.short_id}: secret.pw has a new value")
    ]


def test_what_an_ended_one_off_task_left_is_a_note_and_no_change() -> None:
    site = Site()
    wanted = stack(declared("web", 1)).changed()
    job = definition(container(image="job:1"), family="job")
    with_job = wanted.changed(definitions={**wanted.definitions, "task_definition.job": job})
    steady(site, with_job)
    site.engine.behave = lambda step: Behaviour(exits_after=1)
    for number in range(2):
        lease = site.store.acquire("shop", "run", 0)
        run(site.session(), site.world(), with_job, run_request(job, token=f"run {number}"), lease)
        lease.release()
        site.clock.advance_to(site.clock.now() + 10)
    found = site.plan(with_job)
    assert found.is_empty
    assert found.notes == ("family:job: an apply removes what ended one-off tasks left",)
