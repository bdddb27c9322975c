"""What acts beside deployments, as the model has it: autoscalings, scheduled tasks, notifications."""

from __future__ import annotations

from typing import Any

from reconciler.language.blocks.content import by_label, content_of
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.instances import Instance
from reconciler.model.notification import EventKind, Notification
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import ScheduledTask

_KINDS = tuple(EventKind)


def autoscaling(instance: Instance) -> Autoscaling:
    """Make an autoscaling, its policies and actions sorted by name."""
    decoded = instance.decoded
    content = content_of(decoded)
    content["target_trackings"] = [_named(each) for each in by_label(decoded.all("target_tracking"))]
    content["step_scalings"] = [_step_scaling(each) for each in by_label(decoded.all("step_scaling"))]
    content["scheduled_actions"] = [_scheduled(_named(each)) for each in by_label(decoded.all("scheduled_action"))]
    return Autoscaling.model_validate({**content, "address": instance.address})


def scheduled_task(instance: Instance) -> ScheduledTask:
    """Make a scheduled task, the containers of its overrides sorted by name."""
    content = _scheduled(content_of(instance.decoded))
    overrides = instance.decoded.one("overrides")
    containers = by_label(overrides.all("container")) if overrides is not None else []
    content["overrides"] = [_named(each) for each in containers]
    return ScheduledTask.model_validate({**content, "address": instance.address, "name": instance.name})


def notification(instance: Instance) -> Notification:
    """Make a notification, its kinds of events in the order of the model."""
    content = content_of(instance.decoded)
    content["events"] = sorted({EventKind(each) for each in content.get("events", ())}, key=_KINDS.index)
    return Notification.model_validate({**content, "address": instance.address})


def step_bounds(step: Decoded) -> tuple[float, float]:
    """Return where a step's range begins and ends; one without an end is infinite."""
    lower, upper = step.get("lower_bound"), step.get("upper_bound")
    return (float("-inf") if lower is None else lower, float("inf") if upper is None else upper)


def _named(decoded: Decoded) -> dict[str, Any]:
    return {**content_of(decoded), "name": decoded.label}


def _step_scaling(decoded: Decoded) -> dict[str, Any]:
    steps = sorted(decoded.all("step"), key=step_bounds)
    return {**_named(decoded), "steps": [content_of(each) for each in steps]}


def _scheduled(content: dict[str, Any]) -> dict[str, Any]:
    """Put the words of a schedule into one."""
    schedule = {"expression": content.pop("schedule")}
    if "timezone" in content:
        schedule["timezone"] = content.pop("timezone")
    return {**content, "schedule": schedule}
