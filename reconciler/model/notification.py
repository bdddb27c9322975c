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
    NOTIFICATION = "notification"
    """About notifications themselves: these are never sent to one, for that could go round in circles."""


class EventType(StrEnum):
    """How grave an event is (ECS eventType)."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class EventName(StrEnum):
    """ECS's names of events (service actions, deployment state changes), and two of ours at the end."""

    STEADY_STATE = "SERVICE_STEADY_STATE"
    TASK_START_IMPAIRED = "SERVICE_TASK_START_IMPAIRED"
    TASK_PLACEMENT_FAILURE = "SERVICE_TASK_PLACEMENT_FAILURE"
    DESIRED_COUNT_UPDATED = "SERVICE_DESIRED_COUNT_UPDATED"
    DEPLOYMENT_IN_PROGRESS = "SERVICE_DEPLOYMENT_IN_PROGRESS"
    DEPLOYMENT_COMPLETED = "SERVICE_DEPLOYMENT_COMPLETED"
    DEPLOYMENT_FAILED = "SERVICE_DEPLOYMENT_FAILED"
    DEPLOYMENT_BLOCKED = "SERVICE_DEPLOYMENT_BLOCKED"
    TASK_UNHEALTHY = "SERVICE_TASK_UNHEALTHY"


class Notification(Noun):
    """Sends events of some kinds (none named: all) to one of `url` (POST) and `command` (standard input).

    `url_from` is the address of a secret that holds the URL: it is read when an event is sent, and never recorded.
    """

    address: str
    url: str = ""
    url_from: str = ""
    command: tuple[str, ...] = ()
    events: tuple[EventKind, ...] = ()
