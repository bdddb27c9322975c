"""A State as rows of the state file: one for each entry of its tuples, so that only what changed is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from reconciler.model.beside import (
    CleanUpRecord,
    NotificationRecord,
    ScalingActivity,
    ScalingRecord,
    ScheduledRun,
    ScheduleRecord,
)
from reconciler.model.deployment import Deployment
from reconciler.model.lifecycle import Forgotten, Moved
from reconciler.model.noun import Noun
from reconciler.model.routing import Maintenance
from reconciler.model.service import Service
from reconciler.model.stack import Output, Stack
from reconciler.model.state import Event, Revision, Scaled, State
from reconciler.model.task import TaskRecord

AnyNoun = TypeVar("AnyNoun", bound=Noun)


class _Kind(NamedTuple):
    """One tuple of a State: its field, its model, and what identifies (and orders) an entry."""

    field: str
    model: type[Noun]
    identity: Callable[[Any], str]


_KINDS = (
    _Kind("draining", Service, lambda each: each.address),
    _Kind("revisions", Revision, lambda each: f"{each.family}:{each.number:09d}"),
    _Kind("deployments", Deployment, lambda each: f"{each.created_at:020.6f} {each.id}"),
    _Kind("tasks", TaskRecord, lambda each: f"{each.created_at:020.6f} {each.ordinal:09d} {each.id}"),
    _Kind("events", Event, lambda each: f"{each.number:012d}"),
    _Kind("outputs", Output, lambda each: each.name),
    _Kind("scaled", Scaled, lambda each: each.service),
    _Kind("maintenance", Maintenance, lambda each: each.target_group),
    _Kind("scaling", ScalingRecord, lambda each: each.autoscaling),
    _Kind("activities", ScalingActivity, lambda each: f"{each.number:012d}"),
    _Kind("schedules", ScheduleRecord, lambda each: each.schedule),
    _Kind("runs", ScheduledRun, lambda each: f"{each.slot:020.6f} {each.id}"),
    _Kind("notified", NotificationRecord, lambda each: each.notification),
    _Kind("moved", Moved, lambda each: each.before),
    _Kind("forgotten", Forgotten, lambda each: each.id),
)


def read_state(database: sqlite3.Connection, stack: str) -> State:
    """Read a State whole; one with serial 0 when there is none. The caller's transaction makes it one look."""
    row = database.execute(
        "SELECT serial, owner, digest_key, doomed_volumes FROM stacks WHERE stack = ?", (stack,)
    ).fetchone()
    if row is None:
        return State(stack_name=stack)
    fields: dict[str, Any] = {kind.field: tuple(_read(database, stack, kind)) for kind in _KINDS}
    return State(
        stack_name=stack,
        serial=row[0],
        owner=row[1],
        digest_key=row[2],
        doomed_volumes=tuple(row[3].split()),
        target=_single(database, stack, "target", Stack),
        clean_up=_single(database, stack, "clean_up", CleanUpRecord) or CleanUpRecord(),
        **fields,
    )


def read_events(database: sqlite3.Connection, stack: str, first: int) -> tuple[Event, ...]:
    """Read the events from a number on, in order: what whoever follows them asks for twice a second."""
    rows = database.execute(
        "SELECT body FROM entries WHERE stack = ? AND kind = 'events' AND id >= ? ORDER BY id",
        (stack, f"{first:012d}"),
    )
    return tuple(Event.model_validate_json(body) for (body,) in rows)


def write_changes(database: sqlite3.Connection, before: State, after: State) -> None:
    """Write the entries that are new or other, and drop those that are gone."""
    for kind in _KINDS:
        _write(database, after.stack_name, kind, getattr(before, kind.field), getattr(after, kind.field))
    _write_single(database, after.stack_name, "target", before.target, after.target)
    _write_single(database, after.stack_name, "clean_up", before.clean_up, after.clean_up)


def _read(database: sqlite3.Connection, stack: str, kind: _Kind) -> Iterator[Noun]:
    rows = database.execute("SELECT body FROM entries WHERE stack = ? AND kind = ? ORDER BY id", (stack, kind.field))
    return (kind.model.model_validate_json(body) for (body,) in rows)


def _write(
    database: sqlite3.Connection, stack: str, kind: _Kind, before: Iterable[Noun], after: Iterable[Noun]
) -> None:
    if before is after:
        return
    old = {kind.identity(each): each for each in before}
    new = {kind.identity(each): each for each in after}
    gone = [(stack, kind.field, identity) for identity in old.keys() - new.keys()]
    database.executemany("DELETE FROM entries WHERE stack = ? AND kind = ? AND id = ?", gone)
    changed = [
        (stack, kind.field, identity, each.model_dump_json(exclude_defaults=True))
        for identity, each in new.items()
        if old.get(identity) is not each and old.get(identity) != each
    ]
    database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", changed)


def _single(database: sqlite3.Connection, stack: str, kind: str, model: type[AnyNoun]) -> AnyNoun | None:
    row = database.execute("SELECT body FROM entries WHERE stack = ? AND kind = ?", (stack, kind)).fetchone()
    return model.model_validate_json(row[0]) if row else None


def _write_single(
    database: sqlite3.Connection, stack: str, kind: str, before: Noun | None, after: Noun | None
) -> None:
    if before == after:
        return
    if after is None:
        database.execute("DELETE FROM entries WHERE stack = ? AND kind = ?", (stack, kind))
        return
    row = (stack, kind, after.model_dump_json(exclude_defaults=True))
    database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, '', ?)", row)
