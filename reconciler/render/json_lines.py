"""Plans and applies as JSON, one object a line, in the shape of Terraform's machine-readable UI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Action, Change, Plan, Rollout
from reconciler.model.stack import Output
from reconciler.render.diagnostics import diagnostic_json
from reconciler.render.failures import Failure
from reconciler.render.json_text import compact
from reconciler.render.outputs import outputs_json
from reconciler.render.plan import impact, summary
from reconciler.render.progress import ServiceRow, row_text
from reconciler.render.words import count, timestamp


def line(kind: str, message: str, now: float, level: str = "info", **fields: Any) -> str:
    """Return one line."""
    shape = {
        "@level": level,
        "@message": message,
        "@module": "reconciler",
        "@timestamp": timestamp(now),
        "type": kind,
        **fields,
    }
    return compact(shape)


def version_line(version: str, now: float) -> str:
    """Return the first line of every stream."""
    return line("version", f"reconciler {version}", now, reconciler=version, ui="1.0")


def plan_lines(plan: Plan, now: float) -> Iterator[str]:
    """Yield drift, changes, previews, outputs, and the summary last."""
    for entry in plan.drift:
        message = f"{entry.address}: {entry.reason or entry.attribute}"
        yield line("resource_drift", message, now, change=entry.model_dump(mode="json"))
    for move in plan.moves:
        message = f"{move.before} has moved to {move.after}"
        moved = {"resource": {"addr": move.after}, "previous_resource": {"addr": move.before}, "action": "move"}
        yield line("planned_change", message, now, change=moved)
    for address in plan.forgotten:
        message = f"{address} will no longer be managed"
        yield line("planned_change", message, now, change={"resource": {"addr": address}, "action": "forget"})
    for change in plan.changes:
        message = f"{change.address}: {change.action.value}"
        yield line("planned_change", message, now, change=_change(change))
    for rollout in plan.rollouts:
        yield line("rollout_preview", impact(rollout), now, rollout=_rollout(rollout))
    if plan.outputs:
        message = f"{count(len(plan.outputs), 'output')} will change"
        yield line("outputs", message, now, outputs=_outputs(plan))
    for note in plan.notes:
        yield line("note", note, now)
    yield line("change_summary", summary(plan), now, changes=_summary(plan, "plan"))


def applied_lines(plan: Plan, outputs: Iterable[Output], operation: str, now: float) -> Iterator[str]:
    """Yield the outputs and the summary of an apply or a destroy that is done."""
    values = outputs_json(outputs)
    if values:
        yield line("outputs", f"Outputs: {len(values)}", now, outputs=values)
    yield line("change_summary", f"{operation.capitalize()} complete.", now, changes=_summary(plan, operation))


def recorded_lines(plan: Plan, operation: str, now: float) -> Iterator[str]:
    """Yield the summary of an apply that is recorded, for somebody else to carry out."""
    yield line("change_summary", f"{operation.capitalize()} recorded.", now, changes=_summary(plan, operation))


def progress_lines(before: ServiceRow | None, row: ServiceRow, elapsed: float, now: float) -> Iterator[str]:
    """Yield what became of one service: apply_start, then apply_progress, and apply_complete at the end."""
    hook = {"resource": {"addr": row.address}, "elapsed_seconds": round(elapsed, 1)}
    message = row_text(row, elapsed)
    if before is None or before.is_steady:
        yield line("apply_start", f"{row.address}: begins", now, hook=hook)
    kind = "apply_complete" if row.is_steady else "apply_progress"
    yield line(kind, message, now, hook={**hook, **counts(row)})


def failure_line(failure: Failure, now: float) -> str:
    """Return why a deployment failed."""
    hook = {
        "resource": {"addr": failure.address},
        "reason": failure.reason,
        "deployment": failure.deployment or None,
        "rolled_back_to": failure.rolled_back_to or None,
        "task": failure.task or None,
        "container": failure.container or None,
        "log": list(failure.log),
    }
    return line("apply_errored", f"{failure.address}: {failure.reason}", now, "error", hook=hook)


def counts(row: ServiceRow) -> dict[str, Any]:
    """Return a service's counts of tasks."""
    return {
        "state": row.state,
        "desired": row.desired,
        "new": row.new,
        "old": row.old,
        "healthy": row.healthy,
        "healthy_new": row.healthy_new,
        "draining": row.draining,
        "failures": row.failures,
        "failure_limit": row.limit,
        "stage": row.stage or None,
        "traffic": row.shares or None,
        "waiting_for": row.note or None,
        "waiting_until": timestamp(row.until) if row.until is not None else None,
    }


def diagnostic_line(diagnostic: Diagnostic, now: float) -> str:
    """Return one error or warning."""
    level = "error" if diagnostic.severity == "error" else "warn"
    return line("diagnostic", diagnostic.summary, now, level, diagnostic=diagnostic_json(diagnostic))


def _rollout(rollout: Rollout) -> dict[str, Any]:
    """Times of a simulation, to the tenth of a second."""
    shape = rollout.model_dump(mode="json")
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in shape.items()}


def _change(change: Change) -> dict[str, Any]:
    shape = change.model_dump(mode="json", exclude={"attributes"})
    shape["resource"] = {"addr": change.address}
    shape["attributes"] = [
        {**each.model_dump(mode="json"), "old": None, "new": None} if each.sensitive else each.model_dump(mode="json")
        for each in change.attributes
    ]
    return shape


def _outputs(plan: Plan) -> dict[str, Any]:
    return {
        each.name: {
            "action": each.action.value,
            "sensitive": each.sensitive,
            "known": each.known,
            "value": None if each.sensitive else each.new,
        }
        for each in plan.outputs
    }


def _summary(plan: Plan, operation: str) -> dict[str, Any]:
    return {
        "add": plan.count(Action.CREATE),
        "change": plan.count(Action.UPDATE, Action.REPLACE),
        "remove": plan.count(Action.DELETE),
        "operation": operation,
    }
