"""Which share of a target group's traffic each pool is to get, and whether it is so.

A share follows from the deployment's stage. Only that somebody answers is worth more: once a deployment may have
traffic at all it gets all of it while nobody in the other pool can answer, none while nobody in its own can, and no
traffic moves to a pool in which nobody is ready while somebody is in the other one.

Sources: weights of ELB's target groups; that whoever can answer gets more than its weight is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import (
    WHOLE,
    CheckResult,
    Color,
    ObservedBalancer,
    ObservedTarget,
    Target,
    TargetState,
)
from reconciler.model.service import DeploymentConfiguration
from reconciler.model.snapshot import Snapshot
from reconciler.scheduler.strategies import has_test_traffic, share

Shares = tuple[int, int]
"""Thousandths for the green pool: of production's traffic, and of test listeners'."""


class Pools(NamedTuple):
    """The pools of a target group in which somebody is `ready` for traffic; in those that are `well` no check failed
    for some of them.
    """

    ready: frozenset[Color]
    well: frozenset[Color]

    def has_only(self, color: Color) -> bool:
        """Whether an answer can be expected of that pool only; one without a passed check is better than none."""
        return (self.well or self.ready) == {color}


def pools_of(targets: Iterable[Target | ObservedTarget], observed: ObservedBalancer | None, group: str) -> Pools:
    """Return who can answer of the targets of a group, as the checks of a running balancer say, if it runs."""
    running = observed.running.targets if observed is not None and observed.running is not None else ()
    failing = {each.task_id for each in running if each.target_group == group and each.check is CheckResult.FAILED}
    ready = [each for each in targets if each.state is TargetState.READY]
    return Pools(
        ready=frozenset(each.color for each in ready),
        well=frozenset(each.color for each in ready if each.task_id not in failing),
    )


def seen_pools(observed: ObservedBalancer, group: str) -> Pools:
    """Return who can answer in a group by what a balancer's process says; nobody while it does not run."""
    running = observed.running.targets if observed.running is not None else ()
    return pools_of((each for each in running if each.target_group == group), observed, group)


def wanted_shares(
    deployment: Deployment, configuration: DeploymentConfiguration, pools: Pools, written: Shares
) -> Shares:
    """Return the shares of a target group now. `written` are those on the balancer's volume."""
    had = _green(deployment, written[0])
    production, test = _production(deployment, configuration, pools, had), has_test_traffic(deployment)
    wanted = (_green(deployment, production), _green(deployment, WHOLE if test else 0))
    if not deployment.is_shifting and pools.ready == {deployment.color.other} and not _undid(deployment, written):
        return _green(deployment, 0), _green(deployment, 0)  # only elsewhere is anybody ready
    if deployment.rollout_state is RolloutState.FAILED and deployment.shifts_from:
        return written  # it was to be left as it is
    return _fed(wanted[0], written[0], pools), _fed(wanted[1], written[1], pools)


def is_in_effect(deployment: Deployment, snapshot: Snapshot, wanted: int, *, is_test: bool = False) -> bool:
    """Say whether every load balancer gives the deployment's pool so many thousandths: on its volume and for real.

    All of production's is as good as some of it while nobody else can answer.
    """
    for registration in deployment.registrations:
        for balancer in snapshot.balancers:
            configuration = balancer.configuration
            if configuration is None:
                return False  # without a container nobody can tell
            if configuration.route(registration.target_group) is None:
                continue
            shares = balancer.shares(registration.target_group)
            if shares is None:
                return False
            if shares[is_test] == _green(deployment, wanted):
                continue
            may_have_more = bool(wanted) and not is_test
            if not (may_have_more and _has_to_itself(deployment, balancer, registration.target_group)):
                return False
    return True


def is_alone(deployment: Deployment, snapshot: Snapshot) -> bool:
    """Say whether a deployment has all of some group's traffic, and nobody else could answer it."""
    groups = {each.target_group for each in deployment.registrations}
    return any(_has_to_itself(deployment, balancer, group) for balancer in snapshot.balancers for group in groups)


def _production(deployment: Deployment, configuration: DeploymentConfiguration, pools: Pools, had: int) -> int:
    """Return the thousandths of a stage; all of it or nothing while nobody else, or nobody of its own, can answer.

    `had` is what the pool has already: before the first shift that is an earlier deployment's, and stays there.
    """
    stages_share = share(deployment, configuration)
    if not deployment.is_shifting:
        return stages_share
    if pools.has_only(deployment.color) and (stages_share or had):
        return WHOLE
    return 0 if pools.has_only(deployment.color.other) else stages_share


def _has_to_itself(deployment: Deployment, balancer: ObservedBalancer, group: str) -> bool:
    shares = balancer.shares(group)
    is_whole = shares is not None and shares[0] == _green(deployment, WHOLE)
    return is_whole and seen_pools(balancer, group).has_only(deployment.color)


def _undid(deployment: Deployment, written: Shares) -> bool:
    """Whether whoever is elsewhere was rolled back before it got any traffic: its hooks did not let it have some."""
    return bool(deployment.rolls_back) and written[0] == _green(deployment, WHOLE)


def _green(deployment: Deployment, thousandths: int) -> int:
    return thousandths if deployment.color is Color.GREEN else WHOLE - thousandths


def _fed(green: int, written: int, pools: Pools) -> int:
    return written if _would_starve(green, written, pools) else green


def _would_starve(green: int, written: int, pools: Pools) -> bool:
    """Whether a pool would get traffic that nobody in it is ready for, though somebody in the other one is."""
    if not pools.ready or green == written:
        return False
    return (green > 0 and Color.GREEN not in pools.ready) or (green < WHOLE and Color.BLUE not in pools.ready)
