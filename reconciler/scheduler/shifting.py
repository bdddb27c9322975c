"""Tasks of a deployment whose traffic is shifted: a whole new set beside the old one, which stays until the end.

Sources: ECS blue/green, linear and canary deployments all scale the new revision to the desired count first.
"""

from __future__ import annotations

import sys

from reconciler.model.routing import Color
from reconciler.scheduler.rolling import Fleet, Move


def shift(desired: int, color: Color, fleet: Fleet, *, may_start: bool = True, room: int = sys.maxsize) -> Move:
    """Say what to start and stop now to have `desired` healthy tasks in the pool `color` beside the other pool.

    What an earlier deployment left in that pool goes first: it would get the new one's traffic. While nobody in the
    other pool is healthy it stays, for it may be all that there is. The other pool is not touched. There are never
    more than `desired` tasks in the new pool.
    """
    stale = tuple(view for view in fleet.replace if view.color is color)
    may_clear = any(view.is_healthy() for view in fleet.replace if view.color is not color)
    own = sum(view.color is color for view in fleet.leaving)
    surplus = fleet.keep[desired:] if len(fleet.keep) > desired else ()
    missing = max(0, desired - len(fleet.keep))
    place = desired - len(fleet.keep) - len(fleet.unhealthy) - len(stale) - own
    start = max(0, min(missing, place, room)) if may_start else 0
    return Move(start=start, stop=(*(stale if may_clear else ()), *fleet.unhealthy, *surplus))


def is_scaled_up(desired: int, color: Color, fleet: Fleet) -> bool:
    """Say whether the new pool holds all wanted tasks, and only them, and all are healthy."""
    strangers = [view for view in (*fleet.replace, *fleet.leaving, *fleet.unhealthy) if view.color is color]
    return not strangers and len(fleet.keep) == desired and all(view.is_healthy() for view in fleet.keep)


def has_strangers(color: Color, fleet: Fleet) -> bool:
    """Say whether tasks of another deployment are still in the new pool."""
    return any(view.color is color for view in fleet.replace)
