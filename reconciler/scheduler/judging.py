"""What a look means for the deployments of a service: pins, failures counted, stages left, complete or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.scheduler import deployments, images
from reconciler.scheduler.alarms import watch
from reconciler.scheduler.hooks import Ground
from reconciler.scheduler.service_view import Progress, ServiceView
from reconciler.scheduler.stages import advance
from reconciler.scheduler.strategies import share


def judged(view: ServiceView, before: Mapping[str, TaskRecord], ground: Ground) -> ServiceView:
    """Bring a primary deployment up to what was seen: pins, failures, its stage, complete or failed."""
    deployment, definition, now = view.deployment, view.definition, ground.now
    if deployment is not None and view.is_draining:
        return replace(view, deployment=deployments.leave(deployment, now))
    if deployment is None or definition is None:
        return view
    deployment = images.pin(deployment, definition, ground.snapshot, view.tasks)
    refused = images.fetch_failures(definition, ground.snapshot.outcomes)
    deployment = deployments.count_outcomes(deployment, view.service, view.tasks, before, refused, now)
    deployment, progress = _advanced(view, deployment, ground)
    deployment = deployments.judge(
        deployment,
        view.service,
        is_settled=view.is_settled,
        is_held=bool(view.blocked) or progress.is_held or view.is_blocked or _drains(view),
        now=now,
        failure=progress.failure,
    )
    source = view.source and deployments.count_outcomes(view.source, view.service, view.tasks, before, (), now)
    if (deployment, progress, source) == (view.deployment, view.progress, view.source):
        return view  # as it is most of the time: what was worked out of it stays known
    return replace(view, deployment=deployment, progress=progress, source=source)


def _drains(view: ServiceView) -> bool:
    """Whether requests in progress on old tasks are waited for: they may take the whole deregistration delay."""
    retired = (each for each in view.fleet.leaving if not each.record.failed)
    return any(each.traffic is not None and each.traffic.drains for each in retired)


def as_judged(state: State, services: Mapping[str, ServiceView]) -> dict[str, Deployment]:
    """Return every deployment by its id, the primary ones as this look left them."""
    recorded = {each.id: each for each in state.deployments}
    return recorded | {view.deployment.id: view.deployment for view in services.values() if view.deployment}


def with_deployments(services: Mapping[str, ServiceView], recorded: State) -> dict[str, ServiceView]:
    """Return the services with their deployments as they are recorded now."""
    deployments = {each.id: each for each in recorded.deployments}
    return {
        address: view
        if view.deployment is None or (found := deployments.get(view.deployment.id)) is view.deployment
        else replace(view, deployment=found)
        for address, view in services.items()
    }


def _advanced(view: ServiceView, deployment: Deployment, ground: Ground) -> tuple[Deployment, Progress]:
    """Read the alarms of a deployment in progress, and move it through its stages."""
    if deployment.rollout_state is not RolloutState.IN_PROGRESS or view.blocked:
        return deployment, Progress()
    watched = watch(deployment, view.service, ground)
    deployment, progress = advance(view, watched.deployment, ground)
    wake_at = () if watched.wake_at is None else (watched.wake_at,)
    return deployment, replace(
        progress,
        steps=(*progress.steps, *watched.steps),
        wake_at=(*progress.wake_at, *wake_at),
        failure=progress.failure or watched.failure or _why_lost(view, deployment),
        warnings=watched.warnings,
    )


def _why_lost(view: ServiceView, deployment: Deployment) -> str:
    """Say whether a pool that gets traffic has no healthy task any more: to go back is better than to heal it.

    Unless nobody in the other pool is healthy either: then there is nothing to go back to.
    """
    has_traffic = deployment.is_shifting and share(deployment, view.service.deployment_configuration) > 0
    if not has_traffic or view.desired == 0:
        return ""
    mine = (*view.fleet.keep, *view.fleet.unhealthy)
    is_lost = not any(each.color is deployment.color and each.is_healthy() for each in mine)
    may_go_back = any(each.color is not deployment.color and each.is_healthy() for each in view.fleet.replace)
    return "none of its tasks is healthy any more" if is_lost and may_go_back else ""
