"""A state file whose leases go by a clock that a test moves on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.store.sqlite import SqliteStore

from .sharing import Seconds, process


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def store(tmp_path: Path, seconds: Seconds) -> Iterator[SqliteStore]:
    found = process(tmp_path, "ada", seconds)
    yield found
    found.close()
