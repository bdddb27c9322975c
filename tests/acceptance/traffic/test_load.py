"""The load accounts for every request: what is answered, what fails and why, and what a client may repeat."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest

from .attempt import Attempt, Attempts, Result
from .load import Client, Specification

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GETS = 3
"""A seed whose client begins with two GETs."""
POST_SECOND = 2
"""A seed whose client begins with a GET and a POST."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1 h s 0\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await _request(reader):
        writer.write(ANSWER)


async def _answer_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.write(ANSWER)
    await _request(reader)
    writer.close()


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.close()


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.write(ANSWER[:-3])
    writer.close()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    no_lingering = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
    writer.close()


async def _503(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def _request(reader: asyncio.StreamReader) -> bool:
    """Read a request whole; tells whether there was one."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(512 if head.startswith(b"POST") else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    return True


async def _attempts(serve: Serve, seed: int, requests: int = 1) -> list[Attempt]:
    """Let one keep-alive client send so many requests to a server."""
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        client = Client(Specification(server.sockets[0].getsockname()[1], seed=seed), 0, True, False)
        for _ in range(requests):
            await client.request()
        client.close()
        return client.ended


def _ends(attempts: list[Attempt]) -> list[tuple[str, Result, int]]:
    return [(each.method, each.result, each.status) for each in attempts]


def test_an_answer_of_200_is_counted_with_who_answered() -> None:
    (attempt,) = asyncio.run(_attempts(_answer, GETS))
    assert (attempt.result, attempt.version, attempt.host, attempt.service) == (Result.ANSWERED, "1", "h", "s")


@pytest.mark.parametrize(
    ("serve", "result", "status"),
    [(_close, Result.CLOSED, 0), (_half, Result.CLOSED, 0), (_reset, Result.RESET, 0), (_503, Result.STATUS, 503)],
)
def test_a_request_without_a_whole_answer_of_200_has_failed(serve: Serve, result: Result, status: int) -> None:
    assert _ends(asyncio.run(_attempts(serve, GETS))) == [("GET", result, status)]


def test_a_request_to_a_port_that_nobody_listens_on_is_refused() -> None:
    client = Client(Specification(port=1, seed=GETS), 0, True, False)
    asyncio.run(client.request())
    assert _ends(client.ended) == [("GET", Result.REFUSED, 0)]


def test_a_get_that_a_kept_connection_swallows_is_repeated_and_counted_apart() -> None:
    found = Attempts(asyncio.run(_attempts(_answer_first, GETS, requests=2)))
    assert _ends(list(found)) == [
        ("GET", Result.ANSWERED, 200),
        ("GET", Result.RETRIED, 0),
        ("GET", Result.ANSWERED, 200),
    ]
    assert (found.requests, len(found.failed), len(found.retried)) == (2, 0, 1)


def test_a_post_that_a_kept_connection_swallows_has_failed() -> None:
    found = asyncio.run(_attempts(_answer_first, POST_SECOND, requests=2))
    assert _ends(found) == [("GET", Result.ANSWERED, 200), ("POST", Result.CLOSED, 0)]


def test_an_attempt_is_read_back_as_it_was_written() -> None:
    attempt = Attempt("r-1-2", "GET", "/", True, 1.25, 2.5, Result.STATUS, 503)
    assert Attempt.read(attempt.line()) == attempt
