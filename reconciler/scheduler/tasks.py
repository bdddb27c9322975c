"""What one task needs next: start a container, stop one, remove what is left of it.

Whether a task should run at all is decided elsewhere (`rolling`) and recorded; here that wish is only pursued.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.deployment import Deployment
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.stack import Network, Stack, Volume
from reconciler.model.state import STOPPED_KEPT_SECONDS, State
from reconciler.model.step import RemoveTask, StartContainer, Step, StopContainer
from reconciler.model.task import Task, TaskRecord
from reconciler.model.task_definition import HOLDER, NetworkMode, TaskDefinition
from reconciler.scheduler.containers import start_order, stop_order
from reconciler.scheduler.images import unpinned
from reconciler.scheduler.recorder import UNSEEN_SECONDS, may_be_unseen
from reconciler.scheduler.resources import has_network, has_volume
from reconciler.scheduler.task_view import TaskView


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all tasks of one decision share."""

    stack: Stack
    state: State
    snapshot: Snapshot
    deployments: Mapping[str, Deployment]
    kept: frozenset[str]
    starting: frozenset[str]
    ghost: str
    """An address that a load balancer must forget before the engine gives it to whatever starts next."""
    fingerprints: Mapping[tuple[str, int], str]
    now: float


@dataclass(frozen=True, slots=True)
class Pursuit:
    """The steps of one task, and what it waits for."""

    steps: tuple[Step, ...] = ()
    waiting: str = ""
    wake_at: float | None = None


def task_id(owner: str, group: str, deployment: str, ordinal: int) -> str:
    """Return the id of a deployment's n-th task: 32 hexadecimal digits, the same whenever it is asked for."""
    return hashlib.sha256(f"{owner}|{group}|{deployment}|{ordinal}".encode()).hexdigest()[:32]


def kept_for_logs(records: Iterable[TaskRecord], groups: frozenset[str], now: float) -> frozenset[str]:
    """Return the stopped tasks whose containers stay for a while, so that their logs can be read.

    The newest failed task of each service, and the newest one-off task of each family (ours; the ECS agent keeps
    every stopped task for three hours). `groups` are the services that are still wanted.
    """
    newest: dict[str, TaskRecord] = {}
    for record in records:
        is_wanted = record.is_one_off or (record.failed and record.group in groups)
        if not is_wanted or record.stopping_at is None or not record.started:
            continue
        if now - record.stopping_at >= STOPPED_KEPT_SECONDS:
            continue
        best = newest.get(record.group)
        if best is None or (best.stopping_at or 0.0, best.ordinal) < (record.stopping_at, record.ordinal):
            newest[record.group] = record
    return frozenset(record.id for record in newest.values())


def pursue(view: TaskView, around: Surroundings) -> Pursuit:
    """Return what a task needs next to be as it is wanted."""
    if not view.is_leaving:
        return Pursuit() if view.is_whole else _start(view, around)
    if view.observed is None:
        return _unseen(view.record, around.now)
    if view.record.id in around.starting:
        return Pursuit()  # what is being started is stopped once that is over
    if view.traffic is not None and view.traffic.is_listed and _has_address(view.observed):
        return Pursuit(waiting="its target to drain")
    is_kept = view.record.id in around.kept and bool(view.observed.containers)
    return Pursuit(steps=_stop(view, view.observed, is_kept))


def _unseen(record: TaskRecord, now: float) -> Pursuit:
    """Wait for what may be there though no look has shown it yet."""
    if record.is_stopped or not may_be_unseen(record, now):
        return Pursuit()
    return Pursuit(waiting="to be sure that nothing of it was started", wake_at=record.created_at + UNSEEN_SECONDS)


def _has_address(observed: ObservedTask) -> bool:
    """Whether the engine keeps an address for a task: it may give it to another task once that one is stopped."""
    return any(each.is_live and each.addresses for each in observed.containers)


def _start(view: TaskView, around: Surroundings) -> Pursuit:
    missing = _missing_image(view, around) or _missing_ground(view.definition, around) or around.ghost
    if missing:
        return Pursuit(waiting=missing)
    order = start_order(view.definition, view.observed, around.now, view.record.started)
    task = view.observed.task if view.observed else _task(view, around)
    steps = tuple(
        _start_container(task, name, view.record, around).changed(may_restart=_has_exited(view.observed, name))
        for name in order.ready
    )
    return Pursuit(steps=steps, waiting=order.waiting, wake_at=order.wake_at)


def _has_exited(observed: ObservedTask | None, name: str) -> bool:
    present = observed.container(name) if observed is not None else None
    return present is not None and present.has_exited


def _missing_image(view: TaskView, around: Surroundings) -> str:
    """Name an image that the task's deployment has not pinned yet."""
    deployment = around.deployments.get(view.record.deployment)
    if deployment is None or view.observed is not None:
        return ""
    missing = unpinned(view.definition, deployment.images)
    return f"image {missing[0]} to be there" if missing else ""


def _missing_ground(definition: TaskDefinition, around: Surroundings) -> str:
    """Name a network or volume that is not there yet."""
    for network in _networks(definition, around.stack):
        if not has_network(network, around.snapshot):
            return f"network {network.name} to be created"
    for volume in _volumes(definition, around.stack):
        if not has_volume(volume, around.snapshot):
            return f"volume {volume.name} to be created"
    return ""


def _networks(definition: TaskDefinition, stack: Stack) -> tuple[Network, ...]:
    if definition.network_mode in (NetworkMode.HOST, NetworkMode.NONE):
        return ()
    return (stack.default_network, *(each for each in stack.networks if each.address in definition.networks))


def _volumes(definition: TaskDefinition, stack: Stack) -> tuple[Volume, ...]:
    sources = {each.source for each in definition.volumes if each.kind == "shared"}
    return tuple(each for each in stack.volumes if each.address in sources)


def _task(view: TaskView, around: Surroundings) -> Task:
    record, definition = view.record, view.definition
    digests = {each.address: each.digest for each in around.snapshot.secrets if each.digest is not None}
    return Task(
        id=record.id,
        stack=around.state.stack_name,
        owner=around.state.owner,
        group=record.group,
        service_name=record.service_name,
        family=record.family,
        revision=record.revision,
        deployment=record.deployment,
        ordinal=record.ordinal,
        fingerprint=around.fingerprints.get((record.family, record.revision), ""),
        definition=definition,
        color=view.color,
        secret_digests={each: digests[each] for each in definition.secret_addresses if each in digests},
    )


def _start_container(task: Task, name: str, record: TaskRecord, around: Surroundings) -> StartContainer:
    deployment = around.deployments.get(record.deployment)
    image = "" if name == HOLDER else task.definition.container(name).image
    pinned = deployment.images.get(image, image) if deployment else image
    return StartContainer(
        address=record.group,
        reason=f"task {record.short_id} of {record.family}:{record.revision} starts",
        task=task,
        container=name,
        image=pinned,
        networks=tuple(each.name for each in _networks(task.definition, around.stack)),
        volumes={each.address: each.name for each in _volumes(task.definition, around.stack)},
        folder=around.stack.folder,
    )


def _stop(view: TaskView, observed: ObservedTask, is_kept: bool) -> tuple[Step, ...]:
    live = [each for each in observed.containers if each.is_live]
    if not live:
        return () if is_kept else (_remove(view, observed),)
    ready, nothing_else = stop_order(view.definition, observed)
    if nothing_else and not is_kept:
        return (_remove(view, observed),)
    return tuple(
        StopContainer(
            address=view.record.group,
            reason=view.record.stopped_reason,
            task_id=view.record.id,
            container=each.name,
            container_id=each.id,
            timeout=_stop_timeout(view.definition, each.name),
        )
        for each in live
        if each.name in ready or not ready
    )


def _remove(view: TaskView, observed: ObservedTask) -> RemoveTask:
    containers = {each.id: each.name for each in observed.containers if each.name != HOLDER}
    holder = observed.container(HOLDER)
    return RemoveTask(
        address=view.record.group,
        reason=view.record.stopped_reason or "it stopped",
        task_id=view.record.id,
        containers=containers,
        holder=holder.id if holder else None,
        volumes=observed.volumes,
        timeouts={name: _stop_timeout(view.definition, name) for name in containers.values()},
    )


def _stop_timeout(definition: TaskDefinition, name: str) -> float:
    if name == HOLDER:
        return 0.0
    return next((each.stop_timeout for each in definition.containers if each.name == name), 30.0)
