"""Which image a deployment runs: resolved once, then pinned, so that replacements run the same content.

Sources: ECS versionConsistency (the first task resolves the tag, later ones reuse the digest) and the agent's pull
behaviours. A build is stale when the context's digest on the image is not the declared one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.deployment import Deployment
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import BuildImage, Outcome, PullImage
from reconciler.model.task_definition import HOLDER, TaskDefinition
from reconciler.scheduler.task_view import TaskView


def pin(
    deployment: Deployment, definition: TaskDefinition, snapshot: Snapshot, tasks: Iterable[TaskView] = ()
) -> Deployment:
    """Pin every image that is there and may be used: first what the deployment's own `tasks` run already."""
    if all(container.image in deployment.images for container in definition.containers):
        return deployment
    run = _running(deployment, tasks)
    fresh = {
        container.image: resolved
        for container in definition.containers
        if container.image not in deployment.images
        and (resolved := run.get(container.image) or _resolve(container, snapshot))
    }
    if not fresh:
        return deployment
    if not definition.version_consistency:
        fresh = {reference: reference for reference in fresh}
    return deployment.changed(images={**deployment.images, **fresh})


def fetch_steps(
    address: str, definition: TaskDefinition, pinned: Mapping[str, str]
) -> tuple[PullImage | BuildImage, ...]:
    """Return what must be pulled or built before a task can start."""
    steps: dict[str, PullImage | BuildImage] = {}
    for container in definition.containers:
        if container.image in pinned:
            continue
        if container.build is not None:
            reason = f"image {container.image} is to be built"
            steps[container.image] = BuildImage(
                address=address, reason=reason, reference=container.image, build=container.build
            )
        elif container.pull != "never":
            reason = f"image {container.image} is to be pulled"
            steps[container.image] = PullImage(address=address, reason=reason, reference=container.image)
    return tuple(steps[reference] for reference in sorted(steps))


def unpinned(definition: TaskDefinition, pinned: Mapping[str, str]) -> tuple[str, ...]:
    """Return the references that are not pinned yet, sorted."""
    return tuple(sorted({each.image for each in definition.containers} - set(pinned)))


def fetch_failures(definition: TaskDefinition, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    """Return why images of a definition could not be had, from the steps that just ended."""
    wanted = {each.image for each in definition.containers}
    return tuple(
        f"{outcome.code}: {outcome.reason}"
        for outcome in outcomes
        if not outcome.ok and isinstance(outcome.step, PullImage | BuildImage) and outcome.step.reference in wanted
    )


def _running(deployment: Deployment, tasks: Iterable[TaskView]) -> dict[str, str]:
    """Return the image ids that a deployment's tasks run, by reference: a lost State pinned nothing."""
    return {
        view.definition.container(present.name).image: present.image_id
        for view in tasks
        if view.record.deployment == deployment.id and view.observed is not None
        for present in view.observed.containers
        if present.image_id and present.name != HOLDER
    }


def never_pulled(definition: TaskDefinition, snapshot: Snapshot) -> tuple[str, ...]:
    """Return why images that are absent and may not be pulled cannot be had."""
    return tuple(
        f"CannotPullContainerError: the engine does not have {each.image}, and pull = never"
        for each in definition.containers
        if each.pull == "never" and each.build is None and snapshot.image(each.image) is None
    )


def _resolve(container: ContainerDefinition, snapshot: Snapshot) -> str:
    """Return the image id to use, or an empty text while there is none."""
    for outcome in snapshot.outcomes:
        is_fetch = isinstance(outcome.step, PullImage | BuildImage) and outcome.step.reference == container.image
        if is_fetch and outcome.ok and outcome.image_id:
            return outcome.image_id
    image = snapshot.image(container.image)
    if image is None or (container.pull == "always" and container.build is None):
        return ""
    if container.build is not None and image.context_digest != container.build.context_digest:
        return ""
    return image.id
