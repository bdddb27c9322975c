"""What a container sees of files: volumes of its task, tmpfs, another container's mounts, secrets.

Private volumes and the memory of secrets are volumes with our labels, made by the engine with the first container
that mounts them, and removed with the task.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.drivers import labels
from reconciler.model.container_definition import ContainerDefinition, MountPoint
from reconciler.model.step import StartContainer
from reconciler.model.task import Task
from reconciler.model.task_definition import HostVolume, SharedVolume, TaskDefinition, TaskVolume, TmpfsVolume

SECRETS_FOLDER = "/run/secrets"
_SECRETS_SIZE = "16m"


def volume_labels(task: Task) -> dict[str, str]:
    """Return the labels of a volume that belongs to a task: all that its containers have, and no container."""
    return {**labels.container_labels(task, ""), labels.CONTAINER: ""}


def holder_mounts(task: Task) -> list[dict[str, Any]]:
    """Return the holder's mounts: the secrets of every container, each at a folder of that container's name."""
    return [
        _secrets_mount(task, each.name, f"{SECRETS_FOLDER}/{each.name}")
        for each in task.definition.containers
        if has_file_secrets(each)
    ]


def mounts(step: StartContainer, container: ContainerDefinition) -> list[dict[str, Any]]:
    """Return HostConfig.Mounts: everything but folders of the host."""
    found = [_mount(step, point, volume) for point, volume in _points(step.task.definition, container)]
    own = [each for each in found if each]
    if has_file_secrets(container):
        own.append({**_secrets_mount(step.task, container.name, SECRETS_FOLDER), "ReadOnly": True})
    return own


def binds(step: StartContainer, container: ContainerDefinition) -> list[str]:
    """Return HostConfig.Binds: folders of the engine's host; an absent one is made by the engine, as in ECS."""
    return [
        f"{posixpath.normpath(posixpath.join(step.folder, volume.host_path))}:{point.container_path}"
        f"{':ro' if point.read_only else ':rw'}"
        for point, volume in _points(step.task.definition, container)
        if isinstance(volume, HostVolume) and volume.host_path
    ]


def tmpfs(definition: TaskDefinition, container: ContainerDefinition) -> dict[str, str]:
    """Return HostConfig.Tmpfs. Secrets of a container that gives us its mounts are covered: they are not ours."""
    found = {
        each.container_path: ",".join((f"size={each.size}m", *each.mount_options))
        for each in container.linux_parameters.tmpfs
    }
    if not has_file_secrets(container) and any(map(has_file_secrets, _sources(definition, container))):
        found[SECRETS_FOLDER] = "size=4k,mode=0555,ro"
    return found


def volumes_from(task: Task, container: ContainerDefinition) -> list[str]:
    """Return HostConfig.VolumesFrom."""
    return [
        f"{labels.container_name(task, each.source_container)}:{'ro' if each.read_only else 'rw'}"
        for each in container.volumes_from
    ]


def shared_volumes(step: StartContainer) -> tuple[str, ...]:
    """Return the engine's names of the shared volumes that a container mounts: they must be there already (G2)."""
    if step.container not in {each.name for each in step.task.definition.containers}:
        return ()
    points = _points(step.task.definition, step.task.definition.container(step.container))
    return tuple(sorted({step.volumes[volume.source] for _, volume in points if isinstance(volume, SharedVolume)}))


def has_file_secrets(container: ContainerDefinition) -> bool:
    """Whether a container is given secrets as files."""
    return bool(container.secrets) and container.secrets_as == "file"


def _points(definition: TaskDefinition, container: ContainerDefinition) -> Iterator[tuple[MountPoint, TaskVolume]]:
    volumes = {volume.name: volume for volume in definition.volumes}
    return ((point, volumes[point.source_volume]) for point in container.mount_points)


def _mount(step: StartContainer, point: MountPoint, volume: TaskVolume) -> dict[str, Any] | None:
    if isinstance(volume, HostVolume) and volume.host_path:
        return None
    mount: dict[str, Any] = {"Type": "volume", "Target": point.container_path, "ReadOnly": point.read_only}
    if isinstance(volume, SharedVolume):
        return {**mount, "Source": step.volumes[volume.source]}
    options: dict[str, Any] = {"Labels": volume_labels(step.task)}
    if isinstance(volume, TmpfsVolume):
        options["DriverConfig"] = _memory(f"size={volume.tmpfs_size}m")
    name = labels.private_volume_name(step.task, volume.name)
    return {**mount, "Source": name, "VolumeOptions": options}


def _secrets_mount(task: Task, container: str, target: str) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": labels.private_volume_name(task, f"secrets.{container}"),
        "Target": target,
        "VolumeOptions": {
            "Labels": volume_labels(task),
            "NoCopy": True,
            "DriverConfig": _memory(f"size={_SECRETS_SIZE},mode=0755"),
        },
    }


def _memory(options: str) -> Mapping[str, Any]:
    return {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs", "o": options}}


def _sources(definition: TaskDefinition, container: ContainerDefinition) -> Iterator[ContainerDefinition]:
    for each in container.volumes_from:
        source = definition.container(each.source_container)
        yield source
        yield from _sources(definition, source)
