"""Whom to tell what happens: a URL or a command that gets events as JSON."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.noun import Noun


class EventKind(StrEnum):
    """What an event is about (ECS event detail types, and ours)."""

    SERVICE = "service"
    DEPLOYMENT = "deployment"
    TASK = "task"
    SCALING = "scaling"
    SCHEDULE = "schedule"
    ENGINE = "engine"
    REQUEST = "request"


class Notification(Noun):
    """Sends events of some kinds (none named: all) to exactly one of `url` (POST) and `command` (standard input)."""

    address: str
    url: str = ""
    command: tuple[str, ...] = ()
    events: tuple[EventKind, ...] = ()
