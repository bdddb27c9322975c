"""Plans and applies on an engine that exists in memory only: what the runs of a test file are carried out on.

The use cases are the real ones. The engine has whatever a stack asks of one: memory, log drivers, external volumes.
"""

from __future__ import annotations

from reconciler.drivers.simulated import SimulatedEngine, VirtualClock
from reconciler.engine.converge import World
from reconciler.engine.session import Options, Outputs, Prepared, Rename, Session, apply, prepare
from reconciler.engine.simulation import UNLIMITED, SimulatedPerformer
from reconciler.errors import DeploymentFailedError, ReconcilerError
from reconciler.model.decision import Decision
from reconciler.model.plan import Plan
from reconciler.model.snapshot import EngineFacts, SecretReading, Snapshot
from reconciler.model.stack import Stack
from reconciler.store.memory import MemoryStore

LOOKS = 2000
"""An apply that has not ended after this many looks never will."""

PLENTY = 1 << 40


class Sandbox:
    """One simulated engine with what is recorded of it: an apply finds what those before it left."""

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._engine = SimulatedEngine(self._clock)
        self._store = MemoryStore()

    def plan(self, stack: Stack, outputs: Outputs, rename: Rename) -> Plan:
        """Return the plan; raises StackError for what is not to be."""
        return self._prepared(stack, outputs, rename).plan

    def apply(self, stack: Stack, outputs: Outputs, rename: Rename) -> Plan:
        """Apply until all is steady, and return what the plan was; raises DeploymentFailedError when it never is."""
        prepared = self._prepared(stack, outputs, rename)
        lease = self._store.acquire(stack.name, "test", 0)
        try:
            applied = apply(self._session(stack), self._world(stack), prepared, outputs, lease)
        finally:
            lease.release()
        failed = applied.converged.decision.failed
        if failed:
            raise DeploymentFailedError(f"the deployment of {', '.join(failed)} failed on the simulated engine")
        return prepared.plan

    def _prepared(self, stack: Stack, outputs: Outputs, rename: Rename) -> Prepared:
        self._supply(stack)
        return prepare(self._session(stack), stack, outputs, Options(with_preview=False), rename)

    def _session(self, stack: Stack) -> Session:
        readings = tuple(SecretReading(address=each.address, digest="simulated") for each in stack.secrets)
        return Session(self._engine, self._store, self._clock, lambda key: readings)

    def _world(self, stack: Stack) -> World:
        session = self._session(stack)
        looks = iter(range(LOOKS))

        def observe(decision: Decision, shown: Snapshot) -> None:
            if next(looks, None) is None:
                waiting = "; ".join(f"{each.address}: {each.reason}" for each in decision.waiting_for)
                raise ReconcilerError(f"the apply does not end on the simulated engine\n{waiting}")

        return World(
            driver=self._engine,
            performer=SimulatedPerformer(self._engine, self._clock, UNLIMITED),
            store=self._store,
            clock=self._clock,
            secrets=lambda: session.readings(""),
            observe=observe,
        )

    def _supply(self, stack: Stack) -> None:
        """Give the engine what the stack needs that nobody declares."""
        containers = [each for definition in stack.definitions.values() for each in definition.containers]
        drivers = {each.log_configuration.log_driver for each in containers}
        self._engine.facts = EngineFacts(
            name="simulated", cpu=PLENTY, memory=PLENTY, gpus=PLENTY, log_drivers=tuple(sorted(drivers))
        )
        for volume in stack.volumes:
            if volume.external:
                self._engine.add_volume(volume.name)
