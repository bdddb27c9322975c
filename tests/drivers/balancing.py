"""A load balancer for driver tests, with tasks behind it that answer, and steps for both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.drivers.docker.client import Client
from reconciler.model.load_balancer import Action, Forward, Listener, TargetGroup, TargetHealthCheck
from reconciler.model.routing import (
    BalancerConfiguration,
    BalancerSettings,
    Color,
    ObservedBalancer,
    ObservedTarget,
    RunningBalancer,
    Target,
    TargetState,
)
from reconciler.model.routing import Route as Routed
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, StartBalancer
from reconciler.model.task import Task

from .builders import World, definition, shell

BALANCER_IMAGE = "reconciler-demo/haproxy:2.6"
LATER_IMAGE = "reconciler-test/haproxy:3.0"
"""A load_balancer's default version, with as little beside it as in the official image."""
ADDRESS = "load_balancer.edge"
WEB = "target_group.web"
SERVER = "mkdir -p /srv; touch /srv/health; exec httpd -f -p 8080 -h /srv"
"""What a target runs: it answers a check."""

QUICK = TargetHealthCheck(path="/health", interval=1, timeout=1, healthy_threshold=1, unhealthy_threshold=1)


def need(client: Client, image: str) -> str:
    """Return an image that must be there: a test on it never passes without."""
    assert client.find(f"/images/{image}/json"), f"{image} is not on the engine: what does `make images` say of it?"
    return image


def configuration(*targets: Target, green: int = 0, test_green: int = 0, **fields: Any) -> BalancerConfiguration:
    """One listener, one target group, and these targets in it."""
    forward = Action(forwards=(Forward(target_group=WEB),))
    listener = Listener(name="http", address=f"{ADDRESS}.listener.http", port=8080, publish=False, action=forward)
    ordered = tuple(sorted(targets, key=lambda each: (each.color, each.task_id)))
    values: dict[str, Any] = {
        "name": "edge",
        "listeners": (listener,),
        "target_groups": (TargetGroup(address=WEB, name="web", deregistration_delay=1, health_check=QUICK),),
        "routes": (Routed(target_group=WEB, green=green, test_green=test_green, targets=ordered),),
    }
    return BalancerConfiguration(**{**values, **fields})


@dataclass
class Balancing:
    """A balancer `edge` in a world. `stop_by_hand` does what somebody with `docker kill` would."""

    world: World
    stop_by_hand: Callable[[ObservedBalancer], object]

    def start(self, wanted: BalancerConfiguration | None = None, **settings: Any) -> StartBalancer:
        """The step that starts it, with nothing behind it unless told."""
        values = {"name": "edge", "image": BALANCER_IMAGE, "networks": (self.world.stack,), **settings}
        return StartBalancer(
            address=ADDRESS,
            stack=self.world.stack,
            owner=self.world.owner,
            settings=BalancerSettings(**values),
            configuration=wanted or configuration(),
            folder=self.world.folder,
        )

    def run(self, *targets: Target, **fields: Any) -> BalancerConfiguration:
        """Start it, with these targets; returns its configuration."""
        wanted = configuration(*targets, **fields)
        self.world.perform(self.world.create_network())
        self.world.perform(self.start(wanted))
        self.world.eventually(lambda: self.seen().running is not None)
        return wanted

    def configure(self, *targets: Target, **fields: Any) -> BalancerConfiguration:
        """Bring it to a configuration; returns that."""
        wanted = configuration(*targets, **fields)
        self.world.perform(self.configuring(wanted))
        return wanted

    def configuring(self, wanted: BalancerConfiguration, **fields: Any) -> ConfigureBalancer:
        values = {"owner": self.world.owner, "container_id": self.seen().container_id, "folder": self.world.folder}
        return ConfigureBalancer(**{"address": ADDRESS, "configuration": wanted, **values, **fields})

    def removal(self, **fields: Any) -> RemoveBalancer:
        values = {"stack": self.world.stack, "owner": self.world.owner}
        return RemoveBalancer(**{"address": ADDRESS, "name": "edge", **values, **fields})

    def served(self) -> Task:
        """Start a task that answers on its port 8080."""
        return self.world.run(definition(shell(SERVER)))

    def target(self, task: Task, state: str = "initial", color: str = "blue", **fields: Any) -> Target:
        """A running task as a target."""
        address = fields.pop("address", None) or self.world.container(task).addresses[self.world.stack]
        return Target(
            task_id=task.id, color=Color(color), address=address, port=8080, state=TargetState(state), **fields
        )

    def seen(self) -> ObservedBalancer:
        """Return what is seen of it, which must be there."""
        (found,) = self.world.look().balancers
        return found

    def running(self) -> RunningBalancer:
        """Return what is seen of its process, which must be there."""
        running = self.seen().running
        assert running is not None, f"it does not run: {self.seen().problem}"
        return running

    def listed(self, task: Task) -> ObservedTarget:
        """Return what its process says of a task, which must be there once."""
        (found,) = self.seen().targets_of(task.id)
        return found

    def eventually_checked(self, task: Task, result: str) -> ObservedTarget:
        """Wait for a verdict on a target."""
        self.world.eventually(lambda: self.listed(task).check == result)
        return self.listed(task)
