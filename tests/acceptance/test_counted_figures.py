"""The part of the counted figures that runs in CI; `make acceptance` runs them in full."""

from __future__ import annotations

import pytest

from .adoption import adoption
from .beside import beside
from .burners import burners
from .crash_loops import crash_loops
from .event_faults import event_faults
from .figure import Counted
from .healing import healing
from .idle import all_at_once, idle
from .kills import kills
from .locks import locks
from .outages import outages
from .pauses import pauses
from .reading import reading
from .schedule_kills import schedule_kills
from .traffic.deploy_kills import deploy_kills
from .traffic.deploying import traffic, undrained_deployments
from .traffic.never_healthy import never_healthy
from .traffic.proxy_killed import proxy_killed
from .traffic.shift import shift
from .traffic.sudden_death import sudden_death

pytestmark = pytest.mark.engine

on_a_busy_machine = pytest.mark.timeout(900)
"""Of what takes minutes even on an idle one."""


def test_an_apply_killed_at_a_random_moment_is_finished_by_the_next_one() -> None:
    assert _right(kills(5, seed=5)) == 5


def test_of_applies_at_once_one_works_at_a_time() -> None:
    assert _right(locks(2, seed=8)) == 2


def test_a_lost_state_is_adopted_from_labels() -> None:
    assert _right(adoption(2, seed=5)) == 2


def test_a_plan_only_reads() -> None:
    assert _right(reading(("hello", "shop"), also_applied=("hello",))) == 5


@on_a_busy_machine
def test_no_request_fails_while_everything_is_deployed() -> None:
    assert _right(traffic(6000)) >= 6000


def test_the_same_load_sees_failures_when_nothing_is_drained() -> None:
    assert _right(undrained_deployments(1)) >= 1


def test_a_task_that_dies_fails_only_what_was_in_progress_on_it() -> None:
    assert _right(sudden_death(2, seed=5)) == 2


def test_production_is_on_blue_before_a_shift_on_green_after_it_and_split_between() -> None:
    assert _right(shift(2500)) >= 2500


def test_a_revision_that_never_gets_healthy_is_rolled_back_by_every_strategy() -> None:
    assert _right(never_healthy(4)) == 4


@on_a_busy_machine
def test_a_blue_green_killed_at_a_random_moment_is_finished_by_the_next_apply() -> None:
    assert _right(deploy_kills(5, seed=5)) == 5


@on_a_busy_machine
def test_a_killed_proxy_comes_back_whole_and_mixes_nobody_up() -> None:
    assert _right(proxy_killed(4, seed=5)) == 4


def test_a_killed_task_is_replaced_and_nothing_else_is_touched() -> None:
    assert _right(healing(5, is_timed=False)) == 5


def test_an_idle_watch_costs_next_to_nothing() -> None:
    assert _right(idle(20, seconds=30)) == 20


def test_tasks_killed_at_once_are_started_a_few_at_a_time() -> None:
    assert _right(all_at_once(20)) == 20


def test_nothing_is_done_while_the_engine_does_not_answer() -> None:
    assert _right(outages(1, away=12)) == 1


def test_a_task_that_ends_is_noticed_however_the_event_stream_fails() -> None:
    assert _right(event_faults(10, seed=3, relist=5)) == 10


@on_a_busy_machine
def test_a_watch_that_was_stopped_while_another_took_over_does_no_harm_afterwards() -> None:
    assert _right(pauses(5, seed=5)) == 5


@on_a_busy_machine
def test_an_apply_and_a_watch_never_act_at_once() -> None:
    assert _right(beside(4, seed=5)) == 4


def test_a_crash_loop_starts_few_tasks_in_an_hour() -> None:
    assert _right(crash_loops(12)) == 12


def test_tasks_that_burn_cpu_are_scaled_from_one_to_four_and_back() -> None:
    assert _right(burners(1)) == 1


@on_a_busy_machine
def test_a_watch_killed_around_the_slots_of_schedules_runs_none_twice() -> None:
    assert _right(schedule_kills(3, seed=5)) == 3


def _right(counted: Counted) -> int:
    """Return how often it was tried; every problem is a failure, told in full."""
    if counted.problems:
        pytest.fail("\n".join((counted.remark, *counted.problems)), pytrace=False)
    return counted.tried
