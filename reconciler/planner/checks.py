"""What a plan refuses: declared things that this engine cannot do, or that would lose data or touch what is not ours.

Pure: the Snapshot says what the engine has. Codes are E06xx.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.lifecycle import guarded
from reconciler.planner.places import place
from reconciler.scheduler.placement import Capacity
from reconciler.scheduler.resources import networks_of


def check(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """Return every reason why this stack cannot be applied to this engine."""
    return (
        *_foreign_networks(stack, snapshot),
        *_changed_networks(stack, snapshot),
        *_volumes(stack, snapshot),
        *_lost_volumes(stack, state, snapshot),
        *_containers(stack, snapshot),
        *_too_large(stack, snapshot),
        *guarded(stack, state),
    )


def _foreign_networks(stack: Stack, snapshot: Snapshot) -> Iterable[Diagnostic]:
    for network in networks_of(stack):
        present = snapshot.network(network.name)
        if present is not None and not present.is_ours:
            detail = "Rename the stack or the network, or remove the other network."
            summary = f"network {network.name} exists on the engine and is not ours"
            yield error("E0601", summary, detail, place(stack, network.address))


def _changed_networks(stack: Stack, snapshot: Snapshot) -> Iterable[Diagnostic]:
    for network in stack.networks:
        present = snapshot.network(network.name)
        if present is not None and present.is_ours and present.internal != network.internal:
            summary = f"a network cannot be changed in place: internal is {present.internal} on {network.name}"
            detail = "Give the network another label: tasks move to the new one, then the old one is removed."
            yield error("E0602", summary, detail, place(stack, f"{network.address}.internal"))


def _volumes(stack: Stack, snapshot: Snapshot) -> Iterable[Diagnostic]:
    for volume in stack.volumes:
        present = snapshot.volume(volume.name)
        where = place(stack, volume.address)
        if volume.external and present is None:
            detail = f"Create it first: docker volume create {volume.name}"
            yield error("E0603", f"external volume {volume.name} does not exist on the engine", detail, where)
        elif present is not None and not volume.external and not present.is_ours:
            detail = "Say external = true to use it as it is, or rename the volume."
            yield error("E0604", f"volume {volume.name} exists on the engine and is not ours", detail, where)
        elif present is not None and not volume.external and _differs(present.driver_opts, volume.driver_opts):
            detail = "Give the volume another label and move the data, or put the options back."
            yield error(
                "E0605", f"volume {volume.name} cannot be changed in place: driver_opts differ", detail, where
            )


def _differs(present: object, declared: object) -> bool:
    return (present or {}) != (declared or {})


def _lost_volumes(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Diagnostic]:
    """A volume that left the file, or was renamed, would be data lost in silence."""
    if stack.is_empty:
        return
    wanted = {each.name for each in stack.volumes}
    for present in snapshot.volumes:
        if present.is_ours and present.name not in wanted and present.name not in state.doomed_volumes:
            summary = f"volume {present.name} is no longer in the stack, and its data would be lost"
            detail = "Put the block back, or say --allow-volume-destroy to remove it with what is in it."
            yield error("E0606", summary, detail, None)


def _containers(stack: Stack, snapshot: Snapshot) -> Iterable[Diagnostic]:
    for address, definition in sorted(stack.definitions.items()):
        for container in definition.containers:
            yield from _container(stack, f"{address}.container.{container.name}", container, snapshot)


def _container(stack: Stack, path: str, container: ContainerDefinition, snapshot: Snapshot) -> Iterable[Diagnostic]:
    engine = snapshot.engine
    driver = container.log_configuration.log_driver
    if driver not in engine.log_drivers:
        detail = f"It has: {', '.join(engine.log_drivers)}."
        where = place(stack, f"{path}.log_configuration.log_driver")
        yield error("E0607", f'the engine has no log driver "{driver}"', detail, where)
    if container.linux_parameters.init_process_enabled and not engine.has_init:
        detail = "Install docker-init (Debian: tini) on the engine's host, or turn init_process_enabled off."
        where = place(stack, f"{path}.linux_parameters.init_process_enabled")
        yield error("E0608", "the engine has no init process to put into containers", detail, where)


def _too_large(stack: Stack, snapshot: Snapshot) -> Iterable[Diagnostic]:
    """A task that would not even fit on an empty engine never starts."""
    empty = Capacity.of(snapshot.engine, ())
    for address, definition in sorted(stack.definitions.items()):
        refusal = empty.why_not(definition)
        if refusal:
            detail = "Lower the task's memory, or use a larger engine."
            yield error(
                "E0609", f"a task of {definition.family} does not fit: {refusal}", detail, place(stack, address)
            )
