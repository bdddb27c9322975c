"""What is known before an apply: images that cannot be had, and how each rollout will go."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.drivers.driver import Driver
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.plan import Action, Plan
from reconciler.model.service import DeploymentStrategy, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.places import place
from reconciler.planner.planner import Planned
from reconciler.planner.stage_words import stage_words


def unobtainable_images(driver: Driver, stack: Stack, planned: Planned, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """Look up the images that would have to be pulled: one that cannot be had is known before anything stops."""
    found = []
    for path, image, is_pulled in _images(stack, planned):
        if snapshot.image(image) is not None:
            continue
        reason = driver.why_unobtainable(image) if is_pulled else "pull = never"
        if reason:
            detail = f"The engine does not have it, and it cannot be pulled: {reason}"
            found.append(error("E0610", f"image {image} cannot be had", detail, place(stack, f"{path}.image")))
    return tuple(found)


def _images(stack: Stack, planned: Planned) -> Iterator[tuple[str, str, bool]]:
    """Yield (path, reference, may it be pulled) of the images of what the plan changes; not those that are built."""
    changed = {change.address for change in planned.plan.changes}
    moving = [each for each in stack.services if {each.address, each.task_definition} & changed]
    for address in sorted({service.task_definition for service in moving}):
        for container in stack.definitions[address].containers:
            if container.build is None:
                yield f"{address}.container.{container.name}", container.image, container.pull != "never"
    yield from ((each.address, each.image, True) for each in stack.load_balancers if each.address in changed)


def with_rollouts(stack: Stack, planned: Planned, snapshot: Snapshot, now: float) -> Plan:
    """Return the plan with how each service that moves gets there, tried on a simulated engine."""
    from reconciler.engine.preview import preview  # a destroy needs no simulated engine

    moving = _moving_services(stack, planned)
    previews = preview(stack, planned.target, snapshot, moving, now)
    services = {each.address: each for each in stack.services}
    rollouts = tuple(
        rollout.changed(
            desired_count=services[address].desired_count,
            minimum_healthy_percent=services[address].deployment_configuration.minimum_healthy_percent,
            maximum_percent=services[address].deployment_configuration.maximum_percent,
            **_strategy(services[address], planned.target),
        )
        for address, rollout in previews.items()
    )
    return planned.plan.changed(rollouts=rollouts)


def _strategy(service: Service, target: State) -> dict[str, object]:
    """Return how a service's traffic will move; of a deployment that has nothing to shift from, that is ROLLING."""
    deployment = target.primary(service.address)
    if deployment is None or deployment.completed_at is not None:
        return {}
    strategy = deployment.strategy if deployment.shifts_from else DeploymentStrategy.ROLLING
    return {"strategy": strategy.value, "stages": stage_words(deployment, service)}


def _moving_services(stack: Stack, planned: Planned) -> tuple[str, ...]:
    changed = {each.address for each in planned.plan.changes if each.action is not Action.DELETE}
    return tuple(each.address for each in stack.services if each.address in changed)
