"""One engine's API: JSON in, JSON out, with the version pinned once and every failure in our words.

A refusal is an ApiError; an engine that cannot be reached, or falls silent, is an EngineError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.drivers.docker.api_errors import ApiError, InOurWords
from reconciler.drivers.docker.connector import Connector
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.transport import Stream, Transport
from reconciler.drivers.docker.wire import Query, decode, encode, message_of, target

READ_TIMEOUT = 60.0
LOOK_TIMEOUT = 10.0
"""Longer than this no read of a look waits for the engine: a connection that died silently must not keep a watch
from its next look, and a task that ended from being noticed within 35 seconds."""
CREATE_TIMEOUT = 120.0
START_TIMEOUT = 180.0
"""ECS's agent gives a container three minutes to start (AGENT README, container start timeout)."""
STOP_MARGIN = 15.0
"""A stop call answers when the container is gone; the engine gets this much longer than the container."""

ONLY_READ = ("GET", "HEAD")


def _anybody() -> None:
    """Ask for no permission: what no lease is needed for."""


class Client:
    """Calls to one engine, from any thread. `guard` is called before each that may change something: it may raise."""

    def __init__(
        self,
        endpoint: Endpoint,
        guard: Callable[[], None] = _anybody,
        connector: Connector | None = None,
        *,
        patience: float = READ_TIMEOUT,
    ) -> None:
        self.endpoint = endpoint
        self._guard = guard
        self._connector = connector or Connector(endpoint)
        self._patience = patience

    def guarded_by(self, guard: Callable[[], None]) -> Client:
        """Return a client over the same connections that asks before it changes anything."""
        return Client(self.endpoint, guard, self._connector, patience=self._patience)

    def within(self, patience: float) -> Client:
        """Return a client over the same connections whose reads wait no longer than so many seconds."""
        return Client(self.endpoint, self._guard, self._connector, patience=patience)

    def get(self, path: str, query: Query | None = None, *, timeout: float | None = None) -> Any:
        """Return what the engine says of `path`; raises ApiError and EngineError."""
        return self.call("GET", path, query, timeout=self._patience if timeout is None else timeout)

    def find(self, path: str, query: Query | None = None) -> Any:
        """Return what the engine says of `path`, or None when there is no such thing."""
        try:
            return self.get(path, query)
        except ApiError as refusal:
            if refusal.status == 404:
                return None
            raise

    def post(
        self, path: str, body: object = None, query: Query | None = None, *, timeout: float = READ_TIMEOUT
    ) -> Any:
        """Make or do something; returns what the engine says."""
        return self.call("POST", path, query, body, timeout=timeout)

    def call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = READ_TIMEOUT,
    ) -> Any:
        """Send a request and return the decoded answer: JSON, or text where it is none."""
        content, all_headers = encode(body, headers or {})
        transport, prefix = self._connected(method)
        with InOurWords(self.endpoint):
            reply = transport.send(method, prefix + target(path, query), content, all_headers, timeout)
        if reply.status >= 400:
            raise ApiError(reply.status, message_of(reply.body))
        return decode(reply.body)

    def stream(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Stream:
        """Open an answer that keeps arriving; `timeout` is the longest silence."""
        content, all_headers = encode(body, headers or {})
        transport, prefix = self._connected(method)
        with InOurWords(self.endpoint):
            stream = transport.open(method, prefix + target(path, query), content, all_headers, timeout)
            if stream.status >= 400:
                body_of_refusal = b"".join(stream.chunks())
                stream.close()
                raise ApiError(stream.status, message_of(body_of_refusal))
        return stream

    def upgrade(self, path: str, body: object) -> Duplex:
        """Turn a request into a two-way stream of bytes."""
        transport, prefix = self._connected("POST")
        with InOurWords(self.endpoint):
            headers = {"Content-Type": "application/json"}
            answer = transport.upgrade(prefix + path, json.dumps(body).encode(), headers)
        if isinstance(answer, Duplex):
            return answer
        raise ApiError(answer.status, message_of(answer.body))

    def read(self, stream: Stream) -> Iterator[bytes]:
        """Yield the chunks of a stream, with a lost connection as an EngineError."""
        with InOurWords(self.endpoint):
            yield from stream.chunks()

    @property
    def version(self) -> str:
        """The API version that every call names."""
        return self._connected("GET")[1].removeprefix("/v")

    def close(self) -> None:
        """Let go of the connections. A later call opens new ones."""
        self._connector.close()

    def _connected(self, method: str) -> tuple[Transport, str]:
        """Return the transport for a request, and what its path begins with. The guard is asked last of all."""
        connected = self._connector.connected()
        if method not in ONLY_READ:
            self._guard()
        return connected
