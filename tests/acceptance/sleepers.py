"""Stacks of tasks that do nothing, on an engine of their own or everybody's: what a watch is measured with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.model.task_definition import HOLDER

from .command import Command
from .engine import clean, clean_leftovers, fresh_name, labelled

PREFIX = "sleepers"

_STACK = """\
stack "{name}" {{}}

task_definition "sleeper" {{
  memory = 16

  container "app" {{
    image        = "reconciler-test/busybox:1"
    command      = ["sleep", "86400"]
    stop_timeout = "0s"
    pull         = "never"
  }}
}}

service "sleeper" {{
  for_each        = toset([{names}])
  task_definition = task_definition.sleeper
  desired_count   = {count}

  deployment_configuration {{
    minimum_healthy_time = "0s"
  }}
}}
"""


@dataclass(frozen=True)
class Sleepers:
    """An applied stack of `services` services with `count` tasks each."""

    client: Client
    command: Command
    name: str

    def tasks(self) -> dict[str, Mapping[str, Any]]:
        """Return what the engine lists of every running task, by its id."""
        rows = labelled(self.client, labels.STACK, self.name).containers
        found = (row for row in rows if row["State"] == "running" and row["Labels"].get(labels.CONTAINER) != HOLDER)
        return {row["Labels"][labels.TASK]: row for row in found if labels.TASK in row["Labels"]}

    def kill(self, task: Mapping[str, Any]) -> None:
        """End a task's container, as `docker kill` does."""
        self.client.call("POST", f"/containers/{task['Id']}/kill")


@contextmanager
def sleepers(client: Client, services: int, count: int = 1, engine: str = "") -> Iterator[Sleepers]:
    """Apply such a stack; everything of it is removed at the end. `engine` is another DOCKER_HOST than the usual."""
    clean_leftovers(client, PREFIX)
    name = fresh_name(PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        command = Command(Path(folder) / "stack", Path(folder) / "state", engine)
        command.stack.mkdir()
        names = ", ".join(f'"s{number:02d}"' for number in range(services))
        (command.stack / "main.hcl").write_text(_STACK.format(name=name, names=names, count=count))
        try:
            command.apply()
            yield Sleepers(client, command, name)
        finally:
            clean(client, name)
