"""Answers `/metrics` and `/healthz` over HTTP. It only reads, and is no way in.

Loopback unless told otherwise; only GET and HEAD; only for hosts that are ours, so that no page in a browser can
read it under a name of its own (DNS rebinding); few threads, and no connection lasts.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, NamedTuple

from reconciler.errors import ReconcilerError, UsageError
from reconciler.observe.health import health
from reconciler.observe.observatory import Observatory

MOST_CONNECTIONS = 8
SILENCE_SECONDS = 5.0
"""How long the next byte of a request is waited for."""

LONGEST_SECONDS = 10.0
"""How long a connection lasts at most, whoever is slow."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Listen(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: str) -> Listen:
    """Return `127.0.0.1:9321`, `[::1]:9321` or `:9321` (loopback) as host and port; raises UsageError."""
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if is_bracketed else host
    if (
        not colon
        or not port.isascii()
        or not port.isdigit()
        or int(port) > 65535
        or (":" in host and not is_bracketed)
    ):
        raise UsageError(f'--listen wants HOST:PORT, as 127.0.0.1:9321, not "{text}"')
    return Listen(host or "127.0.0.1", int(port))


@contextmanager
def serve(listen: str, observatory: Observatory) -> Iterator[Listen]:
    """Answer requests until the context ends; gives where (port 0 is any free one).

    Raises UsageError when that is no address, ReconcilerError when nobody can listen there.
    """
    wanted = parse_listen(listen)
    try:
        server = _Server(wanted, observatory)
    except OSError as problem:
        raise ReconcilerError(f"cannot listen on {wanted}: {problem.strerror or problem}") from problem
    thread = threading.Thread(target=server.serve_forever, args=(0.5,), name="observe", daemon=True)
    thread.start()
    try:
        yield Listen(wanted.host, server.server_address[1])
    finally:
        server.shutdown()
        server.close_all()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * MOST_CONNECTIONS

    def __init__(self, listen: Listen, observatory: Observatory) -> None:
        if ":" in listen.host:
            self.address_family = socket.AF_INET6
        self.pages = _Pages(observatory)
        self._host = listen.host.lower()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        super().__init__((listen.host, listen.port), _Handler)

    def server_bind(self) -> None:
        """Bind, and ask no name server what we are called, as HTTPServer does: that may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self._host, self.server_address[1]

    def is_ours(self, host: str) -> bool:
        """Say whether a Host header names us. An address literal cannot be rebound, a name can."""
        name = _hostname(host)
        return name in LOCAL or name == self._host or (_is_any(self._host) and _is_literal(name))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own; when there are too many, not at all."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)
            self._free.release()

    def service_actions(self) -> None:
        """End the connections that last too long; called twice a second."""
        self._end(lambda since: time.monotonic() - since > LONGEST_SECONDS)

    def close_all(self) -> None:
        """End all connections."""
        self._end(lambda since: True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def _end(self, is_meant: Callable[[float], bool]) -> None:
        with self._lock:
            meant = [each for each, since in self._open.items() if is_meant(since)]
        for each in meant:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Pages:
    """What is to be read here: a path and its (status, content type, body)."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory
        self._metrics: Any = None
        self._lock = threading.Lock()
        self.at: dict[str, Callable[[], tuple[HTTPStatus, str, bytes]]] = {
            "/metrics": self._read_metrics,
            "/healthz": self._read_health,
        }

    def _read_health(self) -> tuple[HTTPStatus, str, bytes]:
        is_well, shape = health(self._observatory)
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return status, "application/json", json.dumps(shape, ensure_ascii=False, indent=2).encode() + b"\n"

    def _read_metrics(self) -> tuple[HTTPStatus, str, bytes]:
        from reconciler.observe.metrics import CONTENT_TYPE, Metrics

        with self._lock:
            self._metrics = self._metrics or Metrics(self._observatory)
            return HTTPStatus.OK, CONTENT_TYPE, self._metrics.text


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SILENCE_SECONDS
    protocol_version = "HTTP/1.0"  # one request a connection

    def do_GET(self) -> None:
        page = self.server.pages.at.get(self.path.partition("?")[0])
        if not self.server.is_ours(self.headers.get("Host", "")):
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"this host is not served here\n")
        elif page is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics and /healthz\n")
        else:
            self._answer(*page())

    def do_HEAD(self) -> None:
        self.do_GET()

    def parse_request(self) -> bool:
        """Read the request's head; says whether it is to be answered further."""
        if not super().parse_request():
            return False
        if self.command in ("GET", "HEAD"):
            return True
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"only GET and HEAD\n")
        return False

    def version_string(self) -> str:
        return "reconciler"

    def log_message(self, format: str, *args: object) -> None:
        """Requests are no news."""

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _hostname(host: str) -> str:
    """Return the name of a Host header without its port, lower case: `[::1]:9321` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def _is_any(host: str) -> bool:
    return _is_literal(host) and ipaddress.ip_address(host).is_unspecified


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
