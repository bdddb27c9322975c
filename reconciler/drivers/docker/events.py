"""The engine's events, as wake-ups: what they say is never a fact, only a reason to look.

Windows are bounded (a connection that died silently ends within a minute), each begins where the last one ended,
and after every reconnect there is a wake, since the engine remembers only its last 256 events.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import NamedTuple

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.look import Looker
from reconciler.drivers.docker.transport import Stream
from reconciler.errors import EngineError

WINDOW = 60.0
_GRACE = 10.0
BETWEEN_WINDOWS = 0.1
"""Nothing is lost meanwhile; and an engine whose windows end at once is not asked without end."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
_OF_CONTAINERS = (
    "create", "start", "die", "oom", "pause", "unpause", "update", "destroy", "rename", "restart", "health_status",
)  # fmt: skip
_OF_OTHERS = ("remove", "pull", "tag", "untag", "delete", "import", "load", "disconnect")
_GONE = ("destroy", "remove")


class _Event(NamedTuple):
    """What we read of an event."""

    kind: str
    action: str
    stamp: int
    actor: str
    attributes: dict[str, str]


class Subscription:
    """Reads events until it is ended."""

    def __init__(self, client: Client, engine: Engine, looker: Looker, wake: Callable[[], None]) -> None:
        self._client = client
        self._engine = engine
        self._looker = looker
        self._wake = wake
        self._ended = threading.Event()
        self._stream: Stream | None = None
        self._last = 0

    def run(self) -> None:
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            try:
                self._window()
                pause = FIRST_PAUSE
                self._ended.wait(BETWEEN_WINDOWS)
            except (EngineError, ApiError, ValueError):
                self._ended.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            if not self._ended.is_set():
                self._wake()

    def end(self) -> None:
        self._ended.set()
        if (stream := self._stream) is not None:
            stream.interrupt()

    def _window(self) -> None:
        query = {
            "filters": {
                "type": ["container", "network", "volume", "image"],
                "event": [*_OF_CONTAINERS, *_OF_OTHERS],
            },
            "until": f"{self._engine.now() + WINDOW:.3f}",
        }
        if self._last:
            query["since"] = f"{self._last // 10**9}.{self._last % 10**9:09d}"
        self._stream = self._client.stream("GET", "/events", query, timeout=WINDOW + _GRACE)
        try:
            if not self._ended.is_set():
                self._listen(self._stream)
        finally:
            self._stream.close()

    def _listen(self, stream: Stream) -> None:
        rest = b""
        for chunk in self._client.read(stream):
            *lines, rest = (rest + chunk).split(b"\n")
            worth_a_look = [self.take(line) for line in lines if line.strip()]
            if any(worth_a_look):
                self._wake()

    def take(self, line: bytes) -> bool:
        """Note an event; returns whether it is worth a look. One that cannot be understood is not."""
        event = _read(line)
        if event is None or event.stamp <= self._last:
            return False
        self._last = event.stamp
        if event.kind == "image":
            self._looker.images.forget()
            return True
        if event.kind != "container":
            return event.action in _GONE or self._is_off_its_network(event)
        owner = event.attributes.get(labels.OWNER)
        if not owner or owner != (self._looker.owner or owner):
            return False
        self._looker.containers.forget(event.actor)
        return True

    def _is_off_its_network(self, event: _Event) -> bool:
        """Whether a container of ours was taken off a network: that is told of the network, without our labels."""
        return event.action == "disconnect" and event.attributes.get("container") in self._looker.container_ids


def _read(line: bytes) -> _Event | None:
    """Read an event; None for what has not the shape of one."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    kind, action, stamp = found.get("Type"), found.get("Action"), found.get("timeNano")
    if not (isinstance(kind, str) and isinstance(action, str) and isinstance(stamp, int)):
        return None
    actor = found.get("Actor")
    attributes = _texts(actor.get("Attributes")) if isinstance(actor, dict) else {}
    return _Event(kind, action, stamp, _texts(actor).get("ID", ""), attributes)


def _texts(found: object) -> dict[str, str]:
    """Return the fields that are text; none of what has no fields."""
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def subscribe(client: Client, engine: Engine, looker: Looker, wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` from a thread of its own after each event and each reconnect; returns what ends it."""
    subscription = Subscription(client, engine, looker, wake)
    thread = threading.Thread(target=subscription.run, name="docker-events", daemon=True)
    thread.start()

    def end() -> None:
        subscription.end()
        thread.join(timeout=2)

    return end
