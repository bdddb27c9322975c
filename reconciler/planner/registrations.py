"""Which target groups tasks are in once their service says others than when their deployment was opened.

A group that a service left gives its place to one that it came to: older tasks are targets there, on their own ports,
until new ones take over. Else nobody would answer in the meantime, nor after a rollback.
"""

from __future__ import annotations

from reconciler.model.service import Service, TargetRegistration
from reconciler.model.state import State


def regrouped(service: Service, state: State) -> State:
    """Return the State in which the deployments of a service are registered in the target groups of today."""
    deployments = tuple(
        each.changed(registrations=_regrouped(each.registrations, service.load_balancers))
        if each.service == service.address and each.registrations
        else each
        for each in state.deployments
    )
    return state if deployments == state.deployments else state.changed(deployments=deployments)


def _regrouped(
    before: tuple[TargetRegistration, ...], declared: tuple[TargetRegistration, ...]
) -> tuple[TargetRegistration, ...]:
    """Put each registration whose group is declared no more into a new one, of the same port if there is one."""
    groups = {each.target_group for each in declared}
    new = [each for each in declared if each.target_group not in {one.target_group for one in before}]
    found = []
    for each in before:
        if each.target_group not in groups and new:
            place = min(new, key=lambda one: _port(one) != _port(each))
            new.remove(place)
            each = each.changed(target_group=place.target_group, test_listener=place.test_listener)
        found.append(each)
    return tuple(found)


def _port(registration: TargetRegistration) -> tuple[str, int]:
    return registration.container_name, registration.container_port
