"""One stack of an acceptance run: its files, its state, its place on the engine, and bystanders beside it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.drivers.docker.client import Client

from .checks import problems, task_ids
from .command import Command
from .declared import DeclaredStack
from .engine import clean, clean_leftovers, connect, fresh_name
from .foreign import Foreign

PREFIX = "accept"


@dataclass
class Site:
    """Where a stack is applied again and again. `declared` is what its files say now."""

    client: Client
    command: Command
    declared: DeclaredStack
    bystanders: Foreign

    def declare(self, stack: DeclaredStack) -> None:
        """Write the files anew."""
        self.declared = stack
        stack.write(self.command.stack)

    def through(self, engine: str) -> Command:
        """Return the command, talking to another address of the engine."""
        return replace(self.command, engine=engine)

    def lose_state(self) -> None:
        """Delete everything that was recorded."""
        shutil.rmtree(self.command.state)

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong on the engine after an apply."""
        return (*problems(self.client, self.declared), *self.bystanders.problems())

    def task_ids(self) -> frozenset[str]:
        """Return the ids of the tasks that are there."""
        return task_ids(self.client, self.declared)


@contextmanager
def site() -> Iterator[Site]:
    """Make a place with a name of its own; everything of it is removed at the end."""
    client = connect()
    clean_leftovers(client, PREFIX)
    name = fresh_name(PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        command = Command(Path(folder) / "stack", Path(folder) / "state")
        try:
            made = Site(client, command, DeclaredStack.first(name), Foreign(client, name))
            made.declare(made.declared)
            yield made
        finally:
            clean(client, name)
            client.close()
