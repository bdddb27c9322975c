"""Where each service is during an apply, as one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.service import DeploymentStrategy, LifecycleStage, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.task import DesiredStatus, TaskRecord
from reconciler.render.deployment_status import monitor_of
from reconciler.render.safe import one_line
from reconciler.render.traffic import draining, shares_of, shares_text
from reconciler.render.words import duration

NARROWEST = 24
"""The least width of the addresses' column."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """What is told of one service. `new` are tasks of the deployment's revision, `old` all others that run.

    `shares` is empty unless the traffic is split. `limit` is how many failures fail the deployment. `until` is when
    the wait that `note` tells is over.
    """

    address: str
    state: str
    desired: int
    new: int = 0
    old: int = 0
    healthy: int = 0
    healthy_new: int = 0
    draining: int = 0
    failures: int = 0
    limit: int | None = None
    stage: str = ""
    shares: str = ""
    note: str = ""
    until: float | None = field(default=None, compare=False)

    @property
    def is_steady(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state == _STATES[RolloutState.COMPLETED] and not self.note


def rows(decision: Decision, snapshot: Snapshot) -> tuple[ServiceRow, ...]:
    """Return a row for each service that is in the target or still has tasks."""
    by_group: dict[str, list[TaskRecord]] = {}
    for record in decision.state.tasks:
        if not record.is_stopped and not record.is_one_off:
            by_group.setdefault(record.group, []).append(record)
    waits = {each.address: each for each in reversed(decision.waiting_for)}
    primaries = {each.service: each for each in decision.state.deployments if each.is_primary}
    drained = draining(snapshot)
    target = decision.state.target
    found = [
        _row(service, primaries.get(service.address), by_group.get(service.address, []), snapshot)
        for service in (target.services if target else ())
    ]
    known = {row.address for row in found}
    found += [
        ServiceRow(address=group, state="stopping", desired=0, old=len(records))
        for group, records in sorted(by_group.items())
        if group not in known
    ]
    return tuple(
        replace(
            row,
            draining=sum(each.id in drained for each in by_group.get(row.address, ())),
            note=wait.reason if (wait := waits.get(row.address)) else "",
            until=wait.until if wait else None,
        )
        for row in found
    )


def address_width(rows: Iterable[ServiceRow]) -> int:
    """Return how wide the addresses' column is, so that the others stand below each other."""
    return max((len(row.address) for row in rows), default=0)


def row_text(row: ServiceRow, elapsed: float, width: int = 0, now: float | None = None) -> str:
    """Return `service.web  rolling  2/4 new  2 old  healthy 2/4  18s  waits for ...`, the address padded to `width`.

    With `now` it says how long the wait still takes, where that is known.
    """
    words = [f"{row.address:<{max(width, NARROWEST)}}", f"{row.state:<9}"]
    words += [each for each in (row.stage, row.shares) if each]
    words.append(f"{row.new}/{row.desired} new")
    if row.old:
        words.append(f"{row.old} old")
    words.append(_healthy(row))
    if row.draining:
        words.append(f"draining {row.draining}")
    if row.failures:
        words.append(f"failures {row.failures}" + (f" of {row.limit}" if row.limit is not None else ""))
    words.append(duration(elapsed))
    if row.note:
        words.append(waiting_words(row.note, row.until, now))
    return "  ".join(words)


def _healthy(row: ServiceRow) -> str:
    """Say how many are healthy: beside each other while the traffic is shifted, together else."""
    if row.state in _SHIFTING.values():
        return f"healthy {row.healthy_new} new, {row.healthy - row.healthy_new} old"
    return f"healthy {row.healthy}/{row.desired}"


def heartbeat(decision: Decision, elapsed: float) -> str:
    """Return what is said when nothing changed for a while."""
    waits = "; ".join(f"{each.address} {waiting_words(each.reason)}" for each in decision.waiting_for[:3])
    return f"still at it after {duration(elapsed)}: {waits or 'steps are under way'}"


def waiting_words(text: str, until: float | None = None, now: float | None = None) -> str:
    """Return `waits for ..., 42s left`, but for reasons that are sentences about the service already.

    After one of those stands when the next try is: `is unable to ...; it is tried again in 42s`.
    """
    said = one_line(text)
    is_sentence = said.startswith(("is ", "was ", "the deployment"))
    if until is None or now is None or until <= now:
        return said if is_sentence else f"waits for {said}"
    left = duration(until - now)
    return f"{said}; it is tried again in {left}" if is_sentence else f"waits for {said}, {left} left"


def _row(
    service: Service, deployment: Deployment | None, records: list[TaskRecord], snapshot: Snapshot
) -> ServiceRow:
    wanted = [each for each in records if each.desired_status is DesiredStatus.RUNNING]
    new = [each for each in wanted if deployment is not None and _is_new(each, deployment)]
    in_progress = deployment is not None and deployment.rollout_state is RolloutState.IN_PROGRESS
    split = [each for each in shares_of(service.load_balancers, snapshot) if each.is_split]
    return ServiceRow(
        address=service.address,
        state=_state(deployment) if deployment else "waiting",
        desired=service.desired_count,
        new=len(new),
        old=len(records) - len(new),
        healthy=sum(each.healthy_at is not None for each in wanted),
        healthy_new=sum(each.healthy_at is not None for each in new),
        failures=deployment.failures if deployment else 0,
        limit=monitor_of(deployment, service)[1] if deployment and deployment.failures else None,
        stage=_stage(deployment) if deployment and in_progress else "",
        shares=shares_text(split),
    )


def _is_new(record: TaskRecord, deployment: Deployment) -> bool:
    """Whether a task is of the deployment's revision; of one that replaces the same, whether it is its own."""
    if deployment.replaces_before is not None:
        return record.deployment == deployment.id
    return (record.family, record.revision) == (deployment.family, deployment.revision)


def _state(deployment: Deployment) -> str:
    if deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return _STATES[deployment.rollout_state]
    if deployment.rolls_back:
        return "rolling back"
    return _SHIFTING[deployment.strategy] if deployment.shifts_from else "rolling"


def _stage(deployment: Deployment) -> str:
    """Return the stage when it says more than that tasks are started and stopped."""
    tells = deployment.shifts_from or deployment.stage in _TELLING
    return deployment.stage.value if tells and not deployment.rolls_back else ""


_STATES = {RolloutState.COMPLETED: "steady", RolloutState.FAILED: "FAILED"}
_SHIFTING = {
    DeploymentStrategy.BLUE_GREEN: "blue/green",
    DeploymentStrategy.LINEAR: "linear",
    DeploymentStrategy.CANARY: "canary",
}
_TELLING = (LifecycleStage.PRE_SCALE_UP, LifecycleStage.POST_SCALE_UP, LifecycleStage.BAKE_TIME)
