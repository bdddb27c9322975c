"""Load balancers, targets and shares of traffic, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.model.load_balancer import Listener, LoadBalancer
from reconciler.model.routing import WHOLE, BalancerConfiguration, ObservedBalancer, Route, TargetHealth, TargetState
from reconciler.model.service import Service, TargetRegistration
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State


@dataclass(frozen=True, slots=True)
class Share:
    """How one load balancer shares a target group's traffic, in thousandths for the green pool.

    `is_tested` says that some listener of it is for test traffic of the group.
    """

    load_balancer: str
    target_group: str
    green: int
    test_green: int
    is_tested: bool = False

    @property
    def is_split(self) -> bool:
        """Whether both pools get some, or test traffic goes to another pool than production's."""
        return self.green not in (0, WHOLE) or self.tests_another

    @property
    def tests_another(self) -> bool:
        """Whether test traffic goes to another pool than (all of) production's."""
        return self.is_tested and self.test_green != self.green


def shares_of(registrations: Iterable[TargetRegistration], snapshot: Snapshot) -> tuple[Share, ...]:
    """Return how the traffic of these target groups is shared: what a process does, else what its volume says."""
    groups = sorted({each.target_group for each in registrations})
    return tuple(
        Share(balancer.address, group, *_shares(balancer, route), _is_tested(balancer.configuration, group))
        for balancer in snapshot.balancers
        for group in groups
        if balancer.configuration is not None and (route := balancer.configuration.route(group)) is not None
    )


def share_text(share: Share) -> str:
    """Return `blue 90 %, green 10 %`, with the test traffic's pool when that is another."""
    text = f"blue {percent(WHOLE - share.green)}, green {percent(share.green)}"
    if not share.tests_another:
        return text
    return f"{text}, test traffic {'green' if share.test_green else 'blue'}"


def shares_text(shares: Iterable[Share]) -> str:
    """Return the shares of all load balancers; once when they are the same."""
    texts = dict.fromkeys(share_text(each) for each in shares)
    return "; ".join(texts)


def share_json(share: Share) -> dict[str, Any]:
    """Return the share of each pool in percent."""
    return {
        "load_balancer": share.load_balancer,
        "target_group": share.target_group,
        "blue_percent": (WHOLE - share.green) / 10,
        "green_percent": share.green / 10,
        "test_green_percent": share.test_green / 10 if share.is_tested else None,
    }


def percent(thousandths: int) -> str:
    """Return thousandths as percent.

    >>> [percent(each) for each in (1000, 25, 0)]
    ['100 %', '2.5 %', '0 %']
    """
    return f"{thousandths / 10:g} %"


def target_counts(healths: Iterable[TargetHealth | None]) -> dict[str, int]:
    """Return how many targets there are of each health that occurs, healthy ones first."""
    found = Counter(each for each in healths if each is not None)
    order = (TargetHealth.HEALTHY, *TargetHealth)
    return {each.value: found[each] for each in dict.fromkeys(order) if found[each]}


def targets_text(counts: dict[str, int]) -> str:
    """Return `3 healthy, 1 draining`."""
    return ", ".join(f"{number} {health}" for health, number in counts.items()) or "-"


def draining(snapshot: Snapshot) -> frozenset[str]:
    """Return the ids of the tasks that a load balancer drains."""
    return frozenset(
        each.task_id
        for balancer in snapshot.balancers
        if balancer.running is not None
        for each in balancer.running.targets
        if each.state is TargetState.DRAINING
    )


def load_balancer_json(balancer: LoadBalancer, snapshot: Snapshot) -> dict[str, Any]:
    """Return a load balancer with its state and the places where it answers."""
    observed = snapshot.balancer(balancer.name)
    return {
        "address": balancer.address,
        "name": balancer.name,
        "type": balancer.type,
        "image": balancer.image,
        "state": _state(observed),
        "problem": (observed.problem if observed else "") or None,
        "container_id": (observed.container_id if observed else "") or None,
        "listeners": [_listener(balancer, each) for each in balancer.listeners],
    }


def load_balancer_row(shape: dict[str, Any]) -> tuple[str, ...]:
    """Return address, state and listeners of a load balancer."""
    listeners = ", ".join(f"{each['url']} ({_label(each)})" for each in shape["listeners"])
    state = f"{shape['state']}: {shape['problem']}" if shape["problem"] else shape["state"]
    return shape["address"], state, listeners or "-"


def maintenance_of(service: Service, state: State) -> str | None:
    """Return what every request for a service is answered with, if it is in maintenance."""
    groups = {each.target_group for each in service.load_balancers}
    return next((each.message for each in state.maintenance if each.target_group in groups), None)


def is_behind(service: Service, stack: Stack) -> bool:
    """Say whether some load balancer of the stack forwards to a service."""
    groups = {each.target_group for each in service.load_balancers}
    return any(groups.intersection(each.target_groups) for each in stack.load_balancers)


def _shares(balancer: ObservedBalancer, written: Route) -> tuple[int, int]:
    running = balancer.running.shares.get(written.target_group) if balancer.running else None
    return running or (written.green, written.test_green)


def _is_tested(configuration: BalancerConfiguration, target_group: str) -> bool:
    return any(target_group in groups for groups in configuration.test_listeners.values())


def _state(observed: ObservedBalancer | None) -> str:
    if observed is None or not observed.container_id:
        return "absent"
    if not observed.is_live:
        return "stopped"
    return "running" if observed.running is not None else "unreachable"


def _listener(balancer: LoadBalancer, listener: Listener) -> dict[str, Any]:
    scheme = listener.protocol.value.lower()
    return {
        "name": listener.name,
        "protocol": listener.protocol.value,
        "port": listener.port,
        "bind": listener.bind,
        "published": listener.publish,
        "url": balancer.url(listener),
        "internal_url": f"{scheme}://{balancer.name}:{listener.port}",
    }


def _label(listener: dict[str, Any]) -> str:
    return listener["name"] if listener["published"] else f"{listener['name']}, inside the network"
