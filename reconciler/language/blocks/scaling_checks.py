"""What the table cannot say about autoscalings: whose count it is, what is measured, and ranges that fit together.

Sources: AWS Application Auto Scaling (RegisterScalableTarget, PutScalingPolicy, StepAdjustment).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from reconciler.language.blocks.call_checks import check_prometheus
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.blocks.schedule_checks import check_schedule
from reconciler.language.blocks.step_checks import check_steps
from reconciler.language.blocks.traffic import REGISTRATION, Registrant, Traffic
from reconciler.model.load_balancer import Protocol
from reconciler.model.scaling import ScalingMetric
from reconciler.model.task_definition import TaskDefinition

_POLICIES = ("target_tracking", "step_scaling")
_LIMITED = (ScalingMetric.CPU, ScalingMetric.MEMORY)


class Scaled(NamedTuple):
    """An autoscaling, right or wrong, with the service that it is of; None when that is wrong itself."""

    decoded: Decoded
    address: str
    service: Registrant | None

    def policies(self) -> Iterator[Decoded]:
        """Yield the blocks of its policies that were understood."""
        for word in _POLICIES:
            yield from self.decoded.some(word)

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest count; raise UnsureError."""
        return self.decoded.get("min_capacity"), self.decoded.get("max_capacity")


def check_autoscalings(scalings: Iterable[Scaled], traffic: Traffic) -> Findings:
    """Yield what is wrong with the autoscalings of a stack."""
    owners: dict[str, Scaled] = {}
    for scaled in scalings:
        yield from _owner(scaled, owners)
        yield from chain.from_iterable(check(scaled) for check in _CHECKS)
        yield from _requests(scaled, traffic)


@as_far_as_sure
def _owner(scaled: Scaled, owners: dict[str, Scaled]) -> Findings:
    """Look at whose count it is; `owners` are the autoscalings before by service, to which it is added."""
    service = scaled.decoded.get("service")
    other = owners.setdefault(service, scaled)
    if other is not scaled:
        detail = f"{other.address} owns it too: put the policies of both into one block."
        place = scaled.decoded.where("service")
        summary = f"the count of {service} would have two owners"
        yield Finding(scaled.decoded, place, summary, detail, "E0263")


@as_far_as_sure
def _bounds(scaled: Scaled) -> Findings:
    decoded, (low, high) = scaled.decoded, scaled.bounds
    if low > high:
        summary = f"max_capacity = {high} is less than min_capacity = {low}"
        detail = "Raise max_capacity, or lower min_capacity."
        yield Finding(decoded, decoded.where("max_capacity"), summary, detail, "E0263")


@as_far_as_sure
def _service(scaled: Scaled) -> Findings:
    decoded, service = scaled.decoded, scaled.service
    if service is None:
        return
    if service.is_daemon:
        detail = 'Remove the autoscaling, or use scheduling_strategy = "REPLICA".'
        summary = "a DAEMON service has one task on every engine: nothing can be scaled"
        yield Finding(decoded, decoded.where("service"), summary, detail, "E0263")
        return
    yield from _port(scaled, service)
    yield from _beginning(scaled, service)


@as_far_as_sure
def _port(scaled: Scaled, service: Registrant) -> Findings:
    decoded, high = scaled.decoded, scaled.decoded.get("max_capacity")
    ports = service.definition.fixed_host_ports if service.definition is not None else ()
    if ports and high > 1:
        detail = f"Set `host_port = 0`, or `max_capacity = 1`. One engine has port {ports[0][0]} once."
        summary = f"{high} tasks cannot all have host port {ports[0][0]}"
        yield Finding(decoded, decoded.where("max_capacity"), summary, detail, "E0241")


@as_far_as_sure
def _beginning(scaled: Scaled, service: Registrant) -> Findings:
    """A count outside of the bounds stays until the first scaling, as in AWS: hardly what was meant."""
    (low, high), count = scaled.bounds, service.desired_count
    if low <= count <= high or low > high:
        return
    is_said, bounds = "desired_count" in service.decoded.values, f"{low} to {high}"
    summary = f"desired_count = {count} is not within {bounds}, the bounds of {scaled.address}"
    detail = f"It begins with that many, and the first scaling pulls it in: set a desired_count within {bounds}."
    decoded, place = service.decoded, service.decoded.where("desired_count") if is_said else service.decoded.place
    yield Finding(decoded, place, summary, detail, "E0268", warn=True)


@as_far_as_sure
def _asleep(scaled: Scaled) -> Findings:
    """At a count of 0 no task uses anything: only a metric of something else can wake the service."""
    decoded = scaled.decoded
    metrics = [each.get("metric") for word in _POLICIES for each in decoded.all(word)]
    if decoded.get("min_capacity") == 0 and metrics and all(each in _LIMITED for each in metrics):
        detail = "Set min_capacity = 1, or add a policy on requests_per_target or prometheus."
        summary = f"no task would be started again after the last one: none uses {' or '.join(sorted(set(metrics)))}"
        yield Finding(decoded, decoded.where("min_capacity"), summary, detail, "E0268", warn=True)


def _names(scaled: Scaled) -> Findings:
    seen: dict[str, Decoded] = {}
    for policy in scaled.policies():
        other = seen.setdefault(policy.label, policy)
        if other is not policy:
            detail = f"The other one is on line {other.place[0]}: what is measured is recorded by this name."
            yield Finding(policy, policy.place, f'two policies are called "{policy.label}"', detail, "E0263")


def _metrics(scaled: Scaled) -> Findings:
    for policy in scaled.policies():
        yield from _sources(policy)
        for prometheus in policy.some("prometheus"):
            yield from check_prometheus(prometheus, "E0264")
        yield from _limit(policy, scaled.service)


@as_far_as_sure
def _sources(policy: Decoded) -> Findings:
    sources = [each for each in ("metric", "prometheus") if policy.has(each)]
    if len(sources) != 1:
        what = " and ".join(sources) or "nothing"
        detail = 'It has one of metric = "cpu" and prometheus { ... }.'
        yield Finding(policy, policy.place, f'policy "{policy.label}" looks at {what}', detail, "E0264")


@as_far_as_sure
def _limit(policy: Decoded, service: Registrant | None) -> Findings:
    """Percent of what? Of the task's ceiling, else of those of all its containers."""
    metric = policy.get("metric")
    if metric not in _LIMITED or service is None or service.definition is None:
        return
    unlimited = _without_limit(service.definition, metric)
    if unlimited:
        address = service.decoded.get("task_definition")
        summary = f"{address} has no {metric} that the percent could be of"
        what = f"container {unlimited[0]}" if len(unlimited) == 1 else f"its containers {', '.join(unlimited)}"
        detail = f"Set {metric} in {address}, or in {what}."
        yield Finding(policy, policy.where("metric"), summary, detail, "E0264")


def _without_limit(definition: TaskDefinition, metric: str) -> list[str]:
    """Return the containers without a limit of their own, when the task has none."""
    if getattr(definition, metric):
        return []
    return [each.name for each in definition.containers if not getattr(each, metric)]


@as_far_as_sure
def _requests(scaled: Scaled, traffic: Traffic) -> Findings:
    """Only a load balancer counts requests, and only one of HTTP."""
    service = scaled.service
    if service is None:
        return
    groups = [traffic.group(each.get("target_group")) for each in service.decoded.all(REGISTRATION)]
    for policy in scaled.policies():
        if policy.values.get("metric") != ScalingMetric.REQUESTS_PER_TARGET:
            continue
        if not groups:
            detail = f"Add a load_balancer block to {service.address}, or use another metric."
            summary = "no load balancer could count the requests of this service"
            yield Finding(policy, policy.where("metric"), summary, detail, "E0264")
        elif all(each is not None and each.protocol is Protocol.TCP for each in groups):
            detail = "Use another metric: a TCP balancer sees no requests."
            summary = "there are no requests_per_target of TCP targets"
            yield Finding(policy, policy.where("metric"), summary, detail, "E0264")


def _target_values(scaled: Scaled) -> Findings:
    for policy in scaled.decoded.some("target_tracking"):
        value = policy.values.get("target_value")
        if value is not None and value <= 0:
            summary, detail = f"a target_value of {value:g} cannot be kept", "Set one above 0."
            yield Finding(policy, policy.where("target_value"), summary, detail, "E0264")


def _steps(scaled: Scaled) -> Findings:
    for policy in scaled.decoded.some("step_scaling"):
        yield from check_steps(policy)


def _actions(scaled: Scaled) -> Findings:
    for action in scaled.decoded.some("scheduled_action"):
        yield from check_schedule(action)
        yield from _changed_bounds(action, scaled.decoded)


@as_far_as_sure
def _changed_bounds(action: Decoded, autoscaling: Decoded) -> Findings:
    if not action.has("min_capacity") and not action.has("max_capacity"):
        detail = "Set min_capacity, max_capacity, or both."
        yield Finding(action, action.place, f'scheduled_action "{action.label}" changes nothing', detail, "E0263")
        return
    low, high = action.get("min_capacity"), action.get("max_capacity")
    if high is None:
        others = (each.get("max_capacity") or 0 for each in autoscaling.all("scheduled_action"))
        high = max([autoscaling.get("max_capacity"), *others])
    if low is not None and low > high:
        summary, detail = (
            f"min_capacity = {low} is more than max_capacity = {high}",
            "Raise max_capacity, or lower min_capacity.",
        )
        yield Finding(action, action.where("min_capacity"), summary, detail, "E0263")


_CHECKS: tuple[Callable[[Scaled], Findings], ...] = (
    _bounds,
    _service,
    _asleep,
    _names,
    _metrics,
    _target_values,
    _steps,
    _actions,
)
