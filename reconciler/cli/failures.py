"""Finds what a failed deployment has to say: the task that shows it, and the last lines of its log."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.drivers.driver import Driver
from reconciler.engine.converge import Converged
from reconciler.errors import EngineError
from reconciler.model.snapshot import Container, ContainerHealth, ObservedTask
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import HOLDER
from reconciler.render.failures import Failure

LOG_LINES = 10


def failures(driver: Driver, converged: Converged) -> Iterator[Failure]:
    """Yield why each failed service failed, with the last log lines of a task that shows it."""
    for address in converged.decision.failed:
        primary = converged.state.primary(address)
        record = _telling(converged, address)
        reason = (primary.reason if primary else "") or (record.stopped_reason if record else "")
        observed = next((each for each in converged.snapshot.tasks if record and each.task.id == record.id), None)
        container = _culprit(observed) if observed else None
        lines = _last_lines(driver, container) if container else None
        if record is None or container is None or lines is None:
            yield Failure(address, reason or "its tasks keep ending")
        else:
            yield Failure(address, reason or "its tasks keep ending", record.short_id, container.name, lines)


def _telling(converged: Converged, address: str) -> TaskRecord | None:
    """Choose the task to show: the last that failed once started, else one that runs, else any that failed."""
    mine = [each for each in converged.state.tasks if each.group == address]
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
