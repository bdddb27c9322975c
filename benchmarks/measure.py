"""Measuring whole processes from outside: wall time, their CPU, and the engine's, once the engine is at rest."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.acceptance.command import as_users_have_it

ENGINE_PROGRAMS = ("dockerd", "containerd")
REST_SHARE = 0.04
"""The engine is at rest when it uses less than this share of one CPU ..."""
REST_SECONDS = 0.5
"""... for so long."""
REST_TIMEOUT = 30.0
OUTPUT_SHOWN = 2000

_TICKS = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """One process from its start to its end, in seconds; `cpu` is user and system time, with its children's."""

    wall: float
    cpu: float
    engine_cpu: float


class Samples(tuple[Sample, ...]):
    """Several runs of the same thing."""

    __slots__ = ()

    @property
    def wall(self) -> float:
        """The median wall time."""
        return median(each.wall for each in self)

    @property
    def cpu(self) -> float:
        """The median CPU time of the process."""
        return median(each.cpu for each in self)

    @property
    def engine_cpu(self) -> float:
        """The median CPU time of the engine meanwhile."""
        return median(each.engine_cpu for each in self)

    @property
    def range(self) -> tuple[float, float]:
        """The shortest and the longest wall time."""
        return min(each.wall for each in self), max(each.wall for each in self)


class FailedError(Exception):
    """A measured process did not do what it had to."""


def run(
    command: Sequence[str | Path], expect: tuple[int, ...] = (0,), environment: Mapping[str, str] | None = None
) -> Sample:
    """Run a program to its end and measure it; raises FailedError for an unexpected exit code."""
    with tempfile.TemporaryFile() as output:
        engine_before, began_at = engine_cpu(), time.perf_counter()
        process = subprocess.Popen(
            command,
            env={**as_users_have_it(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began_at
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in expect:
            output.seek(0)
            text = output.read().decode(errors="replace")[-OUTPUT_SHOWN:]
            raise FailedError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{text}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, engine_cpu() - engine_before)


def timed(act: Callable[[], object]) -> Sample:
    """Measure something that this process does itself."""
    engine_before, cpu_before, began_at = engine_cpu(), time.process_time(), time.perf_counter()
    act()
    wall = time.perf_counter() - began_at
    return Sample(wall, time.process_time() - cpu_before, engine_cpu() - engine_before)


def engine_cpu() -> float:
    """Return the CPU seconds that the engine's daemons have used; 0 when they are on another machine."""
    return sum(_cpu_seconds(path) for path in _processes(ENGINE_PROGRAMS))


def wait_for_rest() -> None:
    """Wait until the engine does nothing, so that nobody pays for what another left behind."""
    deadline = time.monotonic() + REST_TIMEOUT
    time.sleep(REST_SECONDS)
    while time.monotonic() < deadline:
        before = engine_cpu()
        time.sleep(REST_SECONDS)
        if engine_cpu() - before < REST_SHARE * REST_SECONDS:
            return


def _processes(names: Iterable[str]) -> list[Path]:
    wanted = set(names)
    return [path for path in Path("/proc").glob("[0-9]*") if _read(path / "comm").strip() in wanted]


def _cpu_seconds(process: Path) -> float:
    fields = _read(process / "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
