"""The life of a deployment: what counts as a failure, when it failed, when it is complete.

Sources: ECS deployment circuit breaker (threshold, reset on a healthy task) and rolloutState; ours: an essential
exit before the task was ever healthy counts too, and no progress for `timeout` fails the deployment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.service import LifecycleStage, Service, failure_threshold
from reconciler.model.task import TaskRecord
from reconciler.scheduler.back_off import delay
from reconciler.scheduler.task_view import TaskView

QUICK_EXIT_SECONDS = 60.0
"""A task that ends within this time of starting is throttled (ours)."""

CRASH_LOOP_FAILURES = 3
"""After so many failures in a row tasks are tried one at a time (ours)."""

UNABLE = "is unable to consistently start tasks successfully"
"""ECS's words for a crash loop."""

MOST_AT_ONCE = 7
"""Tasks that fail together count singly up to here, which is a minute of back-off: then once for each look."""

CALM_SECONDS = 600.0
"""After this long without a failure the back-off starts anew (ours)."""

_SIGNALS = (137, 143)
"""Exit codes of SIGKILL and SIGTERM."""

KILLS_FORGIVEN = 30
"""So many healthy tasks of a service may be killed from outside in an hour before that is taken for a crash loop."""

_HOUR_SECONDS = 3600.0


def count_outcomes(
    deployment: Deployment,
    service: Service,
    tasks: Sequence[TaskView],
    before: Mapping[str, TaskRecord],
    fetch_failures: tuple[str, ...],
    now: float,
) -> Deployment:
    """Count what happened to a service's tasks since the last look. Only the deployment's own failures are its."""
    records = [view.record for view in tasks]
    mine = [record for record in records if record.deployment == deployment.id]
    healthy = [record for record in mine if record.healthy_at is not None and _was(before, record).healthy_at is None]
    retired = [record for record in records if record.is_stopped and not record.failed]
    if healthy or any(not _was(before, record).is_stopped for record in retired):
        deployment = deployment.changed(progress_at=now)
    if healthy and service.deployment_configuration.deployment_circuit_breaker.reset_on_healthy_task:
        deployment = deployment.changed(failures=0)
    failed = [record for record in mine if record.failed and not _was(before, record).failed]
    new = {record.id for record in failed}
    killed = frozenset(view.record.id for view in tasks if view.record.id in new and _was_killed(view))
    if killed and len(killed) + _killed_lately(records, now) <= KILLS_FORGIVEN:
        failed = [record for record in failed if record.id not in killed]
    return count_failures(deployment, failed, fetch_failures, now, killed)


def count_failures(
    deployment: Deployment,
    failed: Sequence[TaskRecord],
    fetch_failures: tuple[str, ...],
    now: float,
    killed: Set[str] = frozenset(),
) -> Deployment:
    """Count tasks that just failed, and images that just could not be had: for the back-off and the breaker.

    For the breaker an exit counts before the task was ever healthy, failed checks always (ECS; I5 for the exit).
    `killed` are the ids of those that did not end by themselves.
    """
    quick = [record for record in failed if is_quick(record, now)]
    if fetch_failures or quick:
        deployment = _throttle(deployment, quick, killed, now)
    counted = [record for record in failed if record.healthy_at is None or not _has_exit(record)]
    if deployment.rollout_state is not RolloutState.IN_PROGRESS or not (counted or fetch_failures):
        return deployment
    failures = deployment.failures + len(counted) + len(fetch_failures)
    reason = counted[-1].stopped_reason if counted else fetch_failures[-1]
    return deployment.changed(failures=failures, reason=reason, updated_at=now)


def judge(
    deployment: Deployment, service: Service, *, is_settled: bool, is_held: bool, now: float, failure: str = ""
) -> Deployment:
    """Complete or fail a deployment in progress. `failure` is what a hook or an alarm says.

    One that failed and keeps its count nevertheless is complete once it has healed. A restart is not.
    """
    is_healed = deployment.has_failed and is_settled and deployment.replaces_before is None
    if is_healed and not deployment.is_abandoned:
        return _completed(deployment, now)
    if deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return deployment
    if is_held != deployment.is_held:
        deployment = deployment.changed(is_held=is_held, progress_at=now)
    if is_settled and deployment.stage is LifecycleStage.CLEAN_UP:
        return _completed(deployment, now)
    failure = failure or why_failed(deployment, service, now)
    if failure:
        return deployment.changed(rollout_state=RolloutState.FAILED, reason=failure, updated_at=now)
    return deployment


def _completed(deployment: Deployment, now: float) -> Deployment:
    at = now if deployment.completed_at is None else deployment.completed_at
    done = {"rollout_state": RolloutState.COMPLETED, "completed_at": at, "updated_at": now}
    return deployment.changed(reason="", failures=0, **done)


def why_failed(deployment: Deployment, service: Service, now: float) -> str:
    """Return why a deployment in progress has failed, or an empty text."""
    breaker = service.deployment_configuration.deployment_circuit_breaker
    threshold = failure_threshold(breaker.threshold, service.desired_count)
    if breaker.enable and deployment.failures >= threshold:
        return f"{deployment.failures} failures, the limit is {threshold}; the last: {deployment.reason}"
    timeout = service.deployment_configuration.timeout
    if not deployment.is_held and now >= deployment.progress_at + timeout:
        last = f"; the last failure: {deployment.reason}" if deployment.reason else ""
        return f"no progress for {timeout:g} s{last}"
    return ""


def times_out_at(deployment: Deployment, service: Service) -> float | None:
    """Return when a deployment in progress fails if nothing happens."""
    if deployment.rollout_state is not RolloutState.IN_PROGRESS or deployment.is_held:
        return None
    return deployment.progress_at + service.deployment_configuration.timeout


def stalls_at(deployment: Deployment, service: Service, tasks: Iterable[TaskView], now: float) -> float | None:
    """Return since (or from) when a completed deployment that lost tasks is taken for one that does not heal.

    That is at once while its tasks are throttled after as many failures as fail a deployment, else when nothing
    happened to its tasks for `timeout`. It is still pursued; only nobody waits for it any longer.
    """
    if deployment.rollout_state is not RolloutState.COMPLETED:
        return None
    threshold = failure_threshold(
        service.deployment_configuration.deployment_circuit_breaker.threshold, service.desired_count
    )
    is_throttled = deployment.retry_at is not None and now < deployment.retry_at
    if is_throttled and deployment.consecutive_failures >= min(threshold, MOST_AT_ONCE):
        return now
    records = [view.record for view in tasks]
    times = (deployment.updated_at, *(at for record in records for at in _moments(record)))
    return max(times) + service.deployment_configuration.timeout


def leave(deployment: Deployment, now: float) -> Deployment:
    """Return the last deployment of a service that left the stack: a service of that address begins anew."""
    if deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return deployment.changed(status=DeploymentStatus.ACTIVE)
    return deployment.changed(
        status=DeploymentStatus.ACTIVE,
        rollout_state=RolloutState.FAILED,
        reason="the service left the stack",
        updated_at=now,
    )


def _throttle(deployment: Deployment, failed: Sequence[TaskRecord], killed: Set[str], now: float) -> Deployment:
    """Hold the next tasks back. Those that somebody killed together are one failure, the others are one each.

    While a deployment is in progress they are one failure too: its circuit breaker counts them, and is to be quick.
    """
    calm = deployment.retry_at is not None and now > deployment.retry_at + CALM_SECONDS
    before = 0 if calm else deployment.consecutive_failures
    own = [record for record in failed if record.id not in killed]
    were_killed = bool(failed) and not own
    if were_killed and before and all(record.created_at < (deployment.retry_at or now) for record in failed):
        return deployment  # they were killed with those that are counted already
    many = 1 if deployment.rollout_state is RolloutState.IN_PROGRESS else len(own)
    rounds = max(before + 1, min(before + many, MOST_AT_ONCE))
    was_well = bool(failed) and all(record.healthy_at is not None for record in failed)
    # The first end of a healthy task is mended at once.
    wait = 0.0 if rounds == 1 and was_well else delay(rounds, failed[-1].id if failed else deployment.id)
    return deployment.changed(consecutive_failures=rounds, retry_at=now + wait)


def _was_killed(view: TaskView) -> bool:
    """Whether a healthy task was ended from outside: by hand, or with its engine. The next one may well do better."""
    if view.record.healthy_at is None or not view.record.failed or not _has_exit(view.record):
        return False
    if view.observed is None:
        return True
    ended = (each for each in view.observed.containers if each.has_exited)
    return any(each.exit_code in _SIGNALS and not each.oom_killed for each in ended)


def _killed_lately(records: Iterable[TaskRecord], now: float) -> int:
    """Count the tasks that were killed from outside in the last hour, and are known to have stopped."""
    lately = (each for each in records if each.failed and each.healthy_at is not None and each.stopped_at is not None)
    return sum(
        each.stopped_at is not None
        and each.stopped_at > now - _HOUR_SECONDS
        and any(result.exit_code in _SIGNALS for result in each.containers)
        for each in lately
    )


def _was(before: Mapping[str, TaskRecord], record: TaskRecord) -> TaskRecord:
    return before.get(record.id, record)


def _moments(record: TaskRecord) -> Iterable[float]:
    times = (record.created_at, record.running_at, record.healthy_at, record.stopping_at, record.stopped_at)
    return (at for at in times if at is not None)


def _has_exit(record: TaskRecord) -> bool:
    """Whether a container ended by itself, as against checks that failed."""
    return record.stop_code is not None and record.stop_code.value in (
        "EssentialContainerExited",
        "TaskFailedToStart",
    )


def is_quick(record: TaskRecord, now: float) -> bool:
    """Say whether a task has hardly run, so that another one would end the same way."""
    return record.running_at is None or now - record.running_at < QUICK_EXIT_SECONDS
