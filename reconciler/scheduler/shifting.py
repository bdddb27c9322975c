"""Tasks of a deployment whose traffic is shifted: a whole new set beside the old one, which stays until the end.

Sources: ECS blue/green, linear and canary deployments all scale the new revision to the desired count first.
"""

from __future__ import annotations

import sys

from reconciler.model.routing import Color
from reconciler.scheduler.rolling import Fleet, Move
from reconciler.scheduler.task_view import TaskView


def shift(
    desired: int,
    color: Color,
    fleet: Fleet,
    *,
    source: int = sys.maxsize,
    may_clear: bool = False,
    may_start: bool = True,
    room: int = sys.maxsize,
) -> Move:
    """Say what to start and stop now to have `desired` healthy tasks in the pool `color` beside the other pool.

    What an earlier deployment left in that pool goes first: it would get the new one's traffic. While nobody in the
    other pool is healthy it stays, for it may be all that there is, unless `may_clear` says that it has no traffic.
    Of the other pool only what is more than `source` goes, those not healthy first. There are never more than
    `desired` tasks in the new pool, nor more in all than both counts. What is protected stays.
    """
    stale = tuple(view for view in fleet.replace if view.color is color)
    old = sorted((view for view in fleet.replace if view.color is not color), key=_worst_first)
    may_clear = may_clear or any(view.is_healthy() for view in old)
    spare = fleet.spare(old)[: max(0, len(old) - source)]
    own = sum(view.color is color for view in fleet.leaving)
    excess = max(0, len(fleet.keep) - desired)
    surplus = fleet.spare(reversed(fleet.keep))[:excess]
    missing = max(0, desired - len(fleet.keep))
    taken = len(fleet.keep) + len(fleet.unhealthy) + len(stale) + own
    place = min(desired - taken, desired + source - fleet.total)
    start = max(0, min(missing, place, room)) if may_start else 0
    return Move(start=start, stop=(*(fleet.spare(stale) if may_clear else ()), *fleet.unhealthy, *surplus, *spare))


def is_scaled_up(desired: int, color: Color, fleet: Fleet) -> bool:
    """Say whether the new pool holds all wanted tasks, and only them, and all are healthy."""
    strangers = [view for view in (*fleet.replace, *fleet.leaving, *fleet.unhealthy) if view.color is color]
    return not strangers and len(fleet.keep) == desired and all(view.is_healthy() for view in fleet.keep)


def has_strangers(color: Color, fleet: Fleet) -> bool:
    """Say whether tasks of another deployment are still in the new pool."""
    return any(view.color is color for view in fleet.replace)


def _worst_first(view: TaskView) -> tuple[bool, float, int]:
    return (view.is_healthy(), -view.record.created_at, -view.record.ordinal)
