"""One HTTP/1.1 exchange on a connection of asyncio, and in words how it ended."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from .attempt import Result

ADDRESS = "127.0.0.1"
TIME_LIMIT = 15.0
"""Seconds for a connection and its answer; the slowest path of the target takes 2."""
_CHUNK = 65536
_ENDS: tuple[tuple[type[Exception], Result], ...] = (
    (ConnectionRefusedError, Result.REFUSED),
    (ConnectionError, Result.RESET),
    (TimeoutError, Result.TIMEOUT),
    (OSError, Result.RESET),
)


class Exchange(NamedTuple):
    """How an exchange ended. `is_untouched` says that not a single byte came back."""

    result: Result
    status: int = 0
    body: str = ""
    is_untouched: bool = False


class _ClosedError(Exception):
    """The other side ended the connection before the answer was whole."""


class Connection:
    """A connection to a port of this host, opened when it is first needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._received = b""

    @property
    def is_reused(self) -> bool:
        """Whether it is open, and the other side has not ended it as far as is known here."""
        return self._streams is not None and not self._streams[0].at_eof() and not self._streams[1].is_closing()

    async def exchange(self, request: bytes) -> Exchange:
        """Send a request and wait for its answer; the connection stays open if both sides want that."""
        self._received = b""
        try:
            async with asyncio.timeout(TIME_LIMIT):
                return await self._exchange(request)
        except _ClosedError:
            result = Result.CLOSED
        except OSError as problem:
            result = next(result for kind, result in _ENDS if isinstance(problem, kind))
        self.close()
        return Exchange(result, is_untouched=not self._received)

    def close(self) -> None:
        """Close it; the next exchange opens another one."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    async def _exchange(self, request: bytes) -> Exchange:
        if not self.is_reused:
            self.close()
            self._streams = await asyncio.open_connection(ADDRESS, self._port)
        assert self._streams
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        while b"\r\n\r\n" not in self._received:
            await self._receive(reader)
        head, _, rest = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        whole = len(self._received) - len(rest) + int(headers.get("content-length", 0))
        while len(self._received) < whole:
            await self._receive(reader)
        if headers.get("connection") == "close":
            self.close()
        status = int(first.split()[1])
        body = self._received[len(head) + 4 :].decode("latin-1")
        return Exchange(Result.ANSWERED if status == 200 else Result.STATUS, status, body)

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        received = await reader.read(_CHUNK)
        if not received:
            raise _ClosedError
        self._received += received
