"""Autoscalings, scheduled tasks and notifications at other addresses, or forgotten: as declared and as recorded.

What is returned are the fields of a Stack, or of a State, that differ.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.stack import Stack
from reconciler.model.state import State


def recorded_asides(state: State, mapping: Mapping[str, str]) -> dict[str, object]:
    """Return what a State records of them, with each address (old -> new) as it is today."""

    def now(address: str) -> str:
        return mapping.get(address, address)

    return {
        "scaling": tuple(
            each.changed(autoscaling=now(each.autoscaling), service=now(each.service)) for each in state.scaling
        ),
        "activities": tuple(
            each.changed(autoscaling=now(each.autoscaling), service=now(each.service)) for each in state.activities
        ),
        "schedules": tuple(each.changed(schedule=now(each.schedule)) for each in state.schedules),
        "runs": tuple(each.changed(schedule=now(each.schedule)) for each in state.runs),
        "notified": tuple(each.changed(notification=now(each.notification)) for each in state.notified),
    }


def declared_asides(target: Stack, mapping: Mapping[str, str]) -> dict[str, object]:
    """Return those of a target, with each address (old -> new) as it is today."""

    def now(address: str) -> str:
        return mapping.get(address, address)

    return {
        "autoscalings": tuple(
            each.changed(address=now(each.address), service=now(each.service)) for each in target.autoscalings
        ),
        "scheduled_tasks": tuple(
            each.changed(address=now(each.address), task_definition=now(each.task_definition))
            for each in target.scheduled_tasks
        ),
        "notifications": tuple(
            each.changed(address=now(each.address), url_from=now(each.url_from)) for each in target.notifications
        ),
    }


def recorded_without(state: State, addresses: frozenset[str]) -> dict[str, object]:
    """Return what a State records of them, but for these addresses. Activities stay: they are history."""
    return {
        "scaling": tuple(each for each in state.scaling if each.autoscaling not in addresses),
        "schedules": tuple(each for each in state.schedules if each.schedule not in addresses),
        "runs": tuple(each for each in state.runs if each.schedule not in addresses),
        "notified": tuple(each for each in state.notified if each.notification not in addresses),
    }


def declared_without(target: Stack, addresses: frozenset[str]) -> dict[str, object]:
    """Return those of a target, but for these addresses."""
    return {
        "autoscalings": tuple(each for each in target.autoscalings if each.address not in addresses),
        "scheduled_tasks": tuple(each for each in target.scheduled_tasks if each.address not in addresses),
        "notifications": tuple(each for each in target.notifications if each.address not in addresses),
    }
