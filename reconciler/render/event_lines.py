"""Events as lines: for `events`, and for the log of a `watch`, as text and as JSON from the same values."""

from __future__ import annotations

from reconciler.model.event_json import ecs_event
from reconciler.model.notification import EventType
from reconciler.model.state import Event
from reconciler.render.json_text import compact
from reconciler.render.safe import one_line
from reconciler.render.words import duration, timestamp


def event_text(event: Event, *, now: float | None = None, stack: str = "") -> str:
    """Return `2026-11-28T17:00:00Z  service.web  has reached a steady state.`; with `now` how long ago instead.

    What is no mere news says so: `WARN`, `ERROR`. With `stack` its name comes before the address.
    """
    at = timestamp(event.at) if now is None else f"{duration(max(0.0, now - event.at)):>6} ago"
    gravity = "" if event.type is EventType.INFO else f"{event.type.value} "
    where = f"{stack} {event.address}" if stack else event.address
    return _line(at, where, gravity + event.message)


def event_json(event: Event, stack: str) -> str:
    """Return an event in ECS's shape, as a line of a JSON stream."""
    return compact({"type": "event", **ecs_event(event, stack)})


def log_text(message: str, *, at: float, stack: str) -> str:
    """Return what a `watch` says of itself, in a line that stands below those of its events."""
    return _line(timestamp(at), stack, message)


def log_json(message: str, *, at: float, stack: str) -> str:
    """Return what a `watch` says of itself, as a line of a JSON stream."""
    return compact({"type": "log", "time": timestamp(at), "stack": stack, "message": message})


def _line(at: str, where: str, message: str) -> str:
    """Return the parts of a line, made harmless."""
    return f"{at}  {one_line(where)}  {one_line(message)}"
