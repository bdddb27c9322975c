"""What the table cannot say about a task definition: how its containers, volumes and modes fit together.

The rules are ECS's (dependsOn, essential, network modes) unless they say otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import chain

from reconciler.language.blocks.container_checks import check_container
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure, containers_of, tell
from reconciler.language.blocks.network_checks import NETWORK_CHECKS
from reconciler.language.expressions.access import similar
from reconciler.language.report import Report
from reconciler.model.task_definition import HOLDER

_FAMILY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}\Z")


def check_task_definition(decoded: Decoded, report: Report) -> bool:
    """Report what does not fit in a task definition; say whether all is well."""
    return tell(chain.from_iterable(check(decoded) for check in _CHECKS), report)


def _family(task: Decoded) -> Findings:
    name = task.values.get("family")
    if name is not None and not _FAMILY.match(name):
        detail = "Use letters, digits, _ and -, at most 255 of them."
        yield Finding(task, task.where("family"), f'"{name}" cannot be a family', detail)


@as_far_as_sure
def _essential(task: Decoded) -> Findings:
    if not any(each.get("essential") for each in task.all("container")):
        detail = "At least one container must be essential: remove `essential = false` from the one the task is for."
        yield Finding(task, task.place, "no container of the task is essential", detail, "E0221")


def _names(task: Decoded) -> Findings:
    for container in task.some("container"):
        if container.label == HOLDER:
            detail = "The container that keeps a task's network alive is called so; choose another label."
            yield Finding(container, container.place, f'"{HOLDER}" cannot be a container\'s name', detail)


def _limits(task: Decoded) -> Findings:
    for container in task.some("container"):
        yield from _limit(container, task)


@as_far_as_sure
def _limit(container: Decoded, task: Decoded) -> Findings:
    hard, soft = container.get("memory"), container.get("memory_reservation")
    if hard is not None and soft is not None and hard < soft:
        detail = f"memory is {hard} MiB and memory_reservation {soft} MiB: the limit must not be the smaller one."
        place = container.where("memory_reservation")
        yield Finding(container, place, "memory is less than memory_reservation", detail, "E0222")
    if hard is None and soft is None and task.get("memory") is None:
        detail = "Set memory or memory_reservation (MiB) here, or memory in the task definition."
        summary = f'container "{container.label}" has no memory limit'
        yield Finding(container, container.place, summary, detail, "E0223", warn=True)


def _ceilings(task: Decoded) -> Findings:
    for name, unit in (("cpu", "units"), ("memory", "MiB")):
        yield from _ceiling(task, name, unit)


@as_far_as_sure
def _ceiling(task: Decoded, name: str, unit: str) -> Findings:
    ceiling = task.get(name)
    parts = [_reserved(each, name) for each in task.all("container")]
    if ceiling is not None and sum(parts) > ceiling:
        total = f"The containers' {name} adds up to {sum(parts)} {unit}, the task's is {ceiling}"
        detail = f"{total}: raise it, or lower theirs."
        summary = f"the containers need more {name} than the task has"
        yield Finding(task, task.where(name), summary, detail, "E0224")


def _reserved(container: Decoded, name: str) -> int:
    if name == "cpu":
        return container.get("cpu") or 0
    return container.get("memory_reservation") or container.get("memory") or 0


def _dependencies(task: Decoded) -> Findings:
    for container in task.some("container"):
        for dependency in container.some("depends_on"):
            yield from _dependency(container, dependency, task)
        yield from _dependencies_twice(container)
    yield from _circle(task)


@as_far_as_sure
def _dependencies_twice(container: Decoded) -> Findings:
    counted = Counter(each.get("container") for each in container.some("depends_on"))
    for name, count in counted.items():
        if count > 1:
            detail = "Keep the one whose condition is meant."
            yield Finding(container, container.place, f'depends_on "{name}" is there twice', detail, "E0225")


@as_far_as_sure
def _dependency(container: Decoded, dependency: Decoded, task: Decoded) -> Findings:
    name, containers = dependency.get("container"), containers_of(task)
    place, target = dependency.where("container"), containers.get(name)
    if target is None:
        detail = similar(name, containers) or f"The containers of this task are {', '.join(sorted(containers))}."
        yield Finding(dependency, place, f'depends_on names no container of the task: "{name}"', detail, "E0225")
    elif target is container:
        yield Finding(dependency, place, f'container "{name}" depends on itself', "Remove the block.", "E0225")
    elif (condition := dependency.get("condition")) in ("COMPLETE", "SUCCESS") and target.get("essential"):
        detail = f'It ends the task with itself: set `essential = false` in "{name}", or wait for START or HEALTHY.'
        summary = f'{condition} cannot be waited for in "{name}", which is essential'
        yield Finding(dependency, dependency.where("condition"), summary, detail, "E0226")
    elif condition == "HEALTHY" and target.one("health_check") is None:
        detail = f'Give "{name}" a health_check block (from_image = true uses the image\'s own), or wait for START.'
        summary = f'HEALTHY cannot be waited for in "{name}", which has no health check'
        yield Finding(dependency, dependency.where("condition"), summary, detail, "E0226")


@as_far_as_sure
def _circle(task: Decoded) -> Findings:
    """Report the first circle of dependencies, volumes_from included: it implies START."""
    containers = containers_of(task)
    needs = {
        name: {each.get("container") for each in container.all("depends_on")}
        | {each.get("source_container") for each in container.all("volumes_from")}
        for name, container in containers.items()
    }
    settled: set[str] = set()
    while True:
        ready = {
            name for name, others in needs.items() if name not in settled and not (others & needs.keys()) - settled
        }
        if not ready:
            break
        settled |= ready
    left = {name for name in needs if name not in settled and name not in needs[name]}
    circle = _walk_circle(needs, settled, min(left)) if left else []
    if len(circle) > 2:
        detail = "Containers start one after another: remove one of these dependencies."
        container = containers[circle[0]]
        yield Finding(
            container, container.place, f"containers depend on each other: {' -> '.join(circle)}", detail, "E0227"
        )


def _walk_circle(needs: dict[str, set[str]], settled: set[str], start: str) -> list[str]:
    path = [start]
    while True:
        following = min(name for name in needs[path[-1]] if name in needs and name not in settled)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _health_checks(task: Decoded) -> Findings:
    for container in task.some("container"):
        for check in container.some("health_check"):
            yield from _health_check(check)


@as_far_as_sure
def _health_check(check: Decoded) -> Findings:
    command, from_image = check.get("command"), check.get("from_image")
    if from_image and command is not None:
        detail = "Remove the command, or from_image."
        yield Finding(check, check.where("from_image"), "from_image and command exclude each other", detail)
    elif not from_image and not command:
        detail = 'Add `command = ["CMD-SHELL", "..."]`, or `from_image = true`.'
        yield Finding(check, check.place, "the health check has no command", detail)
    elif command and (command[0] not in ("CMD", "CMD-SHELL") or len(command) < 2):
        detail = 'Begin it with "CMD" and the program, or with "CMD-SHELL" and one line for the shell.'
        yield Finding(check, check.where("command"), "the health check's command does not begin right", detail)


def _mounts(task: Decoded) -> Findings:
    for container in task.some("container"):
        paths: set[str] = set()
        for mount in container.some("mount_point"):
            yield from _mounted_volume(mount, task)
            yield from _mounted_path(mount, paths)
        for source in container.some("volumes_from"):
            yield from _volumes_from(source, container, task)


@as_far_as_sure
def _mounted_volume(mount: Decoded, task: Decoded) -> Findings:
    name, volumes = mount.get("source_volume"), {each.label for each in task.all("volume")}
    if name not in volumes:
        detail = similar(name, volumes) or f'Declare `volume "{name}" {{}}` in the task definition.'
        yield Finding(mount, mount.where("source_volume"), f'there is no volume "{name}"', detail, "E0234")


@as_far_as_sure
def _mounted_path(mount: Decoded, paths: set[str]) -> Findings:
    """Look at where a volume is mounted; `paths` are those of the mounts before, to which it is added."""
    path = mount.get("container_path")
    if not path.startswith("/"):
        yield Finding(mount, mount.where("container_path"), f'"{path}" is no absolute path', "Begin it with /.")
    elif path in paths:
        detail = "Mount one volume at each path."
        yield Finding(mount, mount.where("container_path"), f'two volumes are mounted at "{path}"', detail)
    paths.add(path)


@as_far_as_sure
def _volumes_from(source: Decoded, container: Decoded, task: Decoded) -> Findings:
    name, containers = source.get("source_container"), containers_of(task)
    if name not in containers or name == container.label:
        detail = similar(name, containers) or "Name another container of this task."
        place = source.where("source_container")
        yield Finding(source, place, f'volumes_from names no other container: "{name}"', detail, "E0234")


def _volumes(task: Decoded) -> Findings:
    for volume in task.some("volume"):
        yield from _volume(volume)


@as_far_as_sure
def _volume(volume: Decoded) -> Findings:
    set_ones = [name for name in ("source", "host_path", "tmpfs_size") if name in volume.places]
    if len(set_ones) > 1:
        detail = "A volume is shared (source), a folder of the host (host_path), memory (tmpfs_size), or private."
        summary = f"{set_ones[0]} and {set_ones[1]} exclude each other"
        yield Finding(volume, volume.where(set_ones[1]), summary, detail)
    path = volume.get("host_path")
    if path is not None and not path.startswith(("/", "./", "../")) and path not in (".", ".."):
        detail = f'Write "/{path}" for a folder of the host, or "./{path}" for one below the stack\'s.'
        yield Finding(volume, volume.where("host_path"), f'"{path}" is neither absolute nor begins with ./', detail)


def _containers(task: Decoded) -> Findings:
    for container in task.some("container"):
        yield from check_container(container)


_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (
    _family,
    _essential,
    _names,
    _limits,
    _ceilings,
    _dependencies,
    _health_checks,
    *NETWORK_CHECKS,
    _mounts,
    _volumes,
    _containers,
)
