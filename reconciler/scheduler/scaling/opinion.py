"""What one policy wants: another count, the same, or nothing to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.beside import PolicyRecord


class Wish(StrEnum):
    """Where a policy wants the count to go."""

    OUT = "out"
    STAY = "stay"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The opinion of a policy, from the values of its periods.

    `count` is what it asks for (of STAY it means nothing), counted from `base`. `has_vote`: nothing is scaled in
    against its will. `is_fresh`: a period of it ended with this look; others stand by what they said, or spoke just
    before of the same moment (`is_timely`), or are yet to speak of it (`is_awaited`).
    """

    record: PolicyRecord
    wish: Wish = Wish.STAY
    count: int = 0
    base: int = 0
    value: float | None = None
    formula: str = ""
    cause: str = ""
    has_vote: bool = True
    is_fresh: bool = False
    is_timely: bool = False
    is_awaited: bool = False
    scale_out_cooldown: float = 0.0
    scale_in_cooldown: float = 0.0
    silence: str = ""
    """Why it has nothing to say, when that is worth telling."""

    @property
    def policy(self) -> str:
        """The name of its policy."""
        return self.record.name


MISSING_DATA = "MissingData"
NO_TASK_RUNS = "NoTaskRuns: no task runs that a count could be worked out from"


def missing_data(record: PolicyRecord) -> str:
    """Return why a policy has no value of the last period."""
    cause = f": {record.missing}" if record.missing else ""
    return f"{MISSING_DATA}: the last period has no value{cause}"


def number(value: float) -> str:
    """Return a value for people."""
    return f"{round(value, 2):g}"


def periods(count: int) -> str:
    """Return for how long something held."""
    return "for one period" if count == 1 else f"for {count} periods in a row"
