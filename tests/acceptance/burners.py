"""Counted: a service that really burns CPU is scaled from 1 task to 4 and back, by a `watch` of its own.

Its tasks may have a tenth of a CPU each, and use all of that as long as a file is there: 100% of the limit, however
many they are. The target of 30% is far from that, and from what resting takes: on a busy machine they get less.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client

from .command import Command
from .engine import clean, clean_leftovers, connect, fresh_name, labelled
from .figure import Counted, told
from .watched import ENDS_WITHIN_SECONDS, watch

PREFIX = "burner"
LEAST, MOST = 1, 4
PERIOD = 2
PATIENCE_SECONDS = 90.0
"""For one way. It takes a quarter of that on two cores that others use too."""

_STACK = """
stack "{name}" {{}}

task_definition "burner" {{
  cpu    = 102
  memory = 64
  volume "work" {{ host_path = "{work}" }}

  container "app" {{
    image        = "reconciler-test/busybox:1"
    command      = ["sh", "-c", "while :; do [ -e /orders/burn ] || sleep 0.5; done"]
    stop_timeout = 0
    mount_point {{
      source_volume  = "work"
      container_path = "/orders"
    }}
  }}
}}

service "burner" {{
  task_definition = task_definition.burner
  desired_count   = {least}
  deployment_configuration {{
    minimum_healthy_time = 0
  }}
}}

autoscaling "burner" {{
  service      = service.burner
  min_capacity = {least}
  max_capacity = {most}
  target_tracking "cpu" {{
    metric             = "cpu"
    target_value       = 30
    period             = "{period}s"
    scale_out_periods  = 1
    scale_in_periods   = 2
    scale_out_cooldown = "0s"
    scale_in_cooldown  = "0s"
  }}
}}
"""


@dataclass
class _Place:
    """The stack on the engine, and the file that makes its tasks burn."""

    client: Client
    command: Command
    name: str
    burn: Path

    def running(self) -> int:
        """Return how many tasks run."""
        rows = labelled(self.client, labels.STACK, self.name).containers
        return sum(row["State"] == "running" and row["Labels"].get(labels.CONTAINER) == "app" for row in rows)


def burners(count: int) -> Counted:
    """Let the tasks burn and rest `count` times."""
    found: list[str] = []
    ways: list[_Way] = []
    with _place() as place:
        place.command.apply()
        with watch(place.command) as watched:
            for number in range(1, count + 1):
                both = _out_and_in(place)
                ways += both
                found += told(f"time {number}", (problem for each in both for problem in each.problems))
            code, seconds_to_end = watched.stop()
            if code != 0 or seconds_to_end > ENDS_WITHIN_SECONDS:
                found.append(f"the watch ended with {code} after {seconds_to_end:.1f} s")
    return Counted(count, tuple(found), _remark(ways))


class _Way(NamedTuple):
    """From one count to the other: how long it took, and what was wrong with it."""

    to: int
    seconds: float
    problems: tuple[str, ...]


def _out_and_in(place: _Place) -> list[_Way]:
    """Let them burn until there are four, and rest until there is one."""
    place.burn.touch()
    out = _until(place, MOST)
    place.burn.unlink()
    return [out, _until(place, LEAST)]


def _until(place: _Place, wanted: int) -> _Way:
    """Wait until so many tasks run, and then for some periods more: it has to stay so."""
    began, seen = time.monotonic(), [place.running()]
    while seen[-1] != wanted and time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(0.1)
        seen.append(place.running())
    seconds = time.monotonic() - began
    if seen[-1] != wanted:
        return _Way(wanted, seconds, (f"{seen[-1]} tasks run after {seconds:.0f} s, not {wanted}",))
    stays_until = time.monotonic() + 3 * PERIOD
    while time.monotonic() < stays_until:
        time.sleep(0.1)
        seen.append(place.running())
    return _Way(wanted, seconds, tuple(_wrong(seen, wanted)))


def _wrong(seen: list[int], wanted: int) -> Iterator[str]:
    if not LEAST <= min(seen) <= max(seen) <= MOST:
        yield f"on the way to {wanted} between {min(seen)} and {max(seen)} tasks ran"
    if seen[-1] != wanted:
        yield f"{wanted} tasks did not stay: in the end there were {seen[-1]}"


def _remark(ways: list[_Way]) -> str:
    times = {to: median(each.seconds for each in ways if each.to == to) for to in (MOST, LEAST) if ways}
    told_times = ", ".join(f"to {to} tasks in {seconds:.1f} s" for to, seconds in times.items())
    return f"periods of {PERIOD} s; {told_times} (median)"


@contextmanager
def _place() -> Iterator[_Place]:
    """Make a stack of a name of its own; everything of it is removed at the end."""
    client = connect()
    clean_leftovers(client, PREFIX)
    name = fresh_name(PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        command = Command(Path(folder) / "stack", Path(folder) / "state")
        work = Path(folder) / "work"
        for each in (work, command.stack):
            each.mkdir()
        text = _STACK.format(name=name, work=work, least=LEAST, most=MOST, period=PERIOD)
        (command.stack / "main.hcl").write_text(text)
        try:
            yield _Place(client, command, name, work / "burn")
        finally:
            clean(client, name)
            client.close()
