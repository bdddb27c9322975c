"""Rolling update, scaling and healing: one pure function of counts. It never starts above the upper bound, and its
stops never take the service below the lower one.

Sources: ECS minimumHealthyPercent / maximumPercent (lower bound rounded up, upper bound rounded down), and ECS's
replacement of unhealthy tasks (start first where the maximum allows it).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.routing import Color
from reconciler.model.service import DeploymentConfiguration, lower_bound, upper_bound
from reconciler.scheduler.task_view import TaskView


@dataclass(frozen=True, slots=True)
class Fleet:
    """A service's tasks that still occupy the engine.

    `keep`: of the target revision and not unhealthy. `replace`: of another revision, or drifted. `unhealthy`: of the
    target revision, but its checks failed. `leaving`: already wanted STOPPED, not yet gone. `color` is the pool that
    the deployment's tasks belong in. `protected` are ids of tasks that neither a scale-in nor a deployment stops
    (ECS task protection): never unhealthy ones.
    """

    keep: tuple[TaskView, ...] = ()
    replace: tuple[TaskView, ...] = ()
    unhealthy: tuple[TaskView, ...] = ()
    leaving: tuple[TaskView, ...] = ()
    color: Color = Color.BLUE
    protected: frozenset[str] = frozenset()

    def spare(self, tasks: Iterable[TaskView]) -> tuple[TaskView, ...]:
        """Return those that may be stopped: what is protected is not."""
        return tuple(each for each in tasks if each.record.id not in self.protected)

    @property
    def total(self) -> int:
        """How many tasks occupy the engine."""
        return len(self.keep) + len(self.replace) + len(self.unhealthy) + len(self.leaving)


@dataclass(frozen=True, slots=True)
class Move:
    """How many tasks to start now and which to stop now."""

    start: int = 0
    stop: tuple[TaskView, ...] = ()


def roll(
    desired: int,
    configuration: DeploymentConfiguration,
    fleet: Fleet,
    *,
    may_start: bool = True,
    room: int = sys.maxsize,
) -> Move:
    """Say what to start and stop now to get `desired` tasks of the target revision.

    Worked example, 4 tasks to replace at 50/150: lower 2, upper 6. First call: start 2, stop 2. When the stopped are
    gone and the new ones healthy (2 old, 2 new): start 2, stop 2. At 100/200: start 4; each healthy one retires one.
    `may_start` is False while a deployment failed or waits: then nothing is stopped to make room either. `room` is
    how many more tasks the engine has place for.
    """
    lower = lower_bound(desired, configuration.minimum_healthy_percent)
    upper = upper_bound(desired, configuration.maximum_percent)
    surplus = _surplus(fleet, desired)
    missing = max(0, desired - len(fleet.keep))
    start = max(0, min(missing, upper - fleet.total, room)) if may_start else 0
    if not may_start and desired > 0 and missing:
        return Move(stop=surplus)
    return Move(start=start, stop=(*surplus, *_retirable(fleet, surplus, desired, lower, missing - start)))


def _surplus(fleet: Fleet, desired: int) -> tuple[TaskView, ...]:
    """Choose whom scale-in stops: those not healthy first, then the newest; nobody who is protected."""
    excess = len(fleet.keep) - desired
    if excess <= 0:
        return ()
    spare = fleet.spare(fleet.keep)
    ranked = sorted(spare, key=lambda view: (view.is_healthy(), -view.record.created_at, -view.record.ordinal))
    return tuple(ranked[:excess])


def _retirable(
    fleet: Fleet, surplus: tuple[TaskView, ...], desired: int, lower: int, unplaced: int
) -> tuple[TaskView, ...]:
    """Choose which tasks of `replace` and `unhealthy` may stop now: those not healthy first, then those in the pool
    of a shift that was given up, then the oldest.

    A healthy one may go while the healthy that remain are at least `lower`; one in the pool that has the traffic only
    while as many remain there (when somebody is healthy there at all). One that is not healthy may go when
    healthy new tasks cover it, or to make room (`unplaced` tasks do not fit yet) while `lower` tasks remain; those
    whose checks failed make room one at a time, each once the replacement of the one before is healthy.
    """
    if not (fleet.replace or fleet.unhealthy):
        return ()
    leaves = {view.record.id for view in surplus}
    kept = [view for view in fleet.keep if view.record.id not in leaves]
    ill = {view.record.id for view in fleet.unhealthy}
    covered = sum(view.is_healthy() for view in kept)
    healthy = covered + sum(view.is_healthy() for view in fleet.replace)
    remaining = len(kept) + len(fleet.replace) + len(fleet.unhealthy)
    spare = remaining - len(kept)
    serving = _healthy_in_pool(fleet, kept)
    chosen: list[TaskView] = []
    for view in sorted(fleet.spare((*fleet.replace, *fleet.unhealthy)), key=lambda view: _rank(view, fleet.color)):
        serves = view.is_healthy() and view.color is fleet.color
        is_covered = covered + spare - len(chosen) > desired
        is_in_turn = view.record.id not in ill or not (chosen or fleet.leaving or covered < len(kept))
        makes_room = unplaced > len(chosen) + len(fleet.leaving) and remaining > lower and is_in_turn
        is_spare = healthy > lower and (not serves or serving > lower)
        if not (is_spare if view.is_healthy() else is_covered or makes_room or desired == 0):
            continue
        chosen.append(view)
        remaining -= 1
        healthy -= view.is_healthy()
        serving -= serves
    return tuple(chosen)


def _healthy_in_pool(fleet: Fleet, kept: Iterable[TaskView]) -> int:
    return sum(view.is_healthy() and view.color is fleet.color for view in (*kept, *fleet.replace))


def _rank(view: TaskView, color: Color) -> tuple[bool, bool, float, int]:
    return (view.is_healthy(), view.color is color, view.record.created_at, view.record.ordinal)
