"""Counted: tasks that end while the event stream is silent, cut off, doubled or out of order (R16).

A proxy stands between a watch and the engine and spoils what `GET /events` answers, after a random number of bytes.
However it is spoiled a task that ends is noticed by the next relist: 25 s later at most, and a fifth more.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median

from .engine import connect
from .figure import Counted
from .proxy import Recording, _engine, _pass_request
from .sleepers import Sleepers, sleepers
from .watched import await_that, watch

WATCHES = 8
"""Watches at once: each kill is waited for, and most of that is waiting."""

RELIST_SECONDS, NOTICED_WITHIN_SECONDS = 25.0, 35.0
MOST_BYTES = 1500


class Spoiling:
    """What is done to the answers of `GET /events`, drawn anew for each of them."""

    def __init__(self, seed: int) -> None:
        self.streams = 0
        self._random = Random(seed)

    def draw(self) -> tuple[str, int]:
        """Return how a stream is spoiled and after how many bytes."""
        self.streams += 1
        return self._random.choice(("silent", "cut", "doubled", "swapped")), self._random.randint(0, MOST_BYTES)


@contextmanager
def spoiled_events(seed: int) -> Iterator[tuple[str, Spoiling]]:
    """Pass everything on to the engine but events; gives the address, and how events fare."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "engine.sock"
        listener.bind(str(path))
        listener.listen(64)
        spoiling = Spoiling(seed)
        threading.Thread(target=_accept, args=(listener, spoiling), daemon=True).start()
        yield f"unix://{path}", spoiling
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, spoiling: Spoiling) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, spoiling), daemon=True).start()


def _serve(client: socket.socket, spoiling: Spoiling) -> None:
    record = Recording("")
    with client, _engine() as engine, client.makefile("rb") as requests:
        answers = threading.Thread(target=_answer, args=(engine, client, record, spoiling), daemon=True)
        answers.start()
        with suppress(OSError):
            while _pass_request(requests, engine, record):
                pass
            engine.shutdown(socket.SHUT_WR)


def _answer(engine: socket.socket, client: socket.socket, record: Recording, spoiling: Spoiling) -> None:
    """Copy answers; those of events as drawn, from the end of their head on."""
    with suppress(OSError):
        while chunk := engine.recv(65536):
            client.sendall(chunk)
            if "/events" in record.requests[-1].target:
                _spoil(engine, client, *spoiling.draw())
                return
        client.shutdown(socket.SHUT_RDWR)


def _spoil(engine: socket.socket, client: socket.socket, how: str, after: int) -> None:
    passed, held = 0, b""
    while chunk := engine.recv(65536):
        if passed < after:
            client.sendall(chunk[: after - passed] if how in ("silent", "cut") else chunk)
        elif how == "doubled":
            client.sendall(2 * chunk)
        elif how == "swapped":
            client.sendall(chunk + held if held else b"")
            held = b"" if held else chunk
        passed += len(chunk)
        if how == "cut" and passed >= after:
            break
    client.shutdown(socket.SHUT_RDWR)


def event_faults(count: int, seed: int, relist: float = RELIST_SECONDS) -> Counted:
    """Kill `count` tasks, each while a watch reads spoiled events; all must be noticed in time.

    With a shorter `relist` the time allowed is shorter by as much.
    """
    watches = min(WATCHES, count)
    shares = [count // watches + (number < count % watches) for number in range(watches)]
    with ThreadPoolExecutor(watches) as pool:
        found = pool.map(lambda number: _kills(shares[number], seed + number, relist), range(watches))
        delays = [delay for each in found for delay in each]
    allowed = NOTICED_WITHIN_SECONDS - RELIST_SECONDS * 1.2 + relist * 1.2
    late = tuple(f"a task's end was noticed after {delay:.1f} s" for delay in delays if delay > allowed)
    spread = f"median {median(delays):.1f} s, at most {max(delays):.1f} s of {allowed:g} s"
    return Counted(len(delays), late, f"noticed after: {spread}, looking every {relist:g} s")


def _kills(count: int, seed: int, relist: float) -> list[float]:
    """Kill one task of each of so many services; returns after how many seconds each had a replacement running."""
    client, random = connect(), Random(seed)
    settings = {"RECONCILER_RELIST_SECONDS": f"{relist:g}"}
    try:
        with sleepers(client, count) as stack, spoiled_events(seed) as (address, spoiling):
            command = replace(stack.command, engine=address)
            with watch(command, environment=settings):
                await_that(lambda: spoiling.streams > 0, 20, "the watch reads events")
                return [_noticed_after(stack, each, random) for each in stack.tasks()]
    finally:
        client.close()


def _noticed_after(stack: Sleepers, task_id: str, random: Random) -> float:
    time.sleep(random.uniform(0.2, 2.0))
    before = stack.tasks()
    stack.kill(before[task_id])
    limit = 2 * NOTICED_WITHIN_SECONDS
    return await_that(lambda: bool(set(stack.tasks()) - set(before)), limit, "a killed task is replaced")
