"""Counted: a crash loop for a simulated hour, by how many tasks are wanted and how they end (H4, I10).

The service was steady. Then all its tasks end, and whatever is started in their place ends too.
"""

from __future__ import annotations

from reconciler.drivers.simulated import Behaviour
from reconciler.model.step import StartContainer
from tests.builders import declared, stack
from tests.site import Site

from .figure import Counted

MOST = 25
"""Tasks started in an hour."""

HOUR = 3600.0

WATCHES = 12
"""Processes that take turns: what holds tasks back is recorded."""

WANTED = (1, 3, 10)

ENDINGS = {
    "ends at once": Behaviour(exits_after=0.1, exit_code=1),
    "ends after 20 s": Behaviour(exits_after=20, exit_code=1),
    "ends after 50 s": Behaviour(exits_after=50, exit_code=1),
    "does not start": Behaviour(start_failure="exec format error"),
}


def crash_loops(count: int) -> Counted:
    """Let services crash for an hour: every count of tasks with every ending, `count` of them in turn."""
    cases = [(wanted, ending) for wanted in WANTED for ending in ENDINGS]
    found = [(*cases[index % len(cases)], _starts(*cases[index % len(cases)])) for index in range(count)]
    problems = tuple(
        f"{wanted} tasks, each {ending}: {starts} starts in an hour, at most {MOST}"
        for wanted, ending, starts in found
        if starts > MOST
    )
    return Counted(count, problems, f"at most {max((starts for *_, starts in found), default=0)} starts")


def _starts(wanted: int, ending: str) -> int:
    """Return how many tasks are started in the hour; the process is another one every few minutes."""
    site = Site(looks=20000)
    site.apply(stack(declared("web", wanted)))
    site.clock.advance_to(site.clock.now() + HOUR)
    site.engine.behave = lambda step: ENDINGS[ending]
    site.engine.steps.clear()
    for task in site.engine.look(site.request()).tasks:
        site.engine.kill(task.containers[0].id, 1)
    for _ in range(WATCHES):
        site.watch(HOUR / WATCHES)
    return sum(isinstance(step, StartContainer) for step in site.engine.steps)
