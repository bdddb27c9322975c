"""What must hold of traffic after every effect on the simulated engine, whoever decided on it and however it was cut.

    safety = TrafficSafety(site.engine)
    site.engine.perform = safety.watching(site.engine.perform)  # or before_effect(step), perform, after_effect(step)
    site.observe = safety.at_look                               # tells it what a decision could know

Sources: I5, R28 and R30 of the reliability rules; ELB's deregistration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.drivers.simulated import SimulatedEngine
from reconciler.model.decision import Decision
from reconciler.model.routing import WHOLE, Color, ObservedBalancer, ObservedTarget, Target, TargetState
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import (
    ConfigureBalancer,
    Outcome,
    RemoveTask,
    StartBalancer,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task_definition import HOLDER
from tests.stories.traffic_sight import (
    Place,
    Sight,
    delay_of,
    highest_shares,
    left_at_once,
    listed,
    passed_places,
    pools,
    ready_places,
    share_of,
    short,
    written,
)

ROUNDING = 1e-6


@dataclass
class TrafficSafety:
    """Looks on at every effect. A violation is an AssertionError that names its rule, the step, and who it is about.

    `before` is what there was before the step.
    """

    engine: SimulatedEngine
    before: Sight = field(init=False)
    ready: set[Place] = field(default_factory=set)
    """Who ever got traffic there."""
    passed: set[Place] = field(default_factory=set)
    """Who ever passed a check there."""
    stopped: set[Place] = field(default_factory=set)
    """Who was stopped there by one of our steps, and has not been started since."""
    _free: dict[str, frozenset[Place]] = field(default_factory=dict)
    """By the key of a start: what was listed, or to be, and not live at the look that it was decided on."""
    _told: dict[str, frozenset[Place]] = field(default_factory=dict)
    """By the key of a step: whom the balancer is to list that it was decided for last."""

    def __post_init__(self) -> None:
        self.before = self._sight()

    def watching(self, perform: Callable[[Step], Outcome]) -> Callable[[Step], Outcome]:
        """Return what performs a step between two looks of ours; a step that is cut off is looked at too."""

        def watched(step: Step) -> Outcome:
            self.before_effect(step)
            try:
                return perform(step)
            finally:
                self.after_effect(step)

        return watched

    def at_look(self, decision: Decision, shown: Snapshot) -> None:
        """Note what the starts of a decision could know of addresses."""
        self._sight()
        live = frozenset(
            (observed.task.id, address)
            for observed in shown.tasks
            for each in observed.containers
            if each.is_live
            for address in each.addresses.values()
        )
        places = [listed(balancer) for balancer in shown.balancers]
        places += [self._told[key] for key in shown.in_flight if key in self._told]
        free = frozenset[Place]().union(*places) - live
        self._free |= {step.key: free for step in decision.steps if isinstance(step, StartContainer)}
        self._told |= {
            step.key: frozenset((each.task_id, each.address) for each in written(step.configuration))
            for step in decision.steps
            if isinstance(step, ConfigureBalancer | StartBalancer)
        }

    def before_effect(self, step: Step) -> None:
        """Remember what there is."""
        self.before = self._sight()

    def after_effect(self, step: Step) -> None:
        """Assert all rules; a step that was cut off half way has to keep them too."""
        after = self._seen()
        self._note(step, after)
        for rule in (_addresses, _departures, _losses, _arrivals, _targets, _shares):
            for problem in rule(self, step, after):
                raise AssertionError(f"{problem}, after {step.key}")
        self._sight()

    def _sight(self) -> Sight:
        """Return what there is, and remember who gets traffic and who passed a check."""
        sight = self._seen()
        self.ready |= ready_places(sight)
        self.passed |= passed_places(sight)
        return sight

    def _seen(self) -> Sight:
        balancers = {each.name: each for each in self.engine.observed_balancers()}
        return Sight(self.engine.clock.now(), dict(self.engine._containers), balancers, len(self.engine.lost))

    def _note(self, step: Step, after: Sight) -> None:
        """Keep account of which targets our steps stopped."""
        if isinstance(step, StopContainer | RemoveTask):
            self.stopped |= set(self.stopped_by(step, after))
        elif isinstance(step, StartContainer):
            self.stopped = {place for place in self.stopped if place not in after.live}

    def stopped_by(self, step: StopContainer | RemoveTask, after: Sight) -> Iterator[Place]:
        """Yield where the step ended a task that was well: at its container's own address, or at its holder's."""
        before = {key: each for key, each in self.before.containers.items() if each.task.id == step.task_id}
        if any(each.is_essential and not each.runs(self.before.now) for each in before.values()):
            return
        for key, each in before.items():
            is_over = key not in after.containers or not after.containers[key].runs(after.now)
            if is_over and each.is_essential:
                keeper = each if each.addresses else before.get(f"{step.task_id}-{HOLDER}", each)
                yield from ((step.task_id, address) for address in keeper.addresses.values())

    def was_avoidable(self, step: StartContainer, place: Place) -> bool:
        """Whether who decided on a start could know that a listed target is not there any more."""
        return place in self.stopped or place in self._free.get(step.key, frozenset())


Problems = Iterator[str]


def _addresses(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """R30: no container is started on an address that a balancer still lists for another task."""
    if not isinstance(step, StartContainer):
        return
    mine = {address for _, address in after.live - safety.before.live}
    for balancer in after.balancers.values():
        for task_id, address in sorted(listed(balancer)):
            if address in mine and task_id != step.task.id and safety.was_avoidable(step, (task_id, address)):
                yield f"R30: {short(step.task.id)} got {address}, which {balancer.name} lists for {short(task_id)}"


def _departures(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """Who got traffic and is stopped by us has left every balancer first, its volume and its process."""
    if not isinstance(step, StopContainer | RemoveTask):
        return
    for place in sorted(set(safety.stopped_by(step, after)) & safety.ready):
        for balancer in after.balancers.values():
            if place in listed(balancer):
                yield f"R28: {short(place[0])} is stopped while {balancer.name} lists it"


def _losses(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """A request is cut off only after its target's deregistration_delay; nobody leaves without draining."""
    for lost in safety.engine.lost[safety.before.lost :]:
        delay = delay_of(safety.before.balancers[lost.balancer], lost.target_group)
        if lost.drained_seconds is None or lost.drained_seconds < delay - ROUNDING:
            waited = "no time" if lost.drained_seconds is None else f"{lost.drained_seconds:g} s"
            yield f"R28: {short(lost.task_id)} loses requests after {waited} of {delay:g} s of draining"
    if not isinstance(step, ConfigureBalancer):
        return
    for name, balancer in after.balancers.items():
        for target in left_at_once(safety.before.balancers.get(name), balancer):
            if (target.task_id, target.address) in after.serving:
                yield f"R28: {short(target.task_id)} leaves {name} without draining"


def _arrivals(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """Nobody gets traffic before it passed a check."""
    for name, balancer in after.balancers.items():
        for target in written(balancer.configuration):
            place = (target.task_id, target.address)
            if target.state is TargetState.READY and place not in safety.passed | safety.ready:
                yield f"I5: {short(target.task_id)} gets traffic from {name} before it passed a check"


def _targets(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """I5, R28: whoever gets production's traffic is a live task at its own address, unless it died by itself."""
    for balancer in after.balancers.values():
        for target in balancer.running.targets if balancer.running else ():
            place = (target.task_id, target.address)
            gets_traffic = target.state is TargetState.READY and share_of(balancer, target) > 0
            if gets_traffic and place not in after.live and place in safety.stopped:
                yield f"R28: {balancer.name} sends traffic to {short(target.task_id)}, which we stopped"


def _shares(safety: TrafficSafety, step: Step, after: Sight) -> Problems:
    """Traffic is never on a pool without ready targets while the other has some, and never raised on an empty one."""
    for name, balancer in after.balancers.items():
        before = safety.before.balancers.get(name)
        for told, group, (green, test_green), ready in pools(balancer):
            had_green, had_test_green = highest_shares(before, group)
            if ready[Color.BLUE] and not ready[Color.GREEN] and (green > had_green or test_green > had_test_green):
                yield f"J1: {name}'s {told} raises green of {group} to {green} without a ready target"
            for color, share in ((Color.BLUE, WHOLE - green), (Color.GREEN, green)):
                was_taken = _takes_traffic_away(before, after, told, group, color)
                if share and not ready[color] and ready[color.other] and was_taken:
                    yield f"J1: {name}'s {told} has {share} of {group} on {color}, which has no ready target"


def _takes_traffic_away(before: ObservedBalancer | None, after: Sight, told: str, group: str, color: Color) -> bool:
    """Whether somebody of a pool was ready before, is well, and is not ready now: not gone by itself."""
    if before is None:
        return False
    running = before.running.targets if before.running else ()
    targets = running if told == "process" else _of_group(before, group)
    return any(
        target.color is color
        and target.state is TargetState.READY
        and (target.task_id, target.address) in after.serving
        for target in targets
        if not isinstance(target, ObservedTarget) or target.target_group == group
    )


def _of_group(balancer: ObservedBalancer, group: str) -> tuple[Target, ...]:
    route = balancer.configuration.route(group) if balancer.configuration else None
    return route.targets if route else ()
