"""How bytes reach the engine: requests, answers that keep arriving, and two-way streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple, Protocol

from reconciler.drivers.docker.duplex import Duplex

POOL_SIZE = 16
"""Idle connections that are kept; more are opened when needed."""

UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}
"""What asks the engine to turn a connection into a two-way stream."""

Body = bytes | IO[bytes] | None


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream(Protocol):
    """An answer that is still arriving."""

    status: int

    def chunks(self) -> Iterator[bytes]:
        """Yield bytes as they come, until the engine ends the answer."""
        ...

    def interrupt(self) -> None:
        """End it from another thread: the reader sees a lost connection."""
        ...

    def close(self) -> None:
        """Let go of it, from the thread that reads."""
        ...


class Transport(Protocol):
    """Sends requests. `target` is path and query; `timeout` is seconds between bytes, None waits for ever.

    Raises TimeoutError, and OSError or http.client.HTTPException for a lost connection.
    """

    def send(
        self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None
    ) -> Reply: ...

    def open(
        self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None
    ) -> Stream: ...

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        """Turn a request into a two-way stream; a Reply is a refusal."""
        ...

    def close(self) -> None: ...
