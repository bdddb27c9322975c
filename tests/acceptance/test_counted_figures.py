"""The part of the counted figures that runs in CI; `make acceptance` runs them in full."""

from __future__ import annotations

import pytest

from .adoption import adoption
from .figure import right
from .kills import kills
from .locks import locks
from .reading import reading
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
    assert right(kills(5, seed=5)) == 5


def test_of_applies_at_once_one_works_at_a_time() -> None:
    assert right(locks(2, seed=8)) == 2


def test_a_lost_state_is_adopted_from_labels() -> None:
    assert right(adoption(2, seed=5)) == 2


def test_a_plan_only_reads() -> None:
    assert right(reading(("hello", "shop"), also_applied=("hello",))) == 5


@on_a_busy_machine
def test_no_request_fails_while_everything_is_deployed() -> None:
    assert right(traffic(6000)) >= 6000


def test_the_same_load_sees_failures_when_nothing_is_drained() -> None:
    assert right(undrained_deployments(1)) >= 1


def test_a_task_that_dies_fails_only_what_was_in_progress_on_it() -> None:
    assert right(sudden_death(2, seed=5)) == 2


def test_production_is_on_blue_before_a_shift_on_green_after_it_and_split_between() -> None:
    assert right(shift(2500)) >= 2500


def test_a_revision_that_never_gets_healthy_is_rolled_back_by_every_strategy() -> None:
    assert right(never_healthy(4)) == 4


@on_a_busy_machine
def test_a_blue_green_killed_at_a_random_moment_is_finished_by_the_next_apply() -> None:
    assert right(deploy_kills(5, seed=5)) == 5


@on_a_busy_machine
def test_a_killed_proxy_comes_back_whole_and_mixes_nobody_up() -> None:
    assert right(proxy_killed(4, seed=5)) == 4
