"""Finds what a failed deployment has to say: the task that shows it, and the last lines of its log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.drivers.driver import Driver
from reconciler.engine.converge import Converged
from reconciler.errors import EngineError
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.snapshot import Container, ContainerHealth, ObservedTask
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import HOLDER
from reconciler.render.failures import Failure

LOG_LINES = 10


def failures(driver: Driver, converged: Converged) -> Iterator[Failure]:
    """Yield why each failed service failed, with the last log lines of a task that shows it."""
    for address in converged.decision.failed:
        yield failure_of(driver, converged, address)


def failure_of(driver: Driver, converged: Converged, address: str) -> Failure:
    """Return why a service's deployment failed. One that was rolled back is told, not the one that undid it."""
    primary = converged.state.primary(address)
    failed = _failed(converged, primary)
    record = _telling(converged, address, failed if failed is not primary else None)
    reason = (failed.reason if failed else "") or (record.stopped_reason if record else "")
    found = Failure(address, reason or "its tasks keep ending", deployment=failed.id if failed else "")
    if primary is not None and primary.rolls_back:
        is_restored = primary.rollout_state is RolloutState.COMPLETED
        found = replace(found, rolled_back_to=f"{primary.family}:{primary.revision}", is_restored=is_restored)
    observed = next((each for each in converged.snapshot.tasks if record and each.task.id == record.id), None)
    container = _culprit(observed) if observed else None
    lines = _last_lines(driver, container) if container else None
    if record is None or container is None or lines is None:
        return found
    return replace(found, task=record.short_id, container=container.name, log=lines)


def _failed(converged: Converged, primary: Deployment | None) -> Deployment | None:
    """Return the deployment that failed: the one that the newest undoes, or the newest itself."""
    undone = converged.state.deployment(primary.rolls_back) if primary and primary.rolls_back else None
    return undone or primary


def _telling(converged: Converged, address: str, failed: Deployment | None) -> TaskRecord | None:
    """Choose the task to show: the last that failed once started, else one that runs, else any that failed.

    Of a deployment that was rolled back only its own tasks tell.
    """
    mine = [each for each in converged.state.tasks if each.group == address]
    mine = [each for each in mine if failed is None or each.deployment == failed.id]
    ended = [each for each in mine if each.failed and each.started]
    running = [each for each in mine if not each.is_stopped]
    candidates = ended or running or [each for each in mine if each.failed]
    return max(candidates, key=lambda each: (each.stopping_at or 0.0, each.ordinal), default=None)


def _culprit(observed: ObservedTask) -> Container | None:
    """Choose the container to show: one that exited badly, else one that is unhealthy, else any."""
    containers = [each for each in observed.containers if each.name != HOLDER and each.started_at is not None]
    ranked = sorted(
        containers, key=lambda each: (not each.exit_code, each.health is not ContainerHealth.UNHEALTHY, each.name)
    )
    return ranked[0] if ranked else None


def _last_lines(driver: Driver, container: Container) -> tuple[str, ...] | None:
    try:
        return tuple(line.partition(" ")[2] for line in driver.logs(container.id, tail=LOG_LINES))
    except EngineError:
        return None
