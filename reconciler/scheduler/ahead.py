"""Times that lie ahead: what was recorded while the wall clock was fast would be waited for, for hours or years.

Within a process time never goes back; from one process to the next it may.
"""

from __future__ import annotations

from typing import TypeVar

from reconciler.model.noun import Noun
from reconciler.model.state import Deployment, State
from reconciler.scheduler.back_off import LONGEST_SECONDS

AnyNoun = TypeVar("AnyNoun", bound=Noun)


def not_ahead(state: State, now: float) -> State:
    """Return the State without times after `now`: they become `now`."""
    return state.changed(
        deployments=tuple(_deployment(each, now) for each in state.deployments),
        tasks=tuple(_not_after(now, each, *_OF_TASKS) for each in state.tasks),
        silent=tuple(_not_after(now, each, "since") for each in state.silent),
    )


def _deployment(deployment: Deployment, now: float) -> Deployment:
    deployment = _not_after(now, deployment, *_OF_DEPLOYMENTS)
    deployment = _not_after(now + LONGEST_SECONDS, deployment, "retry_at")
    hooks = tuple(_not_after(now, each, "started_at", "asked_at", "ended_at") for each in deployment.hooks)
    alarms = tuple(_not_after(now, each, "sampled_at") for each in deployment.alarms)
    is_same = (hooks, alarms) == (deployment.hooks, deployment.alarms)
    return deployment if is_same else deployment.changed(hooks=hooks, alarms=alarms)


def _not_after(latest: float, noun: AnyNoun, *names: str) -> AnyNoun:
    times = {name: getattr(noun, name) for name in names}
    ahead = {name: latest for name, at in times.items() if at is not None and at > latest}
    return noun.changed(**ahead) if ahead else noun


_OF_DEPLOYMENTS = (
    "created_at",
    "updated_at",
    "progress_at",
    "completed_at",
    "replaces_before",
    "stage_at",
    "shifted_at",
)
_OF_TASKS = ("created_at", "running_at", "healthy_at", "draining_at", "stopping_at", "stopped_at")
