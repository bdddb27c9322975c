"""Whom events are sent to: each once a receiver said so, in order, retried, and given up after an hour (O4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.model.beside import NotificationRecord
from reconciler.model.notification import EventKind, EventType, Notification
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Event, State
from reconciler.model.step import Notify, Outcome
from reconciler.model.timestamp import timestamp
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.asides import attend
from reconciler.scheduler.notices import GIVEN_UP_SECONDS, MOST_SKIPPED, is_all_sent, notify
from reconciler.scheduler.scheduler import decide
from tests.builders import EMPTY, NOW, declared, snapshot, stack, state

HOOK = Notification(address="notification.hook", url="https://hooks.example/T0K3N")
PAGER = Notification(address="notification.pager", command=("page",), events=(EventKind.DEPLOYMENT,))


def event(number: int, kind: EventKind = EventKind.SERVICE, at: float = NOW, **fields: Any) -> Event:
    return Event(number=number, at=at, address="service.web", message=f"message {number}", kind=kind, **fields)


def shop(*notifications: Notification) -> Stack:
    return stack(declared()).changed(notifications=notifications)


def begun(*events: Event, sent: int = 0, **fields: Any) -> State:
    """A State with those events, of which `sent` were sent to everybody."""
    records = tuple(NotificationRecord(notification=each.address, sent=sent, **fields) for each in (HOOK, PAGER))
    return state(events=events, notified=records)


def attended(before: State, *outcomes: Outcome, now: float = NOW, of: tuple[Notification, ...] = (HOOK,)) -> Attended:
    return notify(AsideGround(shop(*of), Snapshot(outcomes=outcomes), now), before)


def sent(found: Attended) -> list[tuple[str, int]]:
    return [(each.address, each.event) for each in found.steps if isinstance(each, Notify)]


def outcome(found: Attended, ok: bool = True, index: int = 0) -> Outcome:
    return Outcome(step=found.steps[index], ok=ok, reason="" if ok else "https://hooks.example answered 500")


def test_each_notification_gets_the_next_event_of_its_kinds() -> None:
    before = begun(event(1), event(2), event(3, EventKind.DEPLOYMENT))
    found = attended(before, of=(HOOK, PAGER))
    assert sent(found) == [("notification.hook", 1), ("notification.pager", 3)]
    assert found.state is before


def test_what_is_sent_has_the_shape_of_an_ecs_event() -> None:
    deployed = event(3, EventKind.DEPLOYMENT, name="SERVICE_DEPLOYMENT_FAILED", subject="d1", type=EventType.ERROR)
    step = attended(begun(deployed)).steps[0]
    assert isinstance(step, Notify)
    body = json.loads(step.body)
    assert len(body.pop("id")) == 32
    assert body == {
        "version": "0",
        "detail-type": "ECS Deployment State Change",
        "source": "reconciler",
        "time": "1970-01-12T13:46:40Z",
        "resources": ["service.web"],
        "detail": {
            "eventType": "ERROR",
            "eventName": "SERVICE_DEPLOYMENT_FAILED",
            "kind": "deployment",
            "stack": "shop",
            "number": 3,
            "createdAt": "1970-01-12T13:46:40.000Z",
            "deploymentId": "d1",
            "reason": "message 3",
        },
    }
    assert (step.url, step.command, step.key) == (HOOK.url, (), "notify notification.hook")


def test_an_event_is_done_once_an_outcome_says_so_and_the_next_one_follows() -> None:
    first = attended(begun(event(1), event(2)))
    second = attended(first.state, outcome(first))
    last = attended(second.state, outcome(second))
    assert [sent(each) for each in (first, second, last)] == [
        [("notification.hook", 1)],
        [("notification.hook", 2)],
        [],
    ]
    assert last.state.notified[0] == NotificationRecord(notification="notification.hook", sent=2)


def test_without_an_outcome_the_same_event_is_sent_again() -> None:
    """Whoever sent it may have died before that was recorded: at least once."""
    before = begun(event(1))
    assert attended(before).steps == attended(before, now=NOW + 60).steps


def test_nobody_to_tell_and_nothing_to_tell_change_nothing() -> None:
    before = begun(event(1), sent=1)
    assert attended(before) == Attended(before)
    assert attended(before, of=()).state is before


def test_a_failure_is_retried_later_and_later_and_holds_back_what_follows() -> None:
    found, now, waits = attended(begun(event(1), event(2))), NOW, []
    for _ in range(4):
        found = attended(found.state, outcome(found, ok=False), now=now)
        assert (found.steps, found.wake_at is not None) == ((), True)
        assert found.wake_at is not None
        waits.append(round(found.wake_at - now))
        now = found.wake_at
        found = attended(found.state, now=now)
        assert sent(found) == [("notification.hook", 1)]
    assert waits == [1, 2, 4, 7]
    found = attended(found.state, outcome(found), now=now)
    assert sent(found) == [("notification.hook", 2)]
    assert (found.state.notified[0].failures, found.state.notified[0].retry_at) == (0, None)


def failed(times: int, before: State) -> tuple[Attended, float]:
    """Let so many tries fail one after the other; return what follows, and when the next one is."""
    found, now = attended(before), NOW
    for _ in range(times):
        found = attended(found.state, outcome(found, ok=False), now=now)
        assert found.wake_at is not None
        now = found.wake_at
        found = attended(found.state, now=now)
    return found, now


def test_a_receiver_that_fails_is_told_of_after_some_failures_once_with_what_it_answered() -> None:
    before = begun(event(1, at=NOW - 60))
    early, _ = failed(2, before)
    assert early.state.events == before.events
    found, now = failed(3, before)
    assert found.state.events[1:] == (
        Event(
            number=2,
            at=failed(2, before)[1],
            address="notification.hook",
            kind=EventKind.NOTIFICATION,
            type=EventType.WARN,
            message="is unable to deliver events since 1970-01-12T13:46:40Z: https://hooks.example answered 500. "
            f"It is tried again at {timestamp(now)}, and at growing distances.",
        ),
    )
    assert failed(8, before)[0].state.events == found.state.events
    assert found.state.notified[0].failing_since == NOW


def test_a_receiver_that_works_again_is_told_of_when_it_was_told_that_it_failed() -> None:
    for failures, told in ((2, []), (3, ["delivers events again."])):
        found, now = failed(failures, begun(event(1)))
        known = len(found.state.events)
        found = attended(found.state, outcome(found), now=now)
        assert [each.message for each in found.state.events[known:]] == told
        assert found.state.notified[0] == NotificationRecord(notification="notification.hook", sent=1)


def test_an_event_that_failed_for_an_hour_is_given_up_and_that_is_told_once() -> None:
    """A receiver that is gone for a week: every event is given up when it is an hour old, one event says so."""
    events = tuple(event(number, at=NOW) for number in range(1, 6))
    found, now = attended(begun(*events)), NOW
    for _ in range(200):
        failed = [outcome(found, ok=False)] if found.steps else []
        found = attended(found.state, *failed, now=now)
        now = found.wake_at or now
    assert (found.steps, found.wake_at) == ((), None)
    assert [each.message for each in found.state.events[6:]] == [
        "is unable to deliver events, and gives up those that are older than an hour: "
        "https://hooks.example answered 500"
    ]
    told = found.state.events[-1]
    assert (told.address, told.kind, told.type) == (
        "notification.hook",
        EventKind.NOTIFICATION,
        EventType.ERROR,
    )
    assert found.state.notified[0].given_up == 5
    assert now - NOW < GIVEN_UP_SECONDS + 6 * 300


def test_a_receiver_that_is_back_gets_what_follows_and_that_is_told() -> None:
    before = begun(event(1, at=NOW - GIVEN_UP_SECONDS), event(2, at=NOW))
    found = attended(before, outcome(attended(before), ok=False))
    found = attended(found.state, now=found.wake_at or NOW)
    assert sent(found) == [("notification.hook", 2)]
    found = attended(found.state, outcome(found), now=NOW + 10)
    assert [each.message for each in found.state.events[3:]] == ["delivers events again; 1 were given up."]
    assert found.steps == ()


def test_events_about_notifications_are_sent_to_none() -> None:
    both = Notification(address="notification.hook", url=HOOK.url, events=(EventKind.NOTIFICATION, EventKind.TASK))
    assert attended(begun(event(1, EventKind.NOTIFICATION))).steps == ()
    assert attended(begun(event(1, EventKind.NOTIFICATION)), of=(both,)).steps == ()


def test_an_outcome_of_an_event_that_was_done_already_changes_nothing() -> None:
    late = outcome(attended(begun(event(1), event(2))))
    before = begun(event(1), event(2), sent=1)
    assert attended(before, late).state.notified == before.notified


def test_a_notification_that_is_new_gets_what_happens_from_now_on() -> None:
    assert attended(state(events=(event(1),))).steps == ()


def test_what_is_not_for_a_notification_is_passed_over_now_and_then() -> None:
    """A save for every event of another kind would cost more than it is worth."""
    few = tuple(event(number) for number in range(1, MOST_SKIPPED + 1))
    before = begun(*few)
    assert attended(before, of=(PAGER,)).state is before
    more = begun(*few, event(MOST_SKIPPED + 1))
    records = {each.notification: each.sent for each in attended(more, of=(PAGER,)).state.notified}
    assert records == {"notification.hook": 0, "notification.pager": MOST_SKIPPED + 1}


@pytest.mark.parametrize(
    ("fields", "is_all"),
    [({"sent": 0}, False), ({"sent": 1}, True), ({"sent": 0, "failures": 1, "retry_at": NOW + 5}, True)],
)
def test_all_is_sent_once_nothing_is_left_that_has_not_failed(fields: dict[str, Any], is_all: bool) -> None:
    assert is_all_sent(shop(HOOK), begun(event(1), **fields)) == is_all


def test_one_event_at_a_time_is_under_way() -> None:
    wanted, before = shop(HOOK), begun(event(1)).changed(target=shop(HOOK))
    shown = snapshot()
    decision = attend(wanted, decide(wanted, before, shown, NOW), shown, NOW)
    keys = [each.key for each in decision.asides]
    assert "notify notification.hook" in keys
    again = shown.changed(in_flight=frozenset(keys))
    assert attend(wanted, decide(wanted, before, again, NOW), again, NOW).asides == ()


def test_a_stack_without_notifications_sends_nothing() -> None:
    assert notify(AsideGround(EMPTY, Snapshot(), NOW), begun(event(1))).steps == ()
