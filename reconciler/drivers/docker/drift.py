"""Settings of a live container that differ from its definition: `docker update`, `docker network connect`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.drivers.docker import resources
from reconciler.model.snapshot import Drift, EngineFacts
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER, NetworkMode

NETWORK = "network"
"""The address of a stack's default network."""


def _size(value: int) -> str:
    return f"{value // resources.MIB} MiB" if value else "no limit"


def _cpus(value: int) -> str:
    return f"{value / resources.NANO:.3g} CPUs" if value else "no limit"


def _count(value: int) -> str:
    return str(value) if value > 0 else "no limit"


_SETTINGS: dict[str, tuple[str, Callable[[int], str]]] = {
    "Memory": ("memory", _size),
    "MemoryReservation": ("memory_reservation", _size),
    "CpuShares": ("cpu", str),
    "NanoCpus": ("cpu ceiling", _cpus),
    "PidsLimit": ("pids limit", _count),
}


def find_drift(
    task: Task, name: str, found: Mapping[str, Any], engine: EngineFacts, networks: Mapping[str, str]
) -> tuple[Drift, ...]:
    """Compare an inspect with what the task's definition says. `networks` maps addresses to names on the engine.

    A container that is only created is still being made: its further networks are connected before it starts.
    """
    if found["State"]["Status"] == "created":
        return ()
    try:
        declared = resources.host_resources(task.definition, name, engine)
    except (KeyError, ValueError):
        return ()
    return (*_settings(declared, found["HostConfig"]), *_networks(task, name, found, networks))


def _settings(declared: Mapping[str, Any], observed: Mapping[str, Any]) -> Iterator[Drift]:
    for key, (attribute, text) in _SETTINGS.items():
        wanted, is_now = declared.get(key) or 0, max(0, observed.get(key) or 0)
        if wanted != is_now:
            yield Drift(attribute=attribute, declared=text(wanted), observed=text(is_now))
    policy = (observed.get("RestartPolicy") or {}).get("Name") or "no"
    if policy != "no":
        yield Drift(attribute="restart policy of the engine", declared="no", observed=policy)


def _networks(task: Task, name: str, found: Mapping[str, Any], networks: Mapping[str, str]) -> Iterator[Drift]:
    mode = task.definition.network_mode
    joins = mode is NetworkMode.AWSVPC and task.definition.needs_holder and name != HOLDER
    if (
        mode not in (NetworkMode.AWSVPC, NetworkMode.BRIDGE)
        or joins
        or (name == HOLDER and mode is NetworkMode.BRIDGE)
    ):
        return
    wanted = {networks[address] for address in (NETWORK, *task.definition.networks) if address in networks}
    observed = set((found["NetworkSettings"].get("Networks") or {}).keys())
    if wanted and wanted != observed:
        yield Drift(
            attribute="networks",
            declared=", ".join(sorted(wanted)) or "none",
            observed=", ".join(sorted(observed)) or "none",
        )
