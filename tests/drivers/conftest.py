"""What driver tests share: a driver, a world of the test's own, and an engine that is left as it was."""

from __future__ import annotations

import io
import json
import math
import subprocess
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.docker.endpoint import find_endpoint
from reconciler.drivers.simulated import Behaviour, Load, SimulatedEngine, VirtualClock, expected_behaviour
from reconciler.model.stack import Cluster
from reconciler.model.step import StartContainer
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER

from .balancing import BALANCER_IMAGE, Balancing
from .builders import IMAGE, OWNER_PREFIX, World

LEFT_BEHIND_SECONDS = 900
SECRETS = {"secret.db": "s3cr3t-value-of-db", "secret.api": "k3y-of-api"}


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """The engine itself, to ask what the driver did; it has the test image, and nothing that killed runs left."""
    import os

    client = Client(find_endpoint(None, None, os.environ))
    if client.find(f"/images/{IMAGE}/json") is None:
        _import_busybox(client)
    _clean(client, lambda owner: _age(owner) > LEFT_BEHIND_SECONDS)
    yield client
    client.close()


@pytest.fixture(scope="module")
def docker_driver(client: Client) -> Iterator[DockerDriver]:
    driver = DockerDriver(Cluster(), SystemClock(), SECRETS.__getitem__, sleep=lambda seconds: None)
    yield driver
    driver.close()


@pytest.fixture
def docker(docker_driver: DockerDriver, client: Client, tmp_path: Path) -> Iterator[World]:
    """A stack of the test's own on the real engine."""
    world = World(docker_driver, folder=str(tmp_path))
    yield world
    _clean(client, lambda owner: owner == world.owner)


@pytest.fixture(scope="module")
def shared_docker(
    docker_driver: DockerDriver, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A stack that a module's tests share: each looks only at the task it started."""
    world = World(docker_driver, folder=str(tmp_path_factory.mktemp("stack")))
    yield world
    _clean(client, lambda owner: owner == world.owner)


@pytest.fixture
def simulated() -> World:
    """A stack of the test's own on a simulated engine that has the test image. Its time starts in 2025."""
    clock = VirtualClock(1_750_000_000.0)
    engine = SimulatedEngine(clock, behave, load=load)
    for image in (IMAGE, BALANCER_IMAGE):
        engine.add_image(image)
    return World(engine, clock=clock, pass_time=lambda seconds: clock.advance_to(clock.now() + seconds))


def behave(step: StartContainer) -> Behaviour:
    """Do what a test's script says: `exit 3` and `echo one; echo two` end, all else runs on and ignores SIGTERM.

    Only one that becomes busybox's `httpd` answers on a port.
    """
    usual = replace(expected_behaviour(step), stop_seconds=math.inf, serves_after=None)
    command = () if step.container == HOLDER else step.task.definition.container(step.container).command or ()
    if command[:2] != ("sh", "-c"):
        return usual
    parts = [part.strip().partition(" ") for part in command[2].split(";")]
    if parts[-1][0] == "exec":
        return replace(usual, serves_after=0.1)
    output = tuple(rest for verb, _, rest in parts if verb == "echo")
    codes = [int(rest) for verb, _, rest in parts if verb == "exit"]
    return replace(usual, exits_after=0.1, exit_code=max(codes, default=0), output=output)


def load(task: Task) -> Load:
    """A script that goes round in circles takes half a CPU, all else none; everybody takes 2 MiB."""
    is_busy = any("while :" in word for each in task.definition.containers for word in each.command or ())
    return Load(cpus=0.5 if is_busy else 0.0, memory=2.0)


@pytest.fixture(params=["simulated", pytest.param("docker", marks=pytest.mark.engine)])
def world(request: pytest.FixtureRequest) -> World:
    """A stack of the test's own on each driver in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, World)
    return found


@pytest.fixture(params=["simulated", pytest.param("docker", marks=pytest.mark.engine)])
def balancing(request: pytest.FixtureRequest) -> Balancing:
    """A load balancer of the test's own on each driver in turn."""
    world = request.getfixturevalue(request.param)
    assert isinstance(world, World)
    engine = world.driver
    if isinstance(engine, SimulatedEngine):
        return Balancing(world, stop_by_hand=lambda seen: engine.stop_balancer(seen.name))
    client = request.getfixturevalue("client")
    return Balancing(world, stop_by_hand=lambda seen: client.call("POST", f"/containers/{seen.container_id}/kill"))


def _age(owner: str) -> float:
    return time.time() - int(owner.removeprefix(OWNER_PREFIX).partition("-")[0])


def _clean(client: Client, is_meant: Any) -> None:
    """Remove what test owners made, by label: containers, then networks and volumes."""
    only_labelled = {"filters": {"label": [labels.OWNER]}}
    rows = client.get("/containers/json", {"all": True, **only_labelled})
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda row: _remove(client, row), [row for row in rows if _is_of_tests(row, is_meant)]))
    for network in client.get("/networks", only_labelled):
        if _is_of_tests(network, is_meant):
            client.call("DELETE", f"/networks/{network['Id']}")
    for volume in client.get("/volumes", only_labelled)["Volumes"] or ():
        if _is_of_tests(volume, is_meant):
            client.call("DELETE", f"/volumes/{volume['Name']}")


def _remove(client: Client, row: dict[str, Any]) -> None:
    with suppress(ApiError):  # somebody removes it already
        client.call("DELETE", f"/containers/{row['Id']}", {"force": True, "v": True})


def _is_of_tests(thing: dict[str, Any], is_meant: Any) -> bool:
    owner = (thing["Labels"] or {}).get(labels.OWNER, "")
    return owner.startswith(OWNER_PREFIX) and is_meant(owner)


def _import_busybox(client: Client) -> None:
    """Make the test image of the static busybox of this machine (Debian's busybox-static), without a registry."""
    program = Path("/bin/busybox").read_bytes()
    names = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
        for name in names:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for folder in ("tmp", "run", "etc", "proc", "srv"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
    repository, _, tag = IMAGE.partition(":")
    changes = ("ENV PATH=/bin", f"CMD {json.dumps(['sleep', '600'])}")
    query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes}
    client.call("POST", "/images/create", query, content.getvalue())
