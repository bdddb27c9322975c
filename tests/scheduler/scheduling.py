"""A scheduled task `report`, sites that it was applied at, and what is recorded of its runs."""

from __future__ import annotations

from typing import Any

from reconciler.drivers.simulated import Behaviour
from reconciler.model.request import Request, RequestKind
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.requests import carry_out
from tests.builders import NOW, container, definition, stack
from tests.site import Site

MINUTE = 60.0
FIRST = NOW + 20
"""The first whole minute after NOW: 13:47."""
REPORT = "scheduled_task.report"


def scheduled(expression: str = "* * * * *", **fields: Any) -> ScheduledTask:
    schedule = Schedule(expression=expression, timezone=fields.pop("timezone", "UTC"))
    values: dict[str, Any] = {"address": REPORT, "name": "report", "task_definition": "task_definition.report"}
    return ScheduledTask(**{**values, "schedule": schedule, **fields})


def scheduling(*tasks: ScheduledTask, image: str = "app:1") -> Stack:
    found = definition(container(image=image), family="report")
    return stack().changed(definitions={"task_definition.report": found}, scheduled_tasks=tasks)


def taking(seconds: float, code: int = 0) -> Any:
    return lambda step: Behaviour(exits_after=seconds, exit_code=code)


def applied(task: ScheduledTask, seconds: float = 1.0, code: int = 0) -> Site:
    site = Site()
    site.engine.behave = taking(seconds, code)
    site.apply(scheduling(task))
    return site


def recorded(site: Site) -> State:
    return site.store.load("shop")


def runs(site: Site) -> list[tuple[str, float, int | None, str]]:
    """Return what is recorded of every run: its status, its slot after NOW, the exit code, and the reason."""
    return [(each.status.value, each.slot - NOW, each.exit_code, each.reason) for each in recorded(site).runs]


def told(site: Site) -> list[str]:
    return [each.message for each in recorded(site).events if each.name.startswith("SCHEDULED_RUN")]


def started(site: Site) -> list[str]:
    """Return the deployments of all tasks that were started, one for each task."""
    return sorted(each.deployment for each in recorded(site).tasks if each.is_one_off)


def ask(site: Site) -> None:
    """Ask for a run by hand."""
    state = carry_out(Request(kind=RequestKind.RUN_SCHEDULE, service=REPORT), recorded(site), site.clock.now())
    put(site, state)


def put(site: Site, state: State) -> None:
    """Let this be what is recorded."""
    lease = site.store.acquire("shop", "test", 0)
    site.store.save(state.changed(serial=recorded(site).serial), lease)
    lease.release()
