"""Task protection as it is asked for (E7, c14): each bound and the words of each refusal."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.model.task import TaskStatus
from reconciler.planner.requests import carry_out
from tests.builders import NOW, declared, running, stack, state

FIRST, SECOND = running(1), running(2)


def shop(*tasks: object) -> State:
    return state(stack(declared()), tasks=tasks or (FIRST, SECOND))


def ask(found: State, *tasks: str, seconds: float | None = 7200) -> State:
    request = Request(kind="protect", service="service.web", tasks=tasks or (FIRST.id,), seconds=seconds)
    return carry_out(request, found, NOW)


def refusal(found: State, *tasks: str, seconds: float | None = 7200) -> str:
    with pytest.raises(ReconcilerError) as refused:
        ask(found, *tasks, seconds=seconds)
    return str(refused.value)


def test_a_task_is_protected_from_now_on() -> None:
    assert ask(shop()).tasks == (FIRST.changed(protected_until=NOW + 7200), SECOND)


def test_asking_again_sets_the_time_anew_be_it_shorter() -> None:
    assert ask(ask(shop()), seconds=60).tasks[0].protected_until == NOW + 60


def test_protection_can_be_ended() -> None:
    assert ask(ask(shop()), seconds=None) == shop()


@pytest.mark.parametrize("seconds", [0, 59, 48 * 3600 + 1])
def test_less_than_a_minute_and_more_than_two_days_are_refused(seconds: float) -> None:
    assert refusal(shop(), seconds=seconds) == f"a task is protected for 1 minute to 48 hours, not for {seconds:g} s"


def test_more_than_ten_tasks_at_once_are_refused() -> None:
    many = tuple(running(each) for each in range(1, 12))
    assert refusal(shop(*many), *(each.id for each in many)) == "10 tasks at most in one request, not 11"


def test_tasks_that_are_gone_or_of_no_service_are_refused() -> None:
    gone = FIRST.changed(last_status=TaskStatus.STOPPED)
    assert refusal(shop(gone, SECOND), gone.id) == "there is no task 00000000 any more: see `reconciler ps`"
    one_off = FIRST.changed(service_name=None)
    only = "task 00000000 belongs to no service: nothing but `stop` and its end stop it"
    assert refusal(shop(one_off), one_off.id) == only
