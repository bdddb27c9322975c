"""Where each service is during an apply, as one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.decision import Decision
from reconciler.model.state import Deployment, RolloutState
from reconciler.model.task import DesiredStatus, TaskRecord
from reconciler.render.safe import one_line
from reconciler.render.words import duration

NARROWEST = 24
"""The least width of the addresses' column."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """What is told of one service. `new` are tasks of the deployment's revision, `old` all others that run."""

    address: str
    state: str
    desired: int
    new: int = 0
    old: int = 0
    healthy: int = 0
    failures: int = 0
    note: str = ""

    @property
    def is_steady(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state == _STATES[RolloutState.COMPLETED] and not self.note


def rows(decision: Decision) -> tuple[ServiceRow, ...]:
    """Return a row for each service that is in the target or still has tasks."""
    by_group: dict[str, list[TaskRecord]] = {}
    for record in decision.state.tasks:
        if not record.is_stopped and not record.is_one_off:
            by_group.setdefault(record.group, []).append(record)
    waits = {each.address: each.reason for each in reversed(decision.waiting_for)}
    primaries = {each.service: each for each in decision.state.deployments if each.is_primary}
    target = decision.state.target
    found = [
        _row(service.address, service.desired_count, primaries.get(service.address), by_group, waits)
        for service in (target.services if target else ())
    ]
    known = {row.address for row in found}
    found += [
        ServiceRow(address=group, state="stopping", desired=0, old=len(records), note=waits.get(group, ""))
        for group, records in sorted(by_group.items())
        if group not in known
    ]
    return tuple(found)


def address_width(rows: Iterable[ServiceRow]) -> int:
    """Return how wide the addresses' column is, so that the others stand below each other."""
    return max((len(row.address) for row in rows), default=0)


def row_text(row: ServiceRow, elapsed: float, width: int = 0) -> str:
    """Return `service.web  rolling  2/4 new  2 old  healthy 2  18s  waits for ...`, the address padded to `width`."""
    words = [f"{row.address:<{max(width, NARROWEST)}}", f"{row.state:<9}", f"{row.new}/{row.desired} new"]
    if row.old:
        words.append(f"{row.old} old")
    words.append(f"healthy {row.healthy}/{row.desired}")
    if row.failures:
        words.append(f"failures {row.failures}")
    words.append(duration(elapsed))
    if row.note:
        words.append(waiting_words(row.note))
    return "  ".join(words)


def heartbeat(decision: Decision, elapsed: float) -> str:
    """Return what is said when nothing changed for a while."""
    waits = "; ".join(f"{each.address} {waiting_words(each.reason)}" for each in decision.waiting_for[:3])
    return f"still at it after {duration(elapsed)}: {waits or 'steps are under way'}"


def waiting_words(text: str) -> str:
    """Return `waits for ...`, but for reasons that are sentences about the service already."""
    said = one_line(text)
    return said if said.startswith(("is ", "was ", "the deployment")) else f"waits for {said}"


def _row(
    address: str,
    desired: int,
    deployment: Deployment | None,
    by_group: dict[str, list[TaskRecord]],
    waits: dict[str, str],
) -> ServiceRow:
    records = by_group.get(address, [])
    revision = (deployment.family, deployment.revision) if deployment else None
    wanted = [each for each in records if each.desired_status is DesiredStatus.RUNNING]
    new = [each for each in wanted if (each.family, each.revision) == revision]
    return ServiceRow(
        address=address,
        state=_STATES[deployment.rollout_state] if deployment else "waiting",
        desired=desired,
        new=len(new),
        old=len(records) - len(new),
        healthy=sum(each.healthy_at is not None for each in wanted),
        failures=deployment.failures if deployment else 0,
        note=waits.get(address, ""),
    )


_STATES = {RolloutState.IN_PROGRESS: "rolling", RolloutState.COMPLETED: "steady", RolloutState.FAILED: "FAILED"}
