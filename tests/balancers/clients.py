"""Clients for tests of what a balancer does with protocols."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import h2.connection
import h2.events

TIMEOUT = 10


class Answer(NamedTuple):
    """An answer over HTTP/2."""

    status: str
    body: bytes
    trailers: dict[str, str]


def trusting() -> ssl.SSLContext:
    """A client's side of TLS that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Http2Client:
    """One connection of HTTP/2 over TLS, chosen by ALPN."""

    def __init__(self, host: str, port: int) -> None:
        context = trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.socket = context.wrap_socket(socket.create_connection((host, port), TIMEOUT))
        self.protocol = self.socket.selected_alpn_protocol()
        self.connection = h2.connection.H2Connection()
        self.connection.initiate_connection()
        self._heads: dict[int, str] = {}
        self._bodies: dict[int, bytes] = {}
        self._trailers: dict[int, dict[str, str]] = {}

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """Begin a request; returns its stream."""
        stream = self.connection.get_next_available_stream_id()
        fields = {":method": method, ":scheme": "https", ":authority": "example.com", ":path": path}
        more = {key.replace("_", "-"): value for key, value in headers.items()}
        self.connection.send_headers(stream, list({**fields, **more}.items()), end_stream=not body)
        if body:
            self.connection.send_data(stream, body, end_stream=True)
        self.socket.sendall(self.connection.data_to_send())
        return stream

    def receive(self, *streams: int) -> list[Answer]:
        """Wait for the answers of these streams."""
        left = set(streams)
        while left:
            received = self.socket.recv(65536)
            assert received, "the connection ended before its answers"
            left -= {ended for event in self.connection.receive_data(received) if (ended := self._on(event))}
            self.socket.sendall(self.connection.data_to_send())
        return [Answer(self._heads[each], self._bodies[each], self._trailers.get(each, {})) for each in streams]

    def _on(self, event: h2.events.Event) -> int | None:
        """Keep what an event brings; returns the stream that ends by it."""
        if isinstance(event, h2.events.ResponseReceived):
            self._heads[event.stream_id] = dict(event.headers)[b":status"].decode()
            self._bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            self._bodies[event.stream_id] += event.data
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            self._trailers[event.stream_id] = {key.decode(): value.decode() for key, value in event.headers}
        elif isinstance(event, h2.events.StreamEnded):
            return event.stream_id
        assert not isinstance(event, h2.events.StreamReset), event
        return None

    def close(self) -> None:
        self.socket.close()


class WebSocketClient:
    """A connection that was upgraded, on which lines go both ways."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), TIMEOUT)
        self.socket.sendall(
            b"GET /ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        self.lines = self.socket.makefile("rb")
        head = []
        while line := self.lines.readline().strip().lower():
            head.append(line)
        assert head[0].startswith(b"http/1.1 101"), head
        assert b"sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in head
        self.name = self.lines.readline().decode().strip()

    def echo(self, line: bytes) -> bytes:
        """Send a line and return what comes back; nothing when the connection has ended."""
        try:
            self.socket.sendall(line)
            return self.lines.readline()
        except OSError:
            return b""

    @contextmanager
    def kept_busy(self) -> Iterator[Callable[[], bool]]:
        """Send lines all the time; returns whether all came back until now."""
        is_over = threading.Event()
        echoing = threading.Thread(target=self._echo_until, args=(is_over,))
        echoing.start()
        try:
            yield echoing.is_alive
        finally:
            is_over.set()
            echoing.join()

    def _echo_until(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.1) and self.echo(b"still there\n") == b"still there\n":
            pass

    def __enter__(self) -> WebSocketClient:
        return self

    def __exit__(self, *failure: object) -> None:
        self.lines.close()
        self.socket.close()
