"""The part of a watch's counted figures that runs in CI; `make acceptance` runs them in full.

Without the mark `engine`: each has an engine of its own, and need not wait to be alone with the other one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .beside import beside
from .burners import burners
from .crash_loops import crash_loops
from .event_faults import event_faults
from .figure import right
from .healing import healing
from .idle import all_at_once, idle
from .outages import outages
from .pauses import pauses
from .private_engine import private_engine
from .schedule_kills import schedule_kills
from .soak import soak

pytestmark = pytest.mark.timeout(900)
"""They take minutes on a busy machine."""

IMAGES = ("reconciler-test/busybox:1", "reconciler-test/busybox:2")


@pytest.fixture
def on_an_engine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with private_engine(*IMAGES) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
        yield


on_its_own = pytest.mark.usefixtures("on_an_engine_of_its_own")


@on_its_own
def test_a_killed_task_is_replaced_and_nothing_else_is_touched() -> None:
    assert right(healing(5, is_timed=False)) == 5


@on_its_own
def test_an_idle_watch_costs_next_to_nothing() -> None:
    assert right(idle(20, seconds=30)) == 20


@on_its_own
def test_tasks_killed_at_once_are_started_a_few_at_a_time() -> None:
    assert right(all_at_once(20)) == 20


@on_its_own
def test_a_task_that_ends_is_noticed_however_the_event_stream_fails() -> None:
    assert right(event_faults(10, seed=3, relist=5)) == 10


@on_its_own
def test_a_watch_that_was_stopped_while_another_took_over_does_no_harm_afterwards() -> None:
    assert right(pauses(5, seed=5)) == 5


@on_its_own
def test_an_apply_and_a_watch_never_act_at_once() -> None:
    assert right(beside(4, seed=5)) == 4


@on_its_own
def test_tasks_that_burn_cpu_are_scaled_from_one_to_four_and_back() -> None:
    assert right(burners(1)) == 1


@on_its_own
def test_a_watch_killed_around_the_slots_of_schedules_runs_none_twice() -> None:
    assert right(schedule_kills(3, seed=5)) == 3


def test_a_crash_loop_starts_few_tasks_in_an_hour() -> None:
    assert right(crash_loops(12)) == 12


def test_nothing_is_done_while_the_engine_does_not_answer() -> None:
    assert right(outages(1, away=12)) == 1


def test_a_watch_ends_steady_after_a_minute_of_kills_restarts_and_applies() -> None:
    assert right(soak(60, seed=5)) >= 60
