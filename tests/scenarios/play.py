"""A play: what happens on a simulated engine, told in lines that people can read and tests can compare.

[  5.05] pull app:1                      a step was performed
[  5.35] web: 2 new healthy, 1 leaving   a service is otherwise than before ("old": of another revision)
[  5.35] web waits for: ...              why nothing happens
[ 15.35] event web: ...                  a service event of interest

What is told of traffic is in `traffic_words`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.drivers.simulated import Behaviour, expected_behaviour
from reconciler.engine.converge import Converged, World
from reconciler.engine.performer import lane_limits
from reconciler.engine.requests import note
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import ReconcilerError
from reconciler.model.decision import Decision
from reconciler.model.notification import EventKind, EventName
from reconciler.model.request import Request
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Event
from reconciler.model.step import (
    BuildImage,
    ConfigureBalancer,
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    ListImages,
    Outcome,
    ProbeAlarm,
    ProbeMetric,
    PullImage,
    RemoveBalancer,
    RemoveImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveTask,
    RemoveVolume,
    RunHook,
    SampleUsage,
    StartBalancer,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task import DesiredStatus, TaskRecord
from reconciler.store.memory import MemoryStore
from tests.builders import NOW
from tests.scenarios.traffic_words import balancer_words, configuration_words, stage_words
from tests.site import Site


class Crash(BaseException):
    """The process dies here."""


class AttentivePerformer(SimulatedPerformer):
    """Ends a wait when another command asks for something, as the real one is woken."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.engine, site.clock, lane_limits(site.starts_in_flight))
        self._site = site

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        return () if self._site.store.posted("shop") else super().wait(until)


@dataclass
class Play:
    """A site whose every step and change is told. `died_before` kills the process before a step it is true of."""

    site: Site = field(default_factory=Site)
    lines: list[str] = field(default_factory=list)
    behaviours: list[tuple[Callable[[StartContainer], bool], Behaviour]] = field(default_factory=list)
    dies_before: Callable[[Step], bool] = lambda step: False
    names: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    events_told: int = 0
    reactions: list[tuple[Callable[[Decision], bool], Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.engine.behave = self._behave
        self._perform = self.site.engine.perform
        self.site.engine.perform = self._tell_step  # type: ignore[method-assign]
        self.site.observe = self._tell_look

    def apply(self, wanted: Stack, title: str = "") -> Converged | None:
        """Apply a stack; tells how that ended."""
        self.lines.append(f"--- apply{': ' if title else ''}{title}")
        return self._ended(lambda: self.site.apply(wanted, self._world()))

    def go_on(self, title: str) -> Converged | None:
        """Pursue the recorded target once more."""
        self.lines.append(f"--- go on: {title}")
        return self._ended(lambda: self.site.go_on(self._world()))

    def watch(self, seconds: float, title: str) -> None:
        """Watch the stack for so long, unless the process dies."""
        self.lines.append(f"--- watch: {title}")
        try:
            self.site.watch(seconds, self._world())
        except Crash:
            self.tell("the process dies")

    def happens(self, title: str) -> None:
        """Tell what somebody else does."""
        self.lines.append(f"--- {title}")

    def will(self, when: Callable[[StartContainer], bool], behaviour: Behaviour) -> None:
        """Let the containers that `when` is true of behave otherwise than expected."""
        self.behaviours.append((when, behaviour))

    def once(self, when: Callable[[Decision], bool], act: Callable[[], None]) -> None:
        """Let somebody do something during an apply, right after the first look that decides so."""
        self.reactions.append((when, act))

    def ask(self, request: Request) -> None:
        """Let another command ask for something while an apply holds the lock."""
        self.tell(f"somebody asks for {request.kind.value}")
        self.site.store.post("shop", request)

    def note(self, request: Request, title: str) -> None:
        """Carry out a request that needs nothing done."""
        self.happens(title)
        lease = self.site.store.acquire("shop", "protect", 0)
        note(self.site.session(), (request,), "shop", lease)
        lease.release()

    def wait(self, seconds: float) -> None:
        self.site.clock.advance_to(self.site.clock.now() + seconds)

    def container(self, task: str, name: str = "app") -> str:
        """Return the id of the container of a task that the play calls so, such as `web-2`."""
        by_name = {called: task_id for task_id, called in self.names.items()}
        return f"{by_name[task]}-{name}"

    def task(self, name: str) -> str:
        """Return the id of the task that the play calls so."""
        return next(task_id for task_id, called in self.names.items() if called == name)

    def lose_state(self) -> None:
        self.happens("the recorded state is lost")
        self.site.store = MemoryStore()
        self.events_told = 0

    def tell(self, line: str) -> None:
        self.lines.append(f"[{self.site.clock.now() - NOW:7.2f}] {line}")

    def call(self, task_id: str, service: str) -> str:
        """Return what a task is called here: its service, and a number in the order of appearance."""
        if task_id not in self.names:
            number = 1 + sum(called.startswith(f"{service}-") for called in self.names.values())
            self.names[task_id] = f"{service}-{number}"
        return self.names[task_id]

    def _world(self) -> World:
        return self.site.world(performer=AttentivePerformer(self.site))

    def _ended(self, act: Callable[[], Converged]) -> Converged | None:
        try:
            ended = act()
        except Crash:
            self.tell("the process dies")
            return None
        except ReconcilerError as problem:
            self.tell(f"{type(problem).__name__}: {problem}".replace("\n", " "))
            return None
        how = "steady" if ended.decision.is_steady else f"failed: {', '.join(ended.decision.failed) or 'nothing'}"
        self.tell(how)
        return ended

    def _behave(self, step: StartContainer) -> Behaviour:
        return next((each for when, each in self.behaviours if when(step)), expected_behaviour(step))

    def _tell_step(self, step: Step) -> Outcome:
        if self.dies_before(step):
            raise Crash
        outcome = self._perform(step)
        if isinstance(step, _UNTOLD):
            return outcome
        how = "" if outcome.ok else f": {outcome.code}: {outcome.reason}"
        self.tell(_STEPS[type(step)](self, step) + how)
        return outcome

    def _tell_look(self, decision: Decision, shown: Snapshot) -> None:
        groups: dict[str, list[TaskRecord]] = {}
        for record in decision.state.tasks:
            groups.setdefault(record.service_name or record.family, []).append(record)
        for name, records in sorted(groups.items()):
            primary = decision.state.primary(records[0].group)
            self._tell_once(name, f"{name}: {_summary(records, primary.revision if primary else None)}")
        self._tell_traffic(decision, shown)
        for event in decision.state.events:
            if event.number > self.events_told and _is_telling(event):
                self.tell(f"event {event.address}: {self._named(event.message)}")
        self.events_told = max((event.number for event in decision.state.events), default=0)
        for waiting in decision.waiting_for:
            if "/" not in waiting.address:
                self._tell_once(f"? {waiting.address}", f"{waiting.address} waits for: {self._named(waiting.reason)}")
        for reaction in [each for each in self.reactions if each[0](decision)]:
            self.reactions.remove(reaction)
            reaction[1]()

    def _tell_traffic(self, decision: Decision, shown: Snapshot) -> None:
        for service in decision.state.target.services if decision.state.target else ():
            primary = decision.state.primary(service.address)
            stage = stage_words(primary) if primary and service.load_balancers else ""
            if not stage:
                self.told.pop(f"stage of {service.name}", None)
            else:
                self._tell_once(f"stage of {service.name}", f"{service.name} is in {stage}")
        for balancer in shown.balancers:
            self._tell_once(balancer.address, f"{balancer.name}: {balancer_words(balancer, self.called)}")

    def called(self, task_id: str) -> str:
        """Return what a task is called that was started here, or the beginning of its id."""
        return self.names.get(task_id, task_id[:8])

    def _tell_once(self, about: str, line: str) -> None:
        if self.told.get(about) != line:
            self.told[about] = line
            self.tell(line)

    def _named(self, text: str) -> str:
        for task_id, name in self.names.items():
            text = text.replace(task_id[:8], name)
        return re.sub(r"\(deployment \w+\) ", "", text)


_UNTOLD = (SampleUsage, ProbeMetric)
"""What goes on all the time."""

_PLAIN = (EventName.STEADY_STATE, EventName.DEPLOYMENT_IN_PROGRESS)


def _is_telling(event: Event) -> bool:
    is_plain = event.kind is EventKind.TASK or event.name in _PLAIN
    return not is_plain and not event.message.startswith(("has started", "has stopped"))


def _summary(records: list[TaskRecord], revision: int | None) -> str:
    counts: Counter[str] = Counter()
    for record in records:
        if record.is_stopped:
            continue
        age = "new" if record.revision == revision else "old"
        if record.desired_status is DesiredStatus.STOPPED:
            counts[f"{age} leaving"] += 1
        else:
            counts[f"{age} {'healthy' if record.healthy_at else 'starting'}"] += 1
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing runs"


def _start(play: Play, step: Step) -> str:
    assert isinstance(step, StartContainer)
    name = play.call(step.task.id, step.task.service_name or step.task.family)
    return f"start {name}/{step.container}" + (f" ({step.task.family}:{step.task.revision})" if step.image else "")


def _stop(play: Play, step: Step) -> str:
    assert isinstance(step, StopContainer)
    return f"stop {play.names[step.task_id]}/{step.container}: {play._named(step.reason)}"


def _remove(play: Play, step: Step) -> str:
    assert isinstance(step, RemoveTask)
    return f"remove {play.names[step.task_id]}: {play._named(step.reason)}"


def _start_balancer(play: Play, step: Step) -> str:
    assert isinstance(step, StartBalancer)
    words = configuration_words(step.configuration, play.called)
    return f"start balancer {step.settings.name}, {step.reason}: {words}"


def _configure(play: Play, step: Step) -> str:
    assert isinstance(step, ConfigureBalancer)
    return f"configure {step.configuration.name}: {configuration_words(step.configuration, play.called)}"


def _hook(play: Play, step: Step) -> str:
    assert isinstance(step, RunHook)
    return f"run hook {step.run.rpartition('/')[2]} of {step.environment['RECONCILER_STAGE']}"


def _probe(play: Play, step: Step) -> str:
    assert isinstance(step, ProbeAlarm)
    return f"ask alarm {step.probe.rpartition('/')[2]}"


_STEPS: dict[type, Callable[[Play, Step], str]] = {
    CreateOwner: lambda play, step: "create the owner volume",
    RemoveOwner: lambda play, step: "remove the owner volume",
    CreateNetwork: lambda play, step: step.key.replace("_", " "),
    RemoveNetwork: lambda play, step: step.key.replace("_", " "),
    CreateVolume: lambda play, step: step.key.replace("_", " "),
    RemoveVolume: lambda play, step: step.key.replace("_", " "),
    PullImage: lambda play, step: step.key.replace("_image", ""),
    BuildImage: lambda play, step: step.key.replace("_image", ""),
    StartContainer: _start,
    StopContainer: _stop,
    RemoveTask: _remove,
    StartBalancer: _start_balancer,
    ConfigureBalancer: _configure,
    RemoveBalancer: lambda play, step: step.key.replace("balancer", "remove balancer"),
    RunHook: _hook,
    ProbeAlarm: _probe,
    ListImages: lambda play, step: "list images",
    RemoveImage: lambda play, step: step.key.replace("_image", ""),
}
