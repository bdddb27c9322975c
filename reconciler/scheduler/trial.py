"""A service in a crash loop: its tasks are tried one at a time, until one of them has lasted.

Ours (I10): however many tasks are wanted, each of them is started once, and then they are tried singly with the
back-off between them. ECS holds all of them back for up to 27 minutes instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.service import Service, failure_threshold
from reconciler.scheduler.deployments import CRASH_LOOP_FAILURES, QUICK_EXIT_SECONDS, is_quick
from reconciler.scheduler.rolling import Fleet
from reconciler.scheduler.task_view import TaskView


@dataclass(frozen=True, slots=True)
class Trial:
    """How many tasks of a crash loop may be started, which of those never started are not to be, and till when."""

    room: int
    spare: tuple[TaskView, ...] = ()
    until: float | None = None


def trial(deployment: Deployment, service: Service, fleet: Fleet, now: float) -> Trial | None:
    """Return how a deployment's tasks are tried, or None while they are not in a crash loop.

    A task is young until it has run for a minute. One that lasted so long, and was made after the last failure,
    ends the trial: then all that is missing is started.
    """
    if deployment.consecutive_failures < CRASH_LOOP_FAILURES or deployment.retry_at is None:
        return None
    if any(_has_lasted(each, deployment.retry_at, now) for each in fleet.keep):
        return None
    most = _most(deployment, service)
    young = [each for each in fleet.keep if each.is_running or not each.record.is_stopped]
    young = [each for each in young if is_quick(each.record, now)]
    unborn = [each for each in young if each.observed is None and not each.record.seen]
    is_throttled = most == 1 and now < deployment.retry_at
    excess = len(young) if is_throttled else max(0, len(young) - most)
    ends = [each.record.running_at + QUICK_EXIT_SECONDS for each in young if each.record.running_at is not None]
    return Trial(
        room=max(0, most - len(young)),
        spare=tuple(unborn[len(unborn) - min(excess, len(unborn)) :]),
        until=min(ends, default=None),
    )


def _most(deployment: Deployment, service: Service) -> int:
    """Return how many may be young at once: one, or as many as it takes for the circuit breaker to end it."""
    breaker = service.deployment_configuration.deployment_circuit_breaker
    is_counted = deployment.rollout_state is RolloutState.IN_PROGRESS and breaker.enable and deployment.failures
    if not is_counted:
        return 1
    return max(1, failure_threshold(breaker.threshold, service.desired_count) - deployment.failures)


def _has_lasted(view: TaskView, retry_at: float, now: float) -> bool:
    is_retry = view.record.created_at >= retry_at
    return is_retry and view.is_running and not is_quick(view.record, now)
