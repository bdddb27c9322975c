"""One effect on the engine (Step), how it went (Outcome), and what `decide` says is to be done now (Decision).

A step's `key` is its identity: the same effect has the same key in every decision, so one in flight is never
emitted twice. Every step is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from reconciler.model.beside import ContainerUsage
from reconciler.model.noun import Noun, Seconds
from reconciler.model.routing import BalancerConfiguration, BalancerSettings
from reconciler.model.service import HttpHook, Prometheus
from reconciler.model.stack import Network, Volume
from reconciler.model.task import ContainerResult, Task
from reconciler.model.task_definition import Build


class Lane(StrEnum):
    """What a step costs the engine: starts are few at a time, waits are many, the rest is quick."""

    START = "start"
    STOP = "stop"
    FETCH = "fetch"
    HOOK = "hook"
    QUICK = "quick"


class _Step(Noun):
    """What all steps have: the address they serve and a reason for people. Code never branches on the reason."""

    address: str
    reason: str = ""

    @property
    def lane(self) -> Lane:
        """Which of the performer's lanes the step takes."""
        return Lane.QUICK


class CreateOwner(_Step):
    """Make the owner volume, whose labels carry the owner's id and the key of the secrets' digests."""

    kind: Literal["create_owner"] = "create_owner"
    stack: str
    owner: str
    digest_key: str

    @property
    def key(self) -> str:
        return f"create_owner {self.owner}"


class RemoveOwner(_Step):
    """Remove the owner volume: nothing of the stack is left."""

    kind: Literal["remove_owner"] = "remove_owner"
    owner: str
    volume: str

    @property
    def key(self) -> str:
        return f"remove_owner {self.volume}"


class CreateNetwork(_Step):
    """Make a network with our labels; one of ours that exists already is enough."""

    kind: Literal["create_network"] = "create_network"
    stack: str
    owner: str
    network: Network

    @property
    def key(self) -> str:
        return f"create_network {self.network.name}"


class RemoveNetwork(_Step):
    """Remove a network of ours; none is enough."""

    kind: Literal["remove_network"] = "remove_network"
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"remove_network {self.name}"


class CreateVolume(_Step):
    """Make a shared volume with our labels; one of ours that exists already is enough."""

    kind: Literal["create_volume"] = "create_volume"
    stack: str
    owner: str
    volume: Volume

    @property
    def key(self) -> str:
        return f"create_volume {self.volume.name}"


class RemoveVolume(_Step):
    """Remove a shared volume of ours, with what is in it; none is enough."""

    kind: Literal["remove_volume"] = "remove_volume"
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"remove_volume {self.name}"


class PullImage(_Step):
    """Pull an image. The outcome carries its id."""

    kind: Literal["pull_image"] = "pull_image"
    reference: str

    @property
    def key(self) -> str:
        return f"pull_image {self.reference}"

    @property
    def lane(self) -> Lane:
        return Lane.FETCH


class BuildImage(_Step):
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


class StartContainer(_Step):
    """Create a container of a task when it is absent, then start it. `image` is an id where it is pinned.

    `volumes` maps the addresses of shared volumes to their names on the engine, `networks` likewise.
    `container` may be the holder.
    """

    kind: Literal["start_container"] = "start_container"
    task: Task
    container: str
    image: str
    networks: tuple[str, ...] = ()
    volumes: Mapping[str, str] = {}
    folder: str = "."

    @property
    def key(self) -> str:
        return f"start_container {self.task.id} {self.container}"

    @property
    def lane(self) -> Lane:
        return Lane.START


class StopContainer(_Step):
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


class RemoveTask(_Step):
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


class StartBalancer(_Step):
    """Make a balancer's container run with these settings and this configuration, and remove those it replaces.

    One that runs already is enough. `folder` is the stack's, for certificates; `image` of the settings is an id where
    it is pinned.
    """

    kind: Literal["start_balancer"] = "start_balancer"
    stack: str
    owner: str
    settings: BalancerSettings
    configuration: BalancerConfiguration
    folder: str = "."

    @property
    def key(self) -> str:
        return f"balancer {self.settings.name}"

    @property
    def lane(self) -> Lane:
        return Lane.START


class ConfigureBalancer(_Step):
    """Bring a balancer to a configuration, first its volume, then its process. A bad one replaces no good one."""

    kind: Literal["configure_balancer"] = "configure_balancer"
    owner: str
    container_id: str
    configuration: BalancerConfiguration
    folder: str = "."

    @property
    def key(self) -> str:
        return f"balancer {self.configuration.name}"


class RemoveBalancer(_Step):
    """Remove a balancer's containers and its volume; none is enough."""

    kind: Literal["remove_balancer"] = "remove_balancer"
    stack: str
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"balancer {self.name}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP


class RunHook(_Step):
    """Run a lifecycle hook that is a command or a URL. Not ok means that it failed.

    The outcome's code is IN_PROGRESS when it is to be asked again. `environment` tells a command what it is about.
    """

    kind: Literal["run_hook"] = "run_hook"
    run: str
    """The id of this run: `DEPLOYMENT/STAGE/SHIFT/HOOK`."""
    command: tuple[str, ...] = ()
    http: HttpHook | None = None
    environment: Mapping[str, str] = {}
    timeout: Seconds = 86_400
    folder: str = "."

    @property
    def key(self) -> str:
        return f"run_hook {self.run}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ProbeAlarm(_Step):
    """Ask an alarm's command or Prometheus. The outcome carries the value; not ok means that there is none.

    A command that ends with 0 gives a value below `greater_than`, any other one above it.
    """

    kind: Literal["probe_alarm"] = "probe_alarm"
    probe: str
    """The id of this probe: `DEPLOYMENT/ALARM`."""
    command: tuple[str, ...] = ()
    prometheus: Prometheus | None = None
    greater_than: float = 0
    timeout: Seconds = 10
    folder: str = "."

    @property
    def key(self) -> str:
        return f"probe_alarm {self.probe}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class SampleUsage(_Step):
    """Read what the containers of a service's tasks have used so far. The outcome carries `usage`.

    A container that is gone meanwhile is left out.
    """

    kind: Literal["sample_usage"] = "sample_usage"
    containers: Mapping[str, str]
    """Container id -> task id."""

    @property
    def key(self) -> str:
        return f"sample_usage {self.address}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ProbeMetric(_Step):
    """Ask Prometheus for a policy's metric. The outcome carries the value; not ok means that there is none."""

    kind: Literal["probe_metric"] = "probe_metric"
    policy: str
    prometheus: Prometheus
    timeout: Seconds = 10

    @property
    def key(self) -> str:
        return f"probe_metric {self.address}/{self.policy}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class Notify(_Step):
    """Send one event to a URL or a command. `body` is JSON; whoever gets it may get it twice."""

    kind: Literal["notify"] = "notify"
    event: int
    url: str = ""
    command: tuple[str, ...] = ()
    body: str
    timeout: Seconds = 10
    folder: str = "."

    @property
    def key(self) -> str:
        return f"notify {self.address}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ListImages(_Step):
    """See which images the engine has. The outcome carries `images`."""

    kind: Literal["list_images"] = "list_images"

    @property
    def key(self) -> str:
        return "list_images"


class RemoveImage(_Step):
    """Remove an image that nothing uses any more. One that is used, or gone, is left alone: that is no failure."""

    kind: Literal["remove_image"] = "remove_image"
    image_id: str
    references: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"remove_image {self.image_id}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP


Aside = SampleUsage | ProbeMetric | Notify | ListImages | RemoveImage
"""Steps beside the target: no plan shows them, and nothing waits for them."""

ASIDES = ("sample_usage ", "probe_metric ", "notify ", "list_images", "remove_image ")
"""How the keys of such steps begin."""

Step = (
    CreateOwner
    | RemoveOwner
    | CreateNetwork
    | RemoveNetwork
    | CreateVolume
    | RemoveVolume
    | PullImage
    | BuildImage
    | StartContainer
    | StopContainer
    | RemoveTask
    | StartBalancer
    | ConfigureBalancer
    | RemoveBalancer
    | RunHook
    | ProbeAlarm
    | SampleUsage
    | ProbeMetric
    | Notify
    | ListImages
    | RemoveImage
)


class StoredImage(Noun):
    """An image that the engine has. `references` are its names."""

    id: str
    references: tuple[str, ...] = ()
    created_at: float = 0.0
    used_by: int = 0
    """How many containers there are of it, of anybody."""


class Outcome(Noun):
    """How a step ended. `code` is ECS's word for a failure (`CannotPullContainerError`), `reason` is for people.

    `image_id` is what a pull or build made; `containers` how a removed task's containers ended.
    """

    step: Step
    ok: bool = True
    code: str = ""
    reason: str = ""
    image_id: str = ""
    is_new: bool = False
    """Whether a pull or build brought an image that the engine did not have under any name."""
    value: float | None = None
    """What an alarm's source, or a policy's, said."""
    usage: tuple[ContainerUsage, ...] = ()
    images: tuple[StoredImage, ...] = ()
    containers: tuple[ContainerResult, ...] = ()
