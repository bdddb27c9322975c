"""Mutants: the pure core of traffic, each with one thing wrong that would drop requests or lose a way back.

Each patches what its module uses. What must notice it is in `test_mutants`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.routing import TargetState
from reconciler.model.service import LifecycleStage
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler import opening, rolling, routing, scheduler, services, shares, shifting, stages, tasks
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import Pursuit, Surroundings

Patch = pytest.MonkeyPatch


def shift_before_ready(patch: Patch) -> None:
    """Traffic is shifted as soon as one task of the new revision is ready."""
    patch.setitem(stages._WAITS, LifecycleStage.SCALE_UP, _no_wait)


def skip_the_bake(patch: Patch) -> None:
    """Blue is retired as soon as green has the traffic."""
    patch.setitem(stages._WAITS, LifecycleStage.BAKE_TIME, _no_wait)


def stop_before_drain(patch: Patch) -> None:
    """A task is stopped while a balancer still lists it."""

    def pursue(view: TaskView, around: Surroundings) -> Pursuit:
        return tasks.pursue(replace(view, traffic=None), around)

    patch.setattr(scheduler, "pursue", pursue)


def retire_blue_on_failure(patch: Patch) -> None:
    """A deployment that has just failed is pursued like any other in that same look."""
    patch.setattr(services, "_planned", _planned_whatever_failed)


def roll_back_into_the_failed_pool(patch: Patch) -> None:
    """A rollback gets the pool, and with it the traffic, of the deployment that failed."""

    def roll_back(stack: Stack, state: State, now: float) -> State:
        undone = opening.roll_back(stack, state, now)
        colors = {each.id: each.color for each in undone.deployments}
        return undone.changed(
            deployments=tuple(
                each.changed(color=colors.get(each.rolls_back, each.color)) for each in undone.deployments
            )
        )

    patch.setattr(scheduler, "roll_back", roll_back)


def ready_without_a_passed_check(patch: Patch) -> None:
    """A target gets traffic as soon as it is there."""
    patch.setattr(routing, "_state", lambda *arguments: TargetState.READY)


def remove_without_waiting(patch: Patch) -> None:
    """A target that is to leave is removed at once."""
    patch.setattr(routing, "_leaving", lambda *arguments: None)


def start_on_a_listed_address(patch: Patch) -> None:
    """Tasks start though a balancer sends traffic to an address that has become free."""
    patch.setattr(scheduler, "ghosts", lambda *arguments: "")


def weights_written_but_not_seen(patch: Patch) -> None:
    """A shift is taken for done because it was asked for."""
    patch.setattr(stages, "is_in_effect", lambda *arguments, **options: True)


def forget_the_source(patch: Patch) -> None:
    """Tasks of the revision that has the traffic are not replaced while it is shifted."""
    patch.setattr(services, "keep_up", lambda *arguments: ())


def never_ask_who_starves(patch: Patch) -> None:
    """Traffic goes to a pool in which nobody is ready."""
    patch.setattr(shares, "_would_starve", lambda *arguments: False)


def never_ask_who_can_answer(patch: Patch) -> None:
    """A deployment has no more than its share while nobody else can answer."""
    patch.setattr(shares.Pools, "has_only", lambda *arguments: False)


def bake_without_a_healthy_task(patch: Patch) -> None:
    """A bake ends though nobody of the new pool is healthy."""
    patch.setattr(stages, "_is_lost", lambda *arguments: False)


def never_turn_round(patch: Patch) -> None:
    """A deployment shifts from the revision that worked last, whoever answers."""
    patch.setattr(scheduler, "turn_round", lambda stack, state, ground: state)


def _no_wait(*arguments: Any) -> None:
    return None


def _planned_whatever_failed(view: Any, deployment: Any, **options: Any) -> Any:
    if deployment.is_shifting:
        return shifting.shift(view.desired, deployment.color, view.fleet, **options)
    return rolling.roll(view.desired, view.service.deployment_configuration, view.fleet, **options)
