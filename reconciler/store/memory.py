"""A store that lasts as long as the process: for tests and for the rollout preview."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.errors import LockError, StaleError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.store import KEPT_SECONDS, Holder, Lease, Posted


@dataclass
class MemoryLease:
    """A held lock: ours while no other token was given."""

    token: int
    store: MemoryStore
    stack: str
    is_released: bool = False

    def check(self) -> None:
        if self.is_released or self.store.tokens.get(self.stack) != self.token:
            raise StaleError(f'somebody else took over stack "{self.stack}": nothing more is changed here')

    def release(self) -> None:
        if not self.is_released and self.store.tokens.get(self.stack) == self.token:
            self.store.holders.pop(self.stack, None)
        self.is_released = True


@dataclass
class MemoryStore:
    """States in a dictionary, with the same rules as on disk; a holder there never dies."""

    states: dict[str, State] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    tokens: dict[str, int] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    _posts: dict[str, dict[int, tuple[float, Request]]] = field(default_factory=dict)
    _number: int = 0
    _watches: Counter[str] = field(default_factory=Counter)

    location = "the state in memory"

    def load(self, stack: str) -> State:
        return self.states.get(stack) or State(stack_name=stack)

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        if self.tokens.get(state.stack_name) != lease.token:
            raise StaleError(f'somebody else took over stack "{state.stack_name}"; nothing more is written here')
        saved = state.changed(serial=self.load(state.stack_name).serial + 1)
        self.states[state.stack_name] = saved
        for number in answered:
            self.withdraw(state.stack_name, number)
        return saved

    def acquire(
        self,
        stack: str,
        operation: str,
        timeout_seconds: float,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> MemoryLease:
        if stack in self.holders:
            raise LockError(f'stack "{stack}" is locked: {self.holders[stack]}')
        self.tokens[stack] = self.tokens.get(stack, 0) + 1
        self.holders[stack] = Holder(operation=operation, user="", host="", pid=0, since=self.now())
        return MemoryLease(self.tokens[stack], self, stack)

    def unlock(self, stack: str) -> None:
        """Take the stack from whoever holds it, as one does that was thought to be dead."""
        if self.holders.pop(stack, None) is not None:
            self.tokens[stack] += 1

    def holder(self, stack: str) -> Holder | None:
        return self.holders.get(stack)

    @contextmanager
    def watching(self, stack: str) -> Iterator[None]:
        self._watches[stack] += 1
        try:
            yield
        finally:
            self._watches[stack] -= 1

    def is_watched(self, stack: str) -> bool:
        return self._watches[stack] > 0

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
