"""Metrics in Prometheus' text format, made of what is known at the moment when they are asked for.

Labels are a fixed set: the stack, and an address that is in its target. The library is imported at the first request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from reconciler import __version__
from reconciler.model.beside import RunStatus
from reconciler.model.deployment import RolloutState
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus, TaskRecord, TaskStatus
from reconciler.observe.observatory import Observatory, Sight

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, observatory: Observatory) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collector(observatory))
        ProcessCollector(registry=self._registry)

    @property
    def text(self) -> bytes:
        """Return all of them."""
        return generate_latest(self._registry)


class _Collector(Collector):
    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory

    def collect(self) -> Iterator[Metric]:
        sights, now = self._observatory.sights, self._observatory.clock.now()
        yield _build()
        yield from _of_stacks(sights, now)
        yield from _of_services(sights)
        yield from _counters(sights)
        yield from _histograms(sights)


def _build() -> Metric:
    build = GaugeMetricFamily("reconciler_build_info", "The version that runs.", labels=["version"])
    build.add_metric([__version__], 1)
    return build


def _of_stacks(sights: Iterable[Sight], now: float) -> Iterator[Metric]:
    reachable = _gauge("engine_reachable", "Whether the last look at the engine worked.", "stack")
    usable = _gauge("state_usable", "Whether the state could be read and written when that was last tried.", "stack")
    steady = _gauge("stack_steady", "Whether what runs is what was applied.", "stack")
    token = _gauge("lease_token", "The token of the lease that is held; 0 while standing by.", "stack")
    age = _gauge("last_look_age_seconds", "How long ago the last look at the engine worked.", "stack")
    success = _gauge(
        "schedule_last_success_timestamp_seconds",
        "When the last run of a scheduled task that worked had ended.",
        "stack",
        "schedule",
    )
    for sight in sights:
        label = [sight.stack]
        token.add_metric(label, sight.lease_token)
        usable.add_metric(label, not sight.needs_mending)
        if not sight.stands_by:
            reachable.add_metric(label, sight.is_reachable)
            age.add_metric(label, max(0.0, now - (sight.looked_at or sight.role_since)))
        if sight.decision is not None and not sight.stands_by:
            steady.add_metric(label, sight.decision.is_steady)
            for schedule, at in _successes(sight.decision.state).items():
                success.add_metric([sight.stack, schedule], at)
    yield from (reachable, usable, steady, token, age, success)


def _successes(state: State) -> dict[str, float]:
    """Return when each scheduled task of the target last worked."""
    known = {each.address for each in state.target.scheduled_tasks} if state.target is not None else set()
    found: dict[str, float] = {}
    for run in state.runs:
        if run.status is RunStatus.SUCCEEDED and run.ended_at is not None and run.schedule in known:
            found[run.schedule] = max(run.ended_at, found.get(run.schedule, 0.0))
    return found


def _of_services(sights: Iterable[Sight]) -> Iterator[Metric]:
    labels = ("stack", "service")
    gauges = {
        "desired": _gauge("service_desired_tasks", "How many tasks are wanted.", *labels),
        "running": _gauge("service_running_tasks", "How many tasks run and are wanted.", *labels),
        "pending": _gauge("service_pending_tasks", "How many tasks are wanted and do not run yet.", *labels),
        "healthy": _gauge("service_healthy_tasks", "How many running tasks were found healthy.", *labels),
    }
    deployments = _gauge("service_deployments", "How many deployments are in a state.", *labels, "state")
    for sight in sights:
        for address, counts in _services(sight).items():
            for name, gauge in gauges.items():
                gauge.add_metric([sight.stack, address], counts[name])
            for state in RolloutState:
                deployments.add_metric([sight.stack, address, state.value], counts[state.value])
    yield from (*gauges.values(), deployments)


def _services(sight: Sight) -> dict[str, dict[str, int]]:
    """Return what is counted of every service in the target, by address."""
    if sight.decision is None or sight.stands_by or sight.decision.state.target is None:
        return {}
    state = sight.decision.state
    assert state.target is not None
    wanted: dict[str, list[TaskRecord]] = {each.address: [] for each in state.target.services}
    for record in state.tasks:
        if record.desired_status is DesiredStatus.RUNNING and record.group in wanted:
            wanted[record.group].append(record)
    return {
        each.address: {
            "desired": each.desired_count,
            **_tasks(wanted[each.address]),
            **_rollouts(state, each.address),
        }
        for each in state.target.services
    }


def _tasks(wanted: Iterable[TaskRecord]) -> dict[str, int]:
    counts = {"running": 0, "pending": 0, "healthy": 0}
    for each in wanted:
        is_running = each.last_status is TaskStatus.RUNNING
        counts["running" if is_running else "pending"] += 1
        counts["healthy"] += is_running and each.healthy_at is not None
    return counts


def _rollouts(state: State, service: str) -> dict[str, int]:
    mine = [each.rollout_state for each in state.deployments if each.service == service]
    return {each.value: mine.count(each) for each in RolloutState}


def _counters(sights: Iterable[Sight]) -> Iterator[Metric]:
    by_service = {
        "starts": _counter("task_starts", "Tasks that came to run.", "stack", "service"),
        "failures": _counter(
            "task_failures", "Tasks that ended by themselves, or were unhealthy.", "stack", "service"
        ),
        "restarts": _counter("container_restarts", "Containers restarted in place.", "stack", "service"),
    }
    events = _counter(
        "events", "Events told, by what they are about and how grave they are.", "stack", "kind", "type"
    )
    for sight in sights:
        for address in _services(sight):
            for name, counter in by_service.items():
                counter.add_metric([sight.stack, address], getattr(sight.tally, name)[address])
        for (kind, severity), count in sorted(sight.tally.events.items()):
            events.add_metric([sight.stack, kind, severity], count)
    yield from (*by_service.values(), events)


def _histograms(sights: Iterable[Sight]) -> Iterator[Metric]:
    told = {
        "reconcile": "From a wake until what was decided is saved.",
        "look": "How long a look at the engine takes.",
        "decide": "How long deciding and saving takes.",
    }
    for name, text in told.items():
        family = HistogramMetricFamily(f"reconciler_{name}_seconds", text, labels=["stack"])
        for sight in sights:
            histogram = getattr(sight.tally, name)
            family.add_metric([sight.stack], histogram.cumulative, histogram.sum)
        yield family


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"reconciler_{name}", text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"reconciler_{name}", text, labels=labels)
