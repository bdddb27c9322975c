"""Plans and applies as JSON, one object a line, in the shape of Terraform's machine-readable UI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Action, Change, Plan
from reconciler.render.diagnostics import diagnostic_json
from reconciler.render.plan import impact, summary
from reconciler.render.words import timestamp


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
    return json.dumps(shape, ensure_ascii=False)


def version_line(version: str, now: float) -> str:
    """Return the first line of every stream."""
    return line("version", f"reconciler {version}", now, reconciler=version, ui="1.0")


def plan_lines(plan: Plan, now: float) -> Iterator[str]:
    """Yield drift, changes, previews, outputs, and the summary last."""
    for entry in plan.drift:
        message = f"{entry.address}: {entry.reason or entry.attribute}"
        yield line("resource_drift", message, now, change=entry.model_dump(mode="json"))
    for change in plan.changes:
        message = f"{change.address}: {change.action.value}"
        yield line("planned_change", message, now, change=_change(change))
    for rollout in plan.rollouts:
        yield line("rollout_preview", impact(rollout), now, rollout=rollout.model_dump(mode="json"))
    if plan.outputs:
        yield line("outputs", f"{len(plan.outputs)} outputs change", now, outputs=_outputs(plan))
    for note in plan.notes:
        yield line("note", note, now)
    yield line("change_summary", summary(plan), now, changes=_summary(plan, "plan"))


def applied_line(plan: Plan, now: float) -> str:
    """Return the summary of an apply."""
    return line("change_summary", "Apply complete.", now, changes=_summary(plan, "apply"))


def diagnostic_line(diagnostic: Diagnostic, now: float) -> str:
    """Return one error or warning."""
    level = "error" if diagnostic.severity == "error" else "warn"
    return line("diagnostic", diagnostic.summary, now, level, diagnostic=diagnostic_json(diagnostic))


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
