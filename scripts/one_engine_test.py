"""A pytest plugin: of the tests marked `engine` one runs at a time, whatever the number of xdist's workers.

xdist's own way, `--dist loadgroup`, groups nothing under pytest 9.2 (pytest-xdist#1386); a lock depends on neither.
So that no worker waits for the lock, those tests come first: `--dist worksteal` gives the first worker the first
part of all tests and the others the rest, and lets these take over what is left at its end.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

LOCK = Path(tempfile.gettempdir()) / f"reconciler-engine-tests-{os.getuid()}.lock"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the marked tests first; among themselves, and the others too, they stay in order."""
    items.sort(key=lambda item: item.get_closest_marker("engine") is None)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest-timeout: waiting is not the test's time
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the lock from a marked test's setup to its teardown."""
    if item.get_closest_marker("engine") is None:
        return (yield)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)
