"""A constant load on a port of this host, in a process of its own, that accounts for every request it sends.

    python -m tests.acceptance.traffic.load SPECIFICATION FILE

writes an Attempt a line to FILE, each when it has ended. On SIGTERM it begins no request any more, waits for those
in progress, writes how many it began, and ends. Keep-alive clients use one connection as long as they are let;
closing clients ask for `Connection: close` and open one for each request.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

from .attempt import Attempt, Attempts, Result
from .exchange import Connection, Exchange

ROOT = Path(__file__).parents[3]
WRITTEN_EVERY = 0.1
END_TIMEOUT = 60.0
_BEGUN = "# begun "
_BODY = b"x" * 512
_POST_SHARE = 0.3


class Specification(NamedTuple):
    """Which requests are sent. `pause` is the mean of what a client waits after an answer, in seconds.

    Ids of requests begin with `prefix`. A client takes a random one of `paths` each time, and POSTs 30 % of the time.
    Of each kind of clients the first `slow` ask for what answers after 2 s, one request after the other.
    """

    port: int
    keep_alive: int = 40
    closing: int = 40
    slow: int = 5
    pause: float = 0.25
    paths: tuple[str, ...] = ("/",)
    prefix: str = "r"
    host: str = "localhost"
    seed: int = 1

    def text(self) -> str:
        """Return it as JSON, to be handed to another process."""
        return json.dumps(self._asdict())

    @classmethod
    def read(cls, text: str) -> Specification:
        """Return the specification of a text."""
        given = json.loads(text)
        return cls(**{**given, "paths": tuple(given["paths"])})


class Client:
    """One client of a load: a request, a pause, and so on."""

    def __init__(self, specification: Specification, number: int, keeps_alive: bool, is_slow: bool) -> None:
        self._is = specification
        self._random = Random(f"{specification.seed} {number}")
        self._name = f"{specification.prefix}-{number}"
        self._keeps_alive = keeps_alive
        self._is_slow = is_slow
        self._connection = Connection(specification.port)
        self.begun = 0
        self.ended: list[Attempt] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Send requests until told to stop; the one in progress is ended."""
        await asyncio.sleep(self._random.random() * self._is.pause)
        while not stop.is_set():
            is_answered = await self.request()
            if not self._is_slow or not is_answered:
                await asyncio.sleep(self._random.uniform(0.0, 2 * self._is.pause))
        self.close()

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()

    async def request(self) -> bool:
        """Send the next request, and once more if it may be repeated; tells whether it was answered with 200."""
        self.begun += 1
        method = "POST" if self._random.random() < _POST_SHARE else "GET"
        path = self._random.choice(self._is.paths)
        path = f"{path.rstrip('/')}/slow" if self._is_slow else path
        result = await self._attempt(method, path)
        if result is Result.RETRIED:
            result = await self._attempt(method, path)
        return result is Result.ANSWERED

    async def _attempt(self, method: str, path: str) -> Result:
        """Try once."""
        is_reused = self._connection.is_reused
        sent_at = time.time()
        exchange = await self._connection.exchange(self._bytes(method, path))
        is_repeatable = is_reused and method == "GET" and exchange.is_untouched and exchange.result in _ENDED
        result = Result.RETRIED if is_repeatable else exchange.result
        name = f"{self._name}-{self.begun}"
        times = sent_at, time.time()
        attempt = Attempt(name, method, path, self._keeps_alive, *times, result, exchange.status, *_who(exchange))
        self.ended.append(attempt)
        if not self._keeps_alive:
            self.close()
        return result

    def _bytes(self, method: str, path: str) -> bytes:
        body = _BODY if method == "POST" else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._is.host}", f"X-Request-Id: {self._name}-{self.begun}"]
        lines += [f"Content-Length: {len(body)}"] if body else []
        lines += [] if self._keeps_alive else ["Connection: close"]
        return "\r\n".join((*lines, "\r\n")).encode() + body


_ENDED = frozenset({Result.CLOSED, Result.RESET})


def _who(exchange: Exchange) -> tuple[str, ...]:
    words = exchange.body.split()
    return tuple(words[:3]) if exchange.result is Result.ANSWERED and len(words) >= 3 else ()


class Load:
    """A load that runs, as its test sees it."""

    def __init__(self, process: subprocess.Popen[bytes], file: Path) -> None:
        self._process = process
        self._file = file

    def so_far(self) -> Attempts:
        """Return what has ended until now, short of the last tenth of a second."""
        text = self._file.read_text()
        return Attempts(Attempt.read(line) for line in text[: text.rfind("\n") + 1].splitlines() if line[0] != "#")

    def count(self) -> int:
        """Return how many attempts have ended."""
        return self._file.read_bytes().count(b"\n")

    def wait_for(self, count: int, time_limit: float = 600.0) -> None:
        """Wait until so many attempts have ended in all."""
        deadline = time.monotonic() + time_limit
        while self.count() < count and time.monotonic() < deadline:
            time.sleep(0.2)

    def end(self) -> Attempts:
        """End it and return everything; raises RuntimeError when it cannot account for every request."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(END_TIMEOUT)
        attempts = self.so_far()
        last = self._file.read_text().rpartition(_BEGUN)[2].strip()
        if self._process.returncode != 0 or last != str(attempts.requests):
            raise RuntimeError(f"the load ended with {self._process.returncode}; begun {last}, {attempts.summary()}")
        return attempts

    def kill(self) -> None:
        """End it if it still runs; nothing is asked of it any more."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def loading(specification: Specification) -> Iterator[Load]:
    """Start a load; whatever happens, it does not outlive the block."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "attempts"
        file.touch()
        command = (sys.executable, "-m", __name__, specification.text(), str(file))
        load = Load(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL), file)
        try:
            yield load
        finally:
            load.kill()


async def send(specification: Specification, file: IO[str]) -> None:
    """Be the load, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    kinds = ((specification.keep_alive, True), (specification.closing, False))
    each = [(keeps_alive, position < specification.slow) for count, keeps_alive in kinds for position in range(count)]
    clients = [Client(specification, number, *kind) for number, kind in enumerate(each)]
    running = [asyncio.create_task(client.run(stop)) for client in clients]
    while not all(task.done() for task in running):
        await asyncio.wait(running, timeout=WRITTEN_EVERY)
        _write(clients, file)
    await asyncio.gather(*running)  # raises what one of them raised
    _write(clients, file)
    file.write(f"{_BEGUN}{sum(client.begun for client in clients)}\n")


def _write(clients: list[Client], file: IO[str]) -> None:
    ended = sorted((each for client in clients for each in client.ended), key=lambda each: each.ended_at)
    for client in clients:
        client.ended.clear()
    file.writelines(each.line() for each in ended)
    file.flush()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w") as written:
        asyncio.run(send(Specification.read(sys.argv[1]), written))
