"""Notifications as `status` shows them: those that fail are told, with no more of a URL than its host."""

from __future__ import annotations

from reconciler.model.beside import NotificationRecord
from reconciler.model.decision import Decision
from reconciler.render.notifications import notifications_json
from reconciler.render.status import Standing, status_json, status_text
from tests.builders import NOW, stack, state

WORKS = NotificationRecord(notification="notification.chat", sent=7)
FAILS = NotificationRecord(
    notification="notification.hook",
    sent=3,
    failures=4,
    failing_since=NOW - 16,
    retry_at=NOW + 8,
    reason="https://hooks.example answered 500",
)


def text(*records: NotificationRecord) -> list[str]:
    return status_text(Standing(stack(), Decision(state=state(stack(), notified=records))), NOW).splitlines()


def test_status_has_a_line_for_a_notification_while_it_fails() -> None:
    line = (
        "  notification.hook: unable to deliver events since 1970-01-12T13:46:24Z (4 failures): "
        "https://hooks.example answered 500; it is tried again in 8s"
    )
    assert text(WORKS, FAILS)[-1] == line
    assert not any("notification" in each for each in text(WORKS))


def test_status_says_how_many_events_were_given_up_and_that_nobody_tries_again_while_nobody_acts() -> None:
    assert text(FAILS.changed(given_up=1, retry_at=NOW - 60))[-1].endswith(
        "answered 500; 1 event given up; it is tried again by whoever acts on the stack next"
    )


def test_notifications_as_json() -> None:
    found = state(stack(), notified=(WORKS, FAILS))
    assert status_json(Standing(stack(), Decision(state=found)))["notifications"] == notifications_json(found)
    assert notifications_json(found) == [
        {
            "address": "notification.chat",
            "failing": False,
            "failures": 0,
            "failing_since": None,
            "reason": None,
            "retry_at": None,
            "given_up": 0,
        },
        {
            "address": "notification.hook",
            "failing": True,
            "failures": 4,
            "failing_since": "1970-01-12T13:46:24Z",
            "reason": "https://hooks.example answered 500",
            "retry_at": "1970-01-12T13:46:48Z",
            "given_up": 0,
        },
    ]
