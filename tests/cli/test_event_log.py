"""What a `watch` prints of its stacks: each event once, what it says of itself between them."""

from __future__ import annotations

import json

import pytest

from reconciler.cli.event_log import EventLog
from reconciler.drivers.simulated import VirtualClock
from reconciler.model.decision import Decision
from reconciler.model.state import State
from reconciler.scheduler.history import with_events
from tests.builders import NOW, state

OLD = with_events(state(), [("service.web", "long ago")], NOW - 60)


def seen(log: EventLog, before: State, *messages: str) -> State:
    after = with_events(before, [("service.web", each) for each in messages], NOW)
    log.observe(Decision(state=after))
    return after


def test_each_event_since_it_began_is_a_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    log = EventLog("shop", VirtualClock(NOW))
    log.tell("watches it (lease 7)")
    one = seen(log, OLD, "one")
    seen(log, one)
    two = seen(log, one, "two")
    seen(log, two)
    assert capsys.readouterr().err.splitlines() == [
        "1970-01-12T13:46:40Z  shop  watches it (lease 7)",
        "1970-01-12T13:46:40Z  shop service.web  one",
        "1970-01-12T13:46:40Z  shop service.web  two",
    ]


def test_as_json_every_line_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    log = EventLog("shop", VirtualClock(NOW), as_json=True)
    log.tell("stands by")
    seen(log, OLD, "one")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(each["type"], each.get("message"), each.get("resources")) for each in lines] == [
        ("log", "stands by", None),
        ("event", None, ["service.web"]),
    ]


def test_a_state_that_was_lost_begins_its_numbers_anew(capsys: pytest.CaptureFixture[str]) -> None:
    log = EventLog("shop", VirtualClock(NOW))
    seen(log, OLD, "one", "two")
    seen(log, seen(log, state()), "anew")
    assert [line.rpartition("  ")[2] for line in capsys.readouterr().err.splitlines()] == ["one", "two", "anew"]
