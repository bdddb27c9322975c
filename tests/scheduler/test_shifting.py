"""Tasks of a deployment whose traffic is shifted: a whole new set beside the old one (J1)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.routing import Color
from reconciler.model.task import DesiredStatus
from reconciler.scheduler.rolling import Fleet, Move
from reconciler.scheduler.shifting import has_strangers, is_scaled_up, shift
from reconciler.scheduler.task_view import TaskView
from tests.builders import view

GREEN = Color.GREEN


def blue(*ordinals: int) -> tuple[TaskView, ...]:
    return tuple(view(each) for each in ordinals)


def green(*ordinals: int, healthy: bool = True) -> tuple[TaskView, ...]:
    return tuple(replace(view(each, healthy=healthy), color=GREEN) for each in ordinals)


def ill(*ordinals: int) -> tuple[TaskView, ...]:
    return tuple(replace(view(each, health="unhealthy"), color=GREEN) for each in ordinals)


def leaving(*ordinals: int) -> tuple[TaskView, ...]:
    return tuple(
        replace(each, record=each.record.changed(desired_status=DesiredStatus.STOPPED)) for each in green(*ordinals)
    )


def test_all_new_tasks_start_beside_the_old_and_no_old_one_stops() -> None:
    assert shift(3, GREEN, Fleet(replace=blue(1, 2, 3))) == Move(start=3)


def test_old_tasks_stay_though_all_new_ones_are_healthy() -> None:
    assert shift(2, GREEN, Fleet(keep=green(4, 5), replace=blue(1, 2))) == Move()


def test_what_an_earlier_deployment_left_in_the_pool_goes_first() -> None:
    stale = green(4, 5)
    assert shift(2, GREEN, Fleet(replace=(*blue(1, 2), *stale))) == Move(start=0, stop=stale)


def test_what_was_left_there_stays_while_it_may_be_all_that_there_is() -> None:
    dead = tuple(view(each, healthy=False) for each in (1, 2))
    stale = green(4, 5)
    assert shift(2, GREEN, Fleet(replace=(*dead, *stale))) == Move()
    assert shift(2, GREEN, Fleet(replace=(*dead, *stale)), may_clear=True) == Move(stop=stale)


def test_nothing_starts_above_the_desired_count_while_tasks_leave_the_pool() -> None:
    assert shift(3, GREEN, Fleet(replace=blue(1, 2, 3), leaving=leaving(4, 5))) == Move(start=1)


def test_tasks_that_leave_the_other_pool_take_no_place() -> None:
    going = tuple(replace(each, color=Color.BLUE) for each in leaving(1))
    assert shift(2, GREEN, Fleet(replace=blue(2), leaving=going)) == Move(start=2)


def test_an_unhealthy_new_task_goes_before_another_takes_its_place() -> None:
    sick = ill(5)
    assert shift(2, GREEN, Fleet(keep=green(4), replace=blue(1, 2), unhealthy=sick)) == Move(start=0, stop=sick)
    assert shift(2, GREEN, Fleet(keep=green(4), replace=blue(1, 2))) == Move(start=1)


def test_scaling_in_stops_new_tasks_above_the_desired_count() -> None:
    found = shift(1, GREEN, Fleet(keep=green(4, 5), replace=blue(1, 2)))
    assert found == Move(stop=green(4, 5)[1:])


def test_nothing_starts_while_it_may_not_or_there_is_no_room() -> None:
    fleet = Fleet(replace=blue(1, 2))
    assert shift(2, GREEN, fleet, may_start=False) == Move()
    assert shift(2, GREEN, fleet, room=1) == Move(start=1)


def test_a_pool_is_scaled_up_when_it_holds_all_wanted_tasks_and_only_them_and_all_are_healthy() -> None:
    whole = Fleet(keep=green(4, 5), replace=blue(1, 2))
    assert is_scaled_up(2, GREEN, whole)
    assert not is_scaled_up(3, GREEN, whole)
    assert not is_scaled_up(2, GREEN, replace(whole, keep=(*green(4), *green(5, healthy=False))))
    assert not is_scaled_up(2, GREEN, replace(whole, unhealthy=ill(6)))
    assert not is_scaled_up(2, GREEN, replace(whole, leaving=leaving(6)))
    assert not is_scaled_up(2, GREEN, replace(whole, replace=green(6)))


def test_strangers_are_tasks_of_another_deployment_in_the_new_pool() -> None:
    assert has_strangers(GREEN, Fleet(replace=(*blue(1), *green(2))))
    assert not has_strangers(GREEN, Fleet(keep=green(3), replace=blue(1)))


def test_what_the_other_pool_has_too_many_of_goes_before_more_is_started() -> None:
    """Adopted after a lost state: a task that was being replaced, and its successor."""
    first, second = blue(1, 2)
    assert shift(1, GREEN, Fleet(replace=(first, second)), source=1) == Move(start=0, stop=(second,))
    assert shift(1, GREEN, Fleet(replace=(first,), leaving=(second,)), source=1) == Move(start=0)
    assert shift(1, GREEN, Fleet(replace=(first,)), source=1) == Move(start=1)


def test_protected_tasks_stay_in_whatever_pool_they_are() -> None:
    fleet = Fleet(keep=green(4, 5), replace=(*blue(1, 2), *green(3)), protected=frozenset({view(3).record.id}))
    assert shift(2, GREEN, fleet) == Move()
    fleet = Fleet(keep=green(4, 5), replace=blue(1, 2), protected=frozenset({view(5).record.id}))
    assert shift(1, GREEN, fleet, source=2) == Move(stop=green(4))
