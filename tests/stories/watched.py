"""What goes wrong around a watch: who asks, who takes its lease, what metrics say, how long jobs take."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from reconciler.drivers.driver import LookRequest
from reconciler.drivers.simulated import Behaviour, Load
from reconciler.model.beside import Suspended
from reconciler.model.deployment import RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.step import Notify, Outcome, ProbeMetric, StartContainer
from reconciler.model.task import DesiredStatus, Task
from tests.stories.faults import OFTEN, SELDOM, FaultyEngine, FaultyPerformer, MortalStore
from tests.stories.watch_plot import CALM_VALUE, CPUS

PAUSE_SECONDS = 8.0
"""At least so much time is between two things that people do."""

DEMAND_SECONDS = 50.0
"""For so long the load stays as it is."""


@dataclass
class WatchedEngine(FaultyEngine):
    """An engine with people around it. `before` is what was recorded when the last look began."""

    store: MortalStore = field(default_factory=MortalStore)
    seed: str = ""
    before: State | None = None
    quiet_until: float = 0.0

    def look(self, request: LookRequest) -> Snapshot:
        self.before = self.store.load(request.stack)
        return super().look(request)

    def attach(self) -> None:
        """Let the simulated engine do what the dice say."""
        self.engine.behave, self.engine.hooks, self.engine.probe = self.behave, self.hook, self.probe
        self.engine.metric, self.engine.load, self.engine.receives = self.metric, self.load, self.receives

    def behave(self, step: StartContainer) -> Behaviour:
        """Choose what a container that starts now will do: a job may take long, hang, or fail."""
        if not step.task.is_one_off or not self.dice.fall("slow", 0.7):
            return super().behave(step)
        after = self.dice.random.choice((0.5, 5, 20, 70, 130, None))
        code = self.dice.random.choice((0, 0, 3))
        self.dice.tell(f"... {step.container} of {step.task.deployment} will exit with {code} after {after} s")
        return Behaviour(exits_after=after, exit_code=code, stop_seconds=self.dice.random.choice((0.2, 3, 12)))

    def metric(self, step: ProbeMetric) -> float | None:
        """Say what a policy's query gives."""
        return None if self.dice.fall("gaps", OFTEN) else self._value(step.policy)

    def load(self, task: Task) -> Load:
        """Say what a container of a task uses."""
        return Load(cpus=CPUS * self._value(task.group) / 100)

    def receives(self, step: Notify) -> bool:
        """Say whether a receiver takes an event."""
        return not self.dice.fall("undelivered", OFTEN)

    def _value(self, of: str) -> float:
        """Return the load of now, in percent: it stays the same for a while, in all processes."""
        if not self.dice.faults:
            return CALM_VALUE
        span = int(self.dice.clock.now() // DEMAND_SECONDS)
        return Random(f"{self.seed} {of} {span}").choice((0.0, 20.0, 35.0, CALM_VALUE, 90.0, 150.0, 300.0))

    def _lend_a_hand(self) -> None:
        super()._lend_a_hand()
        now = self.dice.clock.now()
        if now < self.quiet_until:
            return
        self.quiet_until = now + PAUSE_SECONDS
        if self.dice.fall("restart", SELDOM):
            self._restart()
        if self.dice.fall("thief", SELDOM):
            self.dice.tell("somebody takes the lease")
            self.store.unlock("shop")
        if self.dice.fall("asks", OFTEN) and self.before is not None:
            wanted = _wanted(self.before, self.dice.random)
            if wanted is not None and not _scales_amid_a_shift(wanted, self.before):
                self.dice.tell(f"somebody asks: {wanted.kind} {wanted.service} {_details(wanted)}".rstrip())
                self.store.post("shop", wanted)

    def _restart(self) -> None:
        self.dice.tell("the engine is started again")
        now = self.dice.clock.now()
        for key, each in sorted(self.engine._containers.items()):
            if each.task.owner != "other" and each.runs(now):
                self.engine.kill(key)
        for name in sorted(each.name for each in self.engine.observed_balancers()):
            self.engine.kill_balancer(name)
        self.away_until = now + self.dice.random.choice((1, 5, 20))


class WatchingPerformer(FaultyPerformer):
    """A performer whose wait ends when another command asks for something new."""

    heard = 0

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        assert isinstance(self.faulty, WatchedEngine)
        newest = max((each.number for each in self.faulty.store.posted("shop")), default=0)
        if newest <= self.heard:
            return super().wait(until)
        self.heard = newest
        return ()


def _wanted(state: State, random: Random) -> Request | None:
    """Choose what another command asks for; None when there is nothing that it could be about."""
    if state.target is None:
        return None
    services = [each.address for each in state.target.services]
    scaled = [each.service for each in state.target.autoscalings]
    jobs = [each.address for each in state.target.scheduled_tasks]
    running = [each for each in state.tasks if each.desired_status is DesiredStatus.RUNNING]
    ours = [each.id for each in running if not each.is_one_off]
    wanted: list[Request] = [Request(kind=RequestKind.HAND_OVER)]
    if services:
        count = random.randint(0, 6)
        wanted.append(Request(kind=RequestKind.SCALE, service=random.choice(services), count=count))
        wanted.append(Request(kind=RequestKind.RESTART, service=random.choice(services)))
    if scaled:
        rests = Suspended(
            scale_in=random.random() < 0.4, scale_out=random.random() < 0.4, scheduled=random.random() < 0.4
        )
        wanted += [Request(kind=RequestKind.SUSPEND, service=random.choice(scaled), suspended=rests)] * 2
    if ours:
        chosen = tuple(sorted(random.sample(ours, random.randint(1, min(3, len(ours))))))
        seconds = random.choice((60, 200, 600, 600, None))
        wanted += [Request(kind=RequestKind.PROTECT, tasks=chosen, seconds=seconds)] * 3
    if jobs:
        token = f"{random.getrandbits(32):08x}"
        wanted.append(Request(kind=RequestKind.RUN_SCHEDULE, service=random.choice(jobs), token=token))
    if running:
        wanted.append(Request(kind=RequestKind.STOP_TASK, tasks=(random.choice(running).id,), message="by hand"))
    return random.choice(wanted)


def _scales_amid_a_shift(wanted: Request, state: State) -> bool:
    """Whether a count is asked for amid a deployment: a surplus of its source is told as replaced (see J3)."""
    primary = state.primary(wanted.service)
    is_open = primary is not None and primary.rollout_state is RolloutState.IN_PROGRESS
    return wanted.kind is RequestKind.SCALE and is_open


def _details(wanted: Request) -> str:
    tasks = " ".join(each[:8] for each in wanted.tasks)
    seconds = "" if wanted.seconds is None else f"for {wanted.seconds:g} s"
    rests = "" if wanted.suspended is None else str(wanted.suspended)
    return " ".join(
        each for each in (tasks, seconds, rests, "" if wanted.count is None else f"{wanted.count}") if each
    )
