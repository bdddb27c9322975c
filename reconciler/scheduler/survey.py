"""Every service as it is now: its deployment, its tasks sorted, and which other service it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.deployment import RolloutState
from reconciler.model.service import SchedulingStrategy, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler.service_view import ServiceView, fleet_of, present_digests
from reconciler.scheduler.task_view import TaskView


def survey(
    stack: Stack, state: State, tasks: tuple[TaskView, ...], snapshot: Snapshot, now: float
) -> dict[str, ServiceView]:
    """Return all services by address: those of the target, those that left it, and such as only the engine shows."""
    by_group: dict[str, list[TaskView]] = {}
    for view in tasks:
        by_group.setdefault(view.record.group, []).append(view)
    primaries = {each.service: each for each in state.deployments if each.is_primary}
    by_id = {each.id: each for each in state.deployments}
    definitions = {(each.family, each.number): each.definition for each in state.revisions}
    secrets = present_digests(snapshot)
    found: dict[str, ServiceView] = {}
    for service, is_draining in _services(stack, state, by_group):
        deployment = primaries.get(service.address)
        mine = tuple(by_group.get(service.address, ()))
        found[service.address] = ServiceView(
            service=service,
            deployment=deployment,
            definition=definitions.get((deployment.family, deployment.revision)) if deployment else None,
            tasks=mine,
            fleet=fleet_of(service, None if is_draining else deployment, mine, secrets, now),
            is_draining=is_draining,
            source=(source := by_id.get(deployment.shifts_from) if deployment and deployment.is_shifting else None),
            declared=stack.definitions.get(service.task_definition),
            source_definition=definitions.get((source.family, source.revision)) if source else None,
        )
    blocked = {address: _blocked(view, found) for address, view in found.items()}
    return {
        address: replace(view, blocked=why) if (why := blocked[address]) else view for address, view in found.items()
    }


def _services(stack: Stack, state: State, by_group: Mapping[str, list[TaskView]]) -> list[tuple[Service, bool]]:
    """Return (service, is it draining) for each. Those with a task on every engine start first (ECS)."""
    found = [(service, False) for service in sorted(stack.services, key=lambda each: not _is_daemon(each))]
    known = {service.address for service in stack.services}
    found += [(service, True) for service in state.draining if service.address not in known]
    known |= {service.address for service in state.draining}
    for group, tasks in sorted(by_group.items()):
        record = tasks[0].record
        if group not in known and not record.is_one_off:
            found.append((Service(address=group, name=record.service_name or group, task_definition=""), True))
    return found


def _is_daemon(service: Service) -> bool:
    return service.scheduling_strategy is SchedulingStrategy.DAEMON


def _outlived(view: ServiceView, services: Mapping[str, ServiceView]) -> str:
    """Say which service that goes too must be gone before a DAEMON: those stop last (ECS)."""
    others = (
        each.service.address
        for each in services.values()
        if each.is_draining and each.fleet.total and not _is_daemon(each.service)
        if each.service.address not in view.service.depends_on
    )
    other = next(others, "")
    return f"{other} to be gone: a DAEMON service stops last" if other else ""


def _blocked(view: ServiceView, services: Mapping[str, ServiceView]) -> str:
    """Say which service must be steady (or, when this one is draining, gone) before this one moves."""
    if view.is_draining:
        dependents = (
            other.service.address
            for other in services.values()
            if other.is_draining and view.service.address in other.service.depends_on and other.fleet.total
        )
        dependent = next(dependents, "")
        if dependent:
            return f"{dependent} to be gone: it depends on this service"
        return _outlived(view, services) if _is_daemon(view.service) else ""
    deployment = view.deployment
    if deployment is None or deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return ""
    for address in view.service.depends_on:
        if address in services and services[address].is_undone:
            return f"{address} to run what is declared: its deployment was rolled back"
        if address in services and not services[address].is_settled:
            return f"{address} to be steady"
    return ""
