"""What the table cannot say about one container of a task definition by itself: its image, variables and limits.

The rules are ECS's unless they say otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import chain

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure

MAXIMUM_ENVIRONMENT_FILES = 10
MAXIMUM_EXIT_CODES = 50

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def check_container(container: Decoded) -> Findings:
    """Yield what is wrong with a container, whatever else is in its task definition."""
    yield from chain.from_iterable(check(container) for check in _CHECKS)


@as_far_as_sure
def _environment_files(container: Decoded) -> Findings:
    if len(container.get("environment_files") or ()) > MAXIMUM_ENVIRONMENT_FILES:
        place = container.where("environment_files")
        yield Finding(container, place, f"more than {MAXIMUM_ENVIRONMENT_FILES} env files", "Merge some of them.")


@as_far_as_sure
def _image(container: Decoded) -> Findings:
    if not container.get("image").strip():
        yield Finding(container, container.where("image"), "the image is empty", "Write NAME:TAG.")


def _variables(container: Decoded) -> Findings:
    for name in ("environment", "secrets"):
        for variable in container.values.get(name) or {}:
            if not _VARIABLE.match(variable) and (name == "secrets" or "=" in variable or not variable):
                detail = "Use letters, digits and _."
                yield Finding(container, container.where(name), f'"{variable}" cannot be a name in {name}', detail)


@as_far_as_sure
def _variables_twice(container: Decoded) -> Findings:
    both = set(container.get("environment") or {}) & set(container.get("secrets") or {})
    if both and container.get("secrets_as") == "environment":
        detail = "Remove it from one of the two."
        place = container.where("secrets")
        yield Finding(container, place, f'"{min(both)}" is in environment and in secrets', detail)


def _ulimits(container: Decoded) -> Findings:
    for limit in container.some("ulimit"):
        yield from _ulimit(limit)


@as_far_as_sure
def _ulimit(limit: Decoded) -> Findings:
    soft, hard = limit.get("soft_limit"), limit.get("hard_limit")
    if hard != -1 and (soft > hard or soft == -1):
        yield Finding(limit, limit.where("soft_limit"), "soft_limit is more than hard_limit", "Lower the soft one.")


def _blocks_twice(container: Decoded) -> Findings:
    for word, name in (("ulimit", "name"), ("system_control", "namespace"), ("resource_requirement", "type")):
        blocks = [each for each in container.some(word) if name in each.values]
        counted = Counter(each.get(name) for each in blocks)
        for block in blocks:
            if counted[block.get(name)] > 1:
                counted[block.get(name)] = 0
                summary = f'{word} "{block.get(name)}" is there twice'
                yield Finding(block, block.where(name), summary, "Keep one of them.")


def _gpus(container: Decoded) -> Findings:
    for gpu in container.some("resource_requirement"):
        yield from _gpu(gpu)


@as_far_as_sure
def _gpu(gpu: Decoded) -> Findings:
    amount = gpu.get("value")
    if not amount.isdigit() or not int(amount):
        yield Finding(gpu, gpu.where("value"), f'"{amount}" is no number of GPUs', 'Write "1", for example.')


@as_far_as_sure
def _restart_policy(container: Decoded) -> Findings:
    restart = container.one("restart_policy")
    if restart is not None and len(restart.get("ignored_exit_codes") or ()) > MAXIMUM_EXIT_CODES:
        place = restart.where("ignored_exit_codes")
        yield Finding(restart, place, f"more than {MAXIMUM_EXIT_CODES} ignored exit codes", "Remove some.")


def _devices(container: Decoded) -> Findings:
    for device in (each for linux in container.some("linux_parameters") for each in linux.some("device")):
        permissions = device.values.get("permissions") or ()
        wrong = [each for each in permissions if each not in ("read", "write", "mknod")]
        if wrong:
            detail = 'Use "read", "write" and "mknod".'
            yield Finding(device, device.where("permissions"), f'"{wrong[0]}" is no permission', detail)


_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (
    _environment_files,
    _image,
    _variables,
    _variables_twice,
    _ulimits,
    _blocks_twice,
    _gpus,
    _restart_policy,
    _devices,
)
