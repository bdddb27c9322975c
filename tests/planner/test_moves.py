"""Objects that change their address: the records follow, and nothing that runs is touched."""

from __future__ import annotations

import pytest

from reconciler.model.beside import NotificationRecord, ScalingActivity, ScalingRecord, ScheduledRun, ScheduleRecord
from reconciler.model.lifecycle import Forgotten, Move, Moved, Removal
from reconciler.model.notification import EventKind, Notification
from reconciler.model.plan import Plan
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Network, Stack
from reconciler.model.state import State
from reconciler.planner.moves import readdress
from reconciler.scheduler.moved import as_recorded
from reconciler.store.memory import MemoryStore
from tests.builders import Declared, declared, observed, snapshot, stack, state, task
from tests.site import Site

WEB = stack(declared("web", 2), networks=("back",))


def moved(*services: Declared, moves: tuple[tuple[str, str], ...], name: str = "web") -> Stack:
    """A stack whose first service, called something else now, keeps its name and family."""
    (service, definition), *others = services
    kept = (service.changed(name=name), definition.changed(family=name))
    found = stack(kept, *others, networks=("back",))
    return found.changed(moves=tuple(Move(before=before, after=after) for before, after in moves))


SITE = moved(
    declared("site", 2),
    moves=(("service.web", "service.site"), ("task_definition.web", "task_definition.site")),
)


def running(site: Site) -> list[str]:
    return [each.task.id for each in site.engine.look(site.request()).tasks]


def summary(plan: Plan) -> list[str]:
    return [f"{each.action} {each.address}" for each in plan.changes] + [
        f"{m.before} > {m.after}" for m in plan.moves
    ]


def test_a_renamed_service_goes_on_with_its_tasks() -> None:
    site = Site()
    site.apply(WEB)
    before = running(site)
    assert summary(site.plan(SITE)) == [
        "service.web > service.site",
        "task_definition.web > task_definition.site",
    ]
    assert site.apply(SITE).decision.is_steady
    assert running(site) == before
    assert site.plan(SITE).is_empty and site.plan(SITE.changed(moves=())).is_empty
    recorded = site.store.load("shop")
    assert recorded.names == {"service.site": "web", "task_definition.site": "web"}
    assert (
        {each.group for each in recorded.tasks} == {"service.site"} == {each.service for each in recorded.deployments}
    )


def test_moves_follow_each_other_also_over_several_applies() -> None:
    site = Site()
    site.apply(WEB)
    before = running(site)
    site.apply(SITE)
    moves = (("service.web", "service.site"), ("service.site", "service.shop"),
             ("task_definition.site", "task_definition.shop"))  # fmt: skip
    site.apply(moved(declared("shop", 2), moves=moves))
    assert running(site) == before
    assert site.store.load("shop").moved == (
        Moved(before="service.web", address="service.shop", name="web"),
        Moved(before="task_definition.web", address="task_definition.shop", name="web"),
        Moved(before="service.site", address="service.shop", name="web"),
        Moved(before="task_definition.site", address="task_definition.shop", name="web"),
    )


def test_names_are_read_from_labels_when_the_state_was_lost() -> None:
    site = Site()
    site.apply(WEB)
    site.apply(SITE)
    shown = site.engine.look(site.request())
    lost = State(stack_name="shop", owner=site.store.load("shop").owner)
    again = stack(declared("site", 2), networks=("back",)).changed(moves=SITE.moves)
    names = {"service.site": "web", "task_definition.site": "web"}
    assert readdress(again, lost, shown).state.names == names
    further = tuple(Move(before=f"{kind}.site", after=f"{kind}.shop") for kind in ("service", "task_definition"))
    wanted = stack(declared("shop", 2), networks=("back",)).changed(moves=(*SITE.moves, *further))
    assert readdress(wanted, lost, shown).state.names == {key.replace("site", "shop"): "web" for key in names}


def test_what_is_destroyed_and_made_anew_where_something_moved_to_has_its_own_name() -> None:
    site = Site()
    site.apply(WEB)
    site.apply(SITE)
    without = stack(declared("db", 1), networks=("back",))
    site.apply(without)
    assert site.store.load("shop").names == {}
    site.apply(stack(declared("db", 1), declared("site", 1), networks=("back",)))
    assert set(site.store.load("shop").names.values()) <= {"site"}
    assert site.live == ("db:1", "site:1")


def test_a_service_that_moved_away_leaves_its_address_free_for_another() -> None:
    site = Site()
    site.apply(WEB)
    before = running(site)
    both = moved(declared("site", 2), declared("other", 1), moves=tuple((m.before, m.after) for m in SITE.moves))
    site.apply(both)
    assert set(before) < set(running(site)) and len(running(site)) == 3
    assert site.plan(both).is_empty


def test_nothing_moves_to_an_address_that_is_taken() -> None:
    site = Site()
    site.apply(stack(declared("web", 1), declared("site", 1)))
    wanted = stack(declared("site", 1)).changed(moves=SITE.moves)
    plan = site.plan(wanted)
    assert summary(plan) == ["delete service.web"]
    assert "service.web cannot move to service.site: something else is there" in plan.notes


@pytest.mark.parametrize(("before", "after"), [("service.web", "service.web[0]"), ("service.web[0]", "service.web")])
def test_a_block_that_gains_or_loses_count_goes_on_as_its_first_instance(before: str, after: str) -> None:
    (service, definition) = declared("web", 2)
    site = Site()
    site.apply(stack((service.changed(address=before), definition)))
    running_before = running(site)
    assert summary(site.plan(stack((service.changed(address=after), definition)))) == [f"{before} > {after}"]
    site.apply(stack((service.changed(address=after), definition)))
    assert running(site) == running_before


@pytest.mark.parametrize(
    ("move", "address", "after"),
    [
        (("service.a", "service.b"), 'service.a["x"]', 'service.b["x"]'),
        (("service.a", 'service.b["x"]'), "service.a", 'service.b["x"]'),
        (("service.a", 'service.b["x"]'), 'service.a["y"]', None),
        (("service.a[0]", 'service.b["x"]'), "service.a[0]", 'service.b["x"]'),
        (("service.a", "service.b"), "service.ab", None),
        (("module.m", "module.n"), 'module.m["eu"].service.a[1]', 'module.n["eu"].service.a[1]'),
        (("module.m", 'module.n["eu"]'), "module.m.service.a", 'module.n["eu"].service.a'),
        (("module.m", 'module.n["eu"]'), 'module.m["x"].service.a', None),
        (("service.a", "module.m.service.a"), "service.a", "module.m.service.a"),
    ],
)
def test_an_address_follows_a_move_as_in_terraform(move: tuple[str, str], address: str, after: str | None) -> None:
    (service, definition) = declared("web", 1)
    recorded = state(stack((service.changed(address=address), definition)), deployments=())
    wanted = Stack(name="shop", moves=(Move(before=move[0], after=move[1]),))
    found = readdress(wanted, recorded, Snapshot()).moves
    assert found == ((Move(before=address, after=after),) if after else ())


def recorded_at(*addresses: str) -> State:
    service, definition = declared("web", 1)
    services = tuple(service.changed(address=each) for each in sorted(addresses))
    return state(stack((service, definition)).changed(services=services), deployments=())


A, B, C, X = "service.a", "service.b", "service.c", "module.x.service.n"


@pytest.mark.parametrize(
    ("moves", "recorded", "expected", "blocked"),
    [
        ([(A, B), (B, C)], [A, B], [(B, C)], [(A, B)]),
        ([(B, C), (A, B)], [A, B], [(B, C)], [(A, B)]),
        ([(A, B), (B, C)], [A], [(A, C)], []),
        ([("module.x", "module.y"), (X, C)], [X], [(X, C)], []),
        ([("module.x", "module.y"), ("module.y.service.n", C)], [X], [(X, C)], []),
        ([(A, X), ("module.x", "module.y")], [A], [(A, "module.y.service.n")], []),
    ],
)
def test_moves_are_followed_one_by_one_as_in_terraform(
    moves: list[tuple[str, str]],
    recorded: list[str],
    expected: list[tuple[str, str]],
    blocked: list[tuple[str, str]],
) -> None:
    wanted = Stack(name="shop", moves=tuple(Move(before=before, after=after) for before, after in moves))
    found = readdress(wanted, recorded_at(*recorded), Snapshot())
    assert [(each.before, each.after) for each in found.moves] == expected
    assert [(each.before, each.after) for each in found.blocked] == blocked


def test_references_to_networks_volumes_and_secrets_move_with_them() -> None:
    service, definition = declared("web", 1)
    definition = definition.changed(networks=("network.back",))
    recorded = state(stack((service, definition), networks=("back",)))
    wanted = Stack(
        name="shop",
        networks=(Network(address="network.rear", name="shop-back"),),
        moves=(Move(before="network.back", after="network.rear"),),
    )
    shown = snapshot(observed(of=task(1, definition, secret_digests={"secret.a": "v1:1"})))
    found = readdress(wanted, recorded, shown)
    assert found.state.target is not None
    assert found.state.target.definitions["task_definition.web"].networks == ("network.rear",)
    assert [each.definition.networks for each in found.state.revisions] == [("network.rear",)]
    assert [each.task.definition.networks for each in found.snapshot.tasks] == [("network.rear",)]
    assert [each.task.secret_digests for each in found.snapshot.tasks] == [{"secret.a": "v1:1"}]


def test_labels_of_an_address_that_is_declared_anew_mean_it_again() -> None:
    entry = Moved(before="service.web", address="service.site", name="web")
    shown = snapshot(observed(of=task(1)))
    gone = state(stack(declared("site", 1)), moved=(entry,))
    again = state(stack(declared("site", 1), declared("web", 1)), moved=(entry,))
    assert [each.task.group for each in as_recorded(shown, gone).tasks] == ["service.site"]
    assert as_recorded(shown, again).tasks == shown.tasks


def test_what_is_forgotten_runs_on_and_is_seen_no_more() -> None:
    site = Site()
    site.apply(stack(declared("web", 2), declared("db", 1)))
    forget = stack(declared("db", 1)).changed(removals=(Removal(address="service.web", destroy=False),))
    plan = site.plan(forget)
    assert (plan.forgotten, plan.changes, plan.is_empty) == (("service.web",), (), False)
    site.apply(forget)
    assert site.live == ("db:1", "web:1", "web:1")
    assert {each.address for each in site.store.load("shop").forgotten} == {"service.web"}
    assert site.plan(stack(declared("db", 1))).is_empty
    site.apply(Stack(name="shop"))
    assert site.live == ("web:1", "web:1")
    assert site.plan(Stack(name="shop")).is_empty


def test_a_destroy_leaves_what_the_files_forget_and_finds_what_has_moved() -> None:
    site = Site()
    site.apply(stack(declared("web", 1), declared("db", 1), declared("old", 1)))
    forget = stack(declared("db", 1), declared("new", 1)).changed(
        moves=(Move(before="service.old", after="service.new"),),
        removals=(Removal(address="service.web", destroy=False),),
    )
    site.store = MemoryStore()  # lost, or the blocks were never applied
    plan = site.plan(forget.emptied())
    destroyed = {each.address for each in plan.changes if each.address.startswith("service")}
    assert (plan.forgotten, destroyed) == (("service.web",), {"service.db", "service.new"})
    site.apply(forget.emptied())
    assert site.live == ("web:1",)


def test_what_has_moved_may_be_forgotten_where_it_is_now() -> None:
    site = Site()
    site.apply(WEB)
    before = running(site)
    removal = Removal(address="service.site", destroy=False)
    plan = site.plan(stack(networks=("back",)).changed(moves=SITE.moves, removals=(removal,)))
    assert (plan.forgotten, plan.changes) == (("service.site",), ())
    site.apply(stack(networks=("back",)).changed(moves=SITE.moves, removals=(removal,)))
    assert (len(site.live), site.plan(stack(networks=("back",))).is_empty) == (len(before), True)


def test_every_copy_of_what_is_removed_is_forgotten() -> None:
    recorded = recorded_at('module.m["eu"].service.a[0]', 'module.m["us"].service.a[1]', 'module.m["us"].service.b')
    wanted = Stack(name="shop", removals=(Removal(address="module.m.service.a", destroy=False),))
    assert readdress(wanted, recorded, Snapshot()).forgotten == (
        'module.m["eu"].service.a[0]',
        'module.m["us"].service.a[1]',
    )


def test_what_is_removed_with_destroy_goes_as_without_the_block() -> None:
    site = Site()
    site.apply(stack(declared("web", 1), declared("db", 1)))
    wanted = stack(declared("db", 1)).changed(removals=(Removal(address="service.web"),))
    assert summary(site.plan(wanted)) == ["delete service.web"]


def test_forgotten_names_are_those_of_the_engine() -> None:
    recorded = state(WEB)
    wanted = Stack(name="shop", removals=(Removal(address="network.back", destroy=False),))
    assert readdress(wanted, recorded, Snapshot()).state.forgotten == (
        Forgotten(id="shop-back", address="network.back"),
    )


def test_what_acts_beside_keeps_its_records_at_another_address() -> None:
    old = with_asides("web", "web")
    new = with_asides("site", "web").changed(
        moves=tuple(
            Move(before=f"{kind}.web", after=f"{kind}.site")
            for kind in ("service", "task_definition", "autoscaling", "scheduled_task", "notification")
        )
    )
    found = readdress(new, beside("web", old), snapshot()).state
    assert found.changed(moved=()) == beside("site", with_asides("site", "web"))
    assert found.names["scheduled_task.site"] == "web"


def test_a_moved_schedule_is_no_change_and_is_not_due_anew() -> None:
    site = Site()
    site.apply(with_asides("web", "web"))
    before = site.store.load("shop")
    move = Move(before="scheduled_task.web", after="scheduled_task.site")
    (job,) = with_asides("site", "web").scheduled_tasks
    wanted = with_asides("web", "web").changed(
        moves=(move,), scheduled_tasks=(job.changed(task_definition="task_definition.web"),)
    )
    assert summary(site.plan(wanted)) == ["scheduled_task.web > scheduled_task.site"]
    site.clock.advance_to(site.clock.now() + 100)
    site.apply(wanted)
    (record,) = site.store.load("shop").schedules
    assert record == before.schedules[0].changed(schedule="scheduled_task.site")


def test_what_acts_beside_and_is_forgotten_leaves_no_record() -> None:
    kinds = ("autoscaling", "scheduled_task", "notification")
    wanted = stack(declared("web", 2)).changed(
        removals=tuple(Removal(address=f"{kind}.web", destroy=False) for kind in kinds)
    )
    found = readdress(wanted, beside("web", with_asides("web", "web")), snapshot())
    assert found.forgotten == tuple(sorted(f"{kind}.web" for kind in kinds))
    kept = found.state
    assert (kept.scaling, kept.schedules, kept.runs, kept.notified) == ((), (), (), ())
    assert kept.target == stack(declared("web", 2))


def with_asides(name: str, kept: str) -> Stack:
    """A service with one of everything that acts beside; it is called `kept` since it was made."""
    service, definition = declared(name, 2)
    found = stack((service.changed(name=kept), definition.changed(family=kept)))
    address = f"scheduled_task.{name}"
    schedule = Schedule(expression="@daily")
    return found.changed(
        autoscalings=(
            Autoscaling(address=f"autoscaling.{name}", service=f"service.{name}", min_capacity=1, max_capacity=4),
        ),
        scheduled_tasks=(
            ScheduledTask(address=address, name=kept, task_definition=f"task_definition.{name}", schedule=schedule),
        ),
        notifications=(Notification(address=f"notification.{name}", command=("page",), events=(EventKind.ENGINE,)),),
    )


def beside(name: str, target: Stack) -> State:
    """A State with a record of each of them, at addresses with that name."""
    autoscaling, schedule = f"autoscaling.{name}", f"scheduled_task.{name}"
    return state(
        target,
        deployments=(),
        scaling=(ScalingRecord(autoscaling=autoscaling, service=f"service.{name}", capacity=3),),
        activities=(
            ScalingActivity(
                number=1, autoscaling=autoscaling, service=f"service.{name}", at=1, policy="cpu", before=2, after=3
            ),
        ),
        schedules=(ScheduleRecord(schedule=schedule, expression="@daily", timezone="UTC", anchor=1, done_up_to=2),),
        runs=(ScheduledRun(id="r1", schedule=schedule, slot=2),),
        notified=(NotificationRecord(notification=f"notification.{name}", sent=4),),
    )
