"""What tasks stand on: the owner volume, networks and shared volumes.

Made before they are used, removed when nothing of ours uses them and the target does not name them. A shared volume
is only ever removed when somebody asked for it in so many words.
"""

from __future__ import annotations

from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Network, Stack, Volume
from reconciler.model.state import State
from reconciler.model.step import (
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    RemoveNetwork,
    RemoveOwner,
    RemoveVolume,
    Step,
)


def networks_of(stack: Stack) -> tuple[Network, ...]:
    """Return the networks a stack wants: its default one and those it declares."""
    return () if stack.is_empty else (stack.default_network, *stack.networks)


def has_owner(state: State, snapshot: Snapshot) -> bool:
    """Whether the engine shows our owner volume. Nothing else is made before that."""
    return any(owner.id == state.owner for owner in snapshot.owners)


def has_network(network: Network, snapshot: Snapshot) -> bool:
    """Whether a network is there. A foreign one of its name is not it: making ours fails, and says so."""
    found = snapshot.network(network.name)
    return found is not None and found.is_ours


def has_volume(volume: Volume, snapshot: Snapshot) -> bool:
    """Whether a shared volume is there; only an external one may be foreign."""
    found = snapshot.volume(volume.name)
    return volume.external or (found is not None and found.is_ours)


def create_steps(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the steps that make what the target needs and the engine does not show."""
    if stack.is_empty:
        return ()
    if not has_owner(state, snapshot):
        first = "the first apply of this stack"
        owner = CreateOwner(
            address="stack", reason=first, stack=stack.name, owner=state.owner, digest_key=state.digest_key
        )
        return (owner,)
    networks = [_create_network(each, state) for each in networks_of(stack) if not has_network(each, snapshot)]
    volumes = [_create_volume(each, state) for each in stack.volumes if not has_volume(each, snapshot)]
    return (*networks, *volumes)


def remove_steps(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the steps that remove what the target does not want and no task uses."""
    used = {
        name
        for each in snapshot.tasks
        for container in each.containers
        if not container.has_exited
        for name in container.networks
    }
    starting = any(not record.is_stopped and record.desired_status.value == "RUNNING" for record in state.tasks)
    wanted = {each.name for each in networks_of(stack)}
    networks = tuple(
        RemoveNetwork(address="network", reason="no longer in the stack", owner=state.owner, name=each.name)
        for each in snapshot.networks
        if each.is_ours and each.name not in wanted and each.name not in used | snapshot.kept_networks
        if not (stack.is_empty and (starting or snapshot.balancers))
    )
    volumes = _remove_volumes(stack, state, snapshot)
    left = (
        snapshot.tasks or volumes or networks or snapshot.balancers or any(each.is_ours for each in snapshot.networks)
    )
    if stack.is_empty and not left and not starting and not _kept_volumes(snapshot):
        return tuple(
            RemoveOwner(
                address="stack", reason="nothing of the stack is left", owner=state.owner, volume=owner.volume
            )
            for owner in snapshot.owners
            if owner.id == state.owner
        )
    return (*networks, *volumes)


def _create_network(network: Network, state: State) -> CreateNetwork:
    return CreateNetwork(
        address=network.address,
        reason="it does not exist",
        stack=state.stack_name,
        owner=state.owner,
        network=network,
    )


def _create_volume(volume: Volume, state: State) -> CreateVolume:
    return CreateVolume(
        address=volume.address, reason="it does not exist", stack=state.stack_name, owner=state.owner, volume=volume
    )


def _remove_volumes(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Step, ...]:
    wanted = {each.name for each in stack.volumes}
    if snapshot.tasks and stack.is_empty:
        return ()
    return tuple(
        RemoveVolume(
            address=each.address or "volume",
            reason="its removal was asked for",
            owner=state.owner,
            name=each.name,
        )
        for each in snapshot.volumes
        if each.is_ours and each.name in state.doomed_volumes and each.name not in wanted
    )


def _kept_volumes(snapshot: Snapshot) -> bool:
    return any(each.is_ours for each in snapshot.volumes)
