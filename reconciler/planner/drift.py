"""What the engine shows otherwise than recorded: ended tasks, settings edited by hand, networks that are gone."""

from __future__ import annotations

from reconciler.model.decision import Decision
from reconciler.model.plan import DriftEntry
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler.resources import networks_of


def find_drift(
    stack: Stack, state: State, adopted: State, decision: Decision, snapshot: Snapshot
) -> tuple[DriftEntry, ...]:
    """Return what differs, in no order of importance. A stopped task that was only just adopted is history.

    `state` is what was recorded, `adopted` the same with what the engine showed besides.
    """
    known = {each.id for each in state.tasks}
    before = {each.id: each for each in adopted.tasks}
    entries = [
        DriftEntry(address=each.group, task=each.short_id, reason=each.stopped_reason)
        for each in decision.state.tasks
        if each.failed and each.id in before and not before[each.id].failed
        if each.id in known or not each.is_stopped
    ]
    entries += [
        DriftEntry(
            address=observed.task.group,
            task=observed.task.short_id,
            attribute=f"{container.name}.{drift.attribute}",
            declared=drift.declared,
            observed=drift.observed,
        )
        for observed in snapshot.tasks
        for container in observed.containers
        for drift in container.drift
    ]
    if state.target is not None and state.serial and not stack.is_empty:
        missing = [each for each in networks_of(state.target) if snapshot.network(each.name) is None]
        entries += [DriftEntry(address=each.address, reason=f"network {each.name} is gone") for each in missing]
    entries += [
        DriftEntry(address=network_address(each.name, stack), attribute="containers", observed=name, reason=reason)
        for each in snapshot.networks
        if each.is_ours
        for name in each.foreign
        for reason in (f"container {name} is not ours but is on network {each.name}",)
    ]
    return tuple(entries)


def network_address(name: str, stack: Stack) -> str:
    """Return the address of a network that may have left the stack: `network.back` of `shop_back`."""
    declared = {each.name: each.address for each in networks_of(stack)}
    return declared.get(name) or ("network" if name == stack.name else f"network.{name.removeprefix(stack.name)[1:]}")
