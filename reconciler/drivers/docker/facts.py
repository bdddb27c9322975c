"""What the engine is and has, and how far its clock is from ours: asked once."""

from __future__ import annotations

import threading
from typing import Any

from reconciler.clock import Clock
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.times import engine_seconds
from reconciler.model.snapshot import EngineFacts

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_MIB = 1024 * 1024


class Engine:
    """The facts of one engine, remembered; and its times in ours."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._facts: EngineFacts | None = None
        self._offset = 0.0

    @property
    def facts(self) -> EngineFacts:
        """What the engine is and has; raises EngineError when it is out of reach."""
        with self._lock:
            if self._facts is None:
                before = self._clock.now()
                found = self._client.get("/info")
                after = self._clock.now()
                engine_now = engine_seconds(found.get("SystemTime", ""))
                self._offset = engine_now - (before + after) / 2 if engine_now is not None else 0.0
                self._facts = read_facts(found, self._client.version)
            return self._facts

    @property
    def offset(self) -> float:
        """Seconds that the engine's clock is ahead of ours."""
        _ = self.facts
        return self._offset

    def now(self) -> float:
        """Return the time by the engine's clock."""
        return self._clock.now() + self.offset

    def ours(self, stamp: str, now: float) -> float | None:
        """Return a stamp of the engine's by our clock, never later than `now`."""
        found = engine_seconds(stamp)
        return None if found is None else min(now, found - self.offset)


def read_facts(found: dict[str, Any], api_version: str) -> EngineFacts:
    """Read the answer of `GET /info`. GPUs are those the engine was told of as generic resources."""
    return EngineFacts(
        name=found.get("Name") or "engine",
        version=found.get("ServerVersion", ""),
        api_version=api_version,
        architecture=_ARCHITECTURES.get(found.get("Architecture", ""), found.get("Architecture", "")),
        cpu=found.get("NCPU", 0) * 1024,
        memory=found.get("MemTotal", 0) // _MIB,
        gpus=sum(map(_gpus, found.get("GenericResources") or ())),
        log_drivers=tuple(sorted((found.get("Plugins") or {}).get("Log") or ())),
        has_init=bool(found.get("InitBinary")) and (found.get("InitCommit") or {}).get("ID") != "N/A",
    )


def _gpus(resource: dict[str, Any]) -> int:
    discrete = resource.get("DiscreteResourceSpec") or {}
    named = resource.get("NamedResourceSpec") or {}
    if "gpu" in str(discrete.get("Kind", "")).lower():
        return int(discrete.get("Value", 0))
    return 1 if "gpu" in str(named.get("Kind", "")).lower() else 0
