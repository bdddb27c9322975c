"""What must hold in every story: SAFETY at each look and each effect, LIVENESS once the faults stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from reconciler.drivers.labels import container_name
from reconciler.drivers.simulated import SimulatedContainer, SimulatedEngine
from reconciler.model.decision import Decision
from reconciler.model.routing import WHOLE, CheckResult
from reconciler.model.service import Service, lower_bound, upper_bound
from reconciler.model.snapshot import ContainerHealth, ObservedNetwork, ObservedTask, ObservedVolume, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.task import DesiredStatus, StopCode, TaskRecord, TaskStatus
from reconciler.model.task_definition import TaskDefinition
from tests.builders import NOW, task
from tests.site import Site

_ORDER = tuple(TaskStatus)


def settle_foreigners(engine: SimulatedEngine) -> None:
    """Put other people's things on the engine, with names and labels like ours."""
    for ordinal, service in enumerate(("web", "db")):
        theirs = task(ordinal, group=f"service.{service}", service_name=service, owner="other")
        key = container_name(theirs, "app")
        engine._containers[key] = SimulatedContainer(
            id=key, name="app", task=theirs, started_at=NOW, networks=("shop-web",)
        )
    for name in ("shop-web", "shop2"):
        engine._networks[name] = ObservedNetwork(id=f"foreign-{name}", name=name, is_ours=False)
    engine._volumes["shop-data"] = ObservedVolume(name="shop-data", is_ours=False)


def foreigners(engine: SimulatedEngine) -> object:
    """Return all that is not ours."""
    return (
        {key: each for key, each in engine._containers.items() if each.task.owner == "other"},
        {name: each for name, each in engine._networks.items() if not each.is_ours},
        {name: each for name, each in engine._volumes.items() if not each.is_ours},
    )


def live_tasks(engine: SimulatedEngine) -> Counter[str]:
    """Return how many tasks of ours run anything, by the name of their service, which no move changes.

    A task counts once, however many containers it has.
    """
    now = engine.clock.now()
    live = set()
    for each in engine._containers.values():
        ended_at = each.ended_at()
        runs = each.started_at is not None and (ended_at is None or ended_at > now)
        if each.task.owner != "other" and runs:
            live.add((each.task.service_name or each.task.group, each.task.id))
    return Counter(name for name, _ in live)


def most_tasks(service: Service) -> int:
    return upper_bound(service.desired_count, service.deployment_configuration.maximum_percent)


def _beside(versions: list[Service]) -> int:
    """Return how many tasks of a service are there while its traffic is shifted: the old ones and all the new."""
    is_shifted = any(each.deployment_configuration.strategy != "ROLLING" for each in versions)
    return 2 * max(each.desired_count for each in versions) if is_shifted else 0


@dataclass
class Safety:
    """Looks on. `wanted` is the target, `before` the one before it, `at_first` how many tasks ran when it began."""

    engine: SimulatedEngine
    wanted: Stack
    before: Stack
    at_first: Counter[str]
    foreign: object
    known: dict[str, TaskRecord] = field(default_factory=dict)

    def after_effect(self, told: str) -> None:
        """I3 and I4, on the engine itself."""
        assert foreigners(self.engine) == self.foreign, f"I3: a foreign object was touched by {told}"
        services = (*self.wanted.services, *self.before.services)
        for name, count in live_tasks(self.engine).items():
            mine = [each for each in services if each.name == name]
            most = max((self.at_first[name], _beside(mine), *(most_tasks(each) for each in mine)))
            assert count <= most, f"I4: {count} tasks of {name} run, {most} may, after {told}"

    def at_look(self, decision: Decision, shown: Snapshot) -> None:
        """I5, on what the decision could know; and that records only move forward."""
        keys = [step.key for step in decision.steps]
        assert len(set(keys)) == len(keys), "a step is emitted twice"
        assert not shown.in_flight.intersection(keys), "a step in flight is emitted again"
        failing = _failing(shown)
        observed = {each.task.id: each for each in shown.tasks if each.task.id not in failing}
        for service in self.wanted.services:
            self._floor(service, decision, observed, _idle(shown))
        for record in decision.state.tasks:
            self._forward(record)
        self.known = {record.id: record for record in decision.state.tasks}

    def _floor(
        self, service: Service, decision: Decision, observed: dict[str, ObservedTask], idle: frozenset[str]
    ) -> None:
        definitions = {(each.family, each.number): each.definition for each in decision.state.revisions}
        mine = [each for each in decision.state.tasks if each.group == service.address]
        stopped = {each.id for each in mine if self._was_stopped_by_us(each) and each.id not in idle}
        proven = {
            each.id
            for each in mine
            if each.healthy_at is not None
            and (each.desired_status is DesiredStatus.RUNNING or each.id in stopped)
            and _is_up(observed.get(each.id), definitions[(each.family, each.revision)])
        }
        least = lower_bound(service.desired_count, service.deployment_configuration.minimum_healthy_percent)
        if stopped & proven:
            left = len(proven - stopped)
            assert left >= least, f"I5: our stops leave {left} healthy tasks of {service.address}, {least} must stay"

    def _was_stopped_by_us(self, record: TaskRecord) -> bool:
        before = self.known.get(record.id)
        was_wanted = before is not None and before.desired_status is DesiredStatus.RUNNING
        return (
            was_wanted
            and record.desired_status is DesiredStatus.STOPPED
            and record.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED
        )

    def _forward(self, record: TaskRecord) -> None:
        before = self.known.get(record.id)
        if before is None:
            return
        assert _ORDER.index(record.last_status) >= _ORDER.index(before.last_status), f"{record.short_id} went back"
        assert before.desired_status is DesiredStatus.RUNNING or record.desired_status is DesiredStatus.STOPPED


def _idle(shown: Snapshot) -> frozenset[str]:
    """Return the tasks in pools without traffic: to stop one takes nothing away from anybody."""
    return frozenset(
        target.task_id
        for balancer in shown.balancers
        for route in (balancer.configuration.routes if balancer.configuration else ())
        for target in route.targets
        if (route.green if target.color == "green" else WHOLE - route.green) == 0
    )


def _failing(shown: Snapshot) -> frozenset[str]:
    """Return the tasks whose last check by a load balancer failed."""
    return frozenset(
        target.task_id
        for balancer in shown.balancers
        for target in (balancer.running.targets if balancer.running else ())
        if target.check is CheckResult.FAILED
    )


def _is_up(observed: ObservedTask | None, definition: TaskDefinition) -> bool:
    if observed is None:
        return False
    found = [observed.container(each.name) for each in definition.essential]
    return all(each is not None and each.is_live and each.health is not ContainerHealth.UNHEALTHY for each in found)


def check_recovered(site: Site, wanted: Stack, foreign: object) -> None:
    """LIVENESS: within two more applies all is steady; then there is nothing to do, and nothing is left over."""
    for _ in range(3):
        ended = site.apply(wanted)
        if ended.decision.is_steady:
            break
    assert ended.decision.is_steady, f"not steady, {ended.decision.failed}: {ended.decision.waiting_for}"
    performed = len(site.engine.steps)
    assert site.plan(wanted).is_empty, f"I1: the plan is not empty: {site.plan(wanted).changes}"
    again = site.apply(wanted)
    assert again.decision.is_steady and again.decision.steps == ()
    assert len(site.engine.steps) == performed, f"I6: a second apply did {site.engine.steps[performed:]}"
    assert foreigners(site.engine) == foreign, "I3: a foreign object was touched"
    _check_tasks(site, wanted)
    _check_rest(site, wanted)


def _check_tasks(site: Site, wanted: Stack) -> None:
    shown = site.engine.look(site.request())
    for service in wanted.services:
        mine = [each for each in shown.tasks if each.task.service_name == service.name]
        running = [each for each in mine if any(found.is_live for found in each.containers)]
        definition = wanted.definition_of(service)
        assert len(running) == service.desired_count, f"{service.address}: {len(running)} run"
        assert all(each.task.definition == definition for each in running), f"{service.address}: an old revision runs"
        assert len(mine) - len(running) <= 1, f"I2: {service.address} has orphans"
    known = {service.name for service in wanted.services}
    assert {each.task.service_name for each in shown.tasks} <= known, "I2: tasks of no service"


def _check_rest(site: Site, wanted: Stack) -> None:
    engine = site.engine
    tasks = {each.task.id for each in engine._containers.values() if each.task.owner != "other"}
    assert {each.id for each in engine._private.values()} <= tasks, "I2: a private volume outlived its task"
    networks = {name for name, each in engine._networks.items() if each.is_ours}
    assert networks == (set() if wanted.is_empty else {"shop"}), f"I2: networks {networks}"
    assert len(engine._owners) == (0 if wanted.is_empty else 1), "I2: owner volumes"
