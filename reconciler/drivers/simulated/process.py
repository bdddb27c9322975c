"""The running process of a simulated balancer: what it does with targets, and what that does to requests.

Like HAProxy's it knows nothing but the configuration it was started with and what it was told since; a reload begins
a new process, which checks everybody anew, while the old one serves what it had begun.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.drivers.simulated.checks import Check, Period
from reconciler.model.load_balancer import TargetHealthCheck
from reconciler.model.routing import (
    WHOLE,
    BalancerConfiguration,
    CheckResult,
    Color,
    ObservedBalancer,
    ObservedTarget,
    PoolCounters,
    Route,
    RunningBalancer,
    Target,
    TargetState,
)

Pool = tuple[str, Color]
"""A target group's address, and which of its pools."""

SOON = 1.0
"""After how many seconds a target is idle that drained before the simulation began."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What is at an address: when it answers, how long a request takes, and when it ends."""

    answers: tuple[Period, ...] = ()
    request_seconds: float = 0.0
    ends_at: float = -math.inf


Upstreams = Callable[[Target], Upstream]
"""What is at a target's address now."""

Traffic = Callable[[str, Color], tuple[float, float]]
"""Target group and pool -> requests and errors for each second, if that pool has all of the traffic."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Requests that ended without an answer because of one of our steps.

    `drained_seconds` is for how long their target got nothing new before that, None when it never began to drain.
    """

    at: float
    balancer: str
    target_group: str
    task_id: str
    drained_seconds: float | None


@dataclass
class Member:
    """A target in the process. `drains_at` is when it began to get nothing new, `idle_at` when it is done."""

    target_group: str
    target: Target
    check: Check
    drains_at: float | None = None
    idle_at: float = -math.inf

    def is_busy(self, now: float, upstream: Upstream) -> bool:
        """Whether a request is in progress on it."""
        if now >= upstream.ends_at:
            return False
        if self.target.state is TargetState.READY:
            return upstream.request_seconds > 0
        return now < self.idle_at

    def turned(self, target: Target, now: float, upstream: Upstream) -> None:
        """Take on a target's wanted state. Who drains is not checked: its next check is the first again."""
        if TargetState.DRAINING in (self.target.state, target.state) and self.target.state is not target.state:
            self.check = Check(self.check.settings, now)
        if self.target.state is TargetState.READY and target.state is not TargetState.READY:
            self.drains_at, self.idle_at = now, now + upstream.request_seconds
        if target.state is TargetState.READY:
            self.drains_at = None
        self.target = target

    def lost(self, balancer: str, now: float) -> Lost:
        """Return what its requests in progress are when they are cut off now."""
        drained = None if self.drains_at is None else now - self.drains_at
        return Lost(now, balancer, self.target_group, self.target.task_id, drained)

    def shown(self, now: float, upstream: Upstream) -> ObservedTarget:
        return ObservedTarget(
            target_group=self.target_group,
            task_id=self.target.task_id,
            color=self.target.color,
            address=self.target.address,
            port=self.target.port,
            state=self.target.state,
            check=self.check.result,
            description="connection refused" if self.check.result is CheckResult.FAILED else "",
            sessions=int(self.is_busy(now, upstream)),
        )


@dataclass
class BalancerProcess:
    """A process of a balancer. `leaving` are targets on which a process of before a reload still has requests."""

    configuration: BalancerConfiguration
    upstreams: Upstreams
    now: float
    members: dict[tuple[Pool, str, str, int], Member] = field(default_factory=dict)
    leaving: tuple[Member, ...] = ()
    counted: dict[Pool, tuple[float, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.structure = self.configuration.structure
        groups = (each.address for each in self.configuration.target_groups)
        self.counted = {(group, color): (0.0, 0.0) for group in groups for color in Color}
        self.route(self.configuration, self.now)

    def route(self, wanted: BalancerConfiguration, now: float) -> tuple[Lost, ...]:
        """Take on the routes of a configuration of the same structure; returns what is lost with removed targets."""
        before, self.members = self.members, {}
        checks = {each.address: each.health_check for each in wanted.target_groups}
        for route in wanted.routes:
            for target in route.targets:
                key = ((route.target_group, target.color), target.task_id, target.address, target.port)
                check = checks.get(route.target_group, TargetHealthCheck())
                member = before.pop(key, None) or Member(route.target_group, target, Check(check, now))
                member.turned(target, now, self.upstreams(target))
                self.members[key] = member
        self.configuration = wanted
        removed = (each for each in before.values() if each.is_busy(now, self.upstreams(each.target)))
        return tuple(each.lost(wanted.name, now) for each in removed)

    def reloaded(self, wanted: BalancerConfiguration, now: float) -> BalancerProcess:
        """Return the process that takes over; this one serves what it had begun."""
        leaving = [each for each in self.leaving if each.is_busy(now, self.upstreams(each.target))]
        for each in self.members.values():
            upstream = self.upstreams(each.target)
            if each.is_busy(now, upstream):
                each.turned(each.target.changed(state=TargetState.DRAINING), now, upstream)
                leaving.append(each)
        return BalancerProcess(wanted, self.upstreams, now, leaving=tuple(leaving))

    def advance(self, now: float, traffic: Traffic) -> None:
        """Let time go by: checks are made, requests are counted."""
        if now <= self.now:
            return
        for each in (each for each in self._checked() if each.check.is_due(now)):
            each.check = each.check.until(now, self.upstreams(each.target).answers)
        self._count(now - self.now, traffic)
        self.now = now

    def cut_off(self, task_id: str, now: float) -> tuple[Lost, ...]:
        """Return what is lost when a task ends now."""
        found = (each for each in (*self.members.values(), *self.leaving) if each.target.task_id == task_id)
        busy = (each for each in found if each.is_busy(now, self.upstreams(each.target)))
        return tuple(each.lost(self.configuration.name, now) for each in busy)

    def changes(self) -> Iterator[float]:
        """Yield when something changes by itself."""
        for each in self._checked():
            verdict_at = each.check.next_verdict_at(self.upstreams(each.target).answers)
            yield from () if verdict_at is None else (verdict_at,)
        for each in (*self.members.values(), *self.leaving):
            yield from (each.idle_at,) if math.isfinite(each.idle_at) else ()

    def _count(self, seconds: float, traffic: Traffic) -> None:
        for pool, (requests, errors) in self.counted.items():
            route = self.configuration.route(pool[0])
            green = route.green if route is not None else 0
            part = seconds * (green if pool[1] is Color.GREEN else WHOLE - green) / WHOLE
            more_requests, more_errors = traffic(*pool)
            self.counted[pool] = (requests + more_requests * part, errors + more_errors * part)

    def _checked(self) -> tuple[Member, ...]:
        return tuple(each for each in self.members.values() if each.target.state is not TargetState.DRAINING)

    def shown(self, now: float, latencies: Mapping[Pool, float | None]) -> RunningBalancer:
        """Return what a look shows of it."""
        targets = (each.shown(now, self.upstreams(each.target)) for each in self.members.values())
        return RunningBalancer(
            structure=self.structure,
            leaving=int(any(each.is_busy(now, self.upstreams(each.target)) for each in self.leaving)),
            shares={each.target_group: (each.green, each.test_green) for each in self.configuration.routes},
            targets=tuple(sorted(targets, key=lambda each: (each.target_group, each.color, each.task_id))),
            counters=tuple(
                PoolCounters(
                    target_group=pool[0],
                    color=pool[1],
                    requests=_whole(requests),
                    errors=_whole(errors),
                    latency_p95=latencies.get(pool),
                )
                for pool, (requests, errors) in sorted(self.counted.items())
            ),
        )


def seeded_process(
    seen: ObservedBalancer, written: BalancerConfiguration, upstreams: Upstreams, now: float
) -> BalancerProcess:
    """Return the process that a look showed; one that could not be asked does what its volume says.

    Targets that get traffic pass their check, and what drains is soon idle.
    """
    shown = seen.running
    if shown is None:
        return BalancerProcess(written, upstreams, now)
    process = BalancerProcess(written.changed(routes=_routes(shown)), upstreams, now)
    process.structure = shown.structure
    observed = {(each.target_group, each.color, each.task_id): each for each in shown.targets}
    for ((target_group, color), task_id, _, _), member in process.members.items():
        found = observed[(target_group, color, task_id)]
        is_ready = member.target.state is TargetState.READY
        member.check = replace(member.check, result=CheckResult.PASSED if is_ready else found.check)
        member.idle_at = now + SOON if found.sessions else -math.inf
    process.counted |= {(each.target_group, each.color): (each.requests, each.errors) for each in shown.counters}
    return process


def _routes(shown: RunningBalancer) -> tuple[Route, ...]:
    return tuple(
        Route(
            target_group=target_group,
            green=green,
            test_green=test_green,
            targets=tuple(_target(each) for each in shown.targets if each.target_group == target_group),
        )
        for target_group, (green, test_green) in sorted(shown.shares.items())
    )


def _target(seen: ObservedTarget) -> Target:
    return Target(task_id=seen.task_id, color=seen.color, address=seen.address, port=seen.port, state=seen.state)


def _whole(number: float) -> int:
    return math.floor(number + 1e-6)
