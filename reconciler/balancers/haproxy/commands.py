"""The runtime commands that bring a running process to the wanted routes; a pure function of both.

First come who gets traffic, then the shares, and only then who loses it, so that at no moment nobody is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.balancers.haproxy.names import FULL_WEIGHT, open_pool, pool, server, share
from reconciler.balancers.haproxy.pools import has_lb_cookie, open_server_parameters, server_parameters
from reconciler.model.load_balancer import TargetGroup
from reconciler.model.routing import (
    BalancerConfiguration,
    Color,
    ObservedTarget,
    Route,
    RunningBalancer,
    Target,
    TargetState,
)

LONGEST_LINE = 8_000
"""HAProxy reads lines of 16 KiB."""

_Key = tuple[str, Color, str]


def commands(wanted: BalancerConfiguration, running: RunningBalancer) -> tuple[str, ...]:
    """Return what to tell a process that runs the wanted structure; nothing when it does what is wanted."""
    groups = {each.address: each for each in wanted.target_groups}
    present = {(each.target_group, each.color, each.task_id): each for each in running.targets}
    targets = _wanted(wanted.routes)
    moved = {key for key, target in targets.items() if key in present and not _is_at(present[key], target)}
    gone = [key for key in present if key not in targets]
    new = [key for key in targets if key not in present]
    found = [line for key in sorted(moved) for line in _remove(groups[key[0]], present[key])]
    found += [line for key in sorted({*new, *moved}) for line in _add(groups[key[0]], targets[key])]
    kept = [key for key in sorted(targets) if key in present and key not in moved]
    changes = [(groups[key[0]], targets[key], present[key].state) for key in kept]
    found += [
        line for group, target, was in changes for line in _change(group, target, was) if not _loses(target, was)
    ]
    found += _share_changes(wanted, running)
    found += [line for group, target, was in changes for line in _change(group, target, was) if _loses(target, was)]
    found += [line for key in sorted(gone) for line in _remove(groups[key[0]], present[key])]
    return tuple(found)


def lines(of_commands: Iterable[str]) -> tuple[str, ...]:
    """Return commands for the current worker as lines for the master's socket, none too long."""
    batches: list[list[str]] = [[]]
    for command in of_commands:
        if sum(len(each) + 1 for each in batches[-1]) + len(command) > LONGEST_LINE:
            batches.append([])
        batches[-1].append(command)
    return tuple(";".join(("@1", "experimental-mode on", *batch, "quit")) for batch in batches if batch)


def _wanted(routes: Iterable[Route]) -> Mapping[_Key, Target]:
    return {(route.target_group, each.color, each.task_id): each for route in routes for each in route.targets}


def _is_at(present: ObservedTarget, target: Target) -> bool:
    return (present.address, present.port) == (target.address, target.port)


def _servers(group: TargetGroup, color: Color, task_id: str) -> tuple[str, str]:
    """Return a target's two servers: the checked one, and the one for failing open."""
    name = server(task_id)
    return f"{pool(group, color)}/{name}", f"{open_pool(group, color)}/{name}"


def _add(group: TargetGroup, target: Target) -> Iterator[str]:
    """A server that is added stands still until it is enabled; a draining one is only known."""
    checked, unchecked = _servers(group, target.color, target.task_id)
    yield f"add server {checked} {server_parameters(group, target)}"
    yield f"add server {unchecked} {open_server_parameters(group, target)}"
    if has_lb_cookie(group):  # a server that is added has no cookie before its pool's are made anew
        yield f"enable dynamic-cookie backend {pool(group, target.color)}"
        yield f"enable dynamic-cookie backend {open_pool(group, target.color)}"
    yield f"enable health {checked}"
    if target.state is not TargetState.DRAINING:
        yield f"enable server {checked}"
        yield f"enable server {unchecked}"


def _change(group: TargetGroup, target: Target, was: TargetState) -> Iterator[str]:
    """A server begins its slow start only when it comes back from maintenance."""
    if target.state is was:
        return
    for each in _servers(group, target.color, target.task_id):
        if target.state is TargetState.DRAINING:
            yield f"set server {each} state maint"
            continue
        if group.slow_start and target.state is TargetState.READY and was is TargetState.INITIAL:
            yield f"set server {each} state maint"
        yield f"set server {each} weight {FULL_WEIGHT if target.state is TargetState.READY else 0}"
        yield f"set server {each} state ready"


def _loses(target: Target, was: TargetState) -> bool:
    return was is TargetState.READY and target.state is not TargetState.READY


def _remove(group: TargetGroup, present: ObservedTarget) -> Iterator[str]:
    """What is still in progress has had its time: a server is removed only when nothing is connected to it."""
    for each in _servers(group, present.color, present.task_id):
        yield f"set server {each} state maint"
        yield f"shutdown sessions server {each}"
        yield f"del server {each}"


def _share_changes(wanted: BalancerConfiguration, running: RunningBalancer) -> Iterator[str]:
    for group in wanted.target_groups:
        route = wanted.route(group.address) or Route(target_group=group.address)
        green, test_green = running.shares.get(group.address, (None, None))
        if route.green != green:
            yield f"set var {share(group, is_test=False)} int({route.green})"
        if route.test_green != test_green:
            yield f"set var {share(group, is_test=True)} int({route.test_green})"
