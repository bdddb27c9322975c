"""A store that lasts as long as the process: for tests and for the rollout preview."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.errors import LockError, StaleError
from reconciler.model.state import State
from reconciler.store.store import Lease


@dataclass
class MemoryLease:
    """A held lock."""

    token: int
    held: set[str] = field(default_factory=set)
    stack: str = ""

    def release(self) -> None:
        self.held.discard(self.stack)


@dataclass
class MemoryStore:
    """States in a dictionary, with the same rules as on disk."""

    states: dict[str, State] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _tokens: dict[str, int] = field(default_factory=dict)

    def load(self, stack: str) -> State:
        return self.states.get(stack) or State(stack_name=stack)

    def save(self, state: State, lease: Lease) -> State:
        if self._tokens.get(state.stack_name) != lease.token:
            raise StaleError(f'somebody else took over stack "{state.stack_name}"; nothing more is written here')
        saved = state.changed(serial=self.load(state.stack_name).serial + 1)
        self.states[state.stack_name] = saved
        return saved

    def acquire(self, stack: str, operation: str, timeout_seconds: float) -> MemoryLease:
        if stack in self._held:
            raise LockError(f'stack "{stack}" is locked by another {operation}')
        self._held.add(stack)
        self._tokens[stack] = self._tokens.get(stack, 0) + 1
        return MemoryLease(self._tokens[stack], self._held, stack)
