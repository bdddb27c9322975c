"""An event as JSON, in the shape in which ECS sends its events to EventBridge: for notifications and `events --json`.

Sources: ECS service action, deployment state change and task state change events.
"""

from __future__ import annotations

import hashlib
from typing import Any

from reconciler.model.notification import EventKind
from reconciler.model.state import Event
from reconciler.model.timestamp import timestamp

SOURCE = "reconciler"

DETAIL_TYPES = {
    EventKind.SERVICE: "ECS Service Action",
    EventKind.DEPLOYMENT: "ECS Deployment State Change",
    EventKind.TASK: "ECS Task State Change",
    EventKind.SCALING: "Application Auto Scaling Activity",
    EventKind.SCHEDULE: "Scheduled Task State Change",
    EventKind.ENGINE: "Engine State Change",
    EventKind.REQUEST: "Request",
    EventKind.NOTIFICATION: "Notification State Change",
}
"""The first three are ECS's."""


def ecs_event(event: Event, stack: str) -> dict[str, Any]:
    """Return an event of a stack. Its `id` is the same however often it is sent: whoever gets it twice can tell."""
    return {
        "version": "0",
        "id": event_id(event, stack),
        "detail-type": DETAIL_TYPES[event.kind],
        "source": SOURCE,
        "time": timestamp(event.at),
        "resources": [event.address],
        "detail": {
            "eventType": event.type.value,
            "eventName": event.name if event.name and event.kind is not EventKind.TASK else None,
            "kind": event.kind.value,
            "stack": stack,
            "number": event.number,
            "createdAt": timestamp(event.at, "milliseconds"),
            **_subject(event),
            "reason": event.message,
        },
    }


def event_id(event: Event, stack: str) -> str:
    """Return 32 hexadecimal digits: the time is part of it, for numbers begin anew when a state was lost."""
    text = f"{stack}|{event.number}|{event.at!r}|{event.address}|{event.message}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _subject(event: Event) -> dict[str, Any]:
    """Return what it is about, in ECS's words where there are any."""
    if event.kind is EventKind.TASK:
        return {"taskId": event.subject, "lastStatus": event.name, "stopCode": event.code or None}
    if event.kind is EventKind.DEPLOYMENT:
        return {"deploymentId": event.subject}
    return {"subject": event.subject or None}
