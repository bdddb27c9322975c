"""What the user declared: the Stack, with every expression evaluated and every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.diagnostic import Span
from reconciler.model.lifecycle import Lifecycle, Move, Removal
from reconciler.model.load_balancer import LoadBalancer, TargetGroup
from reconciler.model.notification import Notification
from reconciler.model.noun import Noun
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import ScheduledTask
from reconciler.model.service import Service
from reconciler.model.task_definition import TaskDefinition


class Tls(Noun):
    """Files for a `tcp://` engine."""

    ca: str
    cert: str
    key: str


class Cluster(Noun):
    """The engine that tasks run on; None means DOCKER_HOST, the docker context, or the local socket."""

    name: str = "default"
    engine: str | None = None
    tls: Tls | None = None


class Network(Noun):
    """A network of the stack besides its default one. `name` is the name on the engine."""

    address: str
    name: str
    internal: bool = False


class Volume(Noun):
    """A volume that outlives tasks. `name` is the name on the engine."""

    address: str
    name: str
    driver: str = "local"
    driver_opts: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    external: bool = False
    exclusive: bool = False


class EnvironmentSource(Noun):
    """The value is an environment variable of whoever starts the task."""

    kind: Literal["env"] = "env"
    name: str


class FileSource(Noun):
    """The value is a file's content, without one final newline. The path is relative to the stack's folder."""

    kind: Literal["file"] = "file"
    path: str


class CommandSource(Noun):
    """The value is what a command prints, without one final newline. It runs in the stack's folder."""

    kind: Literal["command"] = "command"
    argv: tuple[str, ...]


SecretSource = EnvironmentSource | FileSource | CommandSource
"""Told apart by their fields: what is written down leaves out defaults, and `kind` is one."""


class Secret(Noun):
    """Where a secret's value is read when a task starts. The value itself is never stored."""

    address: str
    source: SecretSource


class Output(Noun):
    """A value for people and scripts. `known` is False until an apply has made what it refers to."""

    name: str
    value: Any = None
    type: Any = "dynamic"
    known: bool = True
    sensitive: bool = False
    description: str = ""


_Aside = Autoscaling | ScheduledTask | Notification
_Part = Network | Volume | Secret | Service | LoadBalancer | TargetGroup | _Aside


class Stack(Noun):
    """Everything a folder of files declares. Tuples are sorted by address (outputs by name).

    `definitions` maps the address of each task definition to it. `origins` maps an address or an attribute's
    dotted path (`task_definition.web.container.app.image`) to its place; it is no part of the content.
    """

    name: str
    folder: str = "."
    cluster: Cluster = Cluster()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    secrets: tuple[Secret, ...] = ()
    definitions: Mapping[str, TaskDefinition] = {}
    services: tuple[Service, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    target_groups: tuple[TargetGroup, ...] = ()
    autoscalings: tuple[Autoscaling, ...] = ()
    scheduled_tasks: tuple[ScheduledTask, ...] = ()
    notifications: tuple[Notification, ...] = ()
    leaving: tuple[Notification, ...] = ()
    """Those of a stack that is destroyed: they are told of that, though they are declared no longer."""
    outputs: tuple[Output, ...] = ()
    lifecycles: Mapping[str, Lifecycle] = {}
    """By address, of the objects that have one."""
    moves: tuple[Move, ...] = ()
    removals: tuple[Removal, ...] = ()
    origins: Annotated[Mapping[str, Span], Field(exclude=True, repr=False)] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it declares nothing that lives on an engine: the target of a destroy."""
        return not (self.services or self.networks or self.volumes or self.definitions or self.load_balancers)

    @property
    def receivers(self) -> tuple[Notification, ...]:
        """All that are told what happens."""
        return (*self.notifications, *self.leaving)

    def emptied(self) -> Stack:
        """Return the stack without anything in it: the target of a destroy.

        What guards its parts stays known, and so does what has moved, what is to be left as it is, and who is told.
        """
        guards = {address: self.lifecycles.get(address, Lifecycle()) for address in self.addresses}
        return Stack(
            name=self.name,
            folder=self.folder,
            cluster=self.cluster,
            leaving=self.receivers,
            lifecycles=guards,
            origins=self.origins,
            moves=self.moves,
            removals=self.removals,
        )

    def only_definitions(self) -> Stack:
        """Return the stack without services: what a one-off task runs in when nothing was applied yet."""
        return self.changed(
            services=(),
            load_balancers=(),
            autoscalings=(),
            scheduled_tasks=(),
            notifications=(),
            outputs=(),
            origins={},
        )

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of everything declared."""
        parts: tuple[_Part, ...] = (
            *self.networks,
            *self.volumes,
            *self.secrets,
            *self.services,
            *self.load_balancers,
            *self.target_groups,
            *self.autoscalings,
            *self.scheduled_tasks,
            *self.notifications,
        )
        return frozenset({each.address for each in parts} | self.definitions.keys())

    @property
    def default_network(self) -> Network:
        """The bridge network that every stack has."""
        return Network(address="network", name=self.name)

    def service(self, address: str) -> Service | None:
        """Return the service of that address, if it is declared."""
        return next((each for each in self.services if each.address == address), None)

    def load_balancer(self, address: str) -> LoadBalancer | None:
        """Return the load balancer of that address, if it is declared."""
        return next((each for each in self.load_balancers if each.address == address), None)

    def autoscaling_of(self, service: str) -> Autoscaling | None:
        """Return what owns the count of a service (an address), if anything does."""
        return next((each for each in self.autoscalings if each.service == service), None)

    def scheduled_task(self, address: str) -> ScheduledTask | None:
        """Return the scheduled task of that address, if it is declared."""
        return next((each for each in self.scheduled_tasks if each.address == address), None)

    def target_group(self, address: str) -> TargetGroup | None:
        """Return the target group of that address, if it is declared."""
        return next((each for each in self.target_groups if each.address == address), None)

    def definition_of(self, service: Service) -> TaskDefinition:
        """Return the task definition that a service of this stack runs."""
        return self.definitions[service.task_definition]
