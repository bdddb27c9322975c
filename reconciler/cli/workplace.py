"""Builds the real objects of a command: loader, driver, store, performer, signals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.listening import News, listening
from reconciler.cli.options import Given, find_stack, find_state, user_name
from reconciler.cli.output import is_terminal, tell_warnings
from reconciler.cli.recorded import recorded_name, recorded_stack
from reconciler.cli.stopping import Stop
from reconciler.cli.variables import variable_sources
from reconciler.clock import SystemClock
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.secrets import SecretReader
from reconciler.engine.converge import Settings, World
from reconciler.engine.guard import Guard
from reconciler.engine.performer import STARTS_IN_FLIGHT, ThreadPerformer, lane_limits
from reconciler.engine.session import Session
from reconciler.errors import StackError, StoppedBySignalError, UsageError
from reconciler.hooks.hooks import Hooked, Hooks
from reconciler.language.loader import Loaded, load
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Output, Stack
from reconciler.model.step import Outcome, Step
from reconciler.store.lease import LEASE_SECONDS, Timing
from reconciler.store.sqlite import SqliteStore


@dataclass
class Workplace:
    """One stack with everything a verb needs. Nothing is connected before it is used."""

    given: Given
    folder: Path
    loaded: Loaded
    stack: Stack
    store: SqliteStore
    clock: SystemClock
    secrets: SecretReader
    driver: DockerDriver
    stop: Stop | None = None
    """What asks us to stop; None: SIGINT and SIGTERM, which are then taken here."""

    @property
    def session(self) -> Session:
        """The use cases' view of it."""
        return Session(self.driver, self.store, self.clock, self.secrets.readings)

    def is_stopping(self) -> bool:
        """Whether whoever gave us a `stop` was asked to."""
        return self.stop is not None and self.stop.is_asked

    def rename(self, names: Mapping[str, str]) -> Stack:
        """Evaluate the files again with the names that moved objects keep; raises StackError when they collide."""
        self.loaded = self.loaded.renamed(names)
        if self.loaded.stack is None:
            raise StackError(self.loaded.diagnostics)
        self.stack = self.loaded.stack
        return self.stack

    def check_conditions(self, attributes: Mapping[str, Mapping[str, object]]) -> None:
        """Evaluate conditions again, given what runs; raises StackError when one of the stack does not hold."""
        told = set(self.loaded.diagnostics)
        found = [each for each in self.loaded.findings(attributes) if each not in told]
        errors = tuple(each for each in found if each.severity == "error")
        tell_warnings(each for each in found if each.severity == "warning")
        if errors:
            raise StackError(errors)

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
        hooks, guard = Hooks(self.secrets.value), Guard()
        self.driver.guarded_by(guard.check)
        performer = ThreadPerformer(lambda step: self._perform(step, hooks, guard), self.clock, limits)
        unsubscribe = self.driver.subscribe(performer.wake)
        state = self.store.load(self.stack.name)
        key = state.digest_key
        stop = self.stop or Stop()
        with (
            self._stopping(stop),
            stop.waking(performer.wake),
            listening(News(self.store, self.stack.name, guard), performer.wake),
        ):
            try:
                yield World(
                    driver=self.driver,
                    performer=performer,
                    store=self.store,
                    clock=self.clock,
                    secrets=lambda: self.secrets.readings(key or self.store.load(self.stack.name).digest_key),
                    observe=observe,
                    hold=guard.hold,
                    is_interrupted=lambda: stop.is_asked,
                    settings=settings_from(os.environ),
                )
            finally:
                unsubscribe()
                performer.close()
                hooks.close()

    def close(self) -> None:
        """Let go of connections, to the engine and to the state file."""
        self.driver.close()
        self.store.close()

    def _perform(self, step: Step, hooks: Hooks, guard: Guard) -> Outcome:
        """Perform a step; raises StaleError when the stack is not ours any more."""
        guard.check()
        return hooks.perform(step) if isinstance(step, Hooked) else self.driver.perform(step)

    @contextmanager
    def _stopping(self, stop: Stop) -> Iterator[None]:
        """Take the signals, unless whoever gave us a `stop` does."""
        if self.stop is not None:
            yield
            return
        with stop.on_signals():
            try:
                yield
            except StoppedBySignalError as problem:
                problem.exit_code = 128 + stop.number
                raise


def open_workplace(given: Given, *, quiet: bool = False) -> Workplace:
    """Load the stack; raises StackError with every diagnostic when it is wrong. Warnings are told on stderr."""
    folder = find_stack(given.stack_folder)
    loaded = load(folder, variable_sources(given.variables, given.var_files))
    if loaded.stack is None:
        raise StackError(loaded.diagnostics)
    if not quiet:
        tell_warnings(loaded.diagnostics)
    return _workplace(given, folder, _store(given, folder), loaded.stack, loaded)


def open_recorded(given: Given) -> Workplace:
    """Open the stack for a verb that reads or stops; with files that are wrong, as it was recorded."""
    folder = find_stack(given.stack_folder)
    loaded = load(folder, variable_sources(given.variables, given.var_files))
    store = _store(given, folder)
    stack = loaded.stack or recorded_stack(folder, store, loaded.diagnostics)
    return _workplace(given, folder, store, stack, loaded)


def open_store(given: Given) -> tuple[str, SqliteStore]:
    """Return the stack's name and its store, of which nothing is read yet."""
    folder = find_stack(given.stack_folder)
    return recorded_name(folder), _store(given, folder)


def open_applied(given: Given, stop: Stop) -> Workplace:
    """Open what was applied last, without a look at the files: for who watches it.

    The stack is an empty one when nothing is applied, or all of it was destroyed.
    """
    folder = find_stack(given.stack_folder)
    name, store = open_store(given)
    target = store.load(name).target or Stack(name=name)
    place = _workplace(given, folder, store, target.changed(folder=str(folder)), Loaded(None, ()))
    place.stop = stop
    return place


def _store(given: Given, folder: Path) -> SqliteStore:
    """Open the store; how long a lease lasts may be changed by RECONCILER_LEASE_SECONDS, the same for everybody."""
    timing = Timing(lease_seconds=_seconds(os.environ, "RECONCILER_LEASE_SECONDS", LEASE_SECONDS))
    return SqliteStore(find_state(given.state_folder, folder), user_name(), timing=timing)


def _workplace(given: Given, folder: Path, store: SqliteStore, stack: Stack, loaded: Loaded) -> Workplace:
    clock = SystemClock()
    secrets = SecretReader(stack.secrets, folder, os.environ)
    driver = DockerDriver(stack.cluster, clock, secrets.value)
    return Workplace(given, folder, loaded, stack, store, clock, secrets, driver)


def settings_from(environment: os._Environ[str] | dict[str, str]) -> Settings:
    """Read times that may be changed by RECONCILER_RELIST_SECONDS and RECONCILER_RETRY_SECONDS."""
    default = Settings()
    return Settings(
        relist=_seconds(environment, "RECONCILER_RELIST_SECONDS", default.relist),
        retry=_seconds(environment, "RECONCILER_RETRY_SECONDS", default.retry),
    )


def _seconds(environment: os._Environ[str] | dict[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    try:
        seconds = default if text is None else float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"{name} wants a number of seconds above 0, not {text!r}")
    return seconds


def is_interactive() -> bool:
    """Say whether there is somebody to ask."""
    return is_terminal(sys.stdin) and os.environ.get("CI", "") in ("", "false")
