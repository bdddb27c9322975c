"""`converge`: look, decide, save, perform, wait, and ask again, until the caller says that it is enough.

What was decided is saved before it is performed. A process that dies anywhere in here is healed by the next run:
it looks, and decides again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler.clock import Clock
from reconciler.drivers.driver import Driver
from reconciler.engine.looking import look_request, refuse_others
from reconciler.engine.performer import Performer
from reconciler.engine.retries import TRIES, Retries
from reconciler.errors import (
    EngineError,
    HandedOverError,
    PartialError,
    ReconcilerError,
    StoppedBySignalError,
    StoreError,
)
from reconciler.model.decision import Decision, Pass
from reconciler.model.notification import EventKind, EventType
from reconciler.model.request import Request, RequestKind
from reconciler.model.snapshot import SecretReading, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Outcome
from reconciler.planner.requests import carry_out
from reconciler.scheduler.ahead import not_ahead
from reconciler.scheduler.asides import attend
from reconciler.scheduler.history import Told, with_events
from reconciler.scheduler.moved import as_recorded
from reconciler.scheduler.overdue import without_overdue
from reconciler.scheduler.scaling.capacity import with_capacities
from reconciler.scheduler.scheduler import decide
from reconciler.store.store import Lease, Posted, Store


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds; all of them may be shortened in tests."""

    relist: float = 25.0
    poll_deploying: float = 2.0
    poll_idle: float = 10.0
    """How often load balancers are asked how their targets are: the engine has no events of that."""
    retry: float = 1.0
    abandon_steps_after: float = 8.0


@dataclass(frozen=True, slots=True)
class World:
    """Everything that has effects, behind protocols."""

    driver: Driver
    performer: Performer
    store: Store
    clock: Clock
    secrets: Callable[[], tuple[SecretReading, ...]] = tuple
    observe: Callable[[Decision, Snapshot], None] = lambda decision, snapshot: None
    passed: Callable[[Pass], None] = lambda passed: None
    """Told after every save how long that took."""
    hold: Callable[[Lease], None] = lambda lease: None
    """Told at first which lease everything is done under, so that effects can ask it."""
    is_interrupted: Callable[[], bool] = lambda: False
    is_patient: bool = False
    """Whether it is a watch: it gives nothing up, and makes way for whoever asks for the stack."""
    jitter: Callable[[], float] = lambda: 1.0
    """What the pause between two looks is multiplied by, so that many watches do not look all at once."""
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Converged:
    """Where a converge ended."""

    state: State
    decision: Decision
    snapshot: Snapshot


def converge(
    world: World, stack: Stack, state: State, lease: Lease, is_enough: Callable[[Decision], bool]
) -> Converged:
    """Bring what runs to the target until `is_enough` of a decision; returns where it ended.

    Raises PartialError when it had to stop half-way, StoreError or EngineError when nothing was performed yet,
    StoppedBySignalError after the steps in hand when the user interrupted, StaleError when the lease was lost.
    """
    world.hold(lease)
    run = _Run(world, stack, not_ahead(state, world.clock.now()), lease, readings=world.secrets())
    while True:
        lease.check()
        run.carry_out_requests()
        began = world.clock.now()
        snapshot = run.look()
        looked = world.clock.now()
        decision = run.decide_and_save(snapshot)
        run.tell_pass(began, looked)
        run.give_up_if_hopeless()
        world.observe(decision, snapshot)
        if world.is_interrupted():
            run.finish_steps()
            raise StoppedBySignalError("interrupted: the state is saved; the next apply goes on from here")
        if is_enough(decision):
            return Converged(run.state, decision, snapshot)
        run.submit(decision)
        run.wait(decision)


def _with_request(request: Request, state: State, now: float) -> State:
    """Carry out a request; whoever made it finds in the events, by its token, what came of it."""
    address = request.service or f"deployment {request.deployment}"
    told = Told(address, f"{_words(request)} was asked for.", EventKind.REQUEST, subject=request.token)
    try:
        state = carry_out(request, state, now)
    except ReconcilerError as refusal:
        told = told._replace(message=f"{_words(request)} was refused: {refusal}", type=EventType.WARN)
    return with_events(state, [told], now)


def _words(request: Request) -> str:
    """Return what was asked for in the words of the command: one kind serves `suspend` and `resume`."""
    return "autoscaling suspend or resume" if request.kind is RequestKind.SUSPEND else request.kind.value


@dataclass
class _Run:
    """What one converge remembers between looks."""

    world: World
    stack: Stack
    state: State
    lease: Lease
    readings: tuple[SecretReading, ...]
    outcomes: tuple[Outcome, ...] = ()
    has_performed: bool = False
    submitted: set[str] = field(default_factory=set)
    waited_seconds: float = 0.0
    retries: Retries = field(init=False)

    def __post_init__(self) -> None:
        self.retries = Retries(self.world.settings.retry, self.world.is_patient)

    def carry_out_requests(self) -> None:
        """Record what other commands asked for since: they could not, for we hold the lock.

        Raises HandedOverError when one of them asks for the stack itself, and we are a watch.
        """
        posted = [each for each in self.world.store.posted(self.state.stack_name) if self._concerns_us(each)]
        if not posted:
            return
        state = self.state
        wanted = [each.request for each in posted if each.request.kind is not RequestKind.HAND_OVER]
        for request in wanted:
            state = _with_request(request, state, self.world.clock.now())
        if len(wanted) < len(posted):
            self.state = self._save(state)
            with suppress(EngineError):  # out of reach: whoever asked sees that, or does not need it
                self.finish_steps()
            self.state = self._save(self.state, answered=tuple(each.number for each in posted))
            raise HandedOverError("the stack was asked for")
        self.state = self._save(state, answered=tuple(each.number for each in posted))
        if self.state.target is not None and self.stack.services:
            self.stack = self.stack.changed(services=self.state.target.services)  # a count may have changed

    def _concerns_us(self, posted: Posted) -> bool:
        """Only a watch makes way: whoever asks an apply waits for its end."""
        return self.world.is_patient or posted.request.kind is not RequestKind.HAND_OVER

    def look(self) -> Snapshot:
        in_flight = self.world.performer.in_flight
        shown = self._look_patiently()
        ended = {outcome.step.key for outcome in self.outcomes}
        return shown.changed(outcomes=self.outcomes, in_flight=in_flight - ended, secrets=self.readings)

    def decide_and_save(self, snapshot: Snapshot) -> Decision:
        now = self.world.clock.now()
        decision = decide(self.stack, without_overdue(self.stack, self.state, snapshot, now), snapshot, now)
        decision = attend(with_capacities(self.stack, decision.state), decision, snapshot, now)
        self.retries.note(self.outcomes, self.world.clock.now())
        self.outcomes = ()
        if decision.state != self.state:
            self.state = self._save(decision.state)
        return decision

    def give_up_if_hopeless(self) -> None:
        """Raise PartialError when a step that serves no single task failed too often. What was seen is saved."""
        if self.retries.hopeless:
            raise PartialError(self.retries.hopeless)

    def tell_pass(self, began: float, looked: float) -> None:
        """Say how long the look since `began`, and what followed from it since `looked`, took."""
        waited, now = self.waited_seconds, self.world.clock.now()
        self.world.passed(Pass(look_seconds=looked - began, decide_seconds=now - looked, waited_seconds=waited))

    def submit(self, decision: Decision) -> None:
        now = self.world.clock.now()
        for step in (*decision.steps, *decision.asides):
            if self.retries.may_try(step.key, now) and self.world.performer.submit(step):
                self.has_performed = True
                self.submitted.add(step.key)

    def wait(self, decision: Decision) -> None:
        now = self.world.clock.now()
        relist = self.world.settings.relist * self.world.jitter()
        times = [now + relist, *self.retries.ahead(now)]
        if self.stack.load_balancers:
            times.append(now + self._poll_seconds(decision))
        if decision.wake_at is not None:
            times.append(decision.wake_at)
        self.outcomes = self._wait(min(times))
        self.waited_seconds = self.world.clock.now() - now

    def _poll_seconds(self, decision: Decision) -> float:
        settings = self.world.settings
        return settings.poll_deploying if decision.unsettled else settings.poll_idle

    def finish_steps(self) -> None:
        """Wait for the steps in hand, but not for ever; what they did is seen by the next run."""
        deadline = self.world.clock.now() + self.world.settings.abandon_steps_after
        while self.world.performer.in_flight and self.world.clock.now() < deadline:
            self.outcomes += self._wait(deadline)
        snapshot = self.look()
        self.decide_and_save(snapshot)

    def _look_patiently(self) -> Snapshot:
        request = look_request(self.stack, self.state, detailed=not self.stack.is_empty)
        for tries in range(TRIES):
            try:
                shown = self.world.driver.look(request)
                if self.world.is_patient:
                    refuse_others(shown, self.state)
                return as_recorded(shown, self.state)
            except EngineError as problem:
                if not self.has_performed or self.world.is_patient:
                    raise
                if tries == TRIES - 1 or self.world.is_interrupted():
                    raise PartialError(f"{problem}\nWhat was done is recorded; apply again to go on.") from problem
                self._wait_out(self.world.settings.retry * 2**tries)
        raise AssertionError("unreachable: the loop returns or raises")

    def _wait_out(self, seconds: float) -> None:
        """Wait that long whatever happens meanwhile, unless the user interrupts."""
        until = self.world.clock.now() + seconds
        while self.world.clock.now() < until and not self.world.is_interrupted():
            self.outcomes += self._wait(until)

    def _save(self, state: State, answered: tuple[int, ...] = ()) -> State:
        try:
            return self.world.store.save(state, self.lease, answered)
        except StoreError as problem:
            if not self.has_performed or self.world.is_patient:
                raise
            raise PartialError(f"{problem}\nSome steps were performed; apply again once this is mended.") from problem

    def _wait(self, until: float) -> tuple[Outcome, ...]:
        """Wait, and space out the tries of steps that ended without an outcome: the engine was out of reach."""
        outcomes = self.world.performer.wait(until)
        unfinished = self.submitted & self.world.performer.in_flight
        for key in sorted(self.submitted - unfinished - {outcome.step.key for outcome in outcomes}):
            self.retries.space_out(key, f"{key}: the engine gave no answer", self.world.clock.now())
        self.submitted = unfinished
        return outcomes
