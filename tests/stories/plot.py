"""What a story tells: a sequence of chapters, each an apply of a random stack while some kinds of faults are at work.

A chapter's random numbers come from its own seed, so that leaving out another chapter changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from reconciler.model.container_definition import RestartPolicy
from reconciler.model.service import (
    Alarm,
    Canary,
    DeploymentStrategy,
    LifecycleHook,
    Linear,
    lower_bound,
    upper_bound,
)
from reconciler.model.stack import Stack
from reconciler.model.task_definition import PrivateVolume
from tests.builders import CHECK, EMPTY, Declared, balanced, container, declared, percents, stack

FAULTS = ("crash", "lost", "refused", "away", "stale", "hands", "death", "amnesia", "wakes", "proxy", "doubts")
NAMES = ("db", "api", "web", "cron")
SHAPES = ("plain", "plain", "checked", "pair", "init", "restart", "volume")
STRATEGIES = ("", "", "ROLLING", "BLUE_GREEN", "LINEAR", "CANARY")
"""How the traffic of a service moves; without a strategy it is behind no load balancer."""
BOUNDS = ((100, 200), (50, 150), (0, 100), (50, 100), (100, 150), (67, 134), (0, 200))


@dataclass(frozen=True)
class Wish:
    """One service of a random stack."""

    name: str
    count: int
    tag: int
    shape: str
    bounds: tuple[int, int]
    healthy_time: int
    after: tuple[str, ...]
    strategy: str = ""

    def __str__(self) -> str:
        behind = f" {self.strategy}" if self.strategy else ""
        return f"{self.name}:{self.tag} x{self.count} {self.shape} {self.bounds[0]}/{self.bounds[1]}{behind}"


@dataclass(frozen=True)
class Chapter:
    """Apply `wishes` (none of them: destroy) while `faults` are at work."""

    seed: str
    wishes: tuple[Wish, ...]
    faults: frozenset[str]

    @property
    def stack(self) -> Stack:
        wanted = {wish.name for wish in self.wishes}
        return stack(*(declared_by(wish, wanted) for wish in self.wishes)) if self.wishes else EMPTY

    @property
    def names(self) -> set[str]:
        """The services."""
        return {wish.name for wish in self.wishes}

    def without(self, name: str) -> Chapter:
        """The same without one service."""
        return replace(self, wishes=tuple(each for each in self.wishes if each.name != name))

    def __str__(self) -> str:
        wishes = ", ".join(str(wish) for wish in self.wishes)
        return f"apply [{wishes}] with {', '.join(sorted(self.faults)) or 'no faults'}"


def chapters(seed: int) -> tuple[Chapter, ...]:
    """Return the chapters of a story: two to four, the last of which the world recovers in."""
    random = Random(f"story {seed}")
    kinds = frozenset(random.sample(FAULTS, random.randint(1, 4)))
    shapes = {name: random.choice(SHAPES) for name in NAMES}
    strategies = {name: random.choice(STRATEGIES) for name in NAMES}
    wishes: tuple[Wish, ...] = tuple(
        _new(name, shapes, strategies, random) for name in NAMES if random.random() < 0.45
    )
    told = []
    for number in range(random.randint(1, 3)):
        faults = frozenset(kind for kind in sorted(kinds) if random.random() < 0.8)
        told.append(Chapter(f"{seed}/{number}", wishes, faults))
        wishes = _changed(wishes, shapes, strategies, random)
    return tuple(told)


def _new(name: str, shapes: Mapping[str, str], strategies: Mapping[str, str], random: Random) -> Wish:
    count = random.choice((0, 1, 1, 2, 2, 3, 4))
    earlier = NAMES[: NAMES.index(name)]
    return Wish(
        name=name,
        count=count,
        tag=1,
        shape=shapes[name],
        bounds=_bounds(count, random),
        healthy_time=random.choice((0, 2, 10)),
        after=tuple(each for each in earlier if random.random() < 0.3),
        strategy=strategies[name],
    )


def _bounds(count: int, random: Random) -> tuple[int, int]:
    """Choose bounds that can move at all (I2)."""
    movable = [each for each in BOUNDS if upper_bound(count, each[1]) > count or lower_bound(count, each[0]) < count]
    return random.choice(movable or BOUNDS)


def _changed(
    wishes: tuple[Wish, ...], shapes: Mapping[str, str], strategies: Mapping[str, str], random: Random
) -> tuple[Wish, ...]:
    if random.random() < 0.12:
        return ()
    found = {wish.name: wish for wish in wishes}
    for name in NAMES:
        if name not in found:
            if random.random() < 0.25:
                found[name] = _new(name, shapes, strategies, random)
        elif random.random() < 0.15:
            del found[name]
        elif random.random() < 0.6:
            found[name] = _changed_wish(found[name], random)
    return tuple(found[name] for name in NAMES if name in found)


def _changed_wish(wish: Wish, random: Random) -> Wish:
    if random.random() < 0.6:
        wish = replace(wish, tag=wish.tag + 1)
    if random.random() < 0.4:
        count = random.choice((0, 1, 2, 3, 4))
        wish = replace(wish, count=count, bounds=_bounds(count, random))
    if wish.strategy and random.random() < 0.15:
        wish = replace(wish, strategy=random.choice(STRATEGIES[2:]))
    return wish


def declared_by(wish: Wish, wanted: set[str]) -> Declared:
    """Return the service that is wished for, after those of `wanted` that it names, and its task definition."""
    image = f"{wish.name}:{wish.tag}"
    containers, more = _SHAPES[wish.shape](image)
    after = tuple(each for each in wish.after if each in wanted)
    configuration = percents(*wish.bounds, minimum_healthy_time=wish.healthy_time, timeout=120, **_traffic(wish))
    if wish.strategy:
        more["tested"] = wish.strategy != "ROLLING"
        return balanced(wish.name, wish.count, *containers, configuration=configuration, after=after, **more)
    return declared(wish.name, wish.count, *containers, configuration=configuration, after=after, **more)


def _traffic(wish: Wish) -> dict[str, Any]:
    """Short shifts and bakes, a hook in two stages, and an alarm: for services behind a load balancer."""
    if not wish.strategy:
        return {}
    stages = ("PRE_SCALE_UP", "POST_SCALE_UP") if wish.strategy == "ROLLING" else ("POST_TEST_TRAFFIC_SHIFT",)
    return {
        "strategy": DeploymentStrategy(wish.strategy),
        "bake_time": 15,
        "linear": Linear(step_percent=40, step_bake_time=8),
        "canary": Canary(percent=10, bake_time=12),
        "alarms": (Alarm(name="errors", command=("check",), greater_than=1, period=5, datapoints=2),),
        "lifecycle_hooks": (LifecycleHook(name="smoke", stages=stages, command=("smoke",)),),
    }


def _plain(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (container(image=image),), {}


def _checked(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (container(image=image, health_check=CHECK),), {"health_check_grace_period": 3}


def _pair(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    side = container("side", image, essential=False)
    return (container(image=image, health_check=CHECK, after={"side": "START"}), side), {}


def _init(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    init = container("init", image, essential=False, start_timeout=20)
    return (container(image=image, after={"init": "SUCCESS"}), init), {}


def _restart(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (container(image=image, restart_policy=RestartPolicy(restart_attempt_period=20)),), {}


def _volume(image: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (container(image=image),), {"volumes": (PrivateVolume(name="scratch"),)}


_SHAPES: Mapping[str, Any] = {
    "plain": _plain,
    "checked": _checked,
    "pair": _pair,
    "init": _init,
    "restart": _restart,
    "volume": _volume,
}
