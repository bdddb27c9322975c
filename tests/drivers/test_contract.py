"""What every driver keeps: the same words for the same things, and every step safe to repeat."""

from __future__ import annotations

import threading
from pathlib import Path

from reconciler.drivers.driver import LookRequest
from reconciler.drivers.labels import owner_volume_name, private_volume_name
from reconciler.model.container_definition import Build, HealthCheck, MountPoint
from reconciler.model.snapshot import ContainerHealth, ContainerStatus, ObservedNetwork, ObservedVolume, Owner
from reconciler.model.stack import Network, Volume
from reconciler.model.step import (
    BuildImage,
    ListImages,
    RemoveImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveVolume,
    StoredImage,
)
from reconciler.model.task import ContainerResult
from reconciler.model.task_definition import HOLDER, PrivateVolume

from .builders import IMAGE, World, container, definition, shell


def test_a_new_stack_has_nothing(world: World) -> None:
    snapshot = world.look()
    assert (snapshot.owners, snapshot.tasks, snapshot.networks, snapshot.volumes) == ((), (), (), ())


def test_the_engine_says_what_it_is(world: World) -> None:
    engine = world.look().engine
    assert engine.cpu >= 1024 and engine.memory > 0 and "json-file" in engine.log_drivers


def test_an_owner_is_known_by_its_volume_until_it_is_removed(world: World) -> None:
    world.perform(world.create_owner())
    world.perform(world.create_owner())
    volume = owner_volume_name(world.stack, world.owner)
    assert world.look(owner="").owners == (Owner(id=world.owner, digest_key="key", volume=volume),)
    world.perform(RemoveOwner(address="stack", owner=world.owner, volume=volume))
    world.perform(RemoveOwner(address="stack", owner=world.owner, volume=volume))
    assert world.look().owners == ()


def test_without_a_recorded_owner_the_only_one_is_taken(world: World) -> None:
    world.perform(world.create_owner())
    task = world.run()
    assert [each.task for each in world.look(owner="").tasks] == [task]


def test_a_network_is_made_once_and_removed_once(world: World) -> None:
    back = Network(address="network.back", name=f"{world.stack}-back", internal=True)
    world.perform(world.create_network(back))
    world.perform(world.create_network(back))
    (found,) = world.look().networks
    assert found == ObservedNetwork(id=found.id, name=back.name, is_ours=True, internal=True)
    world.perform(RemoveNetwork(address="network.back", owner=world.owner, name=back.name))
    world.perform(RemoveNetwork(address="network.back", owner=world.owner, name=back.name))
    assert world.look().networks == ()


def test_a_volume_is_made_once_and_removed_once(world: World) -> None:
    volume = Volume(address="volume.uploads", name=f"{world.stack}-uploads")
    world.perform(world.create_volume(volume))
    world.perform(world.create_volume(volume))
    assert world.look().volumes == (ObservedVolume(name=volume.name, is_ours=True, address="volume.uploads"),)
    world.perform(RemoveVolume(address="volume.uploads", owner=world.owner, name=volume.name))
    world.perform(RemoveVolume(address="volume.uploads", owner=world.owner, name=volume.name))
    assert world.look().volumes == ()


def test_images_that_are_present_are_shown_with_their_id(world: World) -> None:
    (image,) = world.look(images=(IMAGE, "reconciler-test/absent:1")).images
    assert image.reference == IMAGE and image.id


def built(world: World) -> BuildImage:
    """The build of an image of this test's own."""
    reference = f"reconciler-test/{world.owner}:1"
    if Path(world.folder).exists():
        Path(world.folder, "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL test={reference}\n")
    build = Build(context=".", context_digest="v1")
    return BuildImage(address="service.web", reference=reference, folder=world.folder, build=build)


def stored(world: World, image_id: str) -> list[StoredImage]:
    images = world.perform(ListImages(address="images")).images
    return [each.changed(created_at=0) for each in images if each.id == image_id]


def removal(image_id: str, step: BuildImage) -> RemoveImage:
    return RemoveImage(address="images", image_id=image_id, references=(step.reference,))


def test_an_image_that_nobody_uses_is_listed_and_removed_with_its_names(world: World) -> None:
    step = built(world)
    image_id = world.perform(step).image_id
    assert stored(world, image_id) == [StoredImage(id=image_id, references=(step.reference,))]
    world.perform(removal(image_id, step))
    world.perform(removal(image_id, step))
    assert (stored(world, image_id), world.look(images=(step.reference,)).images) == ([], ())


def test_only_an_image_that_the_engine_did_not_have_is_new(world: World) -> None:
    step = built(world)
    first, second = world.perform(step), world.perform(step)
    assert (first.is_new, second.is_new, second.image_id) == (True, False, first.image_id)
    world.perform(removal(first.image_id, step))


def test_an_image_that_a_container_is_of_stays(world: World) -> None:
    step = built(world)
    image_id = world.perform(step).image_id
    task = world.run(definition(container(image=step.reference)))
    world.perform(removal(image_id, step))
    assert stored(world, image_id) == [StoredImage(id=image_id, references=(step.reference,), used_by=1)]
    world.perform(world.remove(task))
    world.perform(removal(image_id, step))
    assert stored(world, image_id) == []


def test_a_name_that_means_another_image_by_now_is_left(world: World) -> None:
    step = built(world)
    image_id = world.perform(step).image_id
    world.perform(removal("sha256:" + "0" * 64, step))
    assert stored(world, image_id) == [StoredImage(id=image_id, references=(step.reference,))]
    world.perform(removal(image_id, step))


def test_who_a_task_is_can_be_read_from_the_engine(world: World) -> None:
    task = world.run(secret_digests={"secret.db": "abc"})
    assert world.seen(task).task == task


def test_a_started_container_runs_since_just_now(world: World) -> None:
    before = world.look()
    assert before.tasks == ()
    task = world.run()
    found = world.container(task)
    assert found.status is ContainerStatus.RUNNING
    assert found.started_at is not None and found.exit_code is None and found.finished_at is None


def test_starting_twice_is_one_container(world: World) -> None:
    task = world.run()
    first = world.container(task)
    world.perform(world.start(task))
    again = world.container(task)
    assert again.changed(started_at=0) == first.changed(started_at=0)
    assert again.started_at is not None and first.started_at is not None
    assert abs(again.started_at - first.started_at) < 0.5


def test_a_container_that_ended_says_how_and_when(world: World) -> None:
    task = world.run(definition(shell("exit 3")))
    world.eventually(lambda: world.container(task).has_exited)
    found = world.container(task)
    assert (found.status, found.exit_code, found.oom_killed) == (ContainerStatus.EXITED, 3, False)
    assert found.started_at is not None and found.finished_at is not None
    assert found.started_at <= found.finished_at


def test_a_container_that_ended_is_left_as_it_is_when_it_was_to_start_once(world: World) -> None:
    task = world.run(definition(shell("exit 3")))
    world.eventually(lambda: world.container(task).has_exited)
    before = world.container(task)
    world.perform(world.start(task, may_restart=False))
    assert world.container(task) == before


def test_a_container_that_ended_is_started_again_in_place(world: World) -> None:
    task = world.run()
    world.perform(world.stop(task))
    before = world.container(task)
    world.perform(world.start(task))
    after = world.container(task)
    assert (after.id, after.status) == (before.id, ContainerStatus.RUNNING)
    assert after.started_at is not None and before.started_at is not None
    assert after.started_at >= before.started_at


def test_a_stopped_container_stays_to_be_read(world: World) -> None:
    task = world.run()
    step = world.stop(task)
    world.perform(step)
    world.perform(step)
    assert world.container(task).status is ContainerStatus.EXITED


def test_a_removed_task_leaves_nothing_and_says_how_it_ended(world: World) -> None:
    blueprint = definition(
        shell("exit 4", "done", mount_points=(MountPoint(source_volume="cache", container_path="/cache"),)),
        container(),
        volumes=(PrivateVolume(name="cache"),),
    )
    task = world.run(blueprint)
    world.eventually(lambda: world.container(task, "done").has_exited)
    assert [each.name for each in world.seen(task).containers] == ["app", "done", HOLDER]
    assert private_volume_name(task, "cache") in world.seen(task).volumes
    step = world.remove(task)
    outcome = world.perform(step)
    assert outcome.containers == (
        ContainerResult(name="app", exit_code=137),
        ContainerResult(name="done", exit_code=4),
    )
    assert world.look().tasks == ()
    assert world.perform(step).ok


def test_a_health_check_makes_a_container_healthy(world: World) -> None:
    check = HealthCheck(command=("CMD", "true"), interval=1, timeout=1)
    task = world.run(definition(container(health_check=check)))
    assert world.container(task).health is ContainerHealth.STARTING
    world.eventually(lambda: world.container(task).health is ContainerHealth.HEALTHY)


def test_without_a_health_check_there_is_no_health(world: World) -> None:
    assert world.container(world.run()).health is None


def test_an_image_that_is_absent_fails_the_start_and_not_the_program(world: World) -> None:
    world.perform(world.create_network())
    task = world.task(definition(container(image="reconciler-test/absent:1")))
    outcome = world.driver.perform(world.start(task))
    assert (outcome.ok, outcome.code) == (False, "CannotPullContainerError")
    assert "reconciler-test/absent:1" in outcome.reason


def test_another_owner_sees_none_of_it(world: World) -> None:
    world.run()
    snapshot = world.driver.look(LookRequest(stack=world.stack, owner="somebody-else"))
    assert (snapshot.tasks, snapshot.networks, snapshot.volumes) == ((), (), ())


def test_what_happens_to_a_container_wakes_the_subscriber(world: World) -> None:
    task = world.run()
    woken = threading.Event()
    end = world.driver.subscribe(woken.set)
    try:
        world.eventually(lambda: _stopped_and_woken(world, woken, task))
    finally:
        end()


def _stopped_and_woken(world: World, woken: threading.Event, task: object) -> bool:
    """The subscription may still be on its way: something happens again until it is heard."""
    woken.clear()
    for observed in world.look().tasks:
        running = observed.containers[0].is_live
        world.perform(world.stop(observed.task) if running else world.start(observed.task))
    return woken.wait(0.5)


def test_logs_are_lines_with_their_time(world: World) -> None:
    task = world.run(definition(shell("echo one; echo two; echo three")))
    world.eventually(lambda: world.container(task).has_exited)
    lines = list(world.driver.logs(world.container(task).id, tail=2))
    assert [line.partition(" ")[2] for line in lines] == ["two", "three"]
    assert all(line.startswith("20") for line in lines)
