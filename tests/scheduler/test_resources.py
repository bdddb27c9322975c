"""What tasks stand on: the owner first, networks removed last, volumes kept, foreign things left alone (P1, P2)."""

from __future__ import annotations

from reconciler.model.snapshot import ObservedNetwork, ObservedVolume
from reconciler.model.stack import Volume
from reconciler.model.step import CreateNetwork, CreateOwner, CreateVolume, RemoveNetwork, RemoveOwner, RemoveVolume
from reconciler.scheduler.resources import create_steps, remove_steps
from tests.builders import EMPTY, OWNER, declared, observed, record, shown, snapshot, stack, state

DATA = Volume(address="volume.data", name="shop-data")
SHOP = stack(declared(), networks=("back",), volumes=(DATA,))
OURS = (ObservedNetwork(id="1", name="shop", is_ours=True), ObservedNetwork(id="2", name="shop-back", is_ours=True))
KEPT = ObservedVolume(name="shop-data", is_ours=True, address="volume.data")


def names(steps: tuple[object, ...]) -> list[str]:
    return [step.key for step in steps]  # type: ignore[attr-defined]


def test_the_owner_volume_comes_before_anything_else() -> None:
    found = create_steps(SHOP, state(), snapshot(owners=(), networks=()))
    assert [type(step) for step in found] == [CreateOwner]


def test_then_networks_and_volumes_are_made() -> None:
    found = create_steps(SHOP, state(), snapshot(networks=()))
    assert [type(step) for step in found] == [CreateNetwork, CreateNetwork, CreateVolume]
    assert names(found) == ["create_network shop", "create_network shop-back", "create_volume shop-data"]


def test_what_is_there_is_not_made_again() -> None:
    assert create_steps(SHOP, state(), snapshot(networks=OURS, volumes=(KEPT,))) == ()


def test_a_foreign_thing_of_that_name_is_not_taken_for_ours() -> None:
    foreign = ObservedNetwork(id="9", name="shop", is_ours=False)
    theirs = ObservedVolume(name="shop-data", is_ours=False)
    found = create_steps(SHOP, state(), snapshot(networks=(foreign, OURS[1]), volumes=(theirs,)))
    assert names(found) == ["create_network shop", "create_volume shop-data"]


def test_an_external_volume_is_never_made() -> None:
    external = stack(declared(), volumes=(DATA.changed(external=True),))
    assert create_steps(external, state(), snapshot()) == ()


def test_a_network_that_left_the_stack_is_removed_once_no_task_uses_it() -> None:
    smaller = stack(declared())
    using = observed(shown(networks=("shop", "shop-back")))
    ended = observed(shown("app", "exited", networks=("shop", "shop-back")))
    assert remove_steps(smaller, state(), snapshot(using, networks=OURS)) == ()
    assert names(remove_steps(smaller, state(), snapshot(ended, networks=OURS))) == ["remove_network shop-back"]


def test_destroy_removes_networks_last_then_the_owner() -> None:
    tasks = observed(shown(networks=("shop",)))
    assert remove_steps(EMPTY, state(), snapshot(tasks, networks=OURS[:1])) == ()
    found = remove_steps(EMPTY, state(), snapshot(networks=OURS))
    assert [type(step) for step in found] == [RemoveNetwork, RemoveNetwork]
    assert [type(step) for step in remove_steps(EMPTY, state(), snapshot(networks=()))] == [RemoveOwner]


def test_networks_stay_while_a_task_may_still_start() -> None:
    assert remove_steps(EMPTY, state(tasks=(record(),)), snapshot(networks=OURS)) == ()


def test_a_volume_is_only_removed_when_that_was_asked_for() -> None:
    there = snapshot(networks=(), volumes=(KEPT,))
    assert remove_steps(EMPTY, state(), there) == ()
    doomed = state(doomed_volumes=("shop-data",))
    assert [type(step) for step in remove_steps(EMPTY, doomed, there)] == [RemoveVolume]
    assert remove_steps(SHOP, doomed, snapshot(networks=OURS, volumes=(KEPT,))) == ()


def test_foreign_networks_volumes_and_owners_are_never_removed() -> None:
    there = snapshot(
        networks=(ObservedNetwork(id="9", name="shop-back", is_ours=False),),
        volumes=(KEPT.changed(is_ours=False),),
        owners=(),
    )
    assert remove_steps(EMPTY, state(doomed_volumes=("shop-data",)), there) == ()
    assert all(
        OWNER in step.volume for step in remove_steps(EMPTY, state(), snapshot()) if isinstance(step, RemoveOwner)
    )
