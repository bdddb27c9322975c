"""Builds the real objects of a command: loader, driver, store, performer, signals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from reconciler.cli.options import find_stack, find_state, user_name
from reconciler.cli.output import tell_diagnostics
from reconciler.cli.variables import variable_sources
from reconciler.clock import SystemClock
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.secrets import SecretReader
from reconciler.engine.converge import Settings, World
from reconciler.engine.performer import STARTS_IN_FLIGHT, ThreadPerformer, lane_limits
from reconciler.engine.session import Session
from reconciler.errors import StackError, StoppedBySignalError
from reconciler.language.loader import Loaded, load
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Output, Stack
from reconciler.store.sqlite import SqliteStore


@dataclass
class Workplace:
    """One stack with everything a verb needs. Nothing is connected before it is used."""

    folder: Path
    loaded: Loaded
    stack: Stack
    store: SqliteStore
    clock: SystemClock
    secrets: SecretReader
    driver: DockerDriver
    signalled: list[int] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The use cases' view of it."""
        return Session(self.driver, self.store, self.clock, self.secrets.readings)

    def outputs(self, attributes: object) -> tuple[Output, ...]:
        """Evaluate the outputs, given attributes of what runs."""
        evaluated = self.loaded.outputs(attributes)  # type: ignore[arg-type]
        return tuple(evaluated[name] for name in sorted(evaluated))

    @contextmanager
    def world(self, observe: Callable[[Decision, Snapshot], None], parallelism: int | None = None) -> Iterator[World]:
        """Connect everything that has effects; threads and subscriptions end with the context.

        The first SIGINT or SIGTERM lets the steps in hand end; a second one stops at once.
        """
        limits = lane_limits(parallelism or STARTS_IN_FLIGHT)
        performer = ThreadPerformer(self.driver.perform, self.clock, limits)
        unsubscribe = self.driver.subscribe(performer.wake)
        state = self.store.load(self.stack.name)
        key = state.digest_key
        with self._signals(performer.wake):
            try:
                yield World(
                    driver=self.driver,
                    performer=performer,
                    store=self.store,
                    clock=self.clock,
                    secrets=lambda: self.secrets.readings(key or self.store.load(self.stack.name).digest_key),
                    observe=observe,
                    is_interrupted=lambda: bool(self.signalled),
                    settings=settings_from(os.environ),
                )
            finally:
                unsubscribe()
                performer.close()

    @contextmanager
    def _signals(self, wake: Callable[[], None]) -> Iterator[None]:
        def note(number: int, frame: FrameType | None) -> None:
            if self.signalled:
                os._exit(128 + number)
            self.signalled.append(number)
            wake()

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        except StoppedBySignalError as problem:
            problem.exit_code = 128 + self.signalled[0]
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def open_workplace(
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...] = (),
    var_files: tuple[str, ...] = (),
    *,
    quiet: bool = False,
) -> Workplace:
    """Load the stack; raises StackError with every diagnostic when it is wrong. Warnings are told on stderr."""
    folder = find_stack(stack_folder)
    loaded = load(folder, variable_sources(variables, var_files))
    if loaded.stack is None:
        raise StackError(loaded.diagnostics)
    if not quiet:
        tell_diagnostics(loaded.diagnostics)
    clock = SystemClock()
    secrets = SecretReader(loaded.stack.secrets, folder, os.environ)
    return Workplace(
        folder=folder,
        loaded=loaded,
        stack=loaded.stack,
        store=SqliteStore(find_state(state_folder, folder), user_name()),
        clock=clock,
        secrets=secrets,
        driver=DockerDriver(loaded.stack.cluster, clock, secrets.value),
    )


def settings_from(environment: os._Environ[str] | dict[str, str]) -> Settings:
    """Read times that may be changed by RECONCILER_RELIST_SECONDS and RECONCILER_RETRY_SECONDS."""
    default = Settings()
    return Settings(
        relist=float(environment.get("RECONCILER_RELIST_SECONDS", default.relist)),
        retry=float(environment.get("RECONCILER_RETRY_SECONDS", default.retry)),
    )


def is_interactive() -> bool:
    """Say whether there is somebody to ask."""
    return sys.stdin.isatty() and os.environ.get("CI", "") in ("", "false")
