"""Listens for requests of other commands while we hold the lock: a wait ends when one is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 0.3


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
