"""A watch for a long time, with random kills, restarts of the engine and applies: it ends steady, and as it began.

The engine is one of our own. In the end nobody does anything: everything must be as declared soon, nothing left over,
and the watch may hold no more threads and open files than when it was warm.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client

from .checks import problems
from .command import Command, UnexpectedEndError
from .declared import IMAGE, DeclaredStack
from .engine import fresh_name, labelled
from .figure import Counted
from .private_engine import PrivateEngine, private_engine
from .watched import ENDS_WITHIN_SECONDS, Costs, Watched, watch

WARM_AFTER_SECONDS = 15.0
CALM_WITHIN_SECONDS = 330.0
"""A back-off may last five minutes."""
FROZEN_SECONDS = 3.0
GROWTH_MIB = 24.0
"""Python keeps what it once needed: more than this would be a leak."""


@dataclass
class _Place:
    """Where it goes on. `acts` counts what was done."""

    engine: PrivateEngine
    client: Client
    command: Command
    declared: DeclaredStack
    random: Random
    acts: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def act(self) -> None:
        """Do one random thing to what runs."""
        names, weights = zip(*((act, weight) for act, weight in _ACTS.items()), strict=True)
        name = self.random.choices(names, weights)[0]
        self.acts[name] = self.acts.get(name, 0) + 1
        getattr(self, name)()

    def kill_a_container(self) -> None:
        """As somebody would by hand, or the machine for want of memory."""
        self._to_one(lambda container: self.client.post(f"/containers/{container}/kill"))

    def remove_a_container(self) -> None:
        """As somebody would by hand."""
        self._to_one(lambda container: self.client.call("DELETE", f"/containers/{container}", {"force": True}))

    def apply_a_change(self) -> None:
        """While the watch runs."""
        self.declared = self.declared.changed(self.random)
        self.declared.write(self.command.stack)
        try:
            self.command.run("apply", "--auto-approve", expect=(0, 3))
        except UnexpectedEndError as problem:
            self.found.append(str(problem))

    def restart_the_engine(self) -> None:
        """All containers end with it."""
        self.engine.stop()
        self.engine.start()

    def kill_the_engine(self) -> None:
        """It does not say good-bye."""
        self.engine.kill()
        self.engine.start()

    def freeze_the_engine(self) -> None:
        """For a while it answers nothing."""
        self.engine.freeze()
        time.sleep(FROZEN_SECONDS)
        self.engine.thaw()

    def _to_one(self, do: Callable[[str], object]) -> None:
        rows = labelled(self.client, labels.STACK, self.declared.name).containers
        live = sorted(row["Id"] for row in rows if row["State"] == "running" and labels.TASK in row["Labels"])
        if not live:
            return
        try:
            do(self.random.choice(live))
        except ApiError as refusal:
            if refusal.status not in (404, 409):
                raise


_ACTS = {
    "kill_a_container": 10,
    "remove_a_container": 4,
    "apply_a_change": 3,
    "freeze_the_engine": 1,
    "restart_the_engine": 1,
    "kill_the_engine": 1,
}
"""What happens, and how often beside the others."""


def soak(seconds: int, seed: int = 1) -> Counted:
    """Let things happen for so many seconds; the figure is how long the watch was watched."""
    with _place(Random(seed)) as place, watch(place.command) as watched:
        began = time.monotonic()
        warm: Costs | None = None
        while time.monotonic() - began < seconds:
            place.act()
            time.sleep(place.random.uniform(0.2, 4.0))
            if warm is None and time.monotonic() - began > WARM_AFTER_SECONDS:
                warm = watched.costs()
        lasted = round(time.monotonic() - began)
        calm = _until_calm(place)
        after = watched.costs()
        found = [*place.found, *_of_costs(warm or after, after), *_at_the_end(place, watched)]
        told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(place.acts.items()))
        return Counted(
            lasted,
            tuple(found),
            f"{told}; steady after {calm:.0f} s; {after.threads} threads, {after.files} files, "
            f"{after.memory:.0f} MiB, {100 * after.cpu_seconds / (lasted + calm):.1f} % of a core; seed {seed}",
        )


@contextmanager
def _place(random: Random) -> Iterator[_Place]:
    name = fresh_name("soak")
    with (
        private_engine(f"{IMAGE}:1", f"{IMAGE}:2") as engine,
        tempfile.TemporaryDirectory(prefix=f"{name}-") as folder,
    ):
        client = engine.connect()
        command = Command(Path(folder) / "stack", Path(folder) / "state", engine.url)
        declared = DeclaredStack.first(name)
        declared.write(command.stack)
        command.apply()
        yield _Place(engine, client, command, declared, random)
        client.close()


def _until_calm(place: _Place) -> float:
    """Wait until everything is as declared; returns how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < CALM_WITHIN_SECONDS:
        if place.command.plan(0, 2).code == 0 and not problems(place.client, place.declared):
            break
        time.sleep(1.0)
    return time.monotonic() - began


def _at_the_end(place: _Place, watched: Watched) -> Iterator[str]:
    plan = place.command.plan(0, 1, 2)
    if plan.code:
        yield f"the plan at the end exits with {plan.code}: {plan.output}"
    yield from problems(place.client, place.declared)
    code, took = watched.stop()
    if code or took > ENDS_WITHIN_SECONDS:
        yield f"the watch ended with {code} {took:.1f} s after SIGTERM: {watched.output[-500:]}"
    if "Traceback" in watched.output:
        yield f"the watch printed a traceback: {watched.output[-2000:]}"


def _of_costs(warm: Costs, after: Costs) -> Iterator[str]:
    for what in ("threads", "files"):
        before, now = getattr(warm, what), getattr(after, what)
        if now > before + _SPARE:
            yield f"{what} grew from {before} to {now}"
    if after.memory > warm.memory + GROWTH_MIB:
        yield f"memory grew from {warm.memory:.0f} to {after.memory:.0f} MiB"


_SPARE = 6
"""Threads and connections that steps under way may need; they are reused, and end with the tenure."""
