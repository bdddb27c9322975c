"""HTTP over a socket that we open ourselves: a Unix socket, or an `ssh` that talks to the engine's.

These have a client of their own. For the local socket, because importing the SDK costs 0.12 s and a call through it
twice the time, and `plan` promises to be done in 0.5 s. For SSH, because the user's own `ssh` knows their
configuration, agent and hosts, and one process serves a connection, not a request.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from reconciler.drivers.docker import duplex
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.transport import POOL_SIZE, UPGRADE, Body, Reply, Stream

_SSH_PATIENCE = 30


class Connection(http.client.HTTPConnection):
    """HTTP on a local socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def complaint(self) -> str:
        """What is known of why the connection was lost."""
        return ""


class SshConnection(Connection):
    """HTTP through `ssh HOST docker system dial-stdio`, as the docker command does it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 closed with the connection

    def connect(self) -> None:
        near, far = socket.socketpair()
        # Ctrl-C is for us: a step in hand ends first.
        ignoring_interrupts = ("sh", "-c", 'trap "" INT; exec "$@"', "ssh")
        with far:
            self._process = subprocess.Popen(
                [*ignoring_interrupts, *ssh_command(self._path)],
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=self._errors,
            )
        near.settimeout(self.timeout)
        self.sock = near

    def complaint(self) -> str:
        with suppress(OSError, ValueError):
            self._errors.seek(0)
            return self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        return ""

    def close(self) -> None:
        super().close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_SSH_PATIENCE)
            self._process = None


def ssh_command(url: str) -> list[str]:
    """Return what reaches the engine of an `ssh://` URL; whatever it does not say is the user's ssh configuration's.

    >>> " ".join(ssh_command("ssh://me@box:2222"))
    'ssh -T -o ConnectTimeout=30 -l me -p 2222 -- box docker system dial-stdio'
    """
    parts = urlsplit(url)
    user = ["-l", parts.username] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    options = ["-T", "-o", f"ConnectTimeout={_SSH_PATIENCE}", *user, *port]
    return ["ssh", *options, "--", parts.hostname or "", "docker", "system", "dial-stdio"]


class SocketTransport:
    """Requests on connections that are kept, and shared between threads."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def send(self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None) -> Reply:
        connection, response = self._request(method, target, body, headers, timeout)
        try:
            content = response.read()
        except BaseException:
            connection.close()
            self.close()
            raise
        self._keep(connection, response)
        return Reply(response.status, dict(response.headers.items()), content)

    def open(self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None) -> Stream:
        return _SocketStream(*self._request(method, target, body, headers, timeout))

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        connection, response = self._request("POST", target, body, {**headers, **UPGRADE}, None)
        if response.status >= 400:
            return Reply(response.status, {}, response.read())
        return duplex.of_http(connection, response)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _request(
        self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None
    ) -> tuple[Connection, http.client.HTTPResponse]:
        connection = self._idle_connection()
        if connection is not None and (body is None or isinstance(body, bytes)):
            # The engine may have closed an idle connection: that shows at the first use, and a fresh one is tried.
            with suppress(ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest):
                return connection, self._exchanged(connection, method, target, body, headers, timeout)
        elif connection is not None:
            connection.close()
        connection = self._connect()
        return connection, self._exchanged(connection, method, target, body, headers, timeout)

    def _exchanged(
        self,
        connection: Connection,
        method: str,
        target: str,
        body: Body,
        headers: Mapping[str, str],
        timeout: float | None,
    ) -> http.client.HTTPResponse:
        """Exchange; after a silence the idle connections are given up too, for they may be as dead."""
        try:
            return _exchange(connection, method, target, body, headers, timeout)
        except TimeoutError:
            self.close()
            raise

    def _idle_connection(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: Connection, response: http.client.HTTPResponse) -> None:
        with self._lock:
            if not response.will_close and len(self._idle) < POOL_SIZE:
                self._idle.append(connection)
                return
        connection.close()


def _exchange(
    connection: Connection, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None
) -> http.client.HTTPResponse:
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        return connection.getresponse()
    except ConnectionError as problem:
        complaint = connection.complaint()
        connection.close()
        raise (ConnectionError(complaint) if complaint else problem) from None
    except BaseException:
        connection.close()
        raise


class _SocketStream:
    def __init__(self, connection: Connection, response: http.client.HTTPResponse) -> None:
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
