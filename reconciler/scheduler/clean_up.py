"""Images that nothing needs any more: only such as a pull or build of ours brought, and only after a while.

Sources: the ECS agent's image clean-up: every 30 minutes, at most five images, none that is younger than an hour.
Ours: what the last two revisions run that worked stays, so that a rollback pulls nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.beside import CleanUpRecord
from reconciler.model.deployment import Deployment, DeploymentStatus
from reconciler.model.notification import EventKind
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import BuildImage, ListImages, Outcome, PullImage, RemoveImage, StoredImage
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.history import Told, with_events

EVERY_SECONDS = 1800.0
UNUSED_SECONDS = 3600.0
MOST_AT_ONCE = 5
REVISIONS_KEPT = 2
"""Of each service, so many of the revisions that worked keep their images."""


def clean_up(ground: AsideGround, state: State) -> Attended:
    """List the engine's images every half hour, and remove those of ours that were not needed for an hour."""
    record = state.clean_up
    removed = [each.step for each in ground.snapshot.outcomes if isinstance(each.step, RemoveImage) and each.ok]
    listed = next((each for each in ground.snapshot.outcomes if isinstance(each.step, ListImages)), None)
    steps: tuple[RemoveImage, ...] = ()
    if listed is not None:
        record, steps = _collected(record, listed, needed(ground.stack, state), ground.now)
    state = with_events(state, map(_told, removed), ground.now)
    state = state if record == state.clean_up else state.changed(clean_up=record)
    if not record.ours or record.collected_at is None:
        return Attended(state, steps)
    due_at = record.collected_at + EVERY_SECONDS
    if ground.now < due_at:
        return Attended(state, steps, due_at)
    return Attended(state, (ListImages(address="images", reason="images that nothing needs are looked for"),))


def _told(removed: RemoveImage) -> Told:
    message = f"image {_called(removed)} was removed: {removed.reason}"
    return Told(removed.address, message, EventKind.ENGINE, subject=removed.image_id)


def noted(record: CleanUpRecord, snapshot: Snapshot, now: float) -> CleanUpRecord:
    """Note the images that are on the engine because of us. The first of them begins the first half hour.

    That is a fact of a look like others: `decide` records it.
    """
    ours = dict(record.ours)
    for each in snapshot.outcomes:
        if not isinstance(each.step, PullImage | BuildImage) or not each.ok:
            continue
        if each.is_new or each.image_id in ours:
            name = _full_name(each.step.reference)
            ours[each.image_id] = tuple(sorted({*ours.get(each.image_id, ()), name}))
    if ours == record.ours:
        return record
    return record.changed(ours=ours, collected_at=now if record.collected_at is None else record.collected_at)


def _collected(
    record: CleanUpRecord, listed: Outcome, still_needed: frozenset[str], now: float
) -> tuple[CleanUpRecord, tuple[RemoveImage, ...]]:
    """Say of a list which images are not needed, since when, and which of them go now."""
    record = record.changed(collected_at=now)
    if not listed.ok:
        return record, ()
    there = {each.id: each for each in listed.images}
    ours = {id_: name for id_, name in record.ours.items() if id_ in there or id_ in still_needed}
    idle = [there[id_] for id_ in ours if id_ in there and not _is_needed(there[id_], ours, still_needed)]
    since = {each.id: record.unused_since.get(each.id, now) for each in idle}
    due = sorted((each for each in idle if now - since[each.id] >= UNUSED_SECONDS), key=lambda each: since[each.id])
    steps = tuple(
        RemoveImage(
            address="images",
            reason="it is ours, and nothing has needed it for an hour",
            image_id=each.id,
            references=tuple(sorted(each.references)),
        )
        for each in due[:MOST_AT_ONCE]
    )
    return record.changed(ours=ours, unused_since=since), steps


def _is_needed(image: StoredImage, ours: Mapping[str, tuple[str, ...]], still_needed: frozenset[str]) -> bool:
    """Whether somebody may want an image: a container, a revision, or whoever gave it a name that we did not."""
    names = set(image.references)
    return image.used_by > 0 or bool(still_needed & {image.id, *names}) or not names <= set(ours[image.id])


def needed(stack: Stack, state: State) -> frozenset[str]:
    """Return the ids and references of images that the target needs, or a rollback would."""
    references = {container.image for each in stack.definitions.values() for container in each.containers}
    references |= {each.image for each in stack.load_balancers}
    kept = (*_living(state), *_worked(state.deployments))
    return frozenset({_full_name(each) for each in references}.union(*(each.images.values() for each in kept)))


def _full_name(reference: str) -> str:
    """Return a reference as the engine lists it.

    >>> [_full_name(each) for each in ("nginx", "docker.io/library/nginx:1", "127.0.0.1:5000/web")]
    ['nginx:latest', 'nginx:1', '127.0.0.1:5000/web:latest']
    """
    for prefix in ("docker.io/library/", "docker.io/"):
        reference = reference.removeprefix(prefix)
    is_whole = "@" in reference or ":" in reference.rpartition("/")[2]
    return reference if is_whole else f"{reference}:latest"


def _living(state: State) -> Iterable[Deployment]:
    """The deployments that are not over, and the newest one of each service or scheduled task."""
    newest = {each.service: each for each in sorted(state.deployments, key=lambda each: each.number)}
    tasks = {each.deployment for each in state.tasks if not each.is_stopped}
    return (
        each
        for each in state.deployments
        if each.status is not DeploymentStatus.INACTIVE or each.id in tasks or newest[each.service] is each
    )


def _worked(deployments: Iterable[Deployment]) -> list[Deployment]:
    """The deployments of the last revisions of each service that worked."""
    revisions: dict[str, list[tuple[str, int]]] = {}
    kept = []
    for each in sorted(deployments, key=lambda each: -each.number):
        found = revisions.setdefault(each.service, [])
        if each.has_taken_over and (each.family, each.revision) not in found:
            found.append((each.family, each.revision))
        if (each.family, each.revision) in found[:REVISIONS_KEPT]:
            kept.append(each)
    return kept


def _called(step: RemoveImage) -> str:
    return step.references[0] if step.references else step.image_id.removeprefix("sha256:")[:12]
