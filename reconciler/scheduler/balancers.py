"""Which load balancers are to be started, configured or removed now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.load_balancer import LoadBalancer
from reconciler.model.noun import fingerprint
from reconciler.model.routing import (
    BalancerConfiguration,
    BalancerSettings,
    ObservedBalancer,
    ObservedTarget,
    Target,
    TargetState,
)
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Silence, State
from reconciler.model.step import ConfigureBalancer, PullImage, RemoveBalancer, StartBalancer, Step
from reconciler.scheduler.resources import has_network

_Listing = tuple[str, str, str, str, int, TargetState]

SILENT_SECONDS = 60.0
"""A load balancer that runs and does not answer for so long is taken for one that never will."""


def balancer_steps(
    stack: Stack,
    state: State,
    snapshot: Snapshot,
    wanted: Mapping[str, BalancerConfiguration],
    parting: Mapping[str, BalancerConfiguration],
) -> tuple[Step, ...]:
    """Return a step for each balancer that is not as wanted. `parting` are those that left and still drain."""
    steps: list[Step] = []
    for balancer in stack.load_balancers:
        steps += _steps(balancer, stack, state, snapshot, wanted[balancer.name])
    declared = {each.name for each in stack.load_balancers}
    for observed in snapshot.balancers:
        if observed.name in declared:
            continue
        if observed.name in parting:
            steps += _configure(observed, parting[observed.name], state, stack.folder, "its targets drain")
        else:
            steps.append(_remove(observed, state))
    return tuple(steps)


def settings_of(balancer: LoadBalancer, stack: Stack) -> BalancerSettings:
    """Return what a balancer's container is made with. It is on the stack's own network, as all tasks are."""
    return BalancerSettings.of(balancer, balancer.image, (stack.default_network.name,))


def why_replaced(balancer: LoadBalancer, stack: Stack, observed: ObservedBalancer) -> bool:
    """Say whether a balancer's container must be made anew: its image, ports or addresses changed."""
    return bool(observed.container_id) and observed.settings != fingerprint(settings_of(balancer, stack))


def note_silence(state: State, snapshot: Snapshot, now: float) -> State:
    """Record which load balancers run and do not answer, and forget those that do again."""
    before = {each.balancer: each for each in state.silent}
    quiet = [each.name for each in snapshot.balancers if each.is_live and each.running is None]
    silent = tuple(before.get(name) or Silence(balancer=name, since=now) for name in quiet)
    return state if silent == state.silent else state.changed(silent=silent)


def lost_balancers(stack: Stack, state: State, now: float) -> tuple[str, ...]:
    """Return the addresses of load balancers that have not answered for so long that they never may."""
    since = {each.balancer: each.since for each in state.silent}
    return tuple(each.address for each in stack.load_balancers if now >= since.get(each.name, now) + SILENT_SECONDS)


def is_as_wanted(observed: ObservedBalancer, wanted: BalancerConfiguration) -> bool:
    """Say whether the volume and the process of a balancer are as wanted."""
    running = observed.running
    if observed.configuration != wanted:
        return False
    if running is None:
        return True  # nothing more can be done than to write it down: the process reads it when it comes back
    if running.structure != wanted.structure:
        return False
    shares = {each.target_group: (each.green, each.test_green) for each in wanted.routes}
    return dict(running.shares) == shares and _listed(observed) == _wanted(wanted)


def _wanted(wanted: BalancerConfiguration) -> set[_Listing]:
    return {_listing(route.target_group, each) for route in wanted.routes for each in route.targets}


def _listed(observed: ObservedBalancer) -> set[_Listing]:
    return {_listing(each.target_group, each) for each in (observed.running.targets if observed.running else ())}


def _listing(target_group: str, target: Target | ObservedTarget) -> _Listing:
    return target_group, target.task_id, target.color.value, target.address, target.port, target.state


def _steps(
    balancer: LoadBalancer, stack: Stack, state: State, snapshot: Snapshot, wanted: BalancerConfiguration
) -> Iterable[Step]:
    observed = snapshot.balancer(balancer.name)
    settings = settings_of(balancer, stack)
    is_made = observed is not None and observed.settings == fingerprint(settings) and not observed.stale
    if observed is not None and is_made and observed.is_live:
        return _configure(observed, wanted, state, stack.folder, "its targets or rules are others now")
    if snapshot.image(balancer.image) is None:
        reason = f"image {balancer.image} is to be pulled"
        return (PullImage(address=balancer.address, reason=reason, reference=balancer.image),)
    if not has_network(stack.default_network, snapshot):
        return ()
    return (
        StartBalancer(
            address=balancer.address,
            reason=_why_started(observed, fingerprint(settings)),
            stack=stack.name,
            owner=state.owner,
            settings=settings,
            configuration=wanted,
            folder=stack.folder,
        ),
    )


def _why_started(observed: ObservedBalancer | None, settings: str) -> str:
    if observed is None or not observed.container_id:
        return "it does not exist"
    if observed.settings != settings:
        return "its image, ports or addresses changed"
    return "a container that it replaced is still there" if observed.is_live else "it does not run"


def _configure(
    observed: ObservedBalancer, wanted: BalancerConfiguration, state: State, folder: str, reason: str
) -> tuple[Step, ...]:
    if is_as_wanted(observed, wanted):
        return ()
    return (
        ConfigureBalancer(
            address=observed.address,
            reason=reason,
            owner=state.owner,
            container_id=observed.container_id,
            configuration=wanted,
            folder=folder,
        ),
    )


def _remove(observed: ObservedBalancer, state: State) -> RemoveBalancer:
    return RemoveBalancer(
        address=observed.address,
        reason="it is no longer in the stack",
        stack=state.stack_name,
        owner=state.owner,
        name=observed.name,
    )
