"""What a balancer has as its members, on its volume and in its process, against the tasks that are live."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.clock import SystemClock
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.driver import LookRequest
from reconciler.model.routing import ObservedBalancer, Target, TargetState
from reconciler.model.stack import Cluster
from tests.acceptance.engine import owner_of

from .declared import PORT_IN_TASK
from .site import TrafficSite

BALANCER = "public"


def look_at_balancer(site: TrafficSite) -> ObservedBalancer | None:
    """Return what the engine shows of the balancer, read as the command itself reads it."""
    name = site.declared.name
    snapshot = DockerDriver(Cluster(), SystemClock()).look(LookRequest(stack=name, owner=owner_of(site.client, name)))
    return snapshot.balancer(BALANCER)


def membership_problems(site: TrafficSite, service: str) -> Iterator[str]:
    """Volume and process must list exactly the live tasks of a service, ready, once each, and all in one pool."""
    balancer = look_at_balancer(site)
    if balancer is None or balancer.configuration is None or balancer.running is None:
        yield f"the balancer cannot be read: {balancer}"
        return
    group = f"target_group.{service}"
    route = balancer.configuration.route(group)
    written = list(route.targets) if route else []
    running = [
        Target(task_id=each.task_id, color=each.color, address=each.address, port=each.port, state=each.state)
        for each in balancer.running.targets
        if each.target_group == group
    ]
    live = sorted((address, PORT_IN_TASK) for address in _addresses(site, service))
    for where, targets in (("volume", written), ("process", running)):
        if sorted((each.address, each.port) for each in targets) != live:
            yield f"the balancer's {where} lists {targets}, live are {live}"
        if len({each.color for each in targets}) > 1:
            yield f"the balancer's {where} has targets in both pools of {group}: {targets}"
        if any(each.state is not TargetState.READY for each in targets):
            yield f"the balancer's {where} has targets of {group} that are not ready: {targets}"
    shares = balancer.shares(group)
    colors = {each.color.value for each in running}
    if shares not in ((0, 0), (1000, 1000)) or (shares == (0, 0)) != (colors == {"blue"}):
        yield f"the balancer's traffic for {group} is shared {shares}, its targets are {sorted(colors)}"


def _addresses(site: TrafficSite, service: str) -> Iterator[str]:
    for row in site.containers(service).values():
        yield from (each["IPAddress"] for each in row["NetworkSettings"]["Networks"].values())
