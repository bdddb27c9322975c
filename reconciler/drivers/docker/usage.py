"""What containers have used so far, by the counters of the engine: what `docker stats` shows, without its wait."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.times import engine_seconds
from reconciler.model.beside import ContainerUsage
from reconciler.model.step import Outcome, SampleUsage

_NANOSECONDS = 1e9
_MIB = 1024 * 1024
_GONE = (404, 409)


AT_ONCE = 32
"""An engine 20.10 lets each request wait for its collector, which goes round once a second, though asked not to."""


def sample_usage(client: Client, step: SampleUsage) -> Outcome:
    """Read the counters of containers, many at once; one that is gone, or does not run, is left out."""
    ids = sorted(step.containers)
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(ids))), thread_name_prefix="usage") as pool:
        found = list(pool.map(lambda each: _usage(client, each, step.containers[each]), ids))
    return Outcome(step=step, usage=tuple(each for each in found if each is not None))


def _usage(client: Client, container_id: str, task_id: str) -> ContainerUsage | None:
    try:
        found = client.get(f"/containers/{container_id}/stats", {"stream": False, "one-shot": True})
    except ApiError as refusal:
        if refusal.status in _GONE:
            return None
        raise
    return read_usage(found, container_id, task_id)


def read_usage(found: Mapping[str, Any] | None, container_id: str, task_id: str) -> ContainerUsage | None:
    """Read an answer of `GET /containers/ID/stats`; None for a container that does not run: it has no time.

    Of one that goes away just then an engine 20.10 answers nothing at all.
    """
    if not found:
        return None
    at = engine_seconds(found.get("read") or "")
    cpu = ((found.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage")
    memory = found.get("memory_stats") or {}
    if at is None or cpu is None or "usage" not in memory:
        return None
    return ContainerUsage(
        container_id=container_id,
        task_id=task_id,
        at=at,
        cpu_seconds=cpu / _NANOSECONDS,
        memory=_without_cache(memory["usage"], memory.get("stats") or {}) / _MIB,
    )


def _without_cache(usage: int, details: Mapping[str, int]) -> int:
    """Leave out pages of files that nobody needs just now (cgroup v1: total_inactive_file, v2: inactive_file)."""
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return usage - cache if cache < usage else usage
