"""What the files change of load balancers and target groups: in place, or by another container, at a price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from reconciler.model.load_balancer import LoadBalancer, TargetGroup
from reconciler.model.plan import Action, AttributeChange, Change, Effect
from reconciler.model.routing import ObservedBalancer
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.differ import changed_attributes
from reconciler.planner.places import line
from reconciler.scheduler.balancers import why_replaced

DOWNTIME = "its container is replaced: nobody answers on its ports for about a second"

_OF_THE_CONTAINER = frozenset({"image", "port", "bind", "publish"})
"""The last words of paths that the container is made with; a listener that comes or goes has a port too."""

Declared = TypeVar("Declared", LoadBalancer, TargetGroup)


def traffic_changes(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    """Return what an apply does to load balancers and target groups because of the files."""
    yield from _balancers(stack, state, snapshot)
    yield from _target_groups(stack, state, snapshot)


def _balancers(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    before = {each.address: each for each in (state.target.load_balancers if state.target else ())}
    for balancer in stack.load_balancers:
        observed = snapshot.balancer(balancer.name)
        if observed is None or not observed.container_id:
            listeners = ", ".join(f"{each.name} on {each.bind}:{each.port}" for each in balancer.listeners)
            yield _created(stack, balancer.address, listeners)
        else:
            yield from _updated_balancer(stack, balancer, before.get(balancer.address), observed)
    names = {each.name for each in stack.load_balancers}
    for observed in snapshot.balancers:
        if observed.name not in names:
            yield _deleted(stack, observed.address)


def _updated_balancer(
    stack: Stack, balancer: LoadBalancer, before: LoadBalancer | None, observed: ObservedBalancer
) -> Iterable[Change]:
    is_replaced = why_replaced(balancer, stack, observed)
    attributes, unchanged = _attributes(stack, balancer.address, before, balancer)
    if is_replaced:
        attributes = tuple(each.changed(effect=_effect(each)) for each in attributes)
    if not attributes and not is_replaced:
        return
    yield Change(
        address=balancer.address,
        action=Action.REPLACE if is_replaced else Action.UPDATE,
        reason=DOWNTIME if is_replaced else "without a connection lost",
        attributes=attributes,
        unchanged=unchanged,
        place=line(stack, balancer.address),
    )


def _effect(change: AttributeChange) -> Effect:
    return Effect.REPLACEMENT if change.path.rpartition(".")[2] in _OF_THE_CONTAINER else Effect.IN_PLACE


def _target_groups(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    before = {each.address: each for each in _known_groups(state, snapshot.balancers)}
    for group in stack.target_groups:
        if group.address not in before:
            yield _created(stack, group.address, "")
            continue
        attributes, unchanged = _attributes(stack, group.address, before[group.address], group)
        if attributes:
            yield Change(
                address=group.address,
                action=Action.UPDATE,
                attributes=attributes,
                unchanged=unchanged,
                place=line(stack, group.address),
            )
    declared = {each.address for each in stack.target_groups}
    yield from (_deleted(stack, address) for address in sorted(before.keys() - declared))


def _known_groups(state: State, balancers: Iterable[ObservedBalancer]) -> Iterable[TargetGroup]:
    """Return the target groups that were there before: as recorded, or with a lost State as volumes say."""
    if state.target is not None:
        return state.target.target_groups
    return (group for each in balancers if each.configuration for group in each.configuration.target_groups)


def _attributes(
    stack: Stack, address: str, old: Declared | None, new: Declared
) -> tuple[tuple[AttributeChange, ...], int]:
    if old is None or old == new:
        return (), 0
    return changed_attributes(old, new, Effect.IN_PLACE, lambda path: line(stack, f"{address}.{path}"))


def _created(stack: Stack, address: str, label: str) -> Change:
    return Change(address=address, action=Action.CREATE, label=label, place=line(stack, address))


def _deleted(stack: Stack, address: str) -> Change:
    return Change(
        address=address, action=Action.DELETE, reason="" if stack.is_empty else "it is no longer in the stack"
    )
