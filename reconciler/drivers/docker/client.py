"""One engine's API: JSON in, JSON out, with the version pinned once and every failure in our words.

A refusal is an ApiError; an engine that cannot be reached, or falls silent, is an EngineError.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.sdk_transport import SdkTransport
from reconciler.drivers.docker.socket_transport import Connection, SocketTransport, SshConnection
from reconciler.drivers.docker.transport import Body, Stream, Transport
from reconciler.errors import EngineError

NEWEST_VERSION = (1, 44)
"""The newest API we know; also the oldest that Docker 29 still serves."""
OLDEST_VERSION = (1, 41)

READ_TIMEOUT = 60.0
LOOK_TIMEOUT = 10.0
"""Longer than this no read of a look waits for the engine: a connection that died silently must not keep a watch
from its next look, and a task that ended from being noticed within 35 seconds."""
CREATE_TIMEOUT = 120.0
START_TIMEOUT = 180.0
"""ECS's agent gives a container three minutes to start (AGENT README, container start timeout)."""
STOP_MARGIN = 15.0
"""A stop call answers when the container is gone; the engine gets this much longer than the container."""


class ApiError(Exception):
    """The engine answered, and the answer was no."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{status}: {message}")


class EngineTimeoutError(EngineError):
    """The engine took a request and did not answer in time."""


Query = Mapping[str, Any]


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
        content, all_headers = _encode_body(body, headers or {})
        transport, prefix = self._connected(method)
        with _InOurWords(self.endpoint):
            reply = transport.send(method, prefix + _target(path, query), content, all_headers, timeout)
        if reply.status >= 400:
            raise ApiError(reply.status, _message(reply.body))
        return _decode(reply.body)

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
        content, all_headers = _encode_body(body, headers or {})
        transport, prefix = self._connected(method)
        with _InOurWords(self.endpoint):
            stream = transport.open(method, prefix + _target(path, query), content, all_headers, timeout)
            if stream.status >= 400:
                body_of_refusal = b"".join(stream.chunks())
                stream.close()
                raise ApiError(stream.status, _message(body_of_refusal))
        return stream

    def upgrade(self, path: str, body: object) -> Duplex:
        """Turn a request into a two-way stream of bytes."""
        transport, prefix = self._connected("POST")
        with _InOurWords(self.endpoint):
            headers = {"Content-Type": "application/json"}
            answer = transport.upgrade(prefix + path, json.dumps(body).encode(), headers)
        if isinstance(answer, Duplex):
            return answer
        raise ApiError(answer.status, _message(answer.body))

    def read(self, stream: Stream) -> Iterator[bytes]:
        """Yield the chunks of a stream, with a lost connection as an EngineError."""
        with _InOurWords(self.endpoint):
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


class Connector:
    """The connections to one engine, made at the first call."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._version = ""

    def connected(self) -> tuple[Transport, str]:
        """Return the transport, and what every path begins with."""
        with self._lock:
            if self._transport is None:
                with _InOurWords(self._endpoint):
                    self._transport, self._version = _connect(self._endpoint)
            return self._transport, "/v" + self._version

    def close(self) -> None:
        """Let go of them."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


def _connect(endpoint: Endpoint) -> tuple[Transport, str]:
    transport = _transport(endpoint)
    try:
        reply = transport.send("GET", "/_ping", None, {}, READ_TIMEOUT)
        offered = reply.headers.get("Api-Version")
        if reply.status >= 400 or offered is None:
            raise EngineError(f"{endpoint.url} ({endpoint.source}) is no Docker engine: {_message(reply.body)}")
        return transport, _pinned(offered, endpoint)
    except BaseException:
        transport.close()
        raise


def _transport(endpoint: Endpoint) -> Transport:
    path = endpoint.socket_path
    if path is not None:
        return SocketTransport(lambda: Connection(path))
    if endpoint.url.startswith("ssh://"):
        return SocketTransport(lambda: SshConnection(endpoint.url))
    return SdkTransport(endpoint)


def _pinned(offered: str, endpoint: Endpoint) -> str:
    major, minor = (int(part) for part in offered.split(".")[:2])
    version = min((major, minor), NEWEST_VERSION)
    if version < OLDEST_VERSION:
        raise EngineError(
            f"The engine at {endpoint.url} speaks API {offered}; 1.41 (Docker 20.10) is the oldest that works."
        )
    return f"{version[0]}.{version[1]}"


class _InOurWords:
    """Turns what transports raise into EngineErrors with a next step."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, EngineError | ApiError):
            return
        if isinstance(problem, TimeoutError):
            raise EngineTimeoutError(
                f"The Docker engine at {self._endpoint.url} did not answer in time. Is it overloaded or stopped?"
            ) from problem
        if isinstance(problem, OSError | http.client.HTTPException) or _is_of_sdk(problem):
            raise EngineError(_out_of_reach(self._endpoint, problem)) from problem


def _is_of_sdk(problem: BaseException | None) -> bool:
    module = type(problem).__module__.split(".")[0]
    return isinstance(problem, Exception) and module in ("docker", "requests", "urllib3", "paramiko")


def _out_of_reach(endpoint: Endpoint, problem: BaseException | None) -> str:
    where = f"the Docker engine at {endpoint.url} ({endpoint.source})"
    if isinstance(problem, PermissionError):
        return (
            f"Permission denied on the socket of {where}. Run as a user of the group `docker` "
            "(`sudo usermod -aG docker $USER`, then log in again), or as root."
        )
    what = _system_says(problem) or str(problem) or type(problem).__name__
    return (
        f"Cannot reach {where}: {what}. Is it running (`docker info`)? "
        "Another engine is chosen with DOCKER_HOST, `docker context use`, or `engine` in the cluster block."
    )


def _system_says(problem: BaseException | None) -> str:
    """Return what the operating system said, also below the wrappings of libraries; empty when it said nothing."""
    while problem is not None:
        if isinstance(problem, OSError) and problem.strerror:
            return problem.strerror
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return ""


def _target(path: str, query: Query | None) -> str:
    if not query:
        return path
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = value if isinstance(value, tuple) else (value,)
        pairs.extend((name, _query_text(each)) for each in values)
    return f"{path}?{urlencode(pairs)}"


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _encode_body(body: object, headers: Mapping[str, str]) -> tuple[Body, dict[str, str]]:
    """Bytes and files are archives; everything else is JSON."""
    if body is None:
        return None, dict(headers)
    if isinstance(body, bytes) or hasattr(body, "read"):
        return cast(Body, body), {"Content-Type": "application/x-tar", **headers}
    return json.dumps(body).encode(), {"Content-Type": "application/json", **headers}


def _decode(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _message(body: bytes) -> str:
    answer = _decode(body)
    text = answer.get("message", "") if isinstance(answer, dict) else str(answer or "")
    return " ".join(str(text).split())
