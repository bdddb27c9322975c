"""One stack of a traffic run: its files, its place on the engine, and what the engine shows of it."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from tests.acceptance.command import Command, Ended, Running
from tests.acceptance.engine import clean, clean_leftovers, connect, fresh_name, labelled

from .attempt import Result
from .declared import TrafficService, TrafficStack
from .exchange import Connection, Exchange
from .load import Specification

PREFIX = "traffic"
HOST_LENGTH = 8
"""A task's host name is the beginning of its id."""
_PORTS = (20000, 32000)
"""Below the ports that outgoing connections take."""
_ASKED_EVERY = 0.02
_ASKED_PER_TASK = 8


@dataclass
class TrafficSite:
    """Where a stack is applied again and again. `declared` is what its files say now."""

    client: Client
    command: Command
    declared: TrafficStack

    def declare(self, stack: TrafficStack) -> None:
        """Write the files anew."""
        self.declared = stack
        stack.write(self.command.stack)

    def apply(self, stack: TrafficStack, *expect: int) -> Ended:
        """Declare and apply; raises UnexpectedEndError for an exit code that is not expected (0)."""
        self.declare(stack)
        return self.command.run("apply", "--auto-approve", expect=expect or (0,))

    def start_apply(self, stack: TrafficStack) -> Running:
        """Declare and start to apply."""
        self.declare(stack)
        return self.command.start_apply()

    def load(self, **changes: Any) -> Specification:
        """Return a load of production's listener."""
        return Specification(port=self.declared.port)._replace(**changes)

    def marks(self, stage: str) -> tuple[float, ...]:
        """Return when a stage's hook ran, oldest first, seconds since 1970."""
        file = self.command.stack / f"{stage}.times"
        return tuple(map(float, file.read_text().split())) if file.exists() else ()

    def forget_marks(self) -> None:
        """Begin anew with the marks of stages."""
        for file in self.command.stack.glob("*.times"):
            file.unlink()

    def wait_for_mark(self, stage: str, running: Running, time_limit: float = 120.0) -> float:
        """Wait until a stage's hook has run; raises AssertionError when the apply ends before."""
        deadline = time.monotonic() + time_limit
        while not self.marks(stage):
            if running.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{stage} did not come: {running.end().output}")
            time.sleep(0.02)
        return self.marks(stage)[-1]

    def containers(self, service: str) -> Mapping[str, Mapping[str, Any]]:
        """Return a service's live containers by host name, as the list call shows them."""
        rows = labelled(self.client, labels.STACK, self.declared.name).containers
        return {
            row["Labels"][labels.TASK][:HOST_LENGTH]: row
            for row in rows
            if row["Labels"].get(labels.SERVICE) == service and row["State"] == "running"
        }

    def ask(self, service: str, times: int = 1) -> list[tuple[str, ...]]:
        """Ask a service through the balancer, a connection each; returns the words of the answers of 200."""
        answers = asyncio.run(_ask(self.declared.port, f"/{service}/", times))
        return [tuple(each.body.split()) for each in answers if each.result is Result.ANSWERED]

    def problems(self) -> list[str]:
        """Return what is wrong on the engine, and behind the balancer, when an apply has ended."""
        return [found for name in self.declared.services for found in self._of_service(name)]

    def _of_service(self, name: str) -> Iterator[str]:
        """Exactly the desired tasks are live; all of them answer, as the declared version; nobody else does."""
        declared, live = self.declared.services[name], set(self.containers(name))
        if len(live) != declared.desired_count:
            yield f"service {name} has {len(live)} tasks, {declared.desired_count} are desired"
        asked = max(len(live), declared.desired_count) * _ASKED_PER_TASK
        answers = self.ask(name, asked)
        if len(answers) != asked:
            yield f"{asked - len(answers)} of {asked} requests for {name} failed"
        if answered := {words[0] for words in answers} - {str(declared.version)}:
            yield f"service {name}: version {declared.version} is declared, and {sorted(answered)} answered"
        if {words[1] for words in answers} != live:
            yield f"service {name}: tasks {sorted(live)} are live, {sorted({words[1] for words in answers})} answered"
        if others := {words[2] for words in answers} - {name}:
            yield f"service {name}: {sorted(others)} answered"

    def balancer(self) -> str:
        """Return the id of the balancer's live container; raises AssertionError unless there is exactly one."""
        rows = labelled(self.client, labels.STACK, self.declared.name).containers
        (identity,) = (row["Id"] for row in rows if labels.BALANCER in row["Labels"] and row["State"] == "running")
        return str(identity)


@contextmanager
def traffic_site(services: Mapping[str, TrafficService] | None = None) -> Iterator[TrafficSite]:
    """Make a place with a name and ports of its own, and apply the stack; everything is removed at the end."""
    client = connect()
    clean_leftovers(client, PREFIX)
    name = fresh_name(PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        logs = Path(folder) / "logs"
        logs.mkdir()
        port, test_port = free_ports(2)
        stack = TrafficStack(name, logs, port, test_port, services or {"web": TrafficService()})
        site = TrafficSite(client, Command(Path(folder) / "stack", Path(folder) / "state"), stack)
        try:
            site.apply(stack)
            yield site
        finally:
            clean(client, name)
            client.close()


async def _ask(port: int, path: str, times: int) -> list[Exchange]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    return [await Connection(port).exchange(request) for _ in range(times)]


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    candidates = Random(time.time_ns()).sample(range(*_PORTS), count * 20)
    return [port for port in candidates if _is_free(port)][:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def within(seconds: float, holds: Callable[[], bool]) -> float | None:
    """Ask until something holds; returns the seconds that took, None when it does not in time."""
    began_at = time.monotonic()
    while not holds():
        if time.monotonic() - began_at > seconds:
            return None
        time.sleep(_ASKED_EVERY)
    return time.monotonic() - began_at
