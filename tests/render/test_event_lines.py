"""Events as lines of text and of JSON."""

from __future__ import annotations

import json

from reconciler.model.notification import EventKind, EventType
from reconciler.model.state import Event
from reconciler.render.event_lines import event_json, event_text, log_json, log_text
from tests.builders import NOW

STEADY = Event(
    number=7, at=NOW, address="service.web", message="has reached a steady state.", name="SERVICE_STEADY_STATE"
)
STOPPED = Event(
    number=8,
    at=NOW + 0.5,
    address="service.web",
    message="(task 1a2b3c4d) is STOPPED: essential container app exited with code 1",
    kind=EventKind.TASK,
    name="STOPPED",
    subject="1a2b3c4d" * 4,
    type=EventType.WARN,
    code="EssentialContainerExited",
)


def test_a_line_is_the_time_the_address_and_what_happened() -> None:
    assert event_text(STEADY) == "1970-01-12T13:46:40Z  service.web  has reached a steady state."
    assert event_text(STEADY, now=NOW + 92) == " 1m32s ago  service.web  has reached a steady state."
    assert event_text(STEADY, stack="shop") == "1970-01-12T13:46:40Z  shop service.web  has reached a steady state."


def test_what_is_more_than_news_says_how_grave_it_is() -> None:
    words = "(task 1a2b3c4d) is STOPPED: essential container app exited with code 1"
    assert event_text(STOPPED, now=NOW) == f"    0s ago  service.web  WARN {words}"


def test_text_from_elsewhere_is_harmless_and_on_one_line() -> None:
    wild = STEADY.changed(message="a\x1b[2J\nb\u202ec", address="service.web\x9b")
    assert event_text(wild) == "1970-01-12T13:46:40Z  service.web  a b<U+202E>c"
    assert log_text("a\nb", at=NOW, stack="s\x1b[1m") == "1970-01-12T13:46:40Z  s  a b"
    assert "\x9b" not in event_json(wild, "shop") and "\n" not in event_json(wild, "shop")


def test_an_event_of_a_service_has_the_shape_of_ecs_service_action() -> None:
    shape = json.loads(event_json(STEADY, "shop"))
    assert shape.pop("id") == json.loads(event_json(STEADY, "shop"))["id"]
    assert shape == {
        "type": "event",
        "version": "0",
        "detail-type": "ECS Service Action",
        "source": "reconciler",
        "time": "1970-01-12T13:46:40Z",
        "resources": ["service.web"],
        "detail": {
            "eventType": "INFO",
            "eventName": "SERVICE_STEADY_STATE",
            "kind": "service",
            "stack": "shop",
            "number": 7,
            "createdAt": "1970-01-12T13:46:40.000Z",
            "subject": None,
            "reason": "has reached a steady state.",
        },
    }


def test_an_event_of_a_task_says_its_status_and_stop_code() -> None:
    detail = json.loads(event_json(STOPPED, "shop"))["detail"]
    assert {name: detail[name] for name in ("eventName", "taskId", "lastStatus", "stopCode", "createdAt")} == {
        "eventName": None,
        "taskId": "1a2b3c4d" * 4,
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "createdAt": "1970-01-12T13:46:40.500Z",
    }


def test_every_event_of_every_state_has_an_id_of_its_own() -> None:
    others = (STEADY.changed(number=8), STEADY.changed(at=NOW + 1), STEADY.changed(address="service.db"))
    ids = {json.loads(event_json(each, stack))["id"] for each in (STEADY, *others) for stack in ("shop", "mail")}
    assert len(ids) == 8


def test_what_a_watch_says_of_itself_is_a_line_of_the_same_stream() -> None:
    assert json.loads(log_json("stands by", at=NOW, stack="shop")) == {
        "type": "log",
        "time": "1970-01-12T13:46:40Z",
        "stack": "shop",
        "message": "stands by",
    }
