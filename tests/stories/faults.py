"""What goes wrong: an engine, a store and a performer that fail, lag, forget, or die, as a chapter's dice say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from reconciler.drivers.driver import LookRequest
from reconciler.drivers.simulated import Behaviour, SimulatedEngine, VirtualClock, expected_behaviour
from reconciler.engine.performer import lane_limits
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import EngineError
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.step import (
    BuildImage,
    Outcome,
    ProbeAlarm,
    PullImage,
    RemoveTask,
    RunHook,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task_definition import HOLDER
from reconciler.store.memory import MemoryStore
from reconciler.store.store import Lease

OFTEN, SOMETIMES, SELDOM = 0.3, 0.12, 0.05


class Death(BaseException):
    """The process is gone: nothing of it runs on, not even its error handling."""


@dataclass
class Dice:
    """Whether a fault happens now. `faults` are the kinds at work; `trace` tells what was done, for people."""

    random: Random
    faults: frozenset[str]
    clock: VirtualClock
    trace: list[str]

    def fall(self, fault: str, chance: float) -> bool:
        return fault in self.faults and self.random.random() < chance

    def die(self, where: str) -> None:
        if self.fall("death", SELDOM / 2):
            self.tell(f"the process dies {where}")
            raise Death

    def tell(self, line: str) -> None:
        self.trace.append(f"{self.clock.now() - 1_000_000:8.2f}  {line}")


@dataclass
class FaultyEngine:
    """A driver around a simulated engine."""

    engine: SimulatedEngine
    dice: Dice
    away_until: float = 0.0
    shown: list[Snapshot] = field(default_factory=list)
    last: int = 0

    def look(self, request: LookRequest) -> Snapshot:
        self.dice.die("before a look")
        self._lend_a_hand()
        now = self.dice.clock.now()
        if self.dice.fall("away", SELDOM):
            self.away_until = now + self.dice.random.choice((0.5, 3, 10, 40))
            self.dice.tell(f"the engine is out of reach for {self.away_until - now:g} s")
        if now < self.away_until:
            raise EngineError("the engine is out of reach")
        self.shown.append(self.engine.look(request))
        newest = len(self.shown) - 1
        lag = self.dice.random.randint(0, 5) if self.dice.fall("stale", OFTEN) else 0
        self.last = max(self.last, newest - lag)
        if self.last < newest:
            self.dice.tell(f"a look shows what was {newest - self.last} looks ago")
        return self.shown[self.last]

    def perform(self, step: Step) -> Outcome:
        self.dice.die(f"before {step.key}")
        if self.dice.clock.now() < self.away_until:
            raise EngineError("the engine is out of reach")
        if self.dice.fall("lost", SELDOM):
            self.dice.tell(f"{step.key}: never reached the engine")
            raise EngineError("no answer")
        if self._is_refused(step):
            self.dice.tell(f"{step.key}: refused")
            code = "CannotPullContainerError" if isinstance(step, PullImage | BuildImage) else "EngineRefusal"
            return Outcome(step=step, ok=False, code=code, reason="so the dice fell")
        outcome = self.engine.perform(step)
        self.dice.tell(f"{step.key}" + ("" if outcome.ok else f": {outcome.code}"))
        self.dice.die(f"after {step.key}")
        if self.dice.fall("lost", SELDOM):
            self.dice.tell("... but the answer was lost")
            raise EngineError("no answer")
        return outcome

    def next_change_at(self) -> float | None:
        """Return when an event wakes us: it may be lost, or come after others that happened later."""
        at = self.engine.next_change_at()
        if at is None or self.dice.fall("deaf", OFTEN):
            return None
        return at + self.dice.random.choice((0.5, 3, 20)) if self.dice.fall("late", OFTEN) else at

    def behave(self, step: StartContainer) -> Behaviour:
        """Choose what a container that starts now will do."""
        expected, random = expected_behaviour(step), self.dice.random
        if step.container == HOLDER or not self.dice.fall("crash", OFTEN):
            return expected
        ill = random.choice(
            (
                Behaviour(start_failure="exec format error"),
                Behaviour(exits_after=random.choice((0.1, 5, 15, 40, 90)), exit_code=random.choice((0, 1, 137))),
                Behaviour(healthy_after=2, unhealthy_after=random.choice((4, 20, 60))),
                Behaviour(unhealthy_after=3),
                replace(expected, serves_after=None),
                replace(expected, stops_serving_after=random.choice((5, 30))),
            )
        )
        self.dice.tell(f"... {step.container} will {_told(ill)}")
        return ill

    def hook(self, step: RunHook) -> Outcome:
        """Choose how a hook ends."""
        if not self.dice.fall("doubts", SOMETIMES):
            return Outcome(step=step)
        code = self.dice.random.choice(("HookFailed", "IN_PROGRESS"))
        self.dice.tell(f"... the hook says {code}")
        return Outcome(step=step, ok=code == "IN_PROGRESS", code=code, reason="so the dice fell")

    def probe(self, step: ProbeAlarm) -> float | None:
        """Choose what an alarm's command says."""
        return self.dice.random.choice((None, 9.0)) if self.dice.fall("doubts", SOMETIMES) else 0.0

    def _is_refused(self, step: Step) -> bool:
        return isinstance(step, PullImage | StopContainer | RemoveTask) and self.dice.fall("refused", SOMETIMES)

    def _lend_a_hand(self) -> None:
        """Somebody kills or removes a container of ours."""
        for name in sorted(each.name for each in self.engine.observed_balancers()):
            if self.dice.fall("proxy", SELDOM):
                self.dice.tell(f"the process of balancer {name} is killed")
                self.engine.kill_balancer(name)
            elif self.dice.fall("proxy", SELDOM / 3):
                self.dice.tell(f"by hand: docker stop of balancer {name}")
                self.engine.stop_balancer(name)
        if not self.dice.fall("hands", SOMETIMES):
            return
        ours = sorted(key for key, each in self.engine._containers.items() if each.task.owner != "other")
        if not ours:
            return
        chosen = self.dice.random.choice(ours)
        if self.dice.random.random() < 0.5:
            self.dice.tell(f"by hand: docker kill {chosen}")
            self.engine.kill(chosen)
        else:
            self.dice.tell(f"by hand: docker rm -f {chosen}")
            self.engine.remove(chosen)

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


def _told(behaviour: Behaviour) -> str:
    if behaviour.start_failure:
        return "fail to start"
    if behaviour.exits_after is not None:
        return f"exit with {behaviour.exit_code} after {behaviour.exits_after:g} s"
    if behaviour.unhealthy_after is not None:
        return f"be unhealthy after {behaviour.unhealthy_after:g} s"
    stops = behaviour.stops_serving_after
    return "never serve" if stops is None else f"stop serving after {stops:g} s"


@dataclass
class MortalStore(MemoryStore):
    """A store whose process may die on both sides of a save. Now and then what is read is what was really written."""

    dice: Dice | None = None
    writes: bool = False

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        if self.dice is not None:
            self.dice.die("before a save")
        saved = super().save(state, lease, answered)
        if self.writes:
            self.states[state.stack_name] = State.model_validate_json(saved.model_dump_json(exclude_defaults=True))
        if self.dice is not None:
            self.dice.die("after a save")
        return saved


class FaultyPerformer(SimulatedPerformer):
    """A performer whose waits end too early now and then, and that may leave its steps behind half done."""

    def __init__(self, engine: FaultyEngine, clock: VirtualClock, dice: Dice) -> None:
        super().__init__(engine, clock, lane_limits(4))  # type: ignore[arg-type]
        self.faulty = engine
        self._dice = dice

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        if self._dice.fall("wakes", OFTEN):
            self._clock.advance_to(self._clock.now() + 0.01)
            return ()
        return super().wait(until)

    def die(self) -> None:
        """The engine finishes some of what was asked of it; nobody hears how it went."""
        for _, _, step in sorted(self._queue, key=lambda entry: entry[:2]):
            if self._dice.random.random() < 0.5:
                self._dice.tell(f"{step.key}, though the process that asked is gone")
                self.faulty.engine.perform(step)
