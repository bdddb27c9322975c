"""What every load balancer is to do now: its targets, their states, and which pool gets which share.

A target is added without traffic, gets it once a check has passed, gets nothing new once its task is to stop, and is
forgotten when nothing is in progress on it or its deregistration delay is over. Its task stops only after that.

Sources: ELB deregistration delay (300 s; ours is 30) and target states; ECS's order when it replaces a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.deployment import Deployment
from reconciler.model.load_balancer import LoadBalancer, TargetGroup
from reconciler.model.routing import (
    BalancerConfiguration,
    CheckResult,
    ObservedBalancer,
    ObservedTarget,
    Route,
    Target,
    TargetState,
)
from reconciler.model.service import Service, TargetRegistration
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import HealthStatus
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.shares import Shares, pools_of, wanted_shares
from reconciler.scheduler.targets import address_of
from reconciler.scheduler.task_view import TaskView

POLL_SECONDS = 0.5
"""How often a balancer is asked while a check or a drain is waited for: neither makes an event of the engine."""


@dataclass(frozen=True, slots=True)
class RoutingGround:
    """What wanted routes are worked out from. `services` are those of the target, `tasks` all there are."""

    stack: Stack
    state: State
    snapshot: Snapshot
    services: Mapping[str, ServiceView]
    tasks: Sequence[TaskView]
    now: float


def wanted_configurations(traffic: RoutingGround) -> dict[str, BalancerConfiguration]:
    """Return the wanted configuration of each declared load balancer, by its name."""
    return {each.name: _configuration(each, traffic) for each in traffic.stack.load_balancers}


def parting_configurations(traffic: RoutingGround) -> dict[str, BalancerConfiguration]:
    """Return what load balancers that left the stack do while tasks drain that leave too, by name."""
    declared = {each.name for each in traffic.stack.load_balancers}
    leaving = {view.record.id for view in traffic.tasks if view.is_leaving}
    found = {}
    for balancer in traffic.snapshot.balancers:
        configuration = balancer.configuration
        if balancer.name in declared or configuration is None or not balancer.is_live:
            continue
        routes = tuple(_route(each, balancer, traffic) for each in configuration.target_groups)
        if any(target.task_id in leaving for route in routes for target in route.targets):
            found[balancer.name] = configuration.changed(routes=routes)
    return found


def wakes(wanted: Iterable[BalancerConfiguration], now: float) -> float | None:
    """Return when to look again though nothing may happen: soon, while a target is checked first or drains."""
    states = {target.state for each in wanted for route in each.routes for target in route.targets}
    return now + POLL_SECONDS if states - {TargetState.READY} else None


def _configuration(balancer: LoadBalancer, traffic: RoutingGround) -> BalancerConfiguration:
    groups = tuple(
        group for each in balancer.target_groups if (group := traffic.stack.target_group(each)) is not None
    )
    observed = traffic.snapshot.balancer(balancer.name)
    maintenance = tuple(each for each in traffic.state.maintenance if each.target_group in balancer.target_groups)
    return BalancerConfiguration(
        name=balancer.name,
        idle_timeout=balancer.idle_timeout,
        access_log=balancer.access_log,
        listeners=balancer.listeners,
        target_groups=groups,
        test_listeners=_test_listeners(balancer, traffic.stack.services),
        maintenance=maintenance,
        routes=tuple(_route(each, observed, traffic) for each in groups),
    )


def _test_listeners(balancer: LoadBalancer, services: Iterable[Service]) -> dict[str, tuple[str, ...]]:
    """Return the target groups whose test traffic comes in at each listener, by the listener's name."""
    names = {f"{balancer.address}.listener.{each.name}": each.name for each in balancer.listeners}
    found: dict[str, set[str]] = {}
    for service in services:
        for each in service.load_balancers:
            if each.test_listener in names:
                found.setdefault(names[each.test_listener], set()).add(each.target_group)
    return {name: tuple(sorted(groups)) for name, groups in sorted(found.items())}


def _route(group: TargetGroup, observed: ObservedBalancer | None, traffic: RoutingGround) -> Route:
    targets = tuple(
        target
        for view in traffic.tasks
        for registration in _registrations(view, group, traffic)
        if (target := _target(view, registration, group, observed, traffic)) is not None
    )
    green, test_green = _shares(group, targets, observed, traffic)
    ordered = tuple(sorted(targets, key=lambda each: (each.color, each.task_id)))
    return Route(target_group=group.address, green=green, test_green=test_green, targets=ordered)


def _registrations(view: TaskView, group: TargetGroup, traffic: RoutingGround) -> tuple[TargetRegistration, ...]:
    """Return how a task is registered in a target group: as its deployment was opened, at most once."""
    if view.record.is_one_off or view.record.is_stopped:
        return ()
    deployment = traffic.state.deployment(view.record.deployment)
    service = traffic.stack.service(view.record.group)
    if deployment is None and service is None:
        return _as_listed(view, group, traffic.snapshot)
    declared = deployment.registrations if deployment else service.load_balancers if service else ()
    return tuple(each for each in declared if each.target_group == group.address)[:1]


def _as_listed(view: TaskView, group: TargetGroup, snapshot: Snapshot) -> tuple[TargetRegistration, ...]:
    """Return how a balancer's volume lists a task that nothing else tells of: a lost State, then a destroy."""
    routes = (route for each in snapshot.balancers if each.configuration for route in each.configuration.routes)
    mine = (target for route in routes if route.target_group == group.address for target in route.targets)
    target = next((each for each in mine if each.task_id == view.record.id), None)
    if target is None or not view.definition.essential:
        return ()
    named = (
        each.name
        for each in view.definition.containers
        if any(mapping.container_port == target.port for mapping in each.port_mappings)
    )
    container = next(named, view.definition.essential[0].name)
    return (TargetRegistration(target_group=group.address, container_name=container, container_port=target.port),)


def _target(
    view: TaskView,
    registration: TargetRegistration,
    group: TargetGroup,
    observed: ObservedBalancer | None,
    traffic: RoutingGround,
) -> Target | None:
    """Return a task as a target; None when it is not to be one (any longer)."""
    network = traffic.stack.default_network.name
    address = address_of(view.observed, view.definition, registration, network)
    if not address:
        return None
    target = Target(task_id=view.record.id, color=view.color, address=address, port=registration.container_port)
    running = _running(target, group, observed)
    if view.is_leaving:
        return _leaving(view, target, group, observed, running, traffic.now)
    if not view.is_up:
        return None
    return target.changed(state=_state(view, target, group, observed, running))


def _running(target: Target, group: TargetGroup, observed: ObservedBalancer | None) -> ObservedTarget | None:
    """Return the target as the process has it, if it has it at the same address."""
    found = observed.targets_of(target.task_id) if observed else ()
    same = (each for each in found if (each.address, each.port) == (target.address, target.port))
    return next((each for each in same if each.target_group == group.address), None)


def _state(
    view: TaskView,
    target: Target,
    group: TargetGroup,
    observed: ObservedBalancer | None,
    running: ObservedTarget | None,
) -> TargetState:
    """Say whether a target gets traffic: once a check has passed, until its task is to stop."""
    if observed is not None and observed.running is None:
        return _written_state(target, group, observed)
    if running is None:
        return TargetState.READY if _is_well_elsewhere(target, observed) else TargetState.INITIAL
    if running.state is TargetState.DRAINING:
        return TargetState.INITIAL
    if running.state is TargetState.READY:
        return TargetState.READY
    is_well = not view.has_health_check or view.health is HealthStatus.HEALTHY
    return TargetState.READY if running.check is CheckResult.PASSED and is_well else TargetState.INITIAL


def _is_well_elsewhere(target: Target, observed: ObservedBalancer | None) -> bool:
    """Whether it has traffic there already in another group: that it gets through this one now is no interruption."""
    return any(
        (each.address, each.port) == (target.address, target.port)
        and each.state is TargetState.READY
        and each.check is CheckResult.PASSED
        for each in (observed.targets_of(target.task_id) if observed else ())
    )


def _written_state(target: Target, group: TargetGroup, observed: ObservedBalancer) -> TargetState:
    """Return what the volume says of a target: while no process runs nothing new is learnt."""
    route = observed.configuration.route(group.address) if observed.configuration else None
    for each in route.targets if route else ():
        if (each.task_id, each.address, each.port) == (target.task_id, target.address, target.port):
            return TargetState.READY if each.state is TargetState.READY else TargetState.INITIAL
    return TargetState.INITIAL


def _leaving(
    view: TaskView,
    target: Target,
    group: TargetGroup,
    observed: ObservedBalancer | None,
    running: ObservedTarget | None,
    now: float,
) -> Target | None:
    """Drain the target of a task that is to stop; None once nothing is in progress on it, or its time is over."""
    draining = target.changed(state=TargetState.DRAINING)
    if observed is not None and observed.is_live and observed.running is None:
        return draining if observed.lists(target.task_id) else None  # the process may come back with what is written
    if running is None or observed is None or observed.running is None:
        return None
    if running.state is not TargetState.DRAINING:
        return None if running.state is TargetState.INITIAL and not running.sessions else draining
    is_idle = running.sessions == 0 and observed.running.leaving == 0
    is_over = view.record.draining_at is not None and now >= view.record.draining_at + group.deregistration_delay
    return None if is_idle or is_over else draining


def _shares(
    group: TargetGroup, targets: Sequence[Target], observed: ObservedBalancer | None, traffic: RoutingGround
) -> Shares:
    route = observed.configuration.route(group.address) if observed and observed.configuration else None
    written = (route.green, route.test_green) if route else (0, 0)
    found = _deployment(group, traffic)
    if found is None:
        return written
    deployment, service = found
    pools = pools_of(targets, observed, group.address)
    return wanted_shares(deployment, service.deployment_configuration, pools, written)


def _deployment(group: TargetGroup, traffic: RoutingGround) -> tuple[Deployment, Service] | None:
    """Return the deployment that says how a target group's traffic is shared, with its service."""
    for view in traffic.services.values():
        deployment = view.deployment
        if deployment is None or view.is_draining:
            continue
        if any(each.target_group == group.address for each in deployment.registrations):
            return deployment, view.service
    return None
