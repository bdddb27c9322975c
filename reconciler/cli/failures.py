"""What is told when a deployment failed: the cause, the last lines of the log, and what to type next."""

from __future__ import annotations

from reconciler.cli.output import tell
from reconciler.drivers.driver import Driver
from reconciler.engine.converge import Converged
from reconciler.errors import EngineError
from reconciler.model.snapshot import Container, ObservedTask
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import HOLDER
from reconciler.render.safe import one_line, safe

LOG_LINES = 10


def tell_failures(driver: Driver, converged: Converged) -> None:
    """Print why each failed service failed, with the last log lines of a task that shows it."""
    primaries = {each.service: each for each in converged.state.deployments if each.is_primary}
    for address in converged.decision.failed:
        tell(f"\n{address}  FAILED  {one_line(primaries[address].reason)}")
        record = _last_failed(converged, address)
        if record is not None:
            _tell_log(driver, converged, record)
        tell(f"  next: reconciler logs {address}, reconciler ps, reconciler plan")


def _last_failed(converged: Converged, address: str) -> TaskRecord | None:
    failed = [each for each in converged.state.tasks if each.group == address and each.failed and each.started]
    running = [each for each in converged.state.tasks if each.group == address and not each.is_stopped]
    candidates = failed or running
    return max(candidates, key=lambda each: (each.stopping_at or 0.0, each.ordinal), default=None)


def _tell_log(driver: Driver, converged: Converged, record: TaskRecord) -> None:
    observed = next((each for each in converged.snapshot.tasks if each.task.id == record.id), None)
    container = _culprit(observed) if observed else None
    if observed is None or container is None:
        return
    try:
        lines = [line.partition(" ")[2] for line in driver.logs(container.id, tail=LOG_LINES)]
    except EngineError:
        return
    tell(f"  last log lines of task {record.short_id}, container {container.name}:")
    for line in lines or ["(it printed nothing)"]:
        tell(f"    {safe(line)}")


def _culprit(observed: ObservedTask) -> Container | None:
    """Choose the container to show: one that exited badly, else one that is unhealthy, else any."""
    containers = [each for each in observed.containers if each.name != HOLDER and each.started_at is not None]
    ranked = sorted(containers, key=lambda each: (not each.exit_code, each.health != "unhealthy", each.name))
    return ranked[0] if ranked else None
