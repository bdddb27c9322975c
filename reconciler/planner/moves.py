"""Objects that have another address now, and such as are forgotten: the State is rewritten, the engine untouched.

An object keeps the name that it got when it was made (its DNS name, its family, its name on the engine), for that
cannot change while it runs. Rules for addresses are Terraform's, also the two moves it makes unasked: a block that
gains or loses `count` goes on as its first instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler.model.address import default_name, is_within
from reconciler.model.lifecycle import Forgotten, Lifecycle, Move, Moved, Removal
from reconciler.model.noun import fingerprint
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.scheduler.moved import as_recorded, moved_definition


class Readdressed(NamedTuple):
    """A State and a Snapshot in the addresses of today, what moved, and the addresses that were forgotten."""

    state: State
    snapshot: Snapshot
    moves: tuple[Move, ...] = ()
    forgotten: tuple[str, ...] = ()


def readdress(stack: Stack, state: State, snapshot: Snapshot) -> Readdressed:
    """Follow the moves and removals that `stack` declares. With none to follow, everything is as it was."""
    recorded = _recorded(state) | _shown(stack, state, snapshot)
    mapping = _mapping(stack, recorded, _taken(state))
    forgotten = _forgotten(stack, recorded - mapping.keys())
    if not mapping and not forgotten:
        return Readdressed(state, snapshot)
    moved = _rewritten(state, mapping) if mapping else state
    left = _forget(moved, forgotten, snapshot) if forgotten else moved
    moves = tuple(Move(before=before, after=after) for before, after in sorted(mapping.items()))
    return Readdressed(left, as_recorded(snapshot, left), moves, tuple(sorted(forgotten)))


def _recorded(state: State) -> frozenset[str]:
    """Return the addresses of everything that is recorded and may still be there."""
    services = {each.group for each in state.tasks if not each.is_one_off and not each.is_stopped}
    services |= {
        each.service for each in state.deployments if each.is_primary and not each.service.startswith("family:")
    }
    services |= {each.address for each in state.draining}
    return frozenset(services) | (state.target.addresses if state.target else frozenset())


def _shown(stack: Stack, state: State, snapshot: Snapshot) -> frozenset[str]:
    """Return the addresses that only labels tell of: the State was lost, and moves are followed all the same."""
    if state.target is not None or not snapshot.tasks:
        return frozenset()
    groups = {each.task.group for each in snapshot.tasks if not each.task.is_one_off}
    origins = {_came_from(address, stack.moves) for address in stack.addresses}
    return frozenset(groups | (origins - stack.addresses))


def _came_from(address: str, moves: tuple[Move, ...]) -> str:
    for move in reversed(moves):
        if is_within(address, move.after):
            address = move.before + address.removeprefix(move.after)
    return address


def _taken(state: State) -> frozenset[str]:
    """Return the addresses that nobody moves to. Labels alone may show both ends of a move that was under way."""
    return _recorded(state) if state.target is not None else frozenset()


def _mapping(stack: Stack, recorded: frozenset[str], occupied: frozenset[str]) -> dict[str, str]:
    """Return old address -> new address."""
    declared = stack.addresses
    taken = set(occupied)
    mapping: dict[str, str] = {}
    for address in sorted(recorded):
        after = _followed(address, stack.moves)
        if after == address and address not in declared:
            after = _implied(address, declared - recorded)
        if after != address and after not in taken:
            mapping[address] = after
            taken.add(after)
    return mapping


def _followed(address: str, moves: Iterable[Move]) -> str:
    """Follow moves one after another: `a` to `b`, and `b` to `c`. Circles were refused when the files were read."""
    left = list(moves)
    while True:
        move = next((each for each in left if _covers(each, address)), None)
        if move is None:
            return address
        left.remove(move)
        address = move.after + address.removeprefix(move.before)


def _covers(move: Move, address: str) -> bool:
    """Whether a move is about an address. One to a single instance is about the block without a key only."""
    rest = address.removeprefix(move.before)
    if not is_within(address, move.before):
        return False
    return not (rest.startswith("[") and (move.after.endswith("]") or move.before.endswith("]")))


def _implied(address: str, free: frozenset[str]) -> str:
    """Return where an address goes because `count` was added to, or taken from, a block or module around it."""
    plain = address.replace("[0]", "")
    found = [each for each in free if each.replace("[0]", "") == plain]
    return found[0] if len(found) == 1 else address


def _forgotten(stack: Stack, recorded: Iterable[str]) -> frozenset[str]:
    removals: tuple[Removal, ...] = tuple(each for each in stack.removals if not each.destroy)
    return frozenset(address for address in recorded if any(is_within(address, each.address) for each in removals))


def _rewritten(state: State, mapping: Mapping[str, str]) -> State:
    def now(address: str) -> str:
        return mapping.get(address, address)

    target = state.target
    return state.changed(
        target=_rewritten_stack(target, mapping) if target is not None else None,
        draining=tuple(each.changed(address=now(each.address)) for each in state.draining),
        revisions=tuple(_rewritten_revision(each, mapping) for each in state.revisions),
        deployments=tuple(each.changed(service=now(each.service)) for each in state.deployments),
        tasks=tuple(
            each.changed(
                group=now(each.group),
                definition=moved_definition(each.definition, mapping) if each.definition else None,
            )
            for each in state.tasks
        ),
        events=tuple(each.changed(address=now(each.address)) for each in state.events),
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
            )
            for each in target.services
        ),
        lifecycles={now(each): found for each, found in lifecycles.items()},
    )


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
        forgotten=(*state.forgotten, *found),
    )


def _without(target: Stack, addresses: frozenset[str]) -> Stack:
    return target.changed(
        networks=tuple(each for each in target.networks if each.address not in addresses),
        volumes=tuple(each for each in target.volumes if each.address not in addresses),
        secrets=tuple(each for each in target.secrets if each.address not in addresses),
        definitions={address: found for address, found in target.definitions.items() if address not in addresses},
        services=tuple(each for each in target.services if each.address not in addresses),
        lifecycles={address: found for address, found in target.lifecycles.items() if address not in addresses},
    )
