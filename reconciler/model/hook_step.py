"""Steps of deployments beside the engine: their hooks and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from reconciler.model.noun import Seconds
from reconciler.model.service import HttpHook, Prometheus
from reconciler.model.step_base import BaseStep, Lane


class RunHook(BaseStep):
    """Run a lifecycle hook that is a command or a URL. Not ok means that it failed.

    The outcome's code is IN_PROGRESS when it is to be asked again. `environment` tells a command what it is about.
    """

    kind: Literal["run_hook"] = "run_hook"
    run: str
    """The id of this run: `DEPLOYMENT/STAGE/SHIFT/HOOK`."""
    command: tuple[str, ...] = ()
    http: HttpHook | None = None
    environment: Mapping[str, str] = {}
    timeout: Seconds = 86_400
    folder: str = "."

    @property
    def key(self) -> str:
        return f"run_hook {self.run}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ProbeAlarm(BaseStep):
    """Ask an alarm's command or Prometheus. The outcome carries the value; not ok means that there is none.

    A command that ends with 0 gives a value below `greater_than`, any other one above it.
    """

    kind: Literal["probe_alarm"] = "probe_alarm"
    probe: str
    """The id of this probe: `DEPLOYMENT/ALARM`."""
    command: tuple[str, ...] = ()
    prometheus: Prometheus | None = None
    greater_than: float = 0
    timeout: Seconds = 10
    folder: str = "."

    @property
    def key(self) -> str:
        return f"probe_alarm {self.probe}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK
