"""A `watch` as a process of its own, and what it costs: its output in a file, its threads, files and memory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .command import PROGRAM, Command, as_users_have_it

ENDS_WITHIN_SECONDS = 10.0
"""What `watch` promises after SIGTERM."""


class Costs(NamedTuple):
    """What a process holds and has used. `cpu_seconds` since its start, memory in MiB."""

    threads: int
    files: int
    memory: float
    cpu_seconds: float


@dataclass
class Watched:
    """A running watch."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """What it has said."""
        return self.log.read_text(errors="replace")

    def costs(self) -> Costs:
        """Read what it costs now."""
        return costs_of(self.process.pid)

    def stop(self) -> tuple[int, float]:
        """End it with SIGTERM; returns its exit code and how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(3 * ENDS_WITHIN_SECONDS)
        return code, time.monotonic() - began


def costs_of(pid: int) -> Costs:
    """Read what a process costs from /proc."""
    process = Path(f"/proc/{pid}")
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return Costs(
        threads=int(status["Threads"]),
        files=len(list((process / "fd").iterdir())),
        memory=int(status["VmRSS"].split()[0]) / 1024,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
    )


@contextmanager
def watch(command: Command, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """Start a watch; one that still runs at the end is killed."""
    log = command.state.parent / f"watch-{time.monotonic_ns()}.log"
    everything = {**as_users_have_it(), **(environment or {})}
    if command.engine:
        everything["DOCKER_HOST"] = command.engine
    with log.open("wb") as file:
        process = subprocess.Popen(
            (PROGRAM, "watch", "--stack", str(command.stack), "--state", str(command.state), *options),
            env=everything,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    watched = Watched(process, log)
    try:
        await_that(lambda: "watches it" in watched.output or "stands by" in watched.output, 30, "the watch began")
        yield watched
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def await_that(is_so: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until something is so; returns how long that took. Raises AssertionError when it never is."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - began
