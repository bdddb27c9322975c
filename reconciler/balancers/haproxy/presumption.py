"""What a balancer's process does, as its volume and its notices tell: for whoever may only read.

The process itself is only asked by a command in its container, which a plan must not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from reconciler.balancers.haproxy.names import pool
from reconciler.model.routing import (
    BalancerConfiguration,
    CheckResult,
    ObservedTarget,
    RunningBalancer,
    Target,
    TargetState,
)

_NOTICE = re.compile(r"^(?!access ).*\bServer ([a-z0-9-]+)/([0-9a-f]{32}) is (UP|DOWN)\b(?:, reason: ([^,.]+))?")
"""A line for a request is none: what it says comes from outside."""

NOTICES_READ = 5000
"""How many of the last lines of a balancer's log are looked at."""


def presume(configuration: BalancerConfiguration, notices: Iterable[str]) -> RunningBalancer:
    """Return a process that does what its volume says; a target is as the last notice about it told."""
    told = {(match[1], match[2]): match for line in notices if (match := _NOTICE.search(line))}
    groups = {each.address: each for each in configuration.target_groups}
    targets = tuple(
        _target(route.target_group, each, told.get((pool(groups[route.target_group], each.color), each.task_id)))
        for route in configuration.routes
        if route.target_group in groups
        for each in route.targets
    )
    shares: Mapping[str, tuple[int, int]] = {
        each.target_group: (each.green, each.test_green) for each in configuration.routes
    }
    return RunningBalancer(structure=configuration.structure, shares=shares, targets=targets)


def _target(group: str, target: Target, notice: re.Match[str] | None) -> ObservedTarget:
    return ObservedTarget(
        target_group=group,
        task_id=target.task_id,
        color=target.color,
        address=target.address,
        port=target.port,
        state=target.state,
        check=_check(target, notice),
        description=(notice[4] or "") if notice else "",
    )


def _check(target: Target, notice: re.Match[str] | None) -> CheckResult:
    if target.state is not TargetState.READY:
        return CheckResult.NONE
    return CheckResult.FAILED if notice is not None and notice[3] == "DOWN" else CheckResult.PASSED
