"""What a story of a watch tells: chapters of a stack that is scaled, runs jobs, and is watched while things go wrong.

A chapter's random numbers come from its own seed, so that leaving out another chapter changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from reconciler.model.notification import EventKind, Notification
from reconciler.model.scaling import (
    AdjustmentType,
    Autoscaling,
    ScalingMetric,
    ScheduledAction,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from reconciler.model.schedule import Overlap, Schedule, ScheduledTask
from reconciler.model.service import Prometheus
from reconciler.model.stack import Stack
from reconciler.model.task_definition import TaskDefinition
from tests.builders import container, definition, stack
from tests.stories.plot import BOUNDS, SHAPES, Wish, declared_by

FAULTS = ("crash", "lost", "refused", "away", "stale", "hands", "death", "wakes", "deaf", "late")
FAULTS_OF_WATCHES = ("gaps", "asks", "thief", "restart", "slow", "undelivered")
"""Metrics that say nothing, requests of other commands, a lease that is taken, an engine that is started again, jobs
that take long or fail, and receivers of notifications that take nothing."""

SCALED, FIXED, JOBS = ("api", "web"), ("db",), ("mail", "report")
POLICIES = ("tracking", "cpu", "steps", "percent", "exact", "actions")
QUERY = Prometheus(url="http://prometheus", query="load")
NOTIFIED = (EventKind.SCALING, EventKind.SCHEDULE)
CPUS = 0.5
"""What a container of a service may use."""

CALM_VALUE = 57.0
"""What makes no policy move: neither above a target of 60, nor below nine tenths of it."""


@dataclass(frozen=True)
class Scaling:
    """The autoscaling of one service."""

    name: str
    low: int
    high: int
    policies: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.low}..{self.high} of {self.name} by {'+'.join(self.policies) or 'nobody'}"


@dataclass(frozen=True)
class Job:
    """A scheduled task."""

    name: str
    expression: str
    overlap: Overlap
    retries: int
    timeout: float
    window: float
    count: int
    tag: int = 1

    def __str__(self) -> str:
        ends = f"{self.retries} retries of {self.timeout:g} s, window {self.window:g} s"
        return f"{self.name}:{self.tag} x{self.count} {self.expression} {self.overlap} {ends}"


@dataclass(frozen=True)
class Chapter:
    """`gap` seconds after the one before apply this, and watch it for `seconds` while `faults` are at work."""

    seed: str
    wishes: tuple[Wish, ...]
    scalings: tuple[Scaling, ...]
    jobs: tuple[Job, ...]
    faults: frozenset[str]
    gap: float
    seconds: float

    @property
    def stack(self) -> Stack:
        """What is applied."""
        wanted = {wish.name for wish in self.wishes}
        services = stack(*(declared_by(wish, wanted) for wish in self.wishes))
        jobs = {f"task_definition.{job.name}": _job_definition(job) for job in self.jobs}
        return services.changed(
            definitions={**{each: _limited(found) for each, found in services.definitions.items()}, **jobs},
            autoscalings=tuple(_autoscaling(each) for each in self.scalings),
            scheduled_tasks=tuple(_scheduled(job) for job in self.jobs),
            notifications=(Notification(address="notification.some", url="http://receiver", events=NOTIFIED),),
        )

    @property
    def quiet(self) -> Chapter:
        """The same services, with nothing that moves by itself."""
        scalings = (
            replace(each, policies=tuple(kind for kind in each.policies if kind != "actions"))
            for each in self.scalings
        )
        return replace(self, scalings=tuple(scalings), jobs=())

    @property
    def names(self) -> set[str]:
        """The services and the jobs."""
        return {each.name for each in (*self.wishes, *self.jobs)}

    def without(self, name: str) -> Chapter:
        """The same without one service or job."""
        return replace(
            self,
            wishes=tuple(each for each in self.wishes if each.name != name),
            scalings=tuple(each for each in self.scalings if each.name != name),
            jobs=tuple(each for each in self.jobs if each.name != name),
        )

    def __str__(self) -> str:
        told = ", ".join(str(each) for each in (*self.wishes, *self.scalings, *self.jobs))
        faults = ", ".join(sorted(self.faults)) or "no faults"
        return f"{self.gap:g} s later apply [{told}] and watch it for {self.seconds:g} s with {faults}"


def chapters(seed: int) -> tuple[Chapter, ...]:
    """Return the chapters of a story: one to three, the last of which the world recovers in."""
    random = Random(f"watch {seed}")
    kinds = frozenset(random.sample(FAULTS, random.randint(0, 3)))
    kinds |= frozenset(random.sample(FAULTS_OF_WATCHES, random.randint(1, 3)))
    wishes = tuple(_wish(name, random) for name in (*SCALED, *FIXED) if random.random() < 0.6)
    scalings = tuple(_scaling(each.name, random) for each in wishes if each.name in SCALED)
    jobs = tuple(_job(name, random) for name in JOBS if random.random() < 0.6)
    told = []
    for number in range(random.choice((1, 2, 2))):
        faults = frozenset(kind for kind in sorted(kinds) if random.random() < 0.8)
        gap = random.choice((0, 0, 30, 100, 400, 8000)) if number else 0
        seconds = random.choice((100, 200, 300))
        told.append(Chapter(f"watch {seed}/{number}", wishes, scalings, jobs, faults, gap, seconds))
        wishes, scalings, jobs = _changed(wishes, scalings, jobs, random)
    return tuple(told)


def _wish(name: str, random: Random) -> Wish:
    return Wish(
        name=name,
        count=random.choice((1, 2, 3)),
        tag=1,
        shape=random.choice(SHAPES),
        bounds=random.choice([each for each in BOUNDS if each[1] >= 200 or each[0] == 0]),
        healthy_time=random.choice((0, 2, 10)),
        after=(),
        strategy=random.choice(("", "", "", "ROLLING", "BLUE_GREEN", "CANARY")),
    )


def _scaling(name: str, random: Random) -> Scaling:
    low = random.choice((0, 1, 1, 2))
    policies = random.sample(POLICIES, random.choice((1, 1, 2, 3)))
    return Scaling(name, low, low + random.choice((1, 3, 5)), tuple(sorted(policies)))


def _job(name: str, random: Random) -> Job:
    return Job(
        name=name,
        expression=random.choice(("* * * * *", "*/2 * * * *", "rate(1 minute)", "cron(0/3 * * * ? *)")),
        overlap=random.choice(tuple(Overlap)),
        retries=random.choice((0, 0, 1, 2)),
        timeout=random.choice((15, 45, 100)),
        window=random.choice((0, 0, 120, 600)),
        count=random.choice((1, 1, 2)),
    )


def _changed(
    wishes: tuple[Wish, ...], scalings: tuple[Scaling, ...], jobs: tuple[Job, ...], random: Random
) -> tuple[tuple[Wish, ...], tuple[Scaling, ...], tuple[Job, ...]]:
    """Return what the next chapter wants. The overlap of a job stays, so that its runs can be judged by it."""
    wishes = tuple(replace(each, tag=each.tag + (random.random() < 0.5)) for each in wishes if random.random() < 0.9)
    names = {each.name for each in wishes}
    scalings = tuple(
        _scaling(each.name, random) if random.random() < 0.5 else each for each in scalings if each.name in names
    )
    jobs = tuple(_changed_job(each, random) for each in jobs if random.random() < 0.85)
    return wishes, scalings, jobs


def _changed_job(job: Job, random: Random) -> Job:
    if random.random() < 0.5:
        return replace(job, tag=job.tag + 1)
    return replace(_job(job.name, random), overlap=job.overlap) if random.random() < 0.5 else job


def _limited(found: TaskDefinition) -> TaskDefinition:
    """Return a definition whose containers may use so much."""
    return found.changed(containers=tuple(each.changed(cpu=int(CPUS * 1024)) for each in found.containers))


def _job_definition(job: Job) -> TaskDefinition:
    return definition(container(image=f"{job.name}:{job.tag}"), family=job.name)


def _scheduled(job: Job) -> ScheduledTask:
    return ScheduledTask(
        address=f"scheduled_task.{job.name}",
        name=job.name,
        task_definition=f"task_definition.{job.name}",
        schedule=Schedule(expression=job.expression),
        task_count=job.count,
        overlap=job.overlap,
        retries=job.retries,
        timeout=job.timeout,
        catch_up_window=job.window,
    )


def _autoscaling(scaling: Scaling) -> Autoscaling:
    policies = [each for kind in scaling.policies for each in _policies(kind)]
    return Autoscaling(
        address=f"autoscaling.{scaling.name}",
        service=f"service.{scaling.name}",
        min_capacity=scaling.low,
        max_capacity=scaling.high,
        target_trackings=tuple(each for each in policies if isinstance(each, TargetTracking)),
        step_scalings=tuple(each for each in policies if isinstance(each, StepScaling)),
        scheduled_actions=tuple(each for each in policies if isinstance(each, ScheduledAction)),
    )


def _policies(kind: str) -> Iterator[TargetTracking | StepScaling | ScheduledAction]:
    """Yield what a kind of policy is: short periods, so that much happens in a chapter."""
    tracked = {"name": kind, "target_value": 60, "scale_out_cooldown": 40, "scale_in_cooldown": 60, "period": 20}
    if kind == "tracking":
        yield TargetTracking(prometheus=QUERY, scale_out_periods=1, scale_in_periods=3, **tracked)
    elif kind == "cpu":
        yield TargetTracking(metric=ScalingMetric.CPU, scale_out_periods=2, scale_in_periods=3, **tracked)
    elif kind in _STEPPED:
        steps, how = _STEPPED[kind]
        found = tuple(StepAdjustment(lower_bound=low, upper_bound=up, adjustment=by) for low, up, by in steps)
        yield StepScaling(
            name=kind, prometheus=QUERY, threshold=60, period=20, cooldown=40, steps=found, adjustment_type=how
        )
    else:
        every_four = (Schedule(expression="*/4 * * * *"), Schedule(expression="2/4 * * * *"))
        yield ScheduledAction(name="up", schedule=every_four[0], min_capacity=2, max_capacity=6)
        yield ScheduledAction(name="down", schedule=every_four[1], min_capacity=1, max_capacity=2)


_STEPPED: Mapping[str, tuple[tuple[tuple[float | None, float | None, int], ...], AdjustmentType]] = {
    "steps": (((0, 40, 1), (40, None, 2), (None, -20, -1)), AdjustmentType.CHANGE_IN_CAPACITY),
    "percent": (((0, None, 50), (None, -20, -50)), AdjustmentType.PERCENT_CHANGE_IN_CAPACITY),
    "exact": (((0, None, 4), (None, -30, 1)), AdjustmentType.EXACT_CAPACITY),
}
