"""Rolling update, scaling and healing as arithmetic (c1, c7, H2, H8, I1)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.service import lower_bound, upper_bound
from reconciler.model.task import DesiredStatus
from reconciler.scheduler.rolling import Fleet, Move, roll
from reconciler.scheduler.task_view import TaskView
from tests.builders import NOW, percents, view


def old(*ordinals: int, healthy: bool = True) -> tuple[TaskView, ...]:
    return tuple(view(each, healthy=healthy) for each in ordinals)


new = old


def ill(*ordinals: int) -> tuple[TaskView, ...]:
    return tuple(view(each, health="unhealthy") for each in ordinals)


def ordinals(move: Move) -> tuple[int, list[int]]:
    return move.start, [each.record.ordinal for each in move.stop]


def test_four_tasks_at_50_percent_may_stop_two_first() -> None:
    assert ordinals(roll(4, percents(50, 100), Fleet(replace=old(1, 2, 3, 4)))) == (0, [1, 2])


def test_two_tasks_at_75_percent_may_not_stop_any_first() -> None:
    assert ordinals(roll(2, percents(75, 200), Fleet(replace=old(1, 2)))) == (2, [])


def test_four_tasks_at_200_percent_may_start_four() -> None:
    assert ordinals(roll(4, percents(100, 200), Fleet(replace=old(1, 2, 3, 4)))) == (4, [])


def test_three_tasks_at_125_percent_may_not_start_any() -> None:
    assert ordinals(roll(3, percents(100, 125), Fleet(replace=old(1, 2, 3)))) == (0, [])


def test_four_tasks_at_50_150_are_replaced_two_at_a_time() -> None:
    bounds = percents(50, 150)
    assert ordinals(roll(4, bounds, Fleet(replace=old(1, 2, 3, 4)))) == (2, [1, 2])
    assert ordinals(roll(4, bounds, Fleet(keep=new(5, 6, healthy=False), replace=old(3, 4)))) == (2, [])
    assert ordinals(roll(4, bounds, Fleet(keep=new(5, 6), replace=old(3, 4)))) == (2, [3, 4])


def test_each_healthy_new_task_retires_one_old_one() -> None:
    young = new(7, 8, healthy=False)
    assert ordinals(roll(4, percents(), Fleet(keep=(*new(5, 6), *young), replace=old(1, 2, 3, 4)))) == (0, [1, 2])


def test_a_healthy_old_task_is_never_removed_for_an_unhealthy_new_one() -> None:
    fleet = Fleet(replace=old(1, 2, 3, 4), unhealthy=ill(5, 6, 7, 8))
    assert ordinals(roll(4, percents(), fleet, may_start=False)) == (0, [])


def test_recreate_stops_all_first_and_starts_when_they_are_gone() -> None:
    assert ordinals(roll(3, percents(0, 100), Fleet(replace=old(1, 2, 3)))) == (0, [1, 2, 3])
    leaving = tuple(view(each, desired_status=DesiredStatus.STOPPED) for each in (1, 2, 3))
    assert ordinals(roll(3, percents(0, 100), Fleet(leaving=leaving))) == (0, [])
    assert ordinals(roll(3, percents(0, 100), Fleet(leaving=leaving[:1]))) == (2, [])


def test_nothing_is_stopped_to_make_room_while_nothing_may_start() -> None:
    assert ordinals(roll(3, percents(0, 100), Fleet(replace=old(1, 2, 3)), may_start=False)) == (0, [])


def test_scale_in_stops_those_not_healthy_first_then_the_newest() -> None:
    keep = (*new(1, 2, 3), view(4, health="unhealthy"), view(5, created_at=NOW + 9))
    assert ordinals(roll(3, percents(), Fleet(keep=keep))) == (0, [4, 5])


def test_scale_to_zero_stops_all() -> None:
    assert ordinals(roll(0, percents(), Fleet(keep=new(1, 2), replace=old(3, healthy=False)))) == (0, [2, 1, 3])


def test_an_unhealthy_task_is_replaced_start_first() -> None:
    assert ordinals(roll(2, percents(), Fleet(keep=new(1), unhealthy=ill(2)))) == (1, [])
    assert ordinals(roll(2, percents(), Fleet(keep=(*new(1), *new(3, healthy=False)), unhealthy=ill(2)))) == (0, [])
    assert ordinals(roll(2, percents(), Fleet(keep=new(1, 3), unhealthy=ill(2)))) == (0, [2])


def test_an_unhealthy_replacement_leaves_one_of_the_two() -> None:
    assert ordinals(roll(1, percents(), Fleet(unhealthy=ill(1, 2)), may_start=False)) == (0, [])
    assert ordinals(roll(1, percents(), Fleet(unhealthy=ill(1, 2)))) == (0, [1])


def test_at_100_percent_unhealthy_tasks_are_stopped_one_at_a_time() -> None:
    bounds = percents(50, 100)
    assert ordinals(roll(4, bounds, Fleet(keep=new(1, 2), unhealthy=ill(3, 4)))) == (0, [3])
    leaving = (view(3, desired_status=DesiredStatus.STOPPED),)
    assert ordinals(roll(4, bounds, Fleet(keep=new(1, 2), unhealthy=ill(4), leaving=leaving))) == (0, [])


def test_an_unhealthy_task_makes_room_where_the_engine_has_none() -> None:
    assert ordinals(roll(2, percents(50, 200), Fleet(keep=new(1), unhealthy=ill(2)), room=0)) == (0, [2])


def test_broken_old_tasks_make_room_for_the_new_revision_but_the_floor_stays() -> None:
    fleet = Fleet(replace=old(1, 2, 3, 4, healthy=False))
    assert ordinals(roll(4, percents(50, 100), fleet)) == (0, [1, 2])


COUNTS = st.integers(min_value=0, max_value=8)


@settings(max_examples=600, deadline=None)
@given(
    desired=st.integers(1, 20),
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 300),
    keep=st.tuples(COUNTS, COUNTS),
    replace=st.tuples(COUNTS, COUNTS),
    unhealthy=COUNTS,
    leaving=COUNTS,
    may_start=st.booleans(),
    room=st.integers(0, 30),
)
def test_a_move_keeps_the_bounds_whatever_the_fleet(
    desired: int,
    minimum: int,
    maximum: int,
    keep: tuple[int, int],
    replace: tuple[int, int],
    unhealthy: int,
    leaving: int,
    may_start: bool,
    room: int,
) -> None:
    number = iter(range(1, 100))
    fleet = Fleet(
        keep=tuple(view(next(number), healthy=index < keep[0]) for index in range(sum(keep))),
        replace=tuple(view(next(number), healthy=index < replace[0]) for index in range(sum(replace))),
        unhealthy=tuple(view(next(number), health="unhealthy") for _ in range(unhealthy)),
        leaving=tuple(view(next(number), desired_status=DesiredStatus.STOPPED) for _ in range(leaving)),
    )
    move = roll(desired, percents(minimum, maximum), fleet, may_start=may_start, room=room)
    upper, lower = upper_bound(desired, maximum), lower_bound(desired, minimum)
    healthy = sum(each.is_healthy() for each in (*fleet.keep, *fleet.replace))
    stopped = sum(each.is_healthy() for each in move.stop)
    assert move.start == 0 or fleet.total + move.start <= upper
    assert move.start == 0 or may_start
    assert stopped == 0 or healthy - stopped >= lower, "our own stop took the service below its floor"
    assert len({each.record.id for each in move.stop}) == len(move.stop)
    assert not {each.record.id for each in move.stop} & {each.record.id for each in fleet.leaving}
    remaining = len(fleet.keep) + len(fleet.replace) + len(fleet.unhealthy) - len(move.stop)
    assert not move.stop or remaining >= min(lower, healthy), "too few are left, healthy or not"


def protected(*ordinals: int) -> frozenset[str]:
    return frozenset(view(each).record.id for each in ordinals)


def test_a_protected_task_is_no_victim_of_a_scale_in() -> None:
    three = Fleet(keep=new(1, 2, 3), protected=protected(3))
    assert ordinals(roll(2, percents(), three)) == (0, [2])
    assert ordinals(roll(0, percents(), three)) == (0, [2, 1])


def test_a_protected_task_is_not_retired_and_takes_the_place_of_a_new_one() -> None:
    both = Fleet(replace=old(1, 2), protected=protected(1))
    assert ordinals(roll(2, percents(0, 100), both)) == (0, [2])
    assert ordinals(roll(2, percents(0, 100), Fleet(replace=old(1), protected=protected(1)))) == (1, [])
    blocked = Fleet(keep=new(3), replace=old(1), protected=protected(1))
    assert ordinals(roll(2, percents(0, 100), blocked)) == (0, [])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 6), st.integers(0, 8), st.integers(0, 8), st.sets(st.integers(1, 16)))
def test_no_protected_task_is_ever_stopped(desired: int, kept: int, replaced: int, safe: set[int]) -> None:
    fleet = Fleet(
        keep=new(*range(1, kept + 1)),
        replace=old(*range(kept + 1, kept + replaced + 1)),
        protected=protected(*safe),
    )
    assert not fleet.protected.intersection(each.record.id for each in roll(desired, percents(0, 100), fleet).stop)
