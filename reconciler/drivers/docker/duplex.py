"""A connection that became a plain two-way stream of bytes: what `exec` upgrades to.

Reading goes through the buffer that read the answer's headers, so that output which came with them is not lost.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Duplex:
    """Bytes both ways."""

    def __init__(self, receive: Callable[[int], bytes], wire: Any, close: Callable[[], None]) -> None:
        self._receive = receive
        self._wire = wire
        self.close = close

    def receive(self) -> bytes:
        """Return what came, at least a byte; nothing when the other side is done."""
        return self._receive(65536)

    def send(self, content: bytes) -> None:
        """Send all of it."""
        self._wire.sendall(content)

    def end_of_input(self) -> None:
        """Tell the other side that no more will be sent."""
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """End it both ways, from any thread: the reader sees the end."""
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)


def of_http(connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> Duplex:
    """Take over the connection of an answered request."""
    assert connection.sock is not None
    return Duplex(response.fp.read1, connection.sock, connection.close)


def of_sdk(response: Any) -> Duplex:
    """Take over the connection behind an answer of the SDK's session."""
    reader = response.raw._fp.fp
    return Duplex(reader.read1, reader.raw._sock, response.close)
