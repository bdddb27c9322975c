"""Counted: after `docker kill` of a task another one is started in its place within a second, and nothing else is.

By the engine's own stamps: from the end of the one container to the start of the other. Docker Swarm is measured in
the same way, on the same engine, for the benchmark beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.times import engine_seconds

from .engine import connect
from .figure import Counted
from .private_engine import IMAGE
from .sleepers import sleepers
from .watched import await_that, watch

STARTED_WITHIN_SECONDS = 1.0
"""The median."""

PATIENCE_SECONDS = 30.0
SETTLES_SECONDS = 1.0
SWARM_SERVICE = "com.docker.swarm.service.name"


Tasks = Callable[[], Mapping[str, Mapping[str, Any]]]
"""Lists the running tasks as the engine does, by id."""


@dataclass(frozen=True)
class Healed:
    """One task that was killed: after how many seconds another ran, and what else happened."""

    seconds: float
    problems: tuple[str, ...] = ()


def healing(count: int, *, is_timed: bool = True) -> Counted:
    """Kill `count` tasks one by one, each of another service; the median must be below a second.

    Not `is_timed` where others use the machine too: then only what was replaced and touched counts.
    """
    client = connect()
    try:
        with sleepers(client, count) as stack, watch(stack.command):
            time.sleep(SETTLES_SECONDS)
            found = [_killed(client, stack.tasks, each) for each in stack.tasks()]
    finally:
        client.close()
    delays = [each.seconds for each in found]
    problems = [problem for each in found for problem in each.problems]
    if is_timed and median(delays) > STARTED_WITHIN_SECONDS:
        problems.append(f"median {median(delays):.2f} s, at most {STARTED_WITHIN_SECONDS:g} s")
    remark = f"started after: median {median(delays):.2f} s, from {min(delays):.2f} to {max(delays):.2f} s"
    return Counted(len(found), tuple(problems), remark)


def heals_beside_swarm(client: Client, count: int, engine: str) -> tuple[list[float], list[float]]:
    """Kill tasks of a watch and of Swarm in turn, on one engine; returns how long each took to be replaced.

    Swarm's have no restart delay, and the same kind of network.
    """
    ours, theirs = [], []
    with (
        sleepers(client, count, engine=engine) as stack,
        watch(stack.command),
        _swarm_service(client, count) as tasks,
    ):
        time.sleep(SETTLES_SECONDS)
        for mine, other in zip(stack.tasks(), tasks(), strict=True):
            ours.append(_killed(client, stack.tasks, mine).seconds)
            time.sleep(SETTLES_SECONDS)
            theirs.append(_killed(client, tasks, other).seconds)
            time.sleep(SETTLES_SECONDS)
    return ours, theirs


def _killed(client: Client, tasks: Tasks, task_id: str) -> Healed:
    """Kill a task, and wait until another one runs."""
    before = tasks()
    killed = before[task_id]["Id"]
    client.call("POST", f"/containers/{killed}/kill")
    await_that(lambda: bool(set(tasks()) - set(before)), PATIENCE_SECONDS, "a killed task is replaced")
    after = tasks()
    (new,) = set(after) - set(before)
    started = _stamp(client, after[new]["Id"], "StartedAt")
    ended = _stamp(client, killed, "FinishedAt")
    touched = [each for each in before if each != task_id and after.get(each, {}).get("Id") != before[each]["Id"]]
    problems = tuple(f"task {each[:8]} was touched, though another one was killed" for each in touched)
    return Healed(started - (ended or started), problems)


def _stamp(client: Client, container_id: str, name: str) -> float:
    found = client.find(f"/containers/{container_id}/json")
    stamp = engine_seconds(found["State"][name]) if found else None
    assert stamp is not None, f"container {container_id[:12]} has no {name} any more"
    return stamp


@contextmanager
def _swarm_service(client: Client, count: int) -> Iterator[Tasks]:
    """Run such tasks as a service of Swarm, on a bridge network as a watch's are; gives what lists them by id."""
    client.post("/swarm/init", {"ListenAddr": "127.0.0.1:23770", "AdvertiseAddr": "127.0.0.1"})
    name = "sleeper"

    def tasks() -> Mapping[str, Mapping[str, Any]]:
        query = {"filters": {"label": [f"{SWARM_SERVICE}={name}"]}}
        return {row["Id"]: row for row in client.get("/containers/json", query) if row["State"] == "running"}

    try:
        client.post("/networks/create", {"Name": f"{name}-local", "ConfigOnly": True})
        shared = {"Name": name, "Driver": "bridge", "Scope": "swarm", "ConfigFrom": {"Network": f"{name}-local"}}
        client.post("/networks/create", shared)
        client.post("/services/create", _declared(name, count))
        await_that(lambda: len(tasks()) == count, 60, f"Swarm starts {count} tasks")
        yield tasks
    finally:
        client.post("/swarm/leave", query={"force": True})


def _declared(name: str, count: int) -> dict[str, Any]:
    container = {"Image": IMAGE, "Command": ["sleep", "86400"], "StopGracePeriod": 0}
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": container,
            "Networks": [{"Target": name}],
            "RestartPolicy": {"Condition": "any", "Delay": 0},
            "Resources": {"Limits": {"MemoryBytes": 16 << 20}},
        },
        "Mode": {"Replicated": {"Replicas": count}},
    }
