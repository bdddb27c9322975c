"""Tasks and steps for driver tests, with names of this run's own.

Containers run busybox's `sleep`, which ignores SIGTERM as the first process: a stop timeout of 0 kills it at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.clock import Clock, SystemClock
from reconciler.drivers.driver import Driver, LookRequest
from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.noun import fingerprint
from reconciler.model.snapshot import Container, ObservedTask, Snapshot
from reconciler.model.stack import Network, Volume
from reconciler.model.step import (
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    Outcome,
    RemoveTask,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER, TaskDefinition

IMAGE = "reconciler-test/busybox:1"
OWNER_PREFIX = "driver-tests-"
FOREVER = ("sleep", "600")


def random_name(prefix: str = "") -> str:
    """Return a name nobody else has."""
    return prefix + os.urandom(5).hex()


def container(name: str = "app", **fields: Any) -> ContainerDefinition:
    """A container that does nothing for ten minutes."""
    return ContainerDefinition(**{"name": name, "image": IMAGE, "command": FOREVER, "stop_timeout": 0, **fields})


def shell(script: str, name: str = "app", **fields: Any) -> ContainerDefinition:
    """A container that runs a script."""
    return container(name, command=("sh", "-c", script), **fields)


def definition(*containers: ContainerDefinition, **fields: Any) -> TaskDefinition:
    """A blueprint of these containers; of one that does nothing when there are none."""
    members = tuple(sorted(containers or (container(),), key=lambda each: each.name))
    return TaskDefinition(**{"family": "web", "containers": members, **fields})


@dataclass
class World:
    """A stack of this test's own on a driver, in real time or in virtual: `pass_time` lets some of it go by."""

    driver: Driver
    stack: str = field(default_factory=lambda: random_name("rt"))
    owner: str = field(default_factory=lambda: f"{OWNER_PREFIX}{int(time.time())}-{os.urandom(4).hex()}")
    folder: str = "/nowhere"
    clock: Clock = field(default_factory=SystemClock)
    pass_time: Callable[[float], None] = time.sleep

    def task(self, blueprint: TaskDefinition | None = None, **fields: Any) -> Task:
        """A task of the service `web`."""
        blueprint = blueprint or definition()
        return Task(
            **{
                "id": os.urandom(16).hex(),
                "stack": self.stack,
                "owner": self.owner,
                "group": "service.web",
                "service_name": "web",
                "family": blueprint.family,
                "revision": 1,
                "deployment": "d1",
                "ordinal": 1,
                "fingerprint": fingerprint(blueprint),
                "definition": blueprint,
                **fields,
            }
        )

    @property
    def network(self) -> Network:
        """The stack's default network."""
        return Network(address="network", name=self.stack)

    def create_owner(self) -> CreateOwner:
        return CreateOwner(address="stack", stack=self.stack, owner=self.owner, digest_key="key")

    def create_network(self, network: Network | None = None) -> CreateNetwork:
        return CreateNetwork(address="network", stack=self.stack, owner=self.owner, network=network or self.network)

    def create_volume(self, volume: Volume) -> CreateVolume:
        return CreateVolume(address=volume.address, stack=self.stack, owner=self.owner, volume=volume)

    def start(self, task: Task, name: str = "app", **fields: Any) -> StartContainer:
        image = IMAGE if name == HOLDER else task.definition.container(name).image
        return StartContainer(
            **{
                "address": task.group,
                "task": task,
                "container": name,
                "image": image,
                "networks": (self.stack,),
                "folder": self.folder,
                **fields,
            }
        )

    def perform(self, step: Step) -> Outcome:
        """Perform a step that must work."""
        outcome = self.driver.perform(step)
        assert outcome.ok, f"{outcome.code}: {outcome.reason}"
        return outcome

    def run(self, blueprint: TaskDefinition | None = None, *, must_start: bool = True, **fields: Any) -> Task:
        """Start a task: the network unless it is there, the holder if it needs one, its containers one by one."""
        perform = self.perform if must_start else self.driver.perform
        task = self.task(blueprint, **{key: value for key, value in fields.items() if key in Task.model_fields})
        others = {key: value for key, value in fields.items() if key not in Task.model_fields}
        self.perform(self.create_network())
        names = [each.name for each in task.definition.containers]
        for name in [HOLDER, *names] if task.definition.needs_holder else names:
            perform(self.start(task, name, **others))
        return task

    def look(self, **fields: Any) -> Snapshot:
        """Look at this stack."""
        return self.driver.look(LookRequest(**{"stack": self.stack, "owner": self.owner, **fields}))

    def seen(self, task: Task) -> ObservedTask:
        """Return what is seen of a task, which must be there."""
        found = {each.task.id: each for each in self.look().tasks}
        return found[task.id]

    def container(self, task: Task, name: str = "app") -> Container:
        """Return what is seen of a container, which must be there."""
        found = self.seen(task).container(name)
        assert found is not None, f"{name} is not there"
        return found

    def remove(self, task: Task, **fields: Any) -> RemoveTask:
        """The step that removes what is seen of a task."""
        observed = self.seen(task)
        members = {each.id: each.name for each in observed.containers if each.name != HOLDER}
        holder = observed.container(HOLDER)
        return RemoveTask(
            **{
                "address": task.group,
                "task_id": task.id,
                "containers": members,
                "holder": holder.id if holder else None,
                "volumes": observed.volumes,
                "timeouts": dict.fromkeys(members.values(), 0.0),
                **fields,
            }
        )

    def stop(self, task: Task, name: str = "app", timeout: float = 0.0) -> StopContainer:
        """The step that stops a container."""
        return StopContainer(
            address=task.group,
            task_id=task.id,
            container=name,
            container_id=self.container(task, name).id,
            timeout=timeout,
        )

    def eventually(self, question: Callable[[], bool]) -> None:
        """Ask until the answer is yes, for ten seconds of this world's time."""
        eventually(question, clock=self.clock, pass_time=self.pass_time)


def eventually(
    question: Callable[[], bool],
    seconds: float = 10.0,
    *,
    clock: Clock | None = None,
    pass_time: Callable[[float], None] = time.sleep,
) -> None:
    """Ask until the answer is yes; what runs on an engine takes its time."""
    clock = clock or SystemClock()
    end = clock.now() + seconds
    while not question():
        assert clock.now() < end, "it did not come true"
        pass_time(0.03)
