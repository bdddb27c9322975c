"""A balancer on the real engine with tiny upstreams, for tests of what it does with requests.

The upstreams are frontends of another HAProxy in the same container: each says its name, and all but `five` are sick
on /sick.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.balancers.haproxy.balancer import File
from reconciler.drivers.docker.balancer_host import DockerHost
from reconciler.drivers.docker.client import Client
from reconciler.model.load_balancer import TargetGroup, TargetHealthCheck
from reconciler.model.routing import (
    BalancerConfiguration,
    BalancerSettings,
    Color,
    ObservedBalancer,
    Route,
    Target,
    TargetState,
)
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, RemoveNetwork, StartBalancer
from tests.drivers.balancing import BALANCER_IMAGE, LATER_IMAGE, need
from tests.drivers.builders import World

HAPROXY = (BALANCER_IMAGE, LATER_IMAGE)
"""The versions that are tested: the oldest that works, and a load_balancer's default."""
FIRST_UPSTREAM = 9101
UPSTREAMS = ("one", "two", "three", "four", "five")
ANSWER = 'lf-string "NAME %[req.hdr(x-forwarded-for)] %[req.hdr(x-forwarded-proto)] %[req.hdr(x-forwarded-port)]"'


class Site:
    """A balancer of a stack of its own, and what is asked of it."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.client = client
        self.container_id = self.seen().container_id
        networks = client.get(f"/containers/{self.container_id}/json")["NetworkSettings"]["Networks"]
        self.host = networks[world.stack]["IPAddress"]

    def seen(self) -> ObservedBalancer:
        """What a look shows of the balancer."""
        return self.world.look().balancers[0]

    def states(self, group: str) -> dict[str, tuple[str, str]]:
        """State and check of each target of a group, by its upstream's name."""
        running = self.seen().running
        assert running is not None
        targets = (each for each in running.targets if each.target_group == f"target_group.{group}")
        return {UPSTREAMS[each.port - FIRST_UPSTREAM]: (each.state.value, each.check.value) for each in targets}

    def configure(self, configuration: BalancerConfiguration) -> None:
        """Bring the balancer to a configuration, as the scheduler's step does."""
        step = ConfigureBalancer(
            address="load_balancer.public",
            owner=self.world.owner,
            container_id=self.container_id,
            configuration=configuration,
        )
        self.world.perform(step)

    def request(
        self, port: int, target: str = "/", host: str = "example.com", method: str = "GET", headers: object = ()
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(self.host, port, timeout=5)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            sent = {"Host": host, **dict(headers)}  # type: ignore[call-overload]
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location") or "", answer.read().decode()
        finally:
            connection.close()

    def took(self, port: int, **headers: str) -> str:
        """Return the name of the upstream that took a request."""
        return self.request(port, headers=headers)[2].split(" ")[0]


@contextmanager
def site_of(world: World, client: Client, image: str, configuration: BalancerConfiguration) -> Iterator[Site]:
    """Start a balancer and the upstreams, and leave nothing behind."""
    need(client, image)
    world.perform(world.create_network())
    try:
        world.perform(_start(world, image, configuration))
        site = Site(world, client)
        _start_upstreams(client, site.container_id)
        yield site
    finally:
        world.perform(
            RemoveBalancer(address="load_balancer.public", stack=world.stack, owner=world.owner, name="public")
        )
        world.perform(RemoveNetwork(address="network", owner=world.owner, name=world.stack))


def group(name: str, **fields: Any) -> TargetGroup:
    """A target group that is checked each second."""
    check = TargetHealthCheck(interval=1, timeout=1)
    return TargetGroup(**{"address": f"target_group.{name}", "name": name, "health_check": check, **fields})


def route(name: str, *targets: Target, green: int = 0) -> Route:
    """Who is in a group."""
    return Route(target_group=f"target_group.{name}", green=green, targets=targets)


def target(upstream: str, state: TargetState = TargetState.READY, color: Color = Color.BLUE) -> Target:
    """An upstream as a target."""
    index = UPSTREAMS.index(upstream)
    port = FIRST_UPSTREAM + index
    return Target(task_id=f"{index:032x}", color=color, address="127.0.0.1", port=port, state=state)


def _start(world: World, image: str, configuration: BalancerConfiguration) -> StartBalancer:
    return StartBalancer(
        address="load_balancer.public",
        stack=world.stack,
        owner=world.owner,
        settings=BalancerSettings(name="public", image=image, networks=(world.stack,)),
        configuration=configuration,
        folder=world.folder,
    )


def _start_upstreams(client: Client, container_id: str) -> None:
    lines = ["global", "    maxconn 500", "defaults", "    mode http", "    timeout client 5s"]
    for index, name in enumerate(UPSTREAMS):
        lines += [
            f"frontend {name}",
            f"    bind 127.0.0.1:{FIRST_UPSTREAM + index}",
            f"    http-request return status 503 if {{ path /sick }} {'!' * (name == 'five')}TRUE",
            f"    http-request return status 200 content-type text/plain hdr Set-Cookie SID={name} "
            f"{ANSWER.replace('NAME', name)}",
        ]
    host = DockerHost(client)
    host.put(container_id, [File("/etc/reconciler/upstreams.cfg", "\n".join([*lines, ""]).encode())])
    ran = host.run(container_id, ("haproxy", "-D", "-f", "/etc/reconciler/upstreams.cfg"))
    assert ran.code == 0, ran.output
