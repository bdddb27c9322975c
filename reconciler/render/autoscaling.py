"""Autoscalings and their activities, as text and as JSON from the same values (AAS DescribeScalingActivities)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.model.beside import PolicyRecord, ScalingActivity, ScalingRecord, Suspended
from reconciler.model.scaling import Autoscaling, StepScaling, TargetTracking
from reconciler.model.state import State
from reconciler.render.safe import one_line
from reconciler.render.tables import table
from reconciler.render.words import duration, timestamp

Policy = TargetTracking | StepScaling


def autoscalings_json(state: State) -> list[dict[str, Any]]:
    """Return every autoscaling of what was applied last, with its policies' last values."""
    found = state.target.autoscalings if state.target else ()
    return [shape for each in found if (shape := autoscaling_json(each, state)) is not None]


def autoscaling_of(service: str, state: State) -> dict[str, Any] | None:
    """Return what owns the count of a service (an address); None when the files do."""
    found = state.target.autoscaling_of(service) if state.target else None
    return autoscaling_json(found, state) if found is not None else None


def autoscaling_json(autoscaling: Autoscaling, state: State) -> dict[str, Any] | None:
    """Return one autoscaling with the bounds in effect: a scheduled action's come first."""
    record = state.scaling_of(autoscaling.service)
    if record is None:
        return None
    return {
        "address": autoscaling.address,
        "service": autoscaling.service,
        "desired_count": record.capacity,
        **bounds_in_effect(autoscaling, record),
        "suspended": suspended_names(record.suspended),
        "policies": [_policy(each, record) for each in _policies(autoscaling)],
        "scheduled_actions": [
            {"name": each.name, "schedule": each.schedule.expression, "timezone": each.schedule.timezone}
            for each in autoscaling.scheduled_actions
        ],
    }


def bounds_in_effect(autoscaling: Autoscaling, record: ScalingRecord) -> dict[str, int]:
    """Return `min_capacity` and `max_capacity` as they hold now: what a scheduled action set comes first."""
    low = autoscaling.min_capacity if record.min_capacity is None else record.min_capacity
    high = autoscaling.max_capacity if record.max_capacity is None else record.max_capacity
    return {"min_capacity": low, "max_capacity": max(low, high)}


def suspended_names(suspended: Suspended) -> list[str]:
    """Return what rests, in the words of the command."""
    parts = ((suspended.scale_in, "in"), (suspended.scale_out, "out"), (suspended.scheduled, "scheduled"))
    return [name for rests, name in parts if rests]


def _policies(autoscaling: Autoscaling) -> tuple[Policy, ...]:
    both: tuple[Policy, ...] = (*autoscaling.target_trackings, *autoscaling.step_scalings)
    return tuple(sorted(both, key=lambda each: each.name))


def _policy(policy: Policy, record: ScalingRecord) -> dict[str, Any]:
    measured = next((each for each in record.policies if each.name == policy.name), None)
    return {
        "name": policy.name,
        **_kind(policy),
        "metric": policy.metric.value if policy.metric else "prometheus",
        "value": measured.values[-1] if measured and measured.values else None,
        "missing": _missing(measured),
    }


def _missing(measured: PolicyRecord | None) -> str | None:
    """Return why the last period has no value; that there was none yet is no news."""
    if measured is None or measured.values[-1:] != (None,):
        return None
    return measured.missing or None


def _kind(policy: Policy) -> dict[str, Any]:
    if isinstance(policy, TargetTracking):
        return {"type": "target_tracking", "target_value": policy.target_value}
    return {"type": "step_scaling", "threshold": policy.threshold}


def autoscalings_text(state: State) -> str:
    """Return a table with a row for each policy."""
    shapes = autoscalings_json(state)
    if not shapes:
        return "Nothing is scaled: no autoscaling is applied."
    rows = table(_HEADER, [row for each in shapes for row in _rows(each)])
    missing = [f"{each['service']}: {line}" for each in shapes for line in missing_lines(each)]
    return "\n".join([rows, "", *missing] if missing else [rows])


def missing_lines(shape: dict[str, Any]) -> Iterator[str]:
    """Yield why policies of an autoscaling (as JSON) have no value."""
    for each in shape["policies"]:
        if each["missing"]:
            yield f"policy {each['name']} has no value: {one_line(each['missing'])}"


_HEADER = ("SERVICE", "COUNT", "BOUNDS", "POLICY", "METRIC", "VALUE", "LIMIT", "SUSPENDED")


def _rows(shape: dict[str, Any]) -> list[list[str]]:
    """Return a row for each policy; what all have in common is in the first one."""
    bounds = f"{shape['min_capacity']}..{shape['max_capacity']}"
    first = [shape["service"], str(shape["desired_count"]), bounds]
    resting = ", ".join(shape["suspended"]) or "-"
    policies = [
        [each["name"], each["metric"], _number(each["value"]), _limit(each)] for each in shape["policies"]
    ] or [["-", "-", "-", "-"]]
    return [
        [*(first if index == 0 else ["", "", ""]), *cells, resting if index == 0 else ""]
        for index, cells in enumerate(policies)
    ]


def _limit(policy: dict[str, Any]) -> str:
    return _number(policy.get("target_value", policy.get("threshold")))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 2):g}"


def activities_json(activities: Iterable[ScalingActivity]) -> list[dict[str, Any]]:
    """Return activities as given: also those that say why nothing was changed."""
    return [
        {
            "number": each.number,
            "at": timestamp(each.at),
            "autoscaling": each.autoscaling,
            "service": each.service,
            "policy": each.policy,
            "before": each.before,
            "after": each.after,
            "value": each.value,
            "formula": each.formula or None,
            "not_scaled_reason": each.not_scaled_reason or None,
        }
        for each in activities
    ]


def activities_text(activities: Sequence[ScalingActivity], now: float) -> str:
    """Return a table with a row for each activity."""
    if not activities:
        return "No activities yet."
    rows = [
        [
            f"{duration(max(0.0, now - each.at))} ago",
            each.service,
            each.policy,
            f"{each.before} -> {each.after}" if each.before != each.after else str(each.after),
            _number(each.value),
            _why(each),
        ]
        for each in activities
    ]
    return table(("WHEN", "SERVICE", "POLICY", "COUNT", "VALUE", "WHY"), rows)


def _why(activity: ScalingActivity) -> str:
    if not activity.not_scaled_reason:
        return activity.formula
    wanted = f" ({activity.formula})" if activity.formula else ""
    return f"not scaled: {activity.not_scaled_reason}{wanted}"
