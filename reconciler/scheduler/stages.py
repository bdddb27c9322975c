"""The stages of a deployment: which one it is in, and what it waits for there.

A stage is left once the Snapshot shows that what it is for is so, and its hooks went well. Nothing is taken for done
because it was asked for. Sources: ECS deployment lifecycle stages; PRE_PRODUCTION and PRODUCTION come once for each
shift of a linear or canary deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from reconciler.model.deployment import Deployment, StagePassed
from reconciler.model.routing import WHOLE
from reconciler.model.service import DeploymentConfiguration, LifecycleStage
from reconciler.model.task import TaskRecord
from reconciler.scheduler.hooks import Ground, run_hooks
from reconciler.scheduler.service_view import Progress, ServiceView
from reconciler.scheduler.shares import is_alone, is_in_effect
from reconciler.scheduler.shifting import has_strangers, is_scaled_up
from reconciler.scheduler.strategies import bakes, has_test_traffic, share, shifts, stages
from reconciler.scheduler.turning import turns_at


class Wait(NamedTuple):
    """What a stage waits for; an empty reason when the tasks themselves say it."""

    reason: str = ""
    until: float | None = None
    is_held: bool = False
    vacates: bool = False


def advance(view: ServiceView, deployment: Deployment, ground: Ground) -> tuple[Deployment, Progress]:
    """Move a deployment in progress through as many stages as the Snapshot allows."""
    configuration = view.service.deployment_configuration
    records: tuple[TaskRecord, ...] = ()
    if deployment.is_shifting and view.desired == 0:
        deployment = deployment.changed(stage=LifecycleStage.CLEAN_UP, stage_at=ground.now)  # nobody to shift to
    while True:
        deployment = _noted(deployment, configuration, ground)
        wait = _WAITS.get(deployment.stage, _nothing)(view, deployment, ground)
        if wait is not None:
            return deployment, _waiting(wait, records)
        assert view.definition is not None
        hooked = run_hooks(deployment, view.service, view.definition, ground)
        deployment, records = hooked.deployment, (*records, *hooked.records)
        is_waiting = bool(hooked.waiting or hooked.failure)
        if is_waiting or deployment.stage is LifecycleStage.CLEAN_UP:
            wakes = _at(hooked.wake_at)
            told = (hooked.waiting, wakes, is_waiting, hooked.failure)
            return deployment, Progress(hooked.steps, records, *told, until=hooked.until)
        deployment = _next(deployment, configuration, ground.now)


def _waiting(wait: Wait, records: tuple[TaskRecord, ...]) -> Progress:
    told = (wait.reason, _at(wait.until), wait.is_held)
    return Progress((), records, *told, until=wait.until, vacates=wait.vacates)


def _at(time: float | None) -> tuple[float, ...]:
    return () if time is None else (time,)


def _next(deployment: Deployment, configuration: DeploymentConfiguration, now: float) -> Deployment:
    passed = StagePassed(stage=deployment.stage, shift=deployment.shift, began_at=deployment.stage_at)
    stage, shift = _following(deployment, configuration)
    return deployment.changed(
        stage=stage,
        shift=shift,
        shifted_at=None,
        stage_at=now,
        progress_at=now,
        updated_at=now,
        stages=(*deployment.stages, passed),
    )


def _following(deployment: Deployment, configuration: DeploymentConfiguration) -> tuple[LifecycleStage, int]:
    is_shift = deployment.stage is LifecycleStage.PRODUCTION_TRAFFIC_SHIFT
    if is_shift and deployment.shift + 1 < len(shifts(deployment, configuration)):
        return LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT, deployment.shift + 1
    order = stages(deployment)
    return order[order.index(deployment.stage) + 1], deployment.shift


def _noted(deployment: Deployment, configuration: DeploymentConfiguration, ground: Ground) -> Deployment:
    """Record the moment in which a shift is seen where it belongs: its bake begins."""
    is_shift = deployment.stage is LifecycleStage.PRODUCTION_TRAFFIC_SHIFT and deployment.shifted_at is None
    if is_shift and is_in_effect(deployment, ground.snapshot, share(deployment, configuration)):
        return deployment.changed(shifted_at=ground.now, progress_at=ground.now)
    return deployment


def _nothing(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    return None


def _reconcile(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    """Before anything new starts, its pool has no traffic and none of an earlier deployment's tasks."""
    if not deployment.shifts_from:
        return None
    if not is_in_effect(deployment, ground.snapshot, 0):
        until = turns_at(deployment, view.service)
        return Wait(f"all traffic to be on {deployment.color.other}", until if ground.now < until else None)
    if has_strangers(deployment.color, view.fleet):
        return Wait(f"tasks of an earlier deployment to leave {deployment.color}", vacates=True)
    return None


def _scale_up(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    if deployment.shifts_from:
        return None if is_scaled_up(view.desired, deployment.color, view.fleet) else Wait()
    return None if view.is_settled else Wait()


def _test_shift(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    wanted = WHOLE if has_test_traffic(deployment) else 0
    if is_in_effect(deployment, ground.snapshot, wanted, is_test=True):
        return None
    return Wait(f"test traffic to be on {deployment.color}")


def _production_shift(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    if _is_lost(view, deployment):
        return _LOST
    configuration = view.service.deployment_configuration
    if deployment.shifted_at is None:
        return Wait(f"{share(deployment, configuration) / 10:g} % of the traffic to be on {deployment.color}")
    planned = shifts(deployment, configuration)  # the file may say fewer steps than when it began
    until = deployment.shifted_at + planned[min(deployment.shift, len(planned) - 1)].bake
    shown = f"{share(deployment, configuration) / 10:g} % of the traffic on {deployment.color} to prove itself"
    if share(deployment, configuration) < WHOLE and is_alone(deployment, ground.snapshot):
        shown += f" (it has all of it: no task on {deployment.color.other} is healthy)"
    return Wait(shown, until, is_held=True) if ground.now < until else None


def _bake(view: ServiceView, deployment: Deployment, ground: Ground) -> Wait | None:
    if not bakes(deployment):
        return None
    if deployment.shifts_from and _is_lost(view, deployment):
        return _LOST
    until = deployment.stage_at + view.service.deployment_configuration.bake_time
    return Wait("the bake time to pass", until, is_held=True) if ground.now < until else None


_LOST = Wait("one of its tasks to become healthy again")


def _is_lost(view: ServiceView, deployment: Deployment) -> bool:
    """Whether nobody is there to prove anything: no bake ends meanwhile."""
    return not any(each.color is deployment.color and each.is_healthy() for each in view.fleet.keep)


_WAITS: Mapping[LifecycleStage, Callable[[ServiceView, Deployment, Ground], Wait | None]] = {
    LifecycleStage.RECONCILE_SERVICE: _reconcile,
    LifecycleStage.SCALE_UP: _scale_up,
    LifecycleStage.TEST_TRAFFIC_SHIFT: _test_shift,
    LifecycleStage.PRODUCTION_TRAFFIC_SHIFT: _production_shift,
    LifecycleStage.BAKE_TIME: _bake,
}
