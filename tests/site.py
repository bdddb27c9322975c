"""A Site: a simulated engine with a store and a clock, where stacks are applied one process after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.drivers.driver import Driver, LookRequest
from reconciler.drivers.simulated import SimulatedEngine, VirtualClock
from reconciler.engine.converge import Converged, World, converge
from reconciler.engine.performer import Performer, lane_limits
from reconciler.engine.session import Options, Prepared, Session, apply, prepare
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import EngineError
from reconciler.model.decision import Decision
from reconciler.model.plan import Plan
from reconciler.model.snapshot import (
    Snapshot,
)
from reconciler.model.stack import Stack
from reconciler.store.memory import MemoryStore
from reconciler.store.store import Store
from tests.builders import NOW


def no_outputs(attributes: Mapping[str, Mapping[str, object]]) -> tuple[()]:
    """The outputs of a stack that has none."""
    return ()


def _ignore(decision: Decision, shown: Snapshot) -> None:
    return None


@dataclass
class Site:
    """A simulated engine, a store and a clock: a place where stacks are applied, one process after the other."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    engine: SimulatedEngine = field(init=False)
    store: Store = field(default_factory=MemoryStore)
    observe: Callable[[Decision, Snapshot], None] = _ignore
    starts_in_flight: int = 4
    looks: int = 2000
    """More looks than this is taken for a loop without end."""

    def __post_init__(self) -> None:
        self.engine = SimulatedEngine(self.clock)

    def session(self, driver: Driver | None = None) -> Session:
        return Session(driver or self.engine, self.store, self.clock, lambda key: ())

    def world(self, driver: Driver | None = None, performer: Performer | None = None) -> World:
        """Return what a process holds; each has a performer of its own."""
        limits = lane_limits(self.starts_in_flight)
        return World(
            driver=driver or self.engine,
            performer=performer or SimulatedPerformer(self.engine, self.clock, limits),
            store=self.store,
            clock=self.clock,
            observe=self.observe,
        )

    def prepare(self, wanted: Stack) -> Prepared:
        return prepare(self.session(), wanted, no_outputs, Options(with_preview=False))

    def plan(self, wanted: Stack) -> Plan:
        return self.prepare(wanted).plan

    def apply(self, wanted: Stack, world: World | None = None) -> Converged:
        """Plan and apply, as the command does."""
        world = world or self.world()
        lease = self.store.acquire(wanted.name, "apply", 0)
        try:
            return apply(self.session(), self._bounded(world), self.prepare(wanted), no_outputs, lease).converged
        finally:
            lease.release()

    def go_on(self, world: World | None = None) -> Converged:
        """Converge once more to the recorded target, as a watch would."""
        recorded = self.store.load("shop")
        assert recorded.target is not None
        lease = self.store.acquire("shop", "watch", 0)
        try:
            return converge(
                self._bounded(world or self.world()),
                recorded.target,
                recorded,
                lease,
                lambda decision: decision.is_over,
            )
        finally:
            lease.release()

    def watch(self, seconds: float, world: World | None = None) -> Converged:
        """Converge for so long, as a watch does."""
        ends_at = self.clock.now() + seconds
        recorded = self.store.load("shop")
        assert recorded.target is not None
        found = replace(self._bounded(world or self.world()), is_patient=True)
        lease = self.store.acquire("shop", "watch", 0)
        try:
            return converge(found, recorded.target, recorded, lease, lambda decision: self.clock.now() >= ends_at)
        finally:
            lease.release()

    @property
    def live(self) -> tuple[str, ...]:
        """Return `service:revision` of every task with a running container, sorted."""
        tasks = self.engine.look(self.request()).tasks
        return tuple(
            sorted(
                f"{each.task.service_name}:{each.task.revision}"
                for each in tasks
                if any(found.is_live for found in each.containers)
            )
        )

    def request(self) -> Any:
        return LookRequest(stack="shop", owner=self.store.load("shop").owner)

    def _bounded(self, world: World) -> World:
        looks = iter(range(self.looks))

        def observe(decision: Decision, seen: Snapshot) -> None:
            world.observe(decision, seen)
            if next(looks, None) is None:
                raise AssertionError(f"no end after {self.looks} looks; waiting for {decision.waiting_for}")

        return replace(world, observe=observe)


@dataclass
class Unreachable:
    """An engine that does not answer looks between two moments."""

    site: Site
    begins: float
    ends: float

    def look(self, request: LookRequest) -> Snapshot:
        if self.begins <= self.site.clock.now() < self.ends:
            raise EngineError("the engine does not answer")
        return self.site.engine.look(request)

    def __getattr__(self, name: str) -> object:
        return getattr(self.site.engine, name)
