"""Steps on the engine: the owner, networks, volumes, images, and containers of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from reconciler.model.container_definition import Build
from reconciler.model.noun import Seconds
from reconciler.model.stack import Network, Volume
from reconciler.model.step_base import BaseStep, Lane
from reconciler.model.task import Task


class CreateOwner(BaseStep):
    """Make the owner volume, whose labels carry the owner's id and the key of the secrets' digests."""

    kind: Literal["create_owner"] = "create_owner"
    stack: str
    owner: str
    digest_key: str

    @property
    def key(self) -> str:
        return f"create_owner {self.owner}"


class RemoveOwner(BaseStep):
    """Remove the owner volume: nothing of the stack is left."""

    kind: Literal["remove_owner"] = "remove_owner"
    owner: str
    volume: str

    @property
    def key(self) -> str:
        return f"remove_owner {self.volume}"


class CreateNetwork(BaseStep):
    """Make a network with our labels; one of ours that exists already is enough."""

    kind: Literal["create_network"] = "create_network"
    stack: str
    owner: str
    network: Network

    @property
    def key(self) -> str:
        return f"create_network {self.network.name}"


class RemoveNetwork(BaseStep):
    """Remove a network of ours; none is enough."""

    kind: Literal["remove_network"] = "remove_network"
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"remove_network {self.name}"


class CreateVolume(BaseStep):
    """Make a shared volume with our labels; one of ours that exists already is enough."""

    kind: Literal["create_volume"] = "create_volume"
    stack: str
    owner: str
    volume: Volume

    @property
    def key(self) -> str:
        return f"create_volume {self.volume.name}"


class RemoveVolume(BaseStep):
    """Remove a shared volume of ours, with what is in it; none is enough."""

    kind: Literal["remove_volume"] = "remove_volume"
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"remove_volume {self.name}"


class PullImage(BaseStep):
    """Pull an image. The outcome carries its id."""

    kind: Literal["pull_image"] = "pull_image"
    reference: str

    @property
    def key(self) -> str:
        return f"pull_image {self.reference}"

    @property
    def lane(self) -> Lane:
        return Lane.FETCH


class BuildImage(BaseStep):
    """Build an image from a context below `folder`, the stack's. The outcome carries its id."""

    kind: Literal["build_image"] = "build_image"
    reference: str
    folder: str = "."
    build: Build

    @property
    def key(self) -> str:
        return f"build_image {self.reference}"

    @property
    def lane(self) -> Lane:
        return Lane.FETCH


class StartContainer(BaseStep):
    """Create a container of a task when it is absent, then start it. `image` is an id where it is pinned.

    `volumes` maps the addresses of shared volumes to their names on the engine, `networks` likewise.
    `container` may be the holder. Without `may_restart` one that has exited meanwhile is left as it is: a step whose
    answer was lost has started it, and what it had to do is done.
    """

    kind: Literal["start_container"] = "start_container"
    task: Task
    container: str
    image: str
    networks: tuple[str, ...] = ()
    volumes: Mapping[str, str] = {}
    folder: str = "."
    may_restart: bool = True

    @property
    def key(self) -> str:
        return f"start_container {self.task.id} {self.container}"

    @property
    def lane(self) -> Lane:
        return Lane.START


class StopContainer(BaseStep):
    """Stop a container: its stop signal, then SIGKILL after `timeout`. One that is not running is enough."""

    kind: Literal["stop_container"] = "stop_container"
    task_id: str
    container: str
    container_id: str
    timeout: Seconds

    @property
    def key(self) -> str:
        return f"stop_container {self.task_id} {self.container}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP


class RemoveTask(BaseStep):
    """Stop what still runs of a task (all at once, `timeout` each), then remove its containers and private volumes.

    `containers` maps container ids to names; the holder, if there is one, goes last. The outcome carries how they
    ended.
    """

    kind: Literal["remove_task"] = "remove_task"
    task_id: str
    containers: Mapping[str, str]
    holder: str | None = None
    volumes: tuple[str, ...] = ()
    timeouts: Mapping[str, Seconds] = {}

    @property
    def key(self) -> str:
        return f"remove_task {self.task_id}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP
