"""What the simulated engine does beyond the contract: what is others' stays, and processes end as on a machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.drivers.labels import owner_volume_name
from reconciler.drivers.simulated import SimulatedEngine, expected_behaviour
from reconciler.errors import EngineError
from reconciler.model.container_definition import PortMapping
from reconciler.model.snapshot import ObservedNetwork, ObservedVolume
from reconciler.model.stack import Network, Volume
from reconciler.model.step import RemoveNetwork, RemoveOwner, RemoveTask, RemoveVolume, StopContainer
from reconciler.model.task_definition import HOLDER

from .builders import IMAGE, World, container, definition, shell


@pytest.fixture
def engine(simulated: World) -> SimulatedEngine:
    assert isinstance(simulated.driver, SimulatedEngine)
    return simulated.driver


def test_no_step_changes_what_is_anothers(simulated: World) -> None:
    network = Network(address="network", name="theirs")
    volume = Volume(address="volume.a", name="theirs")
    for step in (simulated.create_owner(), simulated.create_network(network), simulated.create_volume(volume)):
        simulated.perform(step)
    before = simulated.look()
    other = World(simulated.driver, stack=simulated.stack, owner="somebody")
    owner_volume = owner_volume_name(simulated.stack, simulated.owner)
    outcomes = [
        simulated.driver.perform(step)
        for step in (
            RemoveOwner(address="stack", owner=other.owner, volume=owner_volume),
            RemoveNetwork(address="network", owner=other.owner, name="theirs"),
            RemoveVolume(address="volume.a", owner=other.owner, name="theirs"),
            other.create_network(network),
            other.create_volume(volume),
        )
    ]
    assert {(each.ok, each.code) for each in outcomes} == {(False, "ResourceInitializationError")}
    assert simulated.look() == before


def test_what_is_anothers_but_has_a_name_we_need_is_shown_so(simulated: World) -> None:
    other = World(simulated.driver, owner="somebody")
    simulated.perform(other.create_network())
    simulated.perform(other.create_volume(Volume(address="volume.a", name="theirs")))
    snapshot = simulated.look(networks=(other.stack,), volumes=("theirs", "absent"))
    assert snapshot.networks == (ObservedNetwork(id=other.stack, name=other.stack, is_ours=False),)
    assert snapshot.volumes == (ObservedVolume(name="theirs", is_ours=False, address="volume.a"),)


def test_a_container_of_another_task_is_not_stopped(simulated: World) -> None:
    found = simulated.container(simulated.run())
    step = StopContainer(address="a", task_id="t", container="app", container_id=found.id, timeout=0)
    assert simulated.driver.perform(step).code == "CannotStopContainerError"
    assert simulated.driver.perform(RemoveTask(address="a", task_id="t", containers={found.id: "app"})).ok
    assert [each.containers for each in simulated.look().tasks] == [(found,)]


@pytest.mark.parametrize(("timeout", "exit_code"), [(0, 137), (1, 143), (30, 143)])
def test_a_process_is_killed_when_it_takes_longer_to_end(
    simulated: World, engine: SimulatedEngine, timeout: float, exit_code: int
) -> None:
    engine.behave = expected_behaviour
    task = simulated.run()
    simulated.perform(simulated.stop(task, timeout=timeout))
    assert simulated.container(task).exit_code == exit_code


def test_a_removal_takes_what_the_snapshot_did_not_show_yet(simulated: World) -> None:
    task = simulated.run(definition(container("a"), container("b")))
    simulated.perform(RemoveTask(address="a", task_id=task.id, containers={}))
    assert simulated.look().tasks == ()


def test_a_container_that_never_ran_ended_without_a_code(simulated: World, engine: SimulatedEngine) -> None:
    engine.behave = lambda step: replace(expected_behaviour(step), start_failure="exec format error")
    task = simulated.run(must_start=False)
    (ended,) = simulated.perform(simulated.remove(task)).containers
    assert (ended.name, ended.exit_code) == ("app", None)


def test_who_is_dead_cannot_be_killed(simulated: World, engine: SimulatedEngine) -> None:
    task = simulated.run(definition(shell("exit 3")))
    simulated.eventually(lambda: simulated.container(task).has_exited)
    before = simulated.container(task)
    engine.kill(before.id)
    assert simulated.container(task) == before


def test_an_image_is_known_by_its_id_too(simulated: World) -> None:
    (image,) = simulated.look(images=(IMAGE,)).images
    simulated.perform(simulated.create_network())
    task = simulated.task()
    simulated.perform(simulated.start(task, image=image.id))
    assert simulated.container(task).image_id == image.id
    assert [each.reference for each in simulated.look(images=(image.id,)).images] == [image.id]


def test_logs_go_on_after_a_restart_in_place(simulated: World) -> None:
    task = simulated.run(definition(shell("echo one")))
    simulated.eventually(lambda: simulated.container(task).has_exited)
    simulated.perform(simulated.start(task))
    found = simulated.container(task)
    first, second = simulated.driver.logs(found.id)
    assert first < second
    assert list(simulated.driver.logs(found.id, since=found.started_at)) == [second]
    assert list(simulated.driver.logs(found.id, tail=0)) == []
    with pytest.raises(EngineError):
        simulated.driver.logs("absent")


def test_each_published_port_gets_a_host_port_while_the_container_runs(simulated: World) -> None:
    asked = (
        PortMapping(container_port=80, host_port=0),
        PortMapping(container_port=90, host_port=0, container_port_end=91),
        PortMapping(container_port=53, host_port=5300, protocol="udp"),
        PortMapping(container_port=70),
    )
    task = simulated.run(definition(container(port_mappings=asked)))
    found = [(each.container_port, each.host_port, each.protocol) for each in simulated.container(task).ports]
    assert found == [(80, 20000, "tcp"), (90, 20001, "tcp"), (91, 20002, "tcp"), (53, 5300, "udp")]
    simulated.perform(simulated.stop(task))
    assert simulated.container(task).ports == ()


def test_the_ports_of_containers_that_share_a_network_are_the_holders(simulated: World) -> None:
    members = (container(port_mappings=(PortMapping(container_port=80, host_port=0),)), container("side"))
    task = simulated.run(definition(*members))
    ports = {each.name: each.ports for each in simulated.seen(task).containers}
    assert {name for name, found in ports.items() if found} == {HOLDER}
