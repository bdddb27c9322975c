"""A proxy in front of the engine that writes down every request, so that what a command did can be judged."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from reconciler.drivers.docker.endpoint import find_endpoint

READING = frozenset({"GET", "HEAD"})


class Request(NamedTuple):
    """One request, and when it was seen (monotonic seconds)."""

    method: str
    target: str
    at: float

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


class Recording:
    """What passed a proxy; `address` is what DOCKER_HOST must be for that."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[Request] = []

    @property
    def changing(self) -> tuple[Request, ...]:
        """The requests that may change something."""
        return tuple(each for each in self.requests if each.method not in READING)


@contextmanager
def recording() -> Iterator[Recording]:
    """Listen on a socket of its own and pass everything on to the engine."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "engine.sock"
        listener.bind(str(path))
        listener.listen(64)
        record = Recording(f"unix://{path}")
        threading.Thread(target=_accept, args=(listener, record), daemon=True).start()
        yield record
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, record: Recording) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, record), daemon=True).start()


def _serve(client: socket.socket, record: Recording) -> None:
    """Pass one connection on: requests are read one by one, answers are bytes."""
    with client, _engine() as engine, client.makefile("rb") as requests:
        threading.Thread(target=_copy_answers, args=(engine, client), daemon=True).start()
        with suppress(OSError):
            while _pass_request(requests, engine, record):
                pass
            engine.shutdown(socket.SHUT_WR)


def _copy_answers(engine: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while chunk := engine.recv(65536):
            client.sendall(chunk)
        client.shutdown(socket.SHUT_RDWR)


def _pass_request(requests: BinaryIO, engine: socket.socket, record: Recording) -> bool:
    """Note a request and pass it on, body and all; says whether another may follow."""
    lines = list(_head(requests))
    if not lines or not lines[-1]:
        return False
    method, target, _ = lines[0].decode().split(" ", 2)
    record.requests.append(Request(method, target, time.monotonic()))
    engine.sendall(b"".join(lines) + b"\r\n")
    headers = {name.lower().strip(): value.strip() for name, _, value in (each.partition(b":") for each in lines[1:])}
    if b"upgrade" in headers:  # from here on both sides talk freely
        while chunk := requests.read1(65536):  # type: ignore[attr-defined]
            engine.sendall(chunk)
        return False
    if headers.get(b"transfer-encoding") == b"chunked":
        for part in _chunks(requests):
            engine.sendall(part)
    engine.sendall(requests.read(int(headers.get(b"content-length", b"0"))))
    return True


def _head(requests: BinaryIO) -> Iterator[bytes]:
    """Yield the lines before the empty one; an empty text last when the connection ended before that."""
    while (line := requests.readline()) != b"\r\n":
        yield line
        if not line:
            return


def _chunks(requests: BinaryIO) -> Iterator[bytes]:
    size = -1
    while size != 0:
        line = requests.readline()
        size = int(line.split(b";")[0], 16)
        yield line + requests.read(size + 2)


def _engine() -> socket.socket:
    url = find_endpoint(None, None, os.environ).url
    parts = urlsplit(url)
    if parts.scheme == "unix":
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(parts.path)
        return engine
    if parts.scheme in ("tcp", "http") and parts.hostname:
        return socket.create_connection((parts.hostname, parts.port or 2375))
    raise ValueError(f"no proxy can stand before an engine at {url}")
