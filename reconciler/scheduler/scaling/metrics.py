"""What one sample says: use of CPU and memory in percent of the tasks' limits, requests per minute and target.

Whatever cannot be told is None, never 0: a gap is no reason to scale in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from reconciler.model.beside import ContainerUsage
from reconciler.model.routing import WHOLE, CheckResult, Color, ObservedBalancer, RunningBalancer, TargetState
from reconciler.model.scaling import ScalingMetric
from reconciler.model.service import Service
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.task_definition import TaskDefinition

LONGEST_GAP_SECONDS = 30.0
"""Between two samples that are further apart nobody watched: the mean over that time says nothing of now."""

CPU_UNITS = 1024


def usage_percent(
    metric: ScalingMetric,
    tasks: Iterable[ObservedTask],
    before: Iterable[ContainerUsage],
    latest: Iterable[ContainerUsage],
) -> float | None:
    """Return the mean over those tasks of which there is something to tell; None when there is none."""
    earlier = {each.container_id: each for each in before}
    by_task: dict[str, list[ContainerUsage]] = {}
    for usage in latest:
        by_task.setdefault(usage.task_id, []).append(usage)
    found = [
        percent
        for each in tasks
        if each.task.id in by_task
        and (percent := _OF_TASK[metric](each.task.definition, by_task[each.task.id], earlier)) is not None
    ]
    return sum(found) / len(found) if found else None


def _cpu(
    definition: TaskDefinition, latest: Iterable[ContainerUsage], before: Mapping[str, ContainerUsage]
) -> float | None:
    """Return CPU seconds per second, in percent of the CPUs that the task may use."""
    rates = [_cpus(before.get(each.container_id), each) for each in latest]
    used = [each for each in rates if each is not None]
    if len(used) < len(rates) or not definition.reserved_cpu:
        return None
    return 100 * sum(used) / (definition.reserved_cpu / CPU_UNITS)


def _cpus(before: ContainerUsage | None, latest: ContainerUsage) -> float | None:
    """Return how many CPUs a container used; None for one that is new, or was started again meanwhile."""
    if before is None or latest.cpu_seconds < before.cpu_seconds:
        return None
    elapsed = latest.at - before.at
    return (latest.cpu_seconds - before.cpu_seconds) / elapsed if 0 < elapsed <= LONGEST_GAP_SECONDS else None


def _memory(
    definition: TaskDefinition, latest: Iterable[ContainerUsage], before: Mapping[str, ContainerUsage]
) -> float | None:
    limit = definition.memory or sum(each.memory or 0 for each in definition.containers)
    return 100 * sum(each.memory for each in latest) / limit if limit else None


_Percent = Callable[[TaskDefinition, Iterable[ContainerUsage], Mapping[str, ContainerUsage]], float | None]

_OF_TASK: Mapping[ScalingMetric, _Percent] = {ScalingMetric.CPU: _cpu, ScalingMetric.MEMORY: _memory}


def requests_counted(service: Service, snapshot: Snapshot) -> int | None:
    """Return the requests that load balancers counted for a service; None while one of them cannot be asked."""
    groups = {each.target_group for each in service.load_balancers}
    balancers = [each for each in snapshot.balancers if _serves(each, groups)]
    processes = [each.running for each in balancers if each.running is not None]
    if not balancers or len(processes) < len(balancers):
        return None
    counters = (each for running in processes for each in running.counters if each.target_group in groups)
    return sum(each.requests for each in counters)


def _serves(balancer: ObservedBalancer, groups: set[str]) -> bool:
    routes = balancer.configuration.routes if balancer.configuration else ()
    return any(each.target_group in groups for each in routes)


def healthy_targets(service: Service, snapshot: Snapshot) -> int:
    """Return how many tasks of a service get traffic and are healthy targets, in pools that have a share of it."""
    groups = {each.target_group for each in service.load_balancers}
    return len(
        {
            each.task_id
            for balancer in snapshot.balancers
            if balancer.running is not None
            for each in balancer.running.targets
            if each.target_group in groups
            and each.state is TargetState.READY
            and each.check is not CheckResult.FAILED
            and _has_share(balancer.running, each.target_group, each.color)
        }
    )


def _has_share(running: RunningBalancer, group: str, color: Color) -> bool:
    green, _ = running.shares.get(group, (0, 0))
    return green > 0 if color is Color.GREEN else green < WHOLE


def per_minute(before: int, latest: int, elapsed: float) -> float | None:
    """Return the requests of a minute; None when the counters began anew, or nobody watched for long."""
    is_known = latest >= before and 0 < elapsed <= LONGEST_GAP_SECONDS
    return 60 * (latest - before) / elapsed if is_known else None
