"""Secrets reach the container that asks for them, and nothing else can be made to tell them."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.secret_files import secrets_archive
from reconciler.model.container_definition import ContainerDefinition, VolumesFrom
from reconciler.model.task import ContainerResult
from reconciler.model.task_definition import HOLDER, NetworkMode

from .builders import World, container, definition, eventually, shell
from .conftest import SECRETS

VALUE = SECRETS["secret.db"]
READS = f'[ "$(cat /run/secrets/DB)" = {VALUE} ] && sleep 600'


def with_secret(script: str = READS, name: str = "app", **fields: Any) -> ContainerDefinition:
    return shell(script, name, secrets={"DB": "secret.db"}, **fields)


@pytest.mark.engine
@pytest.mark.parametrize("mode", [NetworkMode.AWSVPC, NetworkMode.BRIDGE, NetworkMode.NONE])
def test_a_secret_is_a_read_only_file_in_memory(docker: World, mode: NetworkMode) -> None:
    script = f"""set -e
        [ "$(cat /run/secrets/DB)" = {VALUE} ]
        [ "$(stat -c '%a %u' /run/secrets/DB)" = '400 0' ]
        ! echo x > /run/secrets/other
        grep -q '/run/secrets tmpfs' /proc/mounts"""
    task = docker.run(definition(with_secret(script, "client"), network_mode=mode))
    eventually(lambda: docker.container(task, "client").has_exited)
    assert docker.container(task, "client").exit_code == 0, list(
        docker.driver.logs(docker.container(task, "client").id)
    )


@pytest.mark.engine
def test_a_secret_is_its_users_own(docker: World) -> None:
    task = docker.run(definition(with_secret(user="1000")))
    assert docker.container(task).is_live


@pytest.mark.engine
def test_what_the_engine_tells_has_no_secret(docker: World, client: Client) -> None:
    task = docker.run(definition(with_secret("[ -s /run/secrets/DB ] && sleep 600"), container("side")))
    told = [client.get(f"/containers/{each.id}/json") for each in docker.seen(task).containers]
    volumes = client.get("/volumes", {"filters": {"label": [f"reconciler.owner={docker.owner}"]}})
    assert len(told) == 3 and len(volumes["Volumes"]) == 1
    assert VALUE not in json.dumps([told, volumes])


@pytest.mark.engine
def test_a_secret_is_not_seen_by_the_other_containers_of_the_task(docker: World) -> None:
    script = '[ -z "$(ls -A /run/secrets)" ]'
    other = shell(script, "other", volumes_from=(VolumesFrom(source_container="app"),))
    task = docker.run(definition(with_secret(), other))
    eventually(lambda: docker.container(task, "other").has_exited)
    assert docker.container(task, "other").exit_code == 0


@pytest.mark.engine
def test_a_secret_is_still_there_after_a_restart_in_place(docker: World) -> None:
    task = docker.run(definition(with_secret()))
    docker.perform(docker.stop(task))
    docker.perform(docker.start(task))
    assert docker.container(task).is_live


@pytest.mark.engine
def test_without_its_holder_a_container_with_secrets_is_not_started(docker: World) -> None:
    task = docker.task(definition(with_secret()))
    docker.perform(docker.create_network())
    outcome = docker.driver.perform(docker.start(task))
    assert (outcome.ok, outcome.code) == (False, "ResourceInitializationError")


@pytest.mark.engine
def test_nothing_of_a_secret_is_left_with_a_removed_task(docker: World, client: Client) -> None:
    task = docker.run(definition(with_secret()))
    outcome = docker.perform(docker.remove(task))
    volumes = client.get("/volumes", {"filters": {"label": [f"reconciler.owner={docker.owner}"]}})
    assert outcome.containers == (ContainerResult(name="app", exit_code=137),)
    assert not volumes["Volumes"] and docker.look().tasks == ()
    assert HOLDER not in {each.name for each in outcome.containers}


@pytest.mark.parametrize(
    ("user", "entry"),
    [
        ("", (0o400, 0, 0)),
        ("root", (0o400, 0, 0)),
        ("1000", (0o400, 1000, 0)),
        ("1000:2000", (0o400, 1000, 2000)),
        ("nobody", (0o444, 0, 0)),
    ],
)
def test_a_file_belongs_to_a_numeric_user_and_is_open_to_a_named_one(user: str, entry: tuple[int, int, int]) -> None:
    with tarfile.open(fileobj=io.BytesIO(secrets_archive({"DB": "é"}, user))) as tar:
        (member,) = tar.getmembers()
        content = tar.extractfile(member)
        assert content is not None and content.read() == "é".encode()
    assert (member.mode, member.uid, member.gid) == entry
