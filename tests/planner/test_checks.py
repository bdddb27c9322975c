"""What a plan refuses, with the place."""

from __future__ import annotations

from typing import Any

from reconciler.model.container_definition import LinuxParameters, LogConfiguration
from reconciler.model.diagnostic import Span
from reconciler.model.snapshot import EngineFacts, ObservedNetwork, ObservedVolume, Snapshot
from reconciler.model.stack import Stack, Volume
from reconciler.planner.checks import check
from tests.builders import EMPTY, container, declared, snapshot, stack, state

UPLOADS = Volume(address="volume.uploads", name="shop_uploads")


def codes(wanted: Stack, shown: Snapshot, **recorded: Any) -> list[tuple[str, str]]:
    return [(each.code, str(each.span or "")) for each in check(wanted, state(wanted, **recorded), shown)]


def test_a_stack_that_fits_is_not_refused() -> None:
    assert codes(stack(declared("web")), snapshot()) == []


def test_a_network_of_somebody_elses_with_our_name() -> None:
    theirs = ObservedNetwork(id="n", name="shop", is_ours=False)
    assert codes(stack(declared("web")), snapshot(networks=(theirs,))) == [("E0601", "")]


def test_a_network_that_would_have_to_change() -> None:
    wanted = stack(declared("web"), networks=("back",)).changed(origins={"network.back": Span("a.hcl", 3, 1, 3, 8)})
    present = ObservedNetwork(id="n", name="shop-back", is_ours=True, internal=True)
    assert codes(wanted, snapshot(networks=(present,))) == [("E0602", "a.hcl:3:1")]


def test_an_external_volume_that_is_not_there() -> None:
    wanted = stack(volumes=(UPLOADS.changed(external=True),))
    assert codes(wanted, snapshot()) == [("E0603", "")]


def test_a_volume_of_somebody_elses_with_our_name() -> None:
    theirs = ObservedVolume(name="shop_uploads", is_ours=False)
    assert codes(stack(volumes=(UPLOADS,)), snapshot(volumes=(theirs,))) == [("E0604", "")]


def test_a_volume_whose_options_differ() -> None:
    ours = ObservedVolume(name="shop_uploads", is_ours=True, driver_opts={"type": "nfs"})
    assert codes(stack(volumes=(UPLOADS,)), snapshot(volumes=(ours,))) == [("E0605", "")]


def test_a_volume_that_left_the_file_unless_its_removal_was_asked_for() -> None:
    ours = ObservedVolume(name="shop_uploads", is_ours=True)
    wanted = stack(declared("web"))
    assert codes(wanted, snapshot(volumes=(ours,))) == [("E0606", "")]
    assert codes(wanted, snapshot(volumes=(ours,)), doomed_volumes=("shop_uploads",)) == []


def test_a_destroy_keeps_volumes_and_is_not_refused() -> None:
    ours = ObservedVolume(name="shop_uploads", is_ours=True)
    assert codes(EMPTY, snapshot(volumes=(ours,))) == []


def test_a_log_driver_that_the_engine_does_not_have() -> None:
    path = "task_definition.web.container.app.log_configuration.log_driver"
    wanted = stack(declared("web", 1, container(log_configuration=LogConfiguration(log_driver="splonk"))))
    wanted = wanted.changed(origins={path: Span("web.hcl", 9, 7, 9, 17)})
    assert codes(wanted, snapshot()) == [("E0607", "web.hcl:9:7")]


def test_an_init_process_that_the_engine_does_not_have() -> None:
    wanted = stack(declared("web", 1, container(linux_parameters=LinuxParameters(init_process_enabled=True))))
    assert codes(wanted, snapshot(engine=EngineFacts(has_init=False))) == [("E0608", "")]


def test_a_task_larger_than_the_engine() -> None:
    wanted = stack(declared("web", 1, container(memory=4096)))
    (refusal,) = check(wanted, state(wanted), snapshot(engine=EngineFacts(name="box", memory=1024)))
    assert refusal.summary == (
        "a task of web does not fit: closest matching engine box has insufficient memory (needs 4096 MiB, has 1024)"
    )
