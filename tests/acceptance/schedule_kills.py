"""kill -9 of the watch around the slots of scheduled tasks: each slot is run once, and its history is true.

Real processes on the real engine. What was started is counted from the engine's own events, by the label that says
which run a container is of.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from reconciler.drivers import labels
from reconciler.errors import EngineError
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.store.sqlite import SqliteStore

from .command import Command
from .engine import clean, clean_leftovers, connect, fresh_name
from .figure import Counted
from .watched import watch

PREFIX = "acceptsched"
SCHEDULES = 4
MINUTE = 60.0
KILLS_A_MINUTE = 3
LONGEST_SECONDS = 3600.0
SPREAD_SECONDS = 9.0
"""Kills come from a moment before the slot up to so long after it: while its tasks start, run and end."""

STACK = """\
stack "NAME" {}

task_definition "job" {
  container "main" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    stop_timeout = "1s"
    command      = ["sleep", "5"]
  }
}

scheduled_task "job" {
  count           = SCHEDULES
  task_definition = task_definition.job
  schedule        = "* * * * *"
  overlap         = "allow"
}
"""


def schedule_kills(count: int, seed: int = 1) -> Counted:
    """Kill the watch so many times, three times a minute; it is started again at once."""
    random, client, name = Random(seed), connect(), fresh_name(PREFIX)
    clean_leftovers(client, PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        command = Command(Path(folder) / "stack", Path(folder) / "state")
        command.stack.mkdir()
        text = STACK.replace("NAME", name).replace("SCHEDULES", str(SCHEDULES))
        (command.stack / "main.hcl").write_text(text)
        try:
            command.apply()
            with _counting_starts(name) as starts:
                rounds = -(-count // KILLS_A_MINUTE)
                slots = [_round(command, random) for _ in range(rounds)]
                with watch(command):
                    _await_end(command, name)
            problems = tuple(_problems(slots, starts, _history(command, name)))
        finally:
            clean(client, name)
            client.close()
    remark = f"{sum(starts.values())} tasks started for {rounds} slots of {SCHEDULES} schedules; seed {seed}"
    return Counted(rounds * KILLS_A_MINUTE, problems, remark)


def _round(command: Command, random: Random) -> float:
    """Kill watches around the next slot, which is returned."""
    slot = (time.time() // MINUTE + 1) * MINUTE
    slot += MINUTE if slot - time.time() < 5 else 0.0
    moments = sorted(slot + random.uniform(-0.3, SPREAD_SECONDS) for _ in range(KILLS_A_MINUTE))
    _sleep_until(slot - 3)
    for moment in moments:
        with watch(command) as watched:
            _sleep_until(moment)
            watched.process.kill()
            watched.process.wait()
    with watch(command):
        _sleep_until(slot + SPREAD_SECONDS + 12)
    return slot


def _await_end(command: Command, name: str) -> None:
    deadline = time.monotonic() + 30
    while any(each.ended_at is None for each in _history(command, name)) and time.monotonic() < deadline:
        time.sleep(0.5)


def _history(command: Command, name: str) -> tuple[ScheduledRun, ...]:
    """Return the runs as they are recorded."""
    store = SqliteStore(command.state, "reader")
    try:
        return store.load(name).runs
    finally:
        store.close()


@contextmanager
def _counting_starts(name: str) -> Iterator[Counter[str]]:
    """Count how many containers of each run are started meanwhile, as the engine tells: it remembers 256 events."""
    client, starts = connect(), Counter[str]()
    filters = {"type": ["container"], "event": ["start"], "label": [f"{labels.STACK}={name}"]}
    stream = client.stream("GET", "/events", {"filters": filters}, timeout=LONGEST_SECONDS)

    def listen() -> None:
        with suppress(EngineError):  # the end of the stream
            for line in _lines(client.read(stream)):
                starts[json.loads(line)["Actor"]["Attributes"].get(labels.DEPLOYMENT, "")] += 1

    listener = threading.Thread(target=listen, name="starts", daemon=True)
    listener.start()
    try:
        yield starts
    finally:
        stream.interrupt()
        listener.join(5)
        client.close()


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())


def _problems(slots: list[float], starts: Counter[str], history: tuple[ScheduledRun, ...]) -> Iterator[str]:
    runs = {each.id: each for each in history}
    for name, number in sorted(starts.items()):
        if number > 1:
            yield f"{name} was started {number} times"
        if name not in runs:
            yield f"{name} was started and is not in the history"
    for name, run in sorted(runs.items()):
        if (run.status, run.exit_code) == (RunStatus.SUCCEEDED, 0) and starts[name] == 1:
            continue
        if run.status is not RunStatus.MISSED or starts[name]:
            yield f"{name}: {run.status} with {run.exit_code}, started {starts[name]} times: {run.reason}"
    for slot in slots:
        at = datetime.fromtimestamp(slot, UTC).strftime("%Y%m%dT%H%M%SZ")
        found = sum(name.endswith(at) for name in starts)
        if found != SCHEDULES:
            yield f"of slot {at} {found} of {SCHEDULES} schedules were run"


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))
