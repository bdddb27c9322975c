"""Servers for tests of what a balancer does with protocols: they run here, and are targets at the network's gateway.

All answer a request by JSON of what reached them: who, method, path, headers, and how long its body was. On /strange
they are not well, and say so with a character that parts answers of ours.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import h2.config
import h2.connection
import h2.events

STREAMED = 20
"""How many pieces /stream answers, one each quarter of a second."""
_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Http1(BaseHTTPRequestHandler):
    """HTTP/1.1, with what a target may do: a stream, a WebSocket that sends back what it gets."""

    protocol_version = "HTTP/1.1"
    name = ""

    def do_GET(self) -> None:
        if self.path == "/stream":
            self._stream()
        elif self.headers.get("Upgrade") == "websocket":
            self._echo()
        else:
            self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        said = {
            "who": self.name,
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "length": self._body_length(),
        }
        body = json.dumps(said).encode()
        self.send_response(*((503, "not\x1ewell") if self.path == "/strange" else (200,)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body_length(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        total = 0
        while size := int(self.rfile.readline(), 16):
            total += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return total

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(STREAMED):
            self.wfile.write(f"3\r\n{number:02d}\n\r\n".encode())
            time.sleep(0.25)
        self.wfile.write(b"0\r\n\r\n")

    def _echo(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + _WEBSOCKET
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.write(f"{self.name}\n".encode())
        while line := self.rfile.readline():
            self.wfile.write(line)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Http2(socketserver.BaseRequestHandler):
    """HTTP/2 without TLS. A request of gRPC gets its message back, and its status after it."""

    name = ""

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.connection.initiate_connection()
        self.heads: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.request.sendall(self.connection.data_to_send())
        while received := self.request.recv(65536):
            for event in self.connection.receive_data(received):
                self._on(event)
            self.request.sendall(self.connection.data_to_send())

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self.heads[event.stream_id] = {key.decode(): value.decode() for key, value in event.headers}
            self.bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] += event.data
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._answer(event.stream_id, self.heads.pop(event.stream_id), self.bodies.pop(event.stream_id))

    def _answer(self, stream: int, head: dict[str, str], body: bytes) -> None:
        if head.get("content-type") == "application/grpc":
            self.connection.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
            self.connection.send_data(stream, body)
            self.connection.send_headers(stream, [("grpc-status", "0"), ("grpc-message", "fine")], end_stream=True)
            return
        said = {"who": self.name, "method": head[":method"], "path": head[":path"], "length": len(body)}
        self.connection.send_headers(stream, [(":status", "200")])
        self.connection.send_data(stream, json.dumps(said).encode(), end_stream=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that is cut is what some tests are about."""


@contextmanager
def serving(address: str, tls: ssl.SSLContext) -> Iterator[dict[str, int]]:
    """Serve at an address; returns the ports by name: HTTP/1.1 `one` and `two`, `tls`, and `h2`."""
    make: dict[str, Callable[[], socketserver.TCPServer]] = {
        **{name: lambda n=name: _Server((address, 0), _named(Http1, n)) for name in ("one", "two", "tls")},
        "h2": lambda: _Server((address, 0), _named(Http2, "h2")),
    }
    ports = {}
    with ExitStack() as stack:
        for name, each in make.items():
            server = stack.enter_context(each())
            if name == "tls":
                server.socket = tls.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            stack.callback(server.shutdown)
            ports[name] = server.server_address[1]
        yield ports


def _named(handler: type, name: str) -> type:
    return type(handler.__name__, (handler,), {"name": name})
