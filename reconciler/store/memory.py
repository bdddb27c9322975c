"""A store that lasts as long as the process: for tests and for the rollout preview."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.errors import LockError, StaleError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.store import KEPT_SECONDS, Lease, Posted


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
    now: Callable[[], float] = time.time
    _posts: dict[str, dict[int, tuple[float, Request]]] = field(default_factory=dict)
    _number: int = 0
    _held: set[str] = field(default_factory=set)
    _tokens: dict[str, int] = field(default_factory=dict)

    def load(self, stack: str) -> State:
        return self.states.get(stack) or State(stack_name=stack)

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        if self._tokens.get(state.stack_name) != lease.token:
            raise StaleError(f'somebody else took over stack "{state.stack_name}"; nothing more is written here')
        saved = state.changed(serial=self.load(state.stack_name).serial + 1)
        self.states[state.stack_name] = saved
        for number in answered:
            self.withdraw(state.stack_name, number)
        return saved

    def acquire(self, stack: str, operation: str, timeout_seconds: float) -> MemoryLease:
        if stack in self._held:
            raise LockError(f'stack "{stack}" is locked by another {operation}')
        self._held.add(stack)
        self._tokens[stack] = self._tokens.get(stack, 0) + 1
        return MemoryLease(self._tokens[stack], self._held, stack)

    def post(self, stack: str, request: Request) -> int:
        self._number += 1
        self._posts.setdefault(stack, {})[self._number] = (self.now(), request)
        return self._number

    def posted(self, stack: str) -> tuple[Posted, ...]:
        after = self.now() - KEPT_SECONDS
        posts = self._posts.get(stack, {}).items()
        return tuple(Posted(number=number, request=request) for number, (at, request) in posts if at > after)

    def withdraw(self, stack: str, number: int) -> bool:
        return self._posts.get(stack, {}).pop(number, None) is not None
