"""How long to wait after failures: capped exponential, with jitter derived from the task, so that it is repeatable.

Ours, documented: 1 s doubling to 5 min, +-20 %. (ECS waits up to 27 minutes, and only for tasks that never ran.)
"""

from __future__ import annotations

import hashlib

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 300.0
JITTER = 0.2


def delay(failures: int, task_id: str) -> float:
    """Return the seconds to wait after that many failures in a row; the last failed task gives the jitter.

    >>> [round(delay(failures, "t")) for failures in (0, 1, 2, 9, 40)]
    [0, 1, 2, 242, 283]
    """
    if failures <= 0:
        return 0.0
    base = min(FIRST_SECONDS * 2.0 ** min(failures - 1, 30), LONGEST_SECONDS)
    share = hashlib.sha256(f"{task_id}/{failures}".encode()).digest()[0] / 255
    return min(base * (1 - JITTER + 2 * JITTER * share), LONGEST_SECONDS)
