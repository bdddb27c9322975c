"""What is not ours stays as it is, and what is ours is found again after a lost answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.docker.payload import create_payload
from reconciler.drivers.driver import LookRequest
from reconciler.errors import EngineError
from reconciler.model.container_definition import MountPoint
from reconciler.model.snapshot import Drift
from reconciler.model.stack import Cluster, Network, Volume
from reconciler.model.step import RemoveNetwork, RemoveTask, RemoveVolume, StopContainer
from reconciler.model.task_definition import PrivateVolume, SharedVolume, TmpfsVolume

from .builders import IMAGE, World, container, definition, eventually, shell

pytestmark = pytest.mark.engine


@pytest.fixture
def foreign(docker: World, client: Client) -> Iterator[dict[str, str]]:
    """A container, a network and a volume of somebody else's."""
    names = {kind: f"{docker.stack}-{kind}" for kind in ("container", "network", "volume")}
    client.post("/volumes/create", {"Name": names["volume"]})
    client.post("/networks/create", {"Name": names["network"]})
    body = {"Image": IMAGE, "Cmd": ["sleep", "60"], "HostConfig": {"NetworkMode": "none"}}
    names["id"] = client.post("/containers/create", body, {"name": names["container"]})["Id"]
    client.post(f"/containers/{names['id']}/start")
    yield names
    client.call("DELETE", f"/containers/{names['id']}", {"force": True})
    client.call("DELETE", f"/networks/{names['network']}")
    client.call("DELETE", f"/volumes/{names['volume']}")


def told(client: Client, foreign: dict[str, str]) -> list[Any]:
    """All that the engine tells of the foreign objects."""
    return [
        client.get(f"/containers/{foreign['id']}/json"),
        client.get(f"/networks/{foreign['network']}"),
        client.get(f"/volumes/{foreign['volume']}"),
    ]


def test_no_step_changes_what_is_not_ours(docker: World, client: Client, foreign: dict[str, str]) -> None:
    before = told(client, foreign)
    name = foreign["id"]
    results = [
        docker.driver.perform(step).ok
        for step in (
            StopContainer(address="a", task_id="t", container="app", container_id=name, timeout=0),
            RemoveTask(address="a", task_id="t", containers={name: "app"}, volumes=(foreign["volume"],)),
            RemoveNetwork(address="a", owner="somebody", name=foreign["network"]),
            RemoveVolume(address="a", owner="somebody", name=foreign["volume"]),
            docker.create_network(Network(address="network", name=foreign["network"])),
            docker.create_volume(Volume(address="volume.a", name=foreign["volume"])),
        )
    ]
    assert results == [False, True, False, False, False, False]
    assert told(client, foreign) == before


def test_what_is_not_ours_but_has_a_name_we_need_is_shown_so(docker: World, foreign: dict[str, str]) -> None:
    snapshot = docker.look(networks=(foreign["network"],), volumes=(foreign["volume"], "absent"))
    assert [(each.name, each.is_ours) for each in snapshot.networks] == [(foreign["network"], False)]
    assert [(each.name, each.is_ours) for each in snapshot.volumes] == [(foreign["volume"], False)]


def test_a_name_that_a_foreign_container_has_fails_the_start(docker: World, client: Client) -> None:
    task = docker.task()
    name = labels.container_name(task, "app")
    client.post("/containers/create", {"Image": IMAGE}, {"name": name})
    try:
        outcome = docker.driver.perform(docker.start(task))
        assert (outcome.ok, outcome.code) == (False, "CannotCreateContainerError")
        assert name in outcome.reason
    finally:
        client.call("DELETE", f"/containers/{name}")


def test_a_container_whose_creation_was_not_answered_is_adopted(docker: World, client: Client) -> None:
    """The further network was not connected either when the answer was lost."""
    back = Network(address="network.back", name=f"{docker.stack}-back")
    docker.perform(docker.create_network())
    docker.perform(docker.create_network(back))
    task = docker.task()
    step = docker.start(task, networks=(docker.stack, back.name))
    body = create_payload(step, docker.look().engine)
    created = client.post("/containers/create", body, {"name": labels.container_name(task, "app")})
    docker.perform(step)
    found = docker.container(task)
    assert (found.id, found.is_live) == (created["Id"], True)
    assert found.networks == (docker.stack, back.name)


def test_a_removal_takes_what_the_snapshot_did_not_show_yet(docker: World) -> None:
    task = docker.run(definition(container("a"), container("b")))
    docker.perform(RemoveTask(address="a", task_id=task.id, containers={}, timeouts={"a": 0, "b": 0}))
    assert docker.look().tasks == ()


def test_volumes_of_a_task_without_containers_still_tell_whose_they_are(docker: World, client: Client) -> None:
    mount = MountPoint(source_volume="cache", container_path="/cache")
    task = docker.run(definition(container(mount_points=(mount,)), volumes=(PrivateVolume(name="cache"),)))
    client.call("DELETE", f"/containers/{docker.container(task).id}", {"force": True})
    found = docker.seen(task)
    assert (found.task, found.containers) == (task, ())
    assert found.volumes == (labels.private_volume_name(task, "cache"),)
    docker.perform(RemoveTask(address="a", task_id=task.id, containers={}, volumes=found.volumes))
    assert docker.look().tasks == ()


def test_a_paused_container_is_removed_like_any_other(docker: World, client: Client) -> None:
    task = docker.run()
    client.post(f"/containers/{docker.container(task).id}/pause")
    docker.perform(docker.remove(task))
    assert docker.look().tasks == ()


def test_a_shared_volume_that_is_not_there_is_not_made_empty(docker: World, client: Client) -> None:
    mount = MountPoint(source_volume="up", container_path="/up")
    blueprint = definition(container(mount_points=(mount,)), volumes=(SharedVolume(name="up", source="volume.up"),))
    docker.perform(docker.create_network())
    name = f"{docker.stack}-up"
    outcome = docker.driver.perform(docker.start(docker.task(blueprint), volumes={"volume.up": name}))
    assert (outcome.ok, outcome.code) == (False, "ResourceInitializationError")
    assert client.find(f"/volumes/{name}") is None


def test_the_size_of_a_tmpfs_volume_is_enforced_and_shared(docker: World) -> None:
    mount = MountPoint(source_volume="scratch", container_path="/scratch")
    fill = "dd if=/dev/zero of=/scratch/big bs=1M count=8 2>/dev/null; df -k /scratch | grep -q ' 4096 ' && sleep 60"
    watch = "for i in $(seq 50); do [ -s /scratch/big ] && exit 0; sleep 0.1; done; exit 1"
    task = docker.run(
        definition(
            shell(fill, "fill", mount_points=(mount,)),
            shell(watch, "watch", mount_points=(mount,)),
            volumes=(TmpfsVolume(name="scratch", tmpfs_size=4),),
        )
    )
    eventually(lambda: docker.container(task, "watch").has_exited)
    assert docker.container(task, "watch").exit_code == 0
    assert docker.container(task, "fill").is_live


def test_memory_that_was_used_up_is_told(docker: World) -> None:
    task = docker.run(definition(shell("x=a; while true; do x=$x$x; done", memory=16)))
    eventually(lambda: docker.container(task).has_exited, seconds=20)
    assert docker.container(task).oom_killed
    (ended,) = docker.perform(docker.remove(task)).containers
    assert ended.exit_code == 137 and "OutOfMemoryError" in ended.reason


def test_settings_changed_by_hand_are_drift(docker: World, client: Client) -> None:
    task = docker.run(definition(container(memory=64), memory=64))
    assert docker.look(detailed=True).tasks[0].containers[0].drift == ()
    container_id = docker.container(task).id
    body = {"Memory": 96 * 1024**2, "MemorySwap": 192 * 1024**2, "RestartPolicy": {"Name": "always"}}
    client.post(f"/containers/{container_id}/update", body)
    client.post("/networks/bridge/connect", {"Container": container_id})
    fresh = World(DockerDriver(Cluster(), SystemClock()), docker.stack, docker.owner)
    assert fresh.look(detailed=True).tasks[0].containers[0].drift == (
        Drift(attribute="memory", declared="64 MiB", observed="96 MiB"),
        Drift(attribute="restart policy of the engine", declared="no", observed="always"),
        Drift(attribute="networks", declared=docker.stack, observed=f"bridge, {docker.stack}"),
    )


def test_containers_whose_network_was_removed_are_not_on_the_new_one(docker: World, client: Client) -> None:
    task = docker.run()
    assert docker.look(detailed=True).tasks[0].containers[0].drift == ()
    client.post(f"/networks/{docker.stack}/disconnect", {"Container": docker.container(task).id, "Force": True})
    client.call("DELETE", f"/networks/{docker.stack}")
    assert docker.look(detailed=True).tasks[0].containers[0].drift == ()
    docker.perform(docker.create_network())
    assert docker.look(detailed=True).tasks[0].containers[0].drift == (
        Drift(attribute="networks", declared=docker.stack, observed="none"),
    )


def test_a_container_that_is_taken_off_its_network_wakes_the_subscriber(docker: World, client: Client) -> None:
    body = {"Container": docker.container(docker.run()).id, "Force": True}
    woken = threading.Event()
    end = docker.driver.subscribe(woken.set)
    try:
        woken.wait(2)  # a first answer tells of what was before
        woken.clear()
        client.post(f"/networks/{docker.stack}/disconnect", body)
        assert woken.wait(5)
    finally:
        end()


def test_a_task_with_a_ceiling_has_no_drift(docker: World) -> None:
    docker.run(definition(container("a", cpu=100), container("b", memory=32), cpu=1001, memory=101))
    assert [each.drift for each in docker.look(detailed=True).tasks[0].containers] == [(), (), ()]


def test_an_engine_out_of_reach_is_an_error_with_a_next_step(tmp_path: Any) -> None:
    driver = DockerDriver(Cluster(engine=f"unix://{tmp_path}/absent.sock"), SystemClock())
    with pytest.raises(EngineError, match=r"Cannot reach .*absent\.sock.*Is it running.*DOCKER_HOST"):
        driver.look(LookRequest(stack="shop"))
