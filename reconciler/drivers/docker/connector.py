"""The connections to one engine: how it is reached, and which version of its API is spoken."""

from __future__ import annotations

import threading

from reconciler.drivers.docker.api_errors import InOurWords
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.sdk_transport import SdkTransport
from reconciler.drivers.docker.socket_transport import Connection, SocketTransport, SshConnection
from reconciler.drivers.docker.transport import Transport
from reconciler.drivers.docker.wire import message_of
from reconciler.errors import EngineError

NEWEST_VERSION = (1, 44)
"""The newest API we know; also the oldest that Docker 29 still serves."""
OLDEST_VERSION = (1, 41)
PING_TIMEOUT = 60.0


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
                with InOurWords(self._endpoint):
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
        reply = transport.send("GET", "/_ping", None, {}, PING_TIMEOUT)
        offered = reply.headers.get("Api-Version")
        if reply.status >= 400 or offered is None:
            raise EngineError(f"{endpoint.url} ({endpoint.source}) is no Docker engine: {message_of(reply.body)}")
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
