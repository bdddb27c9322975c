"""The real `reconciler`, as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(sys.executable).with_name("reconciler")
TIME_LIMIT = 180.0
OUTPUT_SHOWN = 2000


def as_users_have_it() -> dict[str, str]:
    """Return the environment with Python's cache of bytecode, which test runs may have turned off: 0.15 s a start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Ended(NamedTuple):
    """How a process ended. `code` is minus the signal's number when it was killed."""

    code: int
    output: str
    seconds: float

    @property
    def was_killed(self) -> bool:
        """Whether our SIGKILL came before its end."""
        return self.code == -signal.SIGKILL


class UnexpectedEndError(AssertionError):
    """A command ended with another exit code than it had to."""


@dataclass
class Running:
    """A process of ours that was started."""

    process: subprocess.Popen[str]
    began_at: float

    def end(self) -> Ended:
        """Wait for its end."""
        output, _ = self.process.communicate(timeout=TIME_LIMIT)
        return Ended(self.process.returncode, output[-OUTPUT_SHOWN:], time.monotonic() - self.began_at)

    def kill_after(self, seconds: float) -> Ended:
        """Kill it with SIGKILL so long after its start; it may have ended by then."""
        try:
            self.process.wait(max(0.0, self.began_at + seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
        return self.end()


@dataclass(frozen=True)
class Command:
    """The command, for one stack with its state; `engine` is a DOCKER_HOST to use instead of the usual one."""

    stack: Path
    state: Path
    engine: str = ""

    def start(self, verb: str, *options: str) -> Running:
        """Start it; both of its streams are kept."""
        where = ("--stack", str(self.stack), "--state", str(self.state))
        environment = {**as_users_have_it(), "RECONCILER_PROGRESS": "quiet"}
        if self.engine:
            environment["DOCKER_HOST"] = self.engine
        began_at = time.monotonic()
        process = subprocess.Popen(
            (PROGRAM, verb, *where, *options),
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return Running(process, began_at)

    def run(self, verb: str, *options: str, expect: tuple[int, ...] = (0,)) -> Ended:
        """Run it to its end; raises UnexpectedEndError for another exit code than `expect`."""
        ended = self.start(verb, *options).end()
        if ended.code not in expect:
            raise UnexpectedEndError(f"reconciler {verb} ended with {ended.code}:\n{ended.output}")
        return ended

    def start_apply(self, *options: str) -> Running:
        """Start an apply that asks nothing."""
        return self.start("apply", "--auto-approve", *options)

    def apply(self, *options: str) -> Ended:
        """Apply, which must work."""
        return self.run("apply", "--auto-approve", *options)

    def plan(self, *expect: int) -> Ended:
        """Plan; the exit code must be one of `expect`: 0 for no changes, 2 for changes."""
        return self.run("plan", "--detailed-exitcode", expect=expect)
