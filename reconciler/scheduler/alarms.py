"""Alarms of a deployment: measured from its start to the end of its bake; one that fires fails it.

One that fires before anything of the deployment was healthy cannot be its fault: it is ignored, with a warning.
Sources: ECS deployment alarms; metrics are the load balancer's, commands and Prometheus are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.deployment import AlarmReading, Deployment
from reconciler.model.routing import PoolCounters
from reconciler.model.service import Alarm, Service
from reconciler.model.step import ProbeAlarm, Step
from reconciler.scheduler.hooks import Ground


@dataclass(frozen=True, slots=True)
class Watched:
    """The deployment with its readings, what is to be asked, and when to look again. `failure` fails it."""

    deployment: Deployment
    steps: tuple[Step, ...] = ()
    wake_at: float | None = None
    warnings: tuple[str, ...] = ()
    failure: str = ""


def watch(deployment: Deployment, service: Service, ground: Ground) -> Watched:
    """Bring an in-progress deployment's alarms up to what was seen."""
    alarms = service.deployment_configuration.alarms
    if not alarms or deployment.rolls_back:
        return Watched(deployment)
    before = {each.name: each for each in deployment.alarms}
    readings = [_read(each, before.get(each.name), deployment, ground) for each in alarms]
    is_proven = any(
        view.record.deployment == deployment.id and view.record.healthy_at is not None
        for view in ground.tasks.values()
        if not view.record.is_one_off  # the task of a hook gets no traffic
    )
    firing = {each.name for each, alarm in zip(readings, alarms, strict=True) if each.breaches >= alarm.datapoints}
    if not is_proven:
        readings = [each.changed(is_ignored=each.is_ignored or each.name in firing) for each in readings]
    pairs = tuple(zip(alarms, readings, strict=True))
    ignored = [each.name for each in readings if each.is_ignored and not _was_ignored(before, each.name)]
    return Watched(
        deployment=deployment.changed(alarms=tuple(readings)),
        steps=tuple(
            _step(alarm, deployment, service, ground) for alarm, each in pairs if _is_asked(alarm, each, ground)
        ),
        wake_at=min((each.sampled_at + alarm.period for alarm, each in pairs if not each.is_ignored), default=None),
        warnings=tuple(f"alarm {name} fires already: it is ignored for this deployment" for name in ignored),
        failure=next((_why(alarm, each) for alarm, each in pairs if each.name in firing and not each.is_ignored), ""),
    )


def _was_ignored(before: dict[str, AlarmReading], name: str) -> bool:
    return name in before and before[name].is_ignored


def _read(alarm: Alarm, before: AlarmReading | None, deployment: Deployment, ground: Ground) -> AlarmReading:
    requests, errors, latency = _measured(deployment, ground)
    if before is None:
        return AlarmReading(name=alarm.name, sampled_at=ground.now, requests=requests, errors=errors)
    if alarm.metric is None:
        return _answered(alarm, before, deployment, ground)
    if ground.now < before.sampled_at + alarm.period:
        return before
    value = latency if alarm.metric == "latency_p95" else _percent(requests - before.requests, errors - before.errors)
    return _sampled(alarm, before, value, ground.now).changed(requests=requests, errors=errors)


def _measured(deployment: Deployment, ground: Ground) -> tuple[int, int, float | None]:
    """Return (requests, answers of 500 and above, p95) of the deployment's target groups.

    While traffic is shifted only the new pool counts: the old one's failures are not the new revision's.
    """
    groups = {each.target_group for each in deployment.registrations}
    counters = [
        each
        for balancer in ground.snapshot.balancers
        if balancer.running is not None
        for each in balancer.running.counters
        if each.target_group in groups and _is_its(each, deployment)
    ]
    latencies = [each.latency_p95 for each in counters if each.latency_p95 is not None]
    return (
        sum(each.requests for each in counters),
        sum(each.errors for each in counters),
        max(latencies, default=None),
    )


def _is_its(counters: PoolCounters, deployment: Deployment) -> bool:
    return not deployment.shifts_from or counters.color is deployment.color


def _percent(requests: int, errors: int) -> float | None:
    """Return the share of failed requests; None without any, or when the counters began anew."""
    return 100 * errors / requests if requests > 0 and errors >= 0 else None


def _answered(alarm: Alarm, before: AlarmReading, deployment: Deployment, ground: Ground) -> AlarmReading:
    for outcome in ground.snapshot.outcomes:
        if isinstance(outcome.step, ProbeAlarm) and outcome.step.probe == _probe(alarm, deployment):
            return _sampled(alarm, before, outcome.value if outcome.ok else None, ground.now)
    return before


def _sampled(alarm: Alarm, before: AlarmReading, value: float | None, now: float) -> AlarmReading:
    """A period without a value is no reason to fail, and none to forget."""
    breaches = before.breaches if value is None else before.breaches + 1 if value > alarm.greater_than else 0
    return before.changed(sampled_at=now, value=value, breaches=breaches)


def _is_asked(alarm: Alarm, reading: AlarmReading, ground: Ground) -> bool:
    is_due = ground.now >= reading.sampled_at + alarm.period
    return alarm.metric is None and is_due and not reading.is_ignored


def _probe(alarm: Alarm, deployment: Deployment) -> str:
    return f"{deployment.id}/{alarm.name}"


def _step(alarm: Alarm, deployment: Deployment, service: Service, ground: Ground) -> ProbeAlarm:
    return ProbeAlarm(
        address=service.address,
        reason=f"alarm {alarm.name} is looked at",
        probe=_probe(alarm, deployment),
        command=alarm.command,
        prometheus=alarm.prometheus,
        greater_than=alarm.greater_than,
        timeout=max(alarm.period, 1.0),
        folder=ground.folder,
    )


def _why(alarm: Alarm, reading: AlarmReading) -> str:
    source = alarm.metric or ("its command" if alarm.command else "its query")
    times = "for one period" if alarm.datapoints == 1 else f"for {alarm.datapoints} periods in a row"
    value = "unknown" if reading.value is None else f"{reading.value:g}"
    return f"alarm {alarm.name}: {source} gave {value}, above {alarm.greater_than:g}, {times}"
