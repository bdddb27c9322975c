"""An engine that takes requests and answers none: a look gives up soon, and uses no connection that may be dead."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.drivers.docker.api_errors import EngineTimeoutError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import Endpoint

ANSWER = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


class Engine:
    """Answers each request with `{}`, until it is silent: then only new connections are answered, once it may."""

    def __init__(self, listener: socket.socket) -> None:
        self.accepted = 0
        self.silent: set[int] = set()
        self._listener = listener
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Answer nothing on the connections there are."""
        self.silent = set(range(self.accepted + 1))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(connection, self.accepted), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            while connection.recv(65536):
                if number not in self.silent:
                    connection.sendall(ANSWER)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[Engine, Client]]:
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        client = Client(Endpoint(url=f"unix://{path}", source="a test")).within(0.2)
        yield Engine(listener), client
        client.close()
        listener.shutdown(socket.SHUT_RDWR)


def test_a_read_waits_no_longer_than_it_is_told(engine: tuple[Engine, Client]) -> None:
    server, client = engine
    assert client.get("/info") == {}
    server.fall_silent()
    began = time.monotonic()
    with pytest.raises(EngineTimeoutError):
        client.get("/info")
    assert time.monotonic() - began < 2


def test_after_a_silence_no_idle_connection_is_used_again(engine: tuple[Engine, Client]) -> None:
    server, client = engine
    both = [threading.Thread(target=client.get, args=("/info",)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    server.fall_silent()
    with pytest.raises(EngineTimeoutError):
        client.get("/info")
    assert client.get("/info") == {}
