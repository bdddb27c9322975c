"""The two sides of a comparison: `reconciler` and Docker Compose with the same service of N one-container tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.measure import FailedError, Sample, run
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from tests.acceptance.engine import COMPOSE_PROJECT, labelled

PROGRAMS = Path(sys.executable).parent
RECONCILER = PROGRAMS / "reconciler"
COMPOSE = PROGRAMS / "docker-compose"
IMAGE = "reconciler-test/busybox:1"
"""It ends at once on SIGTERM, so that nobody waits for a stop timeout."""


class Side(Protocol):
    """One program with files of its own. `label` tells its objects on the engine by the name of the stack."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    def declare(self, count: int, value: str) -> None:
        """Write the files: so many tasks, whose variable VALUE is `value`."""
        ...

    def up(self) -> Sequence[str | Path]:
        """Return the command that makes it so."""
        ...

    def down(self) -> Sequence[str | Path]:
        """Return the command that removes everything."""
        ...


@dataclass(frozen=True)
class Reconciler:
    """Our side: stop what is old, start what is new, wait for nothing after a start, as Compose does."""

    name: str
    folder: Path
    label: str = labels.STACK

    def declare(self, count: int, value: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "main.hcl").write_text(_STACK.format(name=self.name, image=IMAGE, count=count, value=value))

    def up(self) -> Sequence[str | Path]:
        return (*self._command("apply"), "--auto-approve", "--progress", "quiet")

    def down(self) -> Sequence[str | Path]:
        return (*self._command("destroy"), "--auto-approve")

    def _command(self, verb: str) -> Sequence[str | Path]:
        return RECONCILER, verb, "--stack", self.folder, "--state", self.folder / "state"


@dataclass(frozen=True)
class Compose:
    """The peer: the same image, variable and number of containers, on a network of the project."""

    name: str
    folder: Path
    label: str = COMPOSE_PROJECT

    def declare(self, count: int, value: str) -> None:
        service = {"image": IMAGE, "environment": {"VALUE": value}, "deploy": {"replicas": count}}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"services": {"web": service}}))

    def up(self) -> Sequence[str | Path]:
        return (*self._command(), "up", "--detach")

    def down(self) -> Sequence[str | Path]:
        return (*self._command(), "down")

    @property
    def _file(self) -> Path:
        return self.folder / "compose.json"

    def _command(self) -> Sequence[str | Path]:
        return COMPOSE, "--progress", "quiet", "--project-name", self.name, "--file", self._file


@dataclass(frozen=True)
class Cycle:
    """A first apply, a replacement of all tasks, and a destroy, each as it was measured."""

    create: Sample
    replace: Sample
    destroy: Sample


def measured_cycle(client: Client, side: Side, count: int, rest: Rest) -> Cycle:
    """Bring up a service, change its environment, and take it down; each time the engine is looked at afterwards."""
    side.declare(count, "before")
    rest()
    create = run(side.up())
    _require(client, side, count, "before")
    side.declare(count, "after")
    rest()
    replace = run(side.up())
    _require(client, side, count, "after")
    rest()
    destroy = run(side.down())
    if any(labelled(client, side.label, side.name)[:2]):
        raise FailedError(f"{type(side).__name__} left something behind after removing everything")
    return Cycle(create, replace, destroy)


class Rest(Protocol):
    """What is done before each measurement."""

    def __call__(self) -> None: ...


def _require(client: Client, side: Side, count: int, value: str) -> None:
    """Raise FailedError unless exactly so many containers run, all with the variable's value."""
    rows = labelled(client, side.label, side.name).containers
    states = [row["State"] for row in rows]
    values = [client.get(f"/containers/{row['Id']}/json")["Config"]["Env"] for row in rows]
    if states != ["running"] * count or not all(f"VALUE={value}" in each for each in values):
        raise FailedError(f"{type(side).__name__} should run {count} containers of {value}: {states}")


_STACK = """\
stack "{name}" {{}}

task_definition "web" {{
  container "app" {{
    image       = "{image}"
    environment = {{ VALUE = "{value}" }}
  }}
}}

service "web" {{
  task_definition = task_definition.web
  desired_count   = {count}

  deployment_configuration {{
    minimum_healthy_percent = 0
    maximum_percent         = 100
    minimum_healthy_time    = 0
  }}
}}
"""
