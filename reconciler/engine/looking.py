"""What a look must show for decisions about a stack."""

from __future__ import annotations

from reconciler.drivers.driver import LookRequest
from reconciler.errors import StoreError
from reconciler.model.deployment import RolloutState
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler.resources import networks_of


def look_request(stack: Stack, state: State, *, detailed: bool, only_reads: bool = False) -> LookRequest:
    """Return what a look must show for decisions about a stack. A plan `only_reads`: it runs no command anywhere."""
    definitions = [*stack.definitions.values(), *(each.definition for each in state.tasks if each.definition)]
    images = {container.image for definition in definitions for container in definition.containers}
    images |= {each.image for each in stack.load_balancers}
    return LookRequest(
        stack=stack.name,
        owner=state.owner,
        images=tuple(sorted(images)),
        networks=tuple(each.name for each in networks_of(stack)),
        volumes=tuple(each.name for each in stack.volumes),
        detailed=detailed,
        moved_networks=_moved_networks(state),
        only_reads=only_reads,
        latency_periods=_latency_periods(stack, state),
    )


def _latency_periods(stack: Stack, state: State) -> dict[str, float]:
    """Return for how many seconds back the latencies of each load balancer count: only alarms want to know."""
    periods = [
        alarm.period
        for service in stack.services
        if (primary := state.primary(service.address)) and primary.rollout_state is RolloutState.IN_PROGRESS
        for alarm in service.deployment_configuration.alarms
        if alarm.metric == "latency_p95"
    ]
    return {each.name: max(periods) for each in stack.load_balancers if each.access_log} if periods else {}


def _moved_networks(state: State) -> dict[str, str]:
    """Return the names of networks by their addresses of today, and by those that labels of older tasks say."""
    if not state.moved or state.target is None:
        return {}
    names = {each.address: each.name for each in state.target.networks}
    older = {each.before: names[each.address] for each in state.moved if each.address in names}
    return {**older, **names}


def refuse_others(snapshot: Snapshot, state: State) -> None:
    """Raise StoreError when what runs of the stack belongs to other states only: ours was put in the place of one.

    All that is recorded there would be started beside what runs.
    """
    owners = sorted(each.id[:8] for each in snapshot.owners)
    if owners and all(each.id != state.owner for each in snapshot.owners):
        raise StoreError(
            f'what runs of stack "{state.stack_name}" belongs to another state (owner {", ".join(owners)}) than the '
            f"one that is recorded (owner {state.owner[:8]}): put the right one back, or give its folder with --state"
        )
