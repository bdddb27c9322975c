"""What a running process answers, read: which structure it runs, its targets, shares and counters.

A new server counts as up before its first check. So only a check that was seen to pass is one.
"""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterable, Mapping
from io import StringIO

from reconciler.balancers.haproxy.configuration import description
from reconciler.balancers.haproxy.names import open_pool, pool, share
from reconciler.model.load_balancer import TargetGroup
from reconciler.model.routing import (
    BalancerConfiguration,
    CheckResult,
    Color,
    ObservedTarget,
    PoolCounters,
    RunningBalancer,
    TargetState,
)

_DESCRIPTION = re.compile(r"^description: (.*)$", re.MULTILINE)
_END = re.compile(r"^Run_queue: \d+$\n", re.MULTILINE)
"""Comes after the description in `show info`, which is asked last: the answer was not cut before."""
_VARIABLE = re.compile(r"^(proc\.[a-z_0-9]+): type=sint value=<(-?\d+)>", re.MULTILINE)
_OLD_WORKERS = re.compile(r"^# old workers\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
_WORKER = re.compile(r"^\d+\s+worker\b", re.MULTILINE)
_PASSED = ("L4OK", "L6OK", "L7OK", "L7OKC")

Row = Mapping[str, str]


def read_running(
    configuration: BalancerConfiguration | None, worker: str, master: str = ""
) -> RunningBalancer | None:
    """Return what the replies tell; None when no worker answered, or not to the end.

    `worker` is the answer to `show stat`, `get var` of the shares and `show info`, `master` to `show proc`.
    `configuration` is what the volume says: it gives the names of pools their meaning.
    """
    if not _END.search(worker):
        return None
    found = _DESCRIPTION.search(worker)
    rows = _table(worker)
    groups = configuration.target_groups if configuration else ()
    return RunningBalancer(
        structure=_structure(found[1].strip() if found else "", configuration),
        leaving=_leaving(master),
        shares=_shares(worker, groups),
        targets=_targets(rows, groups),
        counters=_counters(rows, groups),
    )


def _structure(said: str, configuration: BalancerConfiguration | None) -> str:
    """A process whose file was written otherwise than we would write the same one now runs no structure of ours."""
    structure = said.partition(" ")[0]
    if configuration is None or structure != configuration.structure:
        return structure
    return structure if said == description(configuration) else ""


def _leaving(master: str) -> int:
    """Count the workers of before a reload that have not gone yet."""
    old = _OLD_WORKERS.search(master)
    return len(_WORKER.findall(old[1])) if old else 0


def _shares(worker: str, groups: Iterable[TargetGroup]) -> dict[str, tuple[int, int]]:
    values = {name: int(value) for name, value in _VARIABLE.findall(worker)}
    return {
        group.address: (values[share(group, is_test=False)], values[share(group, is_test=True)])
        for group in groups
        if share(group, is_test=False) in values and share(group, is_test=True) in values
    }


def _table(worker: str) -> list[Row]:
    """Return the rows of `show stat`: from its heading to the next empty line."""
    _, mark, rest = worker.partition("# pxname")
    return list(csv.DictReader(StringIO("pxname" + rest.partition("\n\n")[0]))) if mark else []


def _targets(rows: Iterable[Row], groups: Iterable[TargetGroup]) -> tuple[ObservedTarget, ...]:
    servers = {(row["pxname"], row["svname"]): row for row in rows}
    found = []
    for group in groups:
        for color in Color:
            for (place, name), row in servers.items():
                if place == pool(group, color) and name != "BACKEND":
                    unchecked = servers.get((open_pool(group, color), name), {})
                    sessions = _number(row["scur"]) + _number(unchecked.get("scur", ""))
                    found.append(_target(row, group, color, sessions))
    return tuple(sorted(found, key=lambda each: (each.target_group, each.color, each.task_id)))


def _target(row: Row, group: TargetGroup, color: Color, sessions: int) -> ObservedTarget:
    address, _, port = row["addr"].rpartition(":")
    state = _state(row)
    return ObservedTarget(
        target_group=group.address,
        task_id=row["svname"],
        color=color,
        address=str(ipaddress.ip_address(address.strip("[]"))) if address else "",
        port=_number(port),
        state=state,
        check=_check(row, group, state),
        description=_description(row),
        sessions=sessions,
    )


def _state(row: Row) -> TargetState:
    if row["status"].startswith("MAINT"):
        return TargetState.DRAINING
    return TargetState.INITIAL if _number(row["uweight"]) == 0 else TargetState.READY


def _check(row: Row, group: TargetGroup, state: TargetState) -> CheckResult:
    """Judge as ELB does: a new target that fails has its thresholds' time, and one good check makes it healthy."""
    check = group.health_check
    said = row["check_status"].removeprefix("* ")
    if row["status"].startswith("DOWN"):
        patience = (check.unhealthy_threshold - 1) * check.interval
        is_patient = state is TargetState.INITIAL and _number(row["lastchg"]) < patience
        return CheckResult.NONE if is_patient else CheckResult.FAILED
    if state is TargetState.DRAINING or said in ("", "INI", "UNK"):
        return CheckResult.NONE
    was_up = state is TargetState.READY  # a check that failed once does not make it unhealthy
    return CheckResult.PASSED if said in _PASSED or was_up else CheckResult.NONE


def _description(row: Row) -> str:
    said = row["check_status"].removeprefix("* ")
    if said in ("", "INI", "UNK"):
        return ""
    code = row["check_code"]
    answer = f"HTTP {code}" if code and said.startswith("L7") and code != "0" else row["check_desc"]
    detail = row["last_chk"]
    return answer if said in _PASSED or not detail or code else f"{answer}: {detail}"


def _counters(rows: Iterable[Row], groups: Iterable[TargetGroup]) -> tuple[PoolCounters, ...]:
    backends = {row["pxname"]: row for row in rows if row["svname"] == "BACKEND"}
    found = []
    for group in sorted(groups, key=lambda each: each.address):
        for color in Color:
            both = [backends[name] for name in (pool(group, color), open_pool(group, color)) if name in backends]
            requests = sum(_number(row["req_tot"]) or _number(row["stot"]) for row in both)
            errors = sum(_number(row["hrsp_5xx"]) for row in both)
            found.append(PoolCounters(target_group=group.address, color=color, requests=requests, errors=errors))
    return tuple(found)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
