"""Our containers as one list call shows them, completed by an inspect only where the list says too little.

The list has no exact times: a container younger than two minutes, or one that ended, is inspected once and the
answer kept for as long as the list agrees with it. An older one is told apart from a restarted one by its age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.rows import StatusText, read_addresses, read_networks, read_ports, read_status
from reconciler.model.snapshot import Container, ContainerStatus, Drift
from reconciler.model.task import Task

_ENDED = frozenset({"exited", "dead"})
_RUNNING = frozenset({"running", "paused", "restarting"})

FindDrift = Callable[[Task, str, Mapping[str, Any]], tuple[Drift, ...]]


class Sighting(NamedTuple):
    """A container and whose it is."""

    task: Task
    container: Container


class _Details(NamedTuple):
    """What an inspect says of a container's life, by our clock."""

    status: str
    exit_code: int
    oom_killed: bool
    error: str
    started_at: float | None
    finished_at: float | None

    def agrees(self, state: str, text: StatusText, now: float) -> bool:
        """Whether the list still tells of the same run."""
        if text.age is None:
            return False
        if state in _ENDED:
            return (
                self.status in _ENDED
                and self.exit_code == text.exit_code
                and self.finished_at is not None
                and text.age.allows(now - self.finished_at)
            )
        return self.started_at is not None and self.status in _RUNNING and text.age.allows(now - self.started_at)


class _Known:
    """What is remembered of one container."""

    __slots__ = ("details", "drift", "place", "sighting", "status")

    def __init__(
        self,
        place: object,
        status: str,
        sighting: Sighting,
        details: _Details | None,
        drift: tuple[Drift, ...] | None,
    ) -> None:
        self.place = place
        self.status = status
        self.sighting = sighting
        self.details = details
        self.drift = drift


class Containers:
    """Reads rows, and remembers what it read."""

    def __init__(self, client: Client, engine: Engine) -> None:
        self._client = client
        self._engine = engine
        self._known: dict[str, _Known] = {}
        self._stale: set[str] = set()
        self.busy: set[tuple[str, str]] = set()

    def forget(self, container_id: str) -> None:
        """Read this container anew at the next look: something happened to it. From any thread."""
        self._stale.add(container_id)

    def forget_drift(self) -> None:
        """Compare every container anew at the next look: what they are compared with is another."""
        for each in self._known.values():
            each.drift = None

    def read(self, rows: Iterable[Mapping[str, Any]], now: float, find_drift: FindDrift | None) -> list[Sighting]:
        """Return what the rows show, in their order; rows that are not whole are left out."""
        stale, self._stale = self._stale, set()
        known: dict[str, _Known] = {}
        for row in rows:
            container_id = row["Id"]
            earlier = None if container_id in stale else self._known.get(container_id)
            if earlier is None or not _is_same(earlier, row, needs_drift=find_drift is not None):
                earlier = self._read_row(row, earlier, now, find_drift)
            if earlier is not None:
                known[container_id] = earlier
        self._known = known
        return [each.sighting for each in known.values()]

    def _read_row(
        self, row: Mapping[str, Any], earlier: _Known | None, now: float, find_drift: FindDrift | None
    ) -> _Known | None:
        task = earlier.sighting.task if earlier else labels.task_from_labels(row["Labels"])
        if task is None:
            return None
        name = row["Labels"].get(labels.CONTAINER, "")
        state, text, place = row["State"], read_status(row["Status"]), _place(row)
        details = earlier.details if earlier and earlier.details else None
        if details is not None and not details.agrees(state, text, now):
            details = None
        drift = earlier.drift if earlier and earlier.place == place else None
        wants_details = details is None and (state in _ENDED or text.is_young)
        if (wants_details or (find_drift and drift is None)) and not self._is_busy(task, name):
            found = self._client.find(f"/containers/{row['Id']}/json")
            if found is None:
                return None
            details = self._details(found["State"], now)
            state = details.status
            drift = find_drift(task, name, found) if find_drift else drift
        started_at = details.started_at if details else _started(text, earlier, now)
        container = _container(row, name, state, text, details, started_at, drift or ())
        return _Known(place, row["Status"], Sighting(task, container), details, drift)

    def _is_busy(self, task: Task, name: str) -> bool:
        """Whether a start or a stop is under way: the engine would let an inspect wait until that is over."""
        return (task.id, name) in self.busy or (task.id, "") in self.busy

    def _details(self, state: Mapping[str, Any], now: float) -> _Details:
        started_at = self._engine.ours(state["StartedAt"], now)
        finished_at = self._engine.ours(state["FinishedAt"], now)
        if state["Status"] in _ENDED and started_at is not None and finished_at is not None:
            # The engine notes the start of a very short run a moment after its end.
            finished_at = max(started_at, finished_at)
        return _Details(
            status=state["Status"],
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            error=state["Error"],
            started_at=started_at,
            finished_at=finished_at,
        )


def _is_same(known: _Known, row: Mapping[str, Any], *, needs_drift: bool) -> bool:
    return known.status == row["Status"] and known.place == _place(row) and not (needs_drift and known.drift is None)


def _place(row: Mapping[str, Any]) -> object:
    """What a change of shows that something was done to a container, besides its age."""
    return row["State"], row["Ports"], row["NetworkSettings"]


def _started(text: StatusText, earlier: _Known | None, now: float) -> float | None:
    """Return when a container started at the latest; an earlier answer that still fits is kept: times stay put."""
    if text.age is None or text.exit_code is not None:
        return None
    before = earlier.sighting.container.started_at if earlier else None
    if before is not None and text.age.allows(now - before):
        return before
    return now - text.age.low


def _container(
    row: Mapping[str, Any],
    name: str,
    state: str,
    text: StatusText,
    details: _Details | None,
    started_at: float | None,
    drift: tuple[Drift, ...],
) -> Container:
    has_ended = state in _ENDED
    return Container(
        id=row["Id"],
        name=name,
        status=ContainerStatus(state),
        health=text.health if state == row["State"] else None,
        exit_code=(details.exit_code if details else text.exit_code) if has_ended else None,
        oom_killed=bool(details and details.oom_killed and has_ended),
        error=details.error if details else "",
        started_at=started_at,
        finished_at=details.finished_at if details and has_ended else None,
        image_id=row["ImageID"],
        networks=read_networks(row),
        addresses=read_addresses(row),
        ports=read_ports(row),
        drift=drift,
    )
