"""Every mutant of what goes on beside the target is caught by stories of the kind that is there for it.

What catches it is found within so many seeds, all of them fixed; the same story of the right code ends well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from reconciler.model.schedule import Overlap
from tests.stories import watch_mutants as mutants
from tests.stories.plot import Wish
from tests.stories.test_watch_stories import failure
from tests.stories.watch_plot import Chapter, Job, Scaling

STORIES = 6
"""So many stories of a kind are enough to catch a mutant."""

Mutant = Callable[[pytest.MonkeyPatch], None]
SCALED = Scaling("web", 1, 3, ("tracking",))
MAIL = Job("mail", "* * * * *", Overlap.SKIP, retries=0, timeout=100, window=0, count=1)


@dataclass(frozen=True)
class Stories:
    """Stories of a service with autoscaling, or of a job. It is updated once; `gap` seconds nobody watches."""

    faults: tuple[str, ...] = ()
    scaled: tuple[Scaling, ...] = ()
    jobs: tuple[Job, ...] = ()
    gap: float = 0.0

    def told(self, seed: int) -> tuple[Chapter, ...]:
        """Return one of them."""
        wishes = [Wish("web", 3, tag, "plain", (100, 200), 10, ()) for tag in (1, 2) if self.scaled]
        return tuple(
            Chapter(
                seed=f"mutant {seed}/{number}",
                wishes=tuple(wishes[number : number + 1]),
                scalings=self.scaled,
                jobs=self.jobs,
                faults=frozenset(self.faults),
                gap=self.gap * number,
                seconds=200,
            )
            for number in (0, 1)
        )


SCALING = Stories(("asks", "crash"), scaled=(SCALED,))
CAUGHT: tuple[tuple[Mutant, Stories, str], ...] = (
    (mutants.scale_in_while_deploying, SCALING, "I10"),
    (mutants.scale_without_bounds, SCALING, "L1"),
    (mutants.protect_nobody, SCALING, "E7"),
    (mutants.run_whatever_runs, Stories(("slow",), jobs=(MAIL,)), "M5"),
    (mutants.run_however_late, Stories(jobs=(replace(MAIL, expression="*/5 * * * *"),), gap=400), "M6"),
    (mutants.never_time_out, Stories(("slow",), jobs=(MAIL,)), "M8"),
    (mutants.start_what_has_exited, Stories(("slow", "stale"), jobs=(MAIL,)), "M4"),
    (mutants.forget_what_was_run, Stories(jobs=(MAIL,)), "M4"),
)
"""Mutant, what catches it, and the rule that it breaks."""


@pytest.mark.parametrize(("mutant", "stories", "rule"), CAUGHT, ids=[each[0].__name__ for each in CAUGHT])
def test_stories_catch_a_mutant(mutant: Mutant, stories: Stories, rule: str) -> None:
    for seed in range(STORIES):
        problem = _problem(stories, seed, mutant)
        if problem:
            assert problem.startswith(f"{rule}:"), problem
            assert _problem(stories, seed, lambda patch: None) == ""
            return
    pytest.fail(f"{STORIES} stories of {stories} went well: they do not notice that {mutant.__doc__}")


def _problem(stories: Stories, seed: int, mutant: Mutant) -> str:
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        found = failure(stories.told(seed), patch)
    return found[0] if found else ""
