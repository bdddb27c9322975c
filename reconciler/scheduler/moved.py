"""The Snapshot in the addresses of today: labels of what runs cannot change, so the State says what they mean now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.load_balancer import Action, Listener, LoadBalancer
from reconciler.model.noun import fingerprint
from reconciler.model.routing import (
    BalancerConfiguration,
    ObservedBalancer,
    ObservedTarget,
    PoolCounters,
    Route,
    RunningBalancer,
)
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.state import State
from reconciler.model.task import Task
from reconciler.model.task_definition import SharedVolume, TaskDefinition, TaskVolume

Grouped = TypeVar("Grouped", Route, ObservedTarget, PoolCounters)


def as_recorded(snapshot: Snapshot, state: State) -> Snapshot:
    """Return the Snapshot with moved objects where they are now, and without what was forgotten."""
    if not state.moved and not state.forgotten:
        return snapshot
    declared = state.target.addresses if state.target else frozenset()
    addresses = {each.before: each.address for each in state.moved if each.before not in declared}
    forgotten = {each.id for each in state.forgotten}
    left = [each for each in snapshot.tasks if each.task.id in forgotten]
    return snapshot.changed(
        tasks=tuple(_moved_task(each, addresses) for each in snapshot.tasks if each.task.id not in forgotten),
        networks=tuple(each for each in snapshot.networks if each.name not in forgotten),
        volumes=tuple(each for each in snapshot.volumes if each.name not in forgotten),
        balancers=tuple(_moved_observed(each, addresses) for each in snapshot.balancers),
        kept_networks=frozenset(name for each in left for one in each.containers for name in one.networks),
    )


def _moved_task(observed: ObservedTask, addresses: Mapping[str, str]) -> ObservedTask:
    task = observed.task
    moved = _moved(task, addresses)
    return observed if moved is task else observed.changed(task=moved)


def _moved(task: Task, addresses: Mapping[str, str]) -> Task:
    """Return who a task is now. Its names stay: they are on the engine."""
    definition = moved_definition(task.definition, addresses)
    if task.group not in addresses and definition is task.definition and not task.secret_digests:
        return task
    is_registered = definition is not task.definition and task.fingerprint == fingerprint(task.definition)
    return task.changed(
        group=addresses.get(task.group, task.group),
        definition=definition,
        fingerprint=fingerprint(definition) if is_registered else task.fingerprint,
        secret_digests={addresses.get(each, each): digest for each, digest in task.secret_digests.items()},
    )


def moved_definition(definition: TaskDefinition, addresses: Mapping[str, str]) -> TaskDefinition:
    """Return a definition whose references to networks, volumes and secrets follow the moves."""
    networks = tuple(sorted(addresses.get(each, each) for each in definition.networks))
    volumes = tuple(_moved_volume(each, addresses) for each in definition.volumes)
    containers = tuple(_moved_container(each, addresses) for each in definition.containers)
    if (networks, volumes, containers) == (definition.networks, definition.volumes, definition.containers):
        return definition
    return definition.changed(networks=networks, volumes=volumes, containers=containers)


def _moved_volume(volume: TaskVolume, addresses: Mapping[str, str]) -> TaskVolume:
    if isinstance(volume, SharedVolume) and volume.source in addresses:
        return volume.changed(source=addresses[volume.source])
    return volume


def _moved_container(container: ContainerDefinition, addresses: Mapping[str, str]) -> ContainerDefinition:
    if not addresses.keys() & container.secrets.values():
        return container
    return container.changed(secrets={name: addresses.get(each, each) for name, each in container.secrets.items()})


def moved_balancer(balancer: LoadBalancer, addresses: Mapping[str, str]) -> LoadBalancer:
    """Return a load balancer whose address, listeners and target groups follow the moves."""
    return balancer.changed(
        address=addresses.get(balancer.address, balancer.address),
        listeners=tuple(_moved_listener(each, addresses) for each in balancer.listeners),
    )


def _moved_listener(listener: Listener, addresses: Mapping[str, str]) -> Listener:
    balancer, word, name = listener.address.rpartition(".listener.")
    return listener.changed(
        address=f"{addresses.get(balancer, balancer)}{word}{name}",
        action=_moved_action(listener.action, addresses),
        rules=tuple(each.changed(action=_moved_action(each.action, addresses)) for each in listener.rules),
    )


def _moved_action(action: Action, addresses: Mapping[str, str]) -> Action:
    forwards = tuple(
        each.changed(target_group=addresses.get(each.target_group, each.target_group)) for each in action.forwards
    )
    return action.changed(forwards=forwards)


def _moved_observed(balancer: ObservedBalancer, addresses: Mapping[str, str]) -> ObservedBalancer:
    """Return a balancer whose label, volume and process are older than the moves: who has traffic keeps it."""
    configuration, running = balancer.configuration, balancer.running
    return balancer.changed(
        address=addresses.get(balancer.address, balancer.address),
        configuration=_moved_configuration(configuration, addresses) if configuration else None,
        running=_moved_running(running, addresses) if running else None,
    )


def _moved_configuration(configuration: BalancerConfiguration, addresses: Mapping[str, str]) -> BalancerConfiguration:
    """Only groups and routes are rewritten, for those are asked about. All of it is written anew for the rest."""
    return configuration.changed(
        target_groups=tuple(
            each.changed(address=addresses.get(each.address, each.address)) for each in configuration.target_groups
        ),
        routes=_regrouped(configuration.routes, addresses),
    )


def _moved_running(running: RunningBalancer, addresses: Mapping[str, str]) -> RunningBalancer:
    return running.changed(
        shares={addresses.get(group, group): shares for group, shares in running.shares.items()},
        targets=_regrouped(running.targets, addresses),
        counters=_regrouped(running.counters, addresses),
    )


def _regrouped(grouped: tuple[Grouped, ...], addresses: Mapping[str, str]) -> tuple[Grouped, ...]:
    return tuple(each.changed(target_group=addresses.get(each.target_group, each.target_group)) for each in grouped)
