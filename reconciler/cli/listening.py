"""Listens for what ends a wait while we hold the lock: requests of other commands, a lost lease, a lost state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.engine.guard import Guard
from reconciler.errors import StoreError
from reconciler.store.store import Store

EVERY_SECONDS = 0.3


class News:
    """Whether there is something that a wait is to end for."""

    def __init__(self, store: Store, stack: str, guard: Guard) -> None:
        self._store = store
        self._stack = stack
        self._guard = guard
        self._works = True

    def __call__(self) -> bool:
        """Say whether a request waits, the lease is lost, or the store works no longer, or again."""
        worked = self._works
        try:
            is_wanted = self._guard.is_lost or bool(self._store.posted(self._stack))
            self._works = True
        except StoreError:
            is_wanted, self._works = False, False
        return is_wanted or self._works is not worked


@contextmanager
def listening(has_request: Callable[[], bool], wake: Callable[[], None]) -> Iterator[None]:
    """Call `wake` whenever there is a request, until the context ends."""
    is_over = threading.Event()

    def listen() -> None:
        while not is_over.wait(EVERY_SECONDS):
            if has_request():
                wake()

    thread = threading.Thread(target=listen, name="requests", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(timeout=1)
