"""What must hold of every decision about a deployment whose traffic is shifted, whatever went wrong before it.

It is about what the decision could know: its Snapshot, and the State before. Sources: J1 and J3, and I6 of rollbacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment
from reconciler.model.routing import WHOLE, BalancerConfiguration, Color
from reconciler.model.service import LifecycleStage, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.step import ConfigureBalancer, StartBalancer
from reconciler.model.task import DesiredStatus, TaskRecord
from tests.builders import NOW

_ORDER = tuple(LifecycleStage)
ROUNDING = 1e-6


@dataclass
class ShiftSafety:
    """Looks on at each decision of one process. A violation is an AssertionError that names its rule."""

    shifting: set[str] = field(default_factory=set)
    """Deployments that were seen before they had all of the traffic."""
    whole_since: dict[str, float] = field(default_factory=dict)
    """When a deployment was first seen with all of the traffic."""
    known: dict[str, TaskRecord] = field(default_factory=dict)

    def at_look(self, decision: Decision, shown: Snapshot, now: float) -> None:
        """Assert all rules; `now` is the time of the decision."""
        for service in decision.state.target.services if decision.state.target else ():
            primary = decision.state.primary(service.address)
            if primary is not None:
                self._note(primary, shown, now)
                for problem in self._problems(service, primary, decision, shown, now):
                    raise AssertionError(f"{problem}, of {service.address} at {now - NOW:.2f}")
        self.known = {record.id: record for record in decision.state.tasks}

    def _note(self, deployment: Deployment, shown: Snapshot, now: float) -> None:
        if deployment.shifts_from and _is_before(deployment, LifecycleStage.BAKE_TIME):
            self.shifting.add(deployment.id)
        if deployment.shifts_from and has_all_traffic(deployment, shown):
            self.whole_since.setdefault(deployment.id, now)

    def _problems(
        self, service: Service, deployment: Deployment, decision: Decision, shown: Snapshot, now: float
    ) -> Iterator[str]:
        if deployment.is_shifting:
            yield from _early(deployment, service, decision, shown)
        if deployment.id in self.shifting and not _is_before(deployment, LifecycleStage.CLEAN_UP):
            yield from self._unbaked(deployment, service, now)
        if service.desired_count:
            yield from self._retired(deployment, decision.state)

    def _unbaked(self, deployment: Deployment, service: Service, now: float) -> Iterator[str]:
        """J3: what is past the bake had all of the traffic for as long as it takes."""
        bake = service.deployment_configuration.bake_time
        since = self.whole_since.get(deployment.id)
        if since is None:
            yield f"J3: deployment {deployment.number} is past its bake, and never had all of the traffic"
        elif now < since + bake - ROUNDING:
            yield f"J3: deployment {deployment.number} baked for {now - since:g} s of {bake:g} s"

    def _retired(self, deployment: Deployment, state: State) -> Iterator[str]:
        """J3, I6: a task that has the traffic, or may get it back, is not stopped for the other revision's sake."""
        source = _still_needed(deployment, state)
        for record in state.tasks:
            if record.deployment != source or record.desired_status is DesiredStatus.RUNNING:
                continue
            before = self.known.get(record.id)
            was_wanted = before is not None and before.desired_status is DesiredStatus.RUNNING
            if was_wanted and record.stopped_reason.startswith("revision "):
                yield f"J3: task {record.short_id} is stopped, though its revision may be needed again"


def has_all_traffic(deployment: Deployment, shown: Snapshot) -> bool:
    """Say whether each balancer's volume and process give a deployment's pool all of production's traffic."""
    wanted = WHOLE if deployment.color is Color.GREEN else 0
    groups = {each.target_group for each in deployment.registrations}
    return all(
        (shares := balancer.shares(route.target_group)) is not None and shares[0] == wanted
        for balancer in shown.balancers
        for route in (balancer.configuration.routes if balancer.configuration else ())
        if route.target_group in groups
    )


def _early(deployment: Deployment, service: Service, decision: Decision, shown: Snapshot) -> Iterator[str]:
    """J1: a pool gets its first traffic when all of its tasks were healthy; some may be of a deployment forgotten."""
    same = (
        each for each in decision.state.tasks if (each.group, each.revision) == (service.address, deployment.revision)
    )
    proven = sum(each.healthy_at is not None for each in same)
    if proven >= service.desired_count:
        return
    groups = {each.target_group for each in deployment.registrations}
    for step in decision.steps:
        if not isinstance(step, ConfigureBalancer | StartBalancer):
            continue
        observed = shown.balancer(step.configuration.name)
        written = observed.configuration if observed else None
        for group in groups:
            before, after = (
                _share(written, group, deployment.color),
                _share(step.configuration, group, deployment.color),
            )
            if before == 0 < after:
                yield f"J1: {group} shifts {after} to {deployment.color}, where {proven} tasks ever were healthy"


def _share(configuration: BalancerConfiguration | None, group: str, color: Color) -> int:
    route = configuration.route(group) if configuration else None
    if route is None:
        return 0
    return route.green if color is Color.GREEN else WHOLE - route.green


def _still_needed(deployment: Deployment, state: State) -> str:
    """Return the deployment whose tasks stay: the source of a shift, also of one that has failed just now."""
    if deployment.rolls_back:
        failed = state.deployment(deployment.rolls_back)
        return failed.shifts_from if failed is not None else ""
    return deployment.shifts_from if _is_before(deployment, LifecycleStage.CLEAN_UP) else ""


def _is_before(deployment: Deployment, stage: LifecycleStage) -> bool:
    return _ORDER.index(deployment.stage) < _ORDER.index(stage)
