"""Mutants of what goes on beside the target, each with one thing wrong.

What must notice it is in `test_watch_mutants`.
"""

from __future__ import annotations

import pytest

from reconciler.scheduler import runs, schedules, slots, tasks
from reconciler.scheduler.rolling import Fleet
from reconciler.scheduler.scaling.view import ScalingView

Patch = pytest.MonkeyPatch


def scale_in_while_deploying(patch: Patch) -> None:
    """Tasks are taken away while a deployment is in progress."""
    patch.setattr(ScalingView, "is_deploying", False)


def scale_without_bounds(patch: Patch) -> None:
    """No count is too large."""
    patch.setattr(ScalingView, "max_capacity", 1000)


def protect_nobody(patch: Patch) -> None:
    """Task protection is not asked for."""
    patch.setattr(Fleet, "spare", lambda fleet, found: tuple(found))


def run_whatever_runs(patch: Patch) -> None:
    """A slot is run though the run before is not over."""
    patch.setattr(schedules, "unfinished", lambda state, schedule: ())


def run_however_late(patch: Patch) -> None:
    """A slot is run hours after its time."""
    patch.setattr(slots, "GRACE_SECONDS", 1e6)


def never_time_out(patch: Patch) -> None:
    """A run that takes too long goes on."""
    patch.setattr(runs, "stop_run", lambda run, status, reason, state, now: state)


def start_what_has_exited(patch: Patch) -> None:
    """A job that has ended is started once more by whoever did not hear of its start."""
    patch.setattr(tasks, "_has_exited", lambda observed, name: True)


def forget_what_was_run(patch: Patch) -> None:
    """Slots that are dealt with are not recorded as such."""
    patch.setattr(schedules, "run_id", lambda name, slot, is_manual=False: f"{name}-19700101T000000Z")
