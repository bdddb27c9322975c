"""Whose count it is: with an autoscaling, the count of a service is the recorded capacity and not the files'."""

from __future__ import annotations

from reconciler.model.stack import Stack
from reconciler.model.state import State


def with_capacity(state: State, service: str, count: int) -> State:
    """Record the count that autoscaling (or `scale`, beside it) wants of a service, an address.

    No deployment begins or is reopened by that: it goes on with the count. While its traffic is shifted, the one that
    it takes over from has to carry the load too.
    """
    target = state.target
    assert target is not None
    primary = state.primary(service)
    sources = (primary.id, primary.shifts_from) if primary is not None else ()
    services = tuple(
        each.changed(desired_count=count) if each.address == service else each for each in target.services
    )
    return state.changed(
        target=target.changed(services=services),
        scaling=tuple(each.changed(capacity=count) if each.service == service else each for each in state.scaling),
        deployments=tuple(
            each.changed(desired_count=count) if each.id in sources else each for each in state.deployments
        ),
    )


def with_capacities(stack: Stack, state: State) -> Stack:
    """Return the stack with the counts that autoscaling wants now (AAS owns desiredCount)."""
    wanted = {each.service: each.capacity for each in state.scaling if stack.autoscaling_of(each.service) is not None}
    if not any(wanted.get(each.address, each.desired_count) != each.desired_count for each in stack.services):
        return stack
    services = tuple(
        each.changed(desired_count=wanted.get(each.address, each.desired_count)) for each in stack.services
    )
    return stack.changed(services=services)
