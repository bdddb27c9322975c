"""How bytes reach the engine: a plain HTTP client on a local socket, the SDK's session for everything else.

The local socket has a client of its own because importing the SDK costs 0.12 s and a call through it twice the
time: `plan` promises to be done in 0.5 s.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from reconciler.drivers.docker import duplex
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.endpoint import Endpoint

POOL_SIZE = 16
"""Idle connections that are kept; more are opened when needed."""

_UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}


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
    """Sends requests. `target` is path and query; `timeout` is seconds between bytes, None waits for ever."""

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Reply: ...

    def open(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Stream: ...

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        """Turn a request into a two-way stream; a Reply is a refusal."""
        ...

    def close(self) -> None: ...


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class LocalTransport:
    """Requests over a Unix socket, on connections that are kept and shared between threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[_SocketConnection] = []
        self._lock = threading.Lock()

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Reply:
        connection, response = self._request(method, target, body, headers, timeout)
        try:
            content = response.read()
        except BaseException:
            connection.close()
            raise
        self._keep(connection, response)
        return Reply(response.status, dict(response.headers.items()), content)

    def open(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Stream:
        return _LocalStream(*self._request(method, target, body, headers, timeout))

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        connection, response = self._request("POST", target, body, {**headers, **_UPGRADE}, None)
        if response.status >= 400:
            return Reply(response.status, {}, response.read())
        return duplex.of_local(connection, response)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _request(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> tuple[_SocketConnection, http.client.HTTPResponse]:
        connection = self._idle_connection()
        if connection is not None:
            # The engine may have closed an idle connection: that shows at the first use, and a fresh one is tried.
            with suppress(ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest):
                return connection, _exchange(connection, method, target, body, headers, timeout)
        connection = _SocketConnection(self._path)
        return connection, _exchange(connection, method, target, body, headers, timeout)

    def _idle_connection(self) -> _SocketConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: _SocketConnection, response: http.client.HTTPResponse) -> None:
        with self._lock:
            if not response.will_close and len(self._idle) < POOL_SIZE:
                self._idle.append(connection)
                return
        connection.close()


def _exchange(
    connection: _SocketConnection,
    method: str,
    target: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout: float | None,
) -> http.client.HTTPResponse:
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


class _LocalStream:
    def __init__(self, connection: _SocketConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self._socket = connection.sock
        self.status = response.status

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._response.read1(65536):
            yield chunk

    def interrupt(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.interrupt()
        self._response.close()
        self._connection.close()


class SdkTransport:
    """Requests through the SDK's session: TCP, TLS and SSH."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.session = sdk_session(endpoint)

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Reply:
        response = self._request(method, target, body, headers, timeout, stream=False)
        return Reply(response.status_code, response.headers, response.content)

    def open(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Stream:
        return _SdkStream(self._request(method, target, body, headers, timeout, stream=True))

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        response = self._request("POST", target, body, {**headers, **_UPGRADE}, None, stream=True)
        if response.status_code >= 400:
            return Reply(response.status_code, {}, response.content)
        return duplex.of_sdk(response)

    def close(self) -> None:
        self.session.close()

    def _request(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float | None,
        *,
        stream: bool,
    ) -> Any:
        import requests

        try:
            return self.session.request(
                method, self.session.base_url + target, data=body, headers=headers, timeout=timeout, stream=stream
            )
        except requests.Timeout as problem:
            raise TimeoutError(str(problem)) from problem
        except requests.RequestException as problem:
            raise ConnectionError(str(problem)) from problem


class _SdkStream:
    def __init__(self, response: Any) -> None:
        self._response = response
        self._duplex = duplex.of_sdk(response) if response.raw._fp.fp is not None else None
        self.status = response.status_code

    def chunks(self) -> Iterator[bytes]:
        import urllib3

        try:
            yield from self._response.raw.stream(65536)
        except urllib3.exceptions.TimeoutError as problem:
            raise TimeoutError(str(problem)) from problem
        except (urllib3.exceptions.HTTPError, AttributeError) as problem:
            # urllib3 trips over its own closed file when a connection is cut.
            raise ConnectionError(str(problem)) from problem

    def interrupt(self) -> None:
        if self._duplex is not None:
            self._duplex.cut()

    def close(self) -> None:
        self._response.close()


def sdk_session(endpoint: Endpoint, version: str = "1.41") -> Any:
    """Return the SDK's low-level client. The environment's proxies and CA bundles are not for the engine's socket."""
    import docker

    tls: Any = False
    if endpoint.tls is not None:
        tls = docker.tls.TLSConfig(
            client_cert=(endpoint.tls.cert, endpoint.tls.key), ca_cert=endpoint.tls.ca, verify=True
        )
    session = docker.APIClient(
        base_url=endpoint.url,
        version=version,
        tls=tls,
        max_pool_size=POOL_SIZE,
        use_ssh_client=endpoint.url.startswith("ssh://") and not _has_paramiko(),
    )
    session.trust_env = False
    return session


def _has_paramiko() -> bool:
    from importlib.util import find_spec

    return find_spec("paramiko") is not None
