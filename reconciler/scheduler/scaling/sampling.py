"""Takes samples: says what to ask when one is due, and records what was answered.

One that is due is asked for until it is answered. An answer that is no value is one too: the next sample is due with
the next time of the grid, which throttles what fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.model.beside import ContainerUsage, ScalingRecord
from reconciler.model.scaling import ScalingMetric, TargetTracking
from reconciler.model.step import Outcome, ProbeMetric, SampleUsage, Step
from reconciler.scheduler.scaling.metrics import healthy_targets, per_minute, requests_counted, usage_percent
from reconciler.scheduler.scaling.periods import begun, due_at, ends_at, sample_interval, sampled
from reconciler.scheduler.scaling.view import Policy, ScalingView, containers_of


class Measured(NamedTuple):
    """What a sample says; and why that is nothing, when it is None."""

    value: float | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The record with what was measured, what to ask, and the policies of which a period has ended by that.

    Of some a period ends with the sample that is due now: `ending`. Those of them that are not answered yet are
    `awaited`.
    """

    record: ScalingRecord
    steps: tuple[Step, ...] = ()
    ended: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset()
    awaited: frozenset[str] = frozenset()
    wake_at: float | None = None

    def asking(self, step: Step) -> Sampling:
        """Return it with one more step."""
        return replace(self, steps=(*self.steps, step))

    def recording(self, **fields: object) -> Sampling:
        """Return it with a changed record."""
        return replace(self, record=self.record.changed(**fields))


def sample(view: ScalingView) -> Sampling:
    """Bring the samples of an autoscaling's policies up to now."""
    found = Sampling(view.record)
    if not view.policies:
        return found
    interval = sample_interval(each.period for each in view.policies)
    at = due_at(view.now, interval)
    due = [each for each in view.policies if _sampled_at(each, view.record) != at]
    for sources, take in _SOURCES:
        wanting = tuple(each for each in due if each.metric in sources)
        if wanting:
            found = take(_Due(view, at, wanting), found)
    ending = frozenset(each.name for each in view.policies if ends_at(at, each.period))
    awaited = frozenset(each.name for each in due if _sampled_at(each, found.record) != at)
    return replace(found, ending=ending, awaited=ending & awaited, wake_at=at + interval)


def _sampled_at(policy: Policy, record: ScalingRecord) -> float | None:
    return next((each.sampled_at for each in record.policies if each.name == policy.name), None)


@dataclass(frozen=True, slots=True)
class _Due:
    """The policies of one kind of source of which a sample is due, and since when it is."""

    view: ScalingView
    at: float
    policies: tuple[Policy, ...]


def _take_usage(due: _Due, found: Sampling) -> Sampling:
    """Ask the engine what the containers of running tasks have used."""
    view = due.view
    outcome = _outcome(SampleUsage, view)
    containers = {each.id: task.task.id for task in view.running for each in containers_of(task)}
    if outcome is None and containers:
        reason = f"how much of their limits the tasks of {view.service.address} use"
        return found.asking(SampleUsage(address=view.autoscaling.address, reason=reason, containers=containers))
    usage: tuple[ContainerUsage, ...] = outcome.usage if outcome is not None and outcome.ok else ()
    missing = _why_no_usage(outcome, view)
    samples = {
        each.name: Measured(usage_percent(each.metric, view.running, view.record.usage, usage), missing)
        for each in due.policies
        if each.metric is not None
    }
    kept = usage if usage or not containers else view.record.usage
    return _taken(due, samples, found).recording(usage=kept)


def _why_no_usage(outcome: Outcome | None, view: ScalingView) -> str:
    if outcome is not None and not outcome.ok:
        return f"the engine did not say what the tasks use: {outcome.reason or outcome.code}"
    if outcome is None:
        return f"no task of {view.service.address} runs"
    return "no task has two samples to compare yet"


def _take_requests(due: _Due, found: Sampling) -> Sampling:
    """Read from this very look what load balancers have counted. From no task at all, all requests are one's."""
    view, record = due.view, due.view.record
    counted = requests_counted(view.service, view.snapshot)
    value = None
    if counted is not None and record.counters is not None and record.counted_at is not None:
        value = per_minute(record.counters, counted, view.now - record.counted_at)
    targets = healthy_targets(view.service, view.snapshot) or (1 if view.capacity == 0 else 0)
    each_target = value / targets if value is not None and targets else None
    measured = Measured(each_target, _why_no_requests(counted, value))
    samples = dict.fromkeys((each.name for each in due.policies), measured)
    return _taken(due, samples, found).recording(counters=counted, counted_at=view.now)


def _why_no_requests(counted: int | None, value: float | None) -> str:
    if counted is None:
        return "a load balancer does not say what it counted"
    return "no target is healthy" if value is not None else "the load balancers have only begun to count"


def _take_queries(due: _Due, found: Sampling) -> Sampling:
    """Ask Prometheus, for each policy by itself."""
    for policy in due.policies:
        assert policy.prometheus is not None
        outcome = _outcome(ProbeMetric, due.view, policy.name)
        if outcome is not None:
            found = _taken(_Due(due.view, due.at, (policy,)), {policy.name: _number(outcome)}, found)
            continue
        found = found.asking(
            ProbeMetric(
                address=due.view.autoscaling.address,
                reason=f"the metric of policy {policy.name}",
                policy=policy.name,
                prometheus=policy.prometheus,
            )
        )
    return found


def _number(outcome: Outcome) -> Measured:
    """Return the value of an answer; one without end, such as a quotient by 0, says nothing of a count."""
    if not outcome.ok or outcome.value is None:
        return Measured(None, outcome.reason or outcome.code)
    if math.isfinite(outcome.value):
        return Measured(outcome.value)
    return Measured(None, f"the query gave {outcome.value}")


_SOURCES: tuple[tuple[tuple[ScalingMetric | None, ...], Callable[[_Due, Sampling], Sampling]], ...] = (
    ((ScalingMetric.CPU, ScalingMetric.MEMORY), _take_usage),
    ((ScalingMetric.REQUESTS_PER_TARGET,), _take_requests),
    ((None,), _take_queries),
)


def _outcome(kind: type[SampleUsage | ProbeMetric], view: ScalingView, policy: str = "") -> Outcome | None:
    """Return how the last such step of the autoscaling ended, if one has since the last look."""
    return next((each for each in view.snapshot.outcomes if _answers(each.step, kind, view, policy)), None)


def _answers(step: Step, kind: type[SampleUsage | ProbeMetric], view: ScalingView, policy: str) -> bool:
    is_its = isinstance(step, kind) and step.address == view.autoscaling.address
    return is_its and (not isinstance(step, ProbeMetric) or step.policy == policy)


def _taken(due: _Due, samples: Mapping[str, Measured], found: Sampling) -> Sampling:
    """Record a sample of each of the policies."""
    records = {each.name: each for each in found.record.policies}
    ended = set(found.ended)
    for policy in due.policies:
        name, (value, missing) = policy.name, samples[policy.name]
        why = missing if value is None else ""
        if name not in records:
            records[name] = begun(name, policy.period, due.at, value).changed(missing=why)
            continue
        taken = sampled(records[name], policy.period, due.at, value, _periods_kept(policy))
        records[name] = taken.record.changed(missing=why)
        ended |= {name} if taken.has_ended else set()
    ordered = tuple(records[name] for name in sorted(records))
    return replace(found.recording(policies=ordered), ended=frozenset(ended))


def _periods_kept(policy: Policy) -> int:
    if isinstance(policy, TargetTracking):
        return max(policy.scale_out_periods, policy.scale_in_periods)
    return policy.evaluation_periods
