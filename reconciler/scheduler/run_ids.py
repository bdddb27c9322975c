"""What runs of scheduled tasks are called. An id is made from the slot, so the same slot is the same run.

`report-20261128T030000Z` is the run of that slot, and the deployment of its first attempt's tasks; that of the second
is `report-20261128T030000Z-2`. A run by hand has the time to the millisecond: it is the run of no slot.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

_ID = re.compile(r"(.+-\d{8}T\d{6}(\.\d{3})?Z)(?:-(\d+))?", re.ASCII)
_TIME = "%Y%m%dT%H%M%S"


class Attempt(NamedTuple):
    """What the id of a deployment says."""

    run: str
    number: int
    slot: float
    is_manual: bool


def run_id(name: str, slot: float, *, is_manual: bool = False) -> str:
    """Return the id of a scheduled task's run.

    >>> run_id("report", 1_795_834_800), run_id("report", 1_795_834_800.25, is_manual=True)
    ('report-20261128T030000Z', 'report-20261128T030000.250Z')
    """
    at = datetime.fromtimestamp(slot, UTC)
    fraction = f".{at.microsecond // 1000:03}" if is_manual else ""
    return f"{name}-{at.strftime(_TIME)}{fraction}Z"


def attempt_id(run: str, number: int) -> str:
    """Return the id of the deployment that an attempt's tasks belong to."""
    return run if number == 1 else f"{run}-{number}"


def attempt_of(deployment: str) -> Attempt | None:
    """Return what a deployment's id says; None when it is no scheduled run's.

    >>> attempt_of("report-20261128T030000Z-2")
    Attempt(run='report-20261128T030000Z', number=2, slot=1795834800.0, is_manual=False)
    """
    found = _ID.fullmatch(deployment)
    if found is None:
        return None
    run, fraction, number = found.groups()
    text = run.rpartition("-")[2].removesuffix("Z")
    try:
        at = datetime.strptime(text.partition(".")[0], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Attempt(run, int(number or 1), at.timestamp() + float(fraction or 0), fraction is not None)
