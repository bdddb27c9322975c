"""Objects that have another address now, and such as are forgotten: the State is rewritten, the engine untouched.

An object keeps the name that it got when it was made (its DNS name, its family, its name on the engine), for that
cannot change while it runs. Rules for addresses are Terraform's, also the two moves it makes unasked: a block that
gains or loses `count` goes on as its first instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.model.address import around, block_type, default_name, has_key, without_keys
from reconciler.model.lifecycle import Forgotten, Lifecycle, Move, Moved
from reconciler.model.noun import fingerprint
from reconciler.model.service import TargetRegistration
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.model.task import is_one_off_group
from reconciler.planner.moved_asides import (
    declared_asides,
    declared_without,
    recorded_asides,
    recorded_without,
)
from reconciler.scheduler.moved import as_recorded, moved_balancer, moved_definition

FIRST = "[0]"
"""What the address of a block gains when it gains `count`."""


class Readdressed(NamedTuple):
    """A State and a Snapshot in the addresses of today, what moved, and the addresses that were forgotten.

    `blocked` are moves to where something else is: what was to go there stays, as in Terraform.
    """

    state: State
    snapshot: Snapshot
    moves: tuple[Move, ...] = ()
    forgotten: tuple[str, ...] = ()
    blocked: tuple[Move, ...] = ()


def readdress(stack: Stack, state: State, snapshot: Snapshot) -> Readdressed:
    """Follow the moves and removals that `stack` declares. With none to follow, everything is as it was."""
    recorded = _recorded(state) | _shown(stack, state, snapshot)
    mapping, blocked = _mapping(stack, recorded, _recorded(state) if state.target is not None else None)
    forgotten = _forgotten(stack, (mapping.get(each, each) for each in recorded))
    moved = _rewritten(state, mapping) if mapping else state
    if state.target is None:
        moved = _with_names(stack, moved, _names_shown(stack, snapshot, mapping))
    if not mapping and not forgotten:
        return Readdressed(moved, snapshot, blocked=blocked)
    left = _forget(moved, forgotten, as_recorded(snapshot, moved)) if forgotten else moved
    moves = tuple(Move(before=before, after=after) for before, after in sorted(mapping.items()))
    return Readdressed(left, as_recorded(snapshot, left), moves, tuple(sorted(forgotten)), blocked)


def _recorded(state: State) -> frozenset[str]:
    """Return the addresses of everything that is recorded and may still be there."""
    services = {each.group for each in state.tasks if not each.is_one_off and not each.is_stopped}
    services |= {each.service for each in state.deployments if each.is_primary and not is_one_off_group(each.service)}
    services |= {each.address for each in state.draining}
    return frozenset(services) | (state.target.addresses if state.target else frozenset())


def _shown(stack: Stack, state: State, snapshot: Snapshot) -> frozenset[str]:
    """Return the addresses that only labels tell of: the State was lost, and moves are followed all the same."""
    if state.target is not None or not snapshot.tasks:
        return frozenset()
    groups = {each.task.group for each in snapshot.tasks if not each.task.is_one_off}
    backwards = {each.after: each.before for each in stack.moves}
    others = (each for each in stack.addresses if block_type(each) != "service")
    origins = {origin for address in others for origin in _steps(address, backwards)}
    return frozenset(groups | (origins - stack.addresses))


def _mapping(
    stack: Stack, recorded: frozenset[str], occupied: frozenset[str] | None
) -> tuple[dict[str, str], tuple[Move, ...]]:
    """Return old address -> new address, and the moves that something in `occupied` is in the way of.

    Labels alone (None) may show one object under several addresses: each task has that of the time it was made.
    """
    declared = stack.addresses
    forwards = {each.before: each.after for each in stack.moves}
    free = _by_block(declared - recorded)
    taken = set(occupied or ())
    mapping: dict[str, str] = {}
    blocked = []
    for address in sorted(recorded):
        after = address
        for following in _steps(address, forwards):
            if following in taken:
                blocked.append(Move(before=address, after=following))
                break
            after = following
        if after == address and address not in declared:
            after = _implied(address, free)
        if after != address and after not in taken:
            mapping[address] = after
            taken |= {after} if occupied is not None else set()
    return mapping, tuple(blocked)


def _steps(address: str, moves: Mapping[str, str]) -> Iterator[str]:
    """Follow moves one after another: `a` to `b`, and `b` to `c`. That of a part comes before that of the whole."""
    used: set[str] = set()
    while (move := _move_of(address, moves, used)) is not None:
        used.add(move.before)
        address = move.after + address.removeprefix(move.before)
        yield address


def _move_of(address: str, moves: Mapping[str, str], used: set[str]) -> Move | None:
    for place in around(address):
        if place in moves and place not in used and _covers(place, moves[place], address):
            return Move(before=place, after=moves[place])
    return None


def _covers(before: str, after: str, address: str) -> bool:
    """Whether a move is about what is inside of `before`. One of a single copy is not about other copies."""
    is_copy = address.removeprefix(before).startswith("[")
    return not (is_copy and (has_key(before) or has_key(after)))


def _by_block(addresses: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address in addresses:
        found.setdefault(address.replace(FIRST, ""), []).append(address)
    return found


def _implied(address: str, free: Mapping[str, list[str]]) -> str:
    """Return where an address goes because `count` was added to, or taken from, a block or module around it."""
    found = free.get(address.replace(FIRST, ""), [])
    return found[0] if len(found) == 1 else address


def _forgotten(stack: Stack, addresses: Iterable[str]) -> frozenset[str]:
    left = {each.address for each in stack.removals if not each.destroy}
    if not left:
        return frozenset()
    return frozenset(each for each in addresses if any(place in left for place in around(without_keys(each))))


def _rewritten(state: State, mapping: Mapping[str, str]) -> State:
    def now(address: str) -> str:
        return mapping.get(address, address)

    target = state.target
    return state.changed(
        target=_rewritten_stack(target, mapping) if target is not None else None,
        draining=tuple(each.changed(address=now(each.address)) for each in state.draining),
        revisions=tuple(_rewritten_revision(each, mapping) for each in state.revisions),
        deployments=tuple(
            each.changed(service=now(each.service), registrations=_registered(each.registrations, mapping))
            for each in state.deployments
        ),
        scaled=tuple(each.changed(service=now(each.service)) for each in state.scaled),
        maintenance=tuple(each.changed(target_group=now(each.target_group)) for each in state.maintenance),
        tasks=tuple(
            each.changed(
                group=now(each.group),
                definition=moved_definition(each.definition, mapping) if each.definition else None,
            )
            for each in state.tasks
        ),
        events=tuple(each.changed(address=now(each.address)) for each in state.events),
        **recorded_asides(state, mapping),
        moved=_moved(state, mapping),
    )


def _rewritten_stack(target: Stack, mapping: Mapping[str, str]) -> Stack:
    def now(address: str) -> str:
        return mapping.get(address, address)

    lifecycles: Mapping[str, Lifecycle] = target.lifecycles
    return target.changed(
        networks=tuple(each.changed(address=now(each.address)) for each in target.networks),
        volumes=tuple(each.changed(address=now(each.address)) for each in target.volumes),
        secrets=tuple(each.changed(address=now(each.address)) for each in target.secrets),
        definitions={now(each): moved_definition(found, mapping) for each, found in target.definitions.items()},
        services=tuple(
            each.changed(
                address=now(each.address),
                task_definition=now(each.task_definition),
                depends_on=tuple(sorted(map(now, each.depends_on))),
                load_balancers=_registered(each.load_balancers, mapping),
            )
            for each in target.services
        ),
        load_balancers=tuple(moved_balancer(each, mapping) for each in target.load_balancers),
        target_groups=tuple(each.changed(address=now(each.address)) for each in target.target_groups),
        **declared_asides(target, mapping),
        lifecycles={now(each): found for each, found in lifecycles.items()},
    )


def _registered(
    registrations: tuple[TargetRegistration, ...], mapping: Mapping[str, str]
) -> tuple[TargetRegistration, ...]:
    return tuple(
        each.changed(
            target_group=mapping.get(each.target_group, each.target_group),
            test_listener=_listener(each.test_listener, mapping),
        )
        for each in registrations
    )


def _listener(address: str | None, mapping: Mapping[str, str]) -> str | None:
    """Return a listener's address: that of its load balancer may have changed."""
    if address is None:
        return None
    balancer, word, name = address.rpartition(".listener.")
    return f"{mapping.get(balancer, balancer)}{word}{name}"


def _rewritten_revision(revision: Revision, mapping: Mapping[str, str]) -> Revision:
    definition = moved_definition(revision.definition, mapping)
    if definition is revision.definition:
        return revision
    return revision.changed(definition=definition, fingerprint=fingerprint(definition))


def _moved(state: State, mapping: Mapping[str, str]) -> tuple[Moved, ...]:
    """Return what labels mean now."""
    names = state.names
    older = (each.changed(address=mapping.get(each.address, each.address)) for each in state.moved)
    newer = (
        Moved(before=before, address=after, name=names.get(before) or default_name(before))
        for before, after in sorted(mapping.items())
    )
    return tuple({each.before: each for each in (*older, *newer)}.values())


def _names_shown(stack: Stack, snapshot: Snapshot, mapping: Mapping[str, str]) -> Mapping[str, str]:
    """Return address -> name as labels tell it."""
    services = {each.address: each for each in stack.services}
    found: dict[str, str] = {}
    for task in (each.task for each in snapshot.tasks):
        service = services.get(mapping.get(task.group, task.group))
        if service is not None and task.service_name is not None:
            found |= {service.address: task.service_name, service.task_definition: task.family}
    return found


def _with_names(stack: Stack, state: State, names: Mapping[str, str]) -> State:
    """Return the State with names that only labels tell of: it was lost, and something had moved before that."""
    own = {each.address: each.name for each in stack.services}
    own |= {address: each.family for address, each in stack.definitions.items()}
    moved = {each.address for each in state.moved}
    others = sorted(address for address, name in names.items() if address not in moved and name != own[address])
    return state.changed(
        moved=(
            *(each.changed(name=names.get(each.address, each.name)) for each in state.moved),
            *(Moved(before=address, address=address, name=names[address]) for address in others),
        )
    )


def _forget(state: State, addresses: frozenset[str], snapshot: Snapshot) -> State:
    """Drop everything that is recorded of these addresses, and remember what of it the engine shows."""
    target = state.target
    tasks = [each.task for each in snapshot.tasks if each.task.group in addresses]
    found = [Forgotten(id=each.id, address=each.group) for each in tasks]
    if target is not None:
        found += [
            Forgotten(id=each.name, address=each.address) for each in target.networks if each.address in addresses
        ]
        found += [
            Forgotten(id=each.name, address=each.address) for each in target.volumes if each.address in addresses
        ]
    return state.changed(
        target=_without(target, addresses) if target is not None else None,
        draining=tuple(each for each in state.draining if each.address not in addresses),
        deployments=tuple(each for each in state.deployments if each.service not in addresses),
        tasks=tuple(each for each in state.tasks if each.group not in addresses),
        **recorded_without(state, addresses),
        forgotten=(*state.forgotten, *found),
    )


def _without(target: Stack, addresses: frozenset[str]) -> Stack:
    return target.changed(
        networks=tuple(each for each in target.networks if each.address not in addresses),
        volumes=tuple(each for each in target.volumes if each.address not in addresses),
        secrets=tuple(each for each in target.secrets if each.address not in addresses),
        definitions={address: found for address, found in target.definitions.items() if address not in addresses},
        services=tuple(each for each in target.services if each.address not in addresses),
        **declared_without(target, addresses),
        lifecycles={address: found for address, found in target.lifecycles.items() if address not in addresses},
    )
