"""Events reach whoever is to be notified: while an apply runs, before it ends, and when its receiver is gone (O4)."""

from __future__ import annotations

import json

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.model.notification import EventKind, EventType, Notification
from reconciler.model.plan import Action
from reconciler.model.step import Notify
from tests.builders import declared, stack
from tests.site import Site

HOOK = Notification(address="notification.hook", url="https://hooks.example/T0K3N")
SHOP = stack(declared("web", 2)).changed(notifications=(HOOK,))


def sent(site: Site) -> list[str]:
    """The reasons of all events that were sent, in order, a second try too."""
    bodies = [json.loads(each.body) for each in site.engine.steps if isinstance(each, Notify)]
    return [each["detail"]["reason"] for each in bodies]


def recorded(site: Site) -> list[str]:
    return [each.message for each in site.store.load("shop").events if each.kind is not EventKind.NOTIFICATION]


def test_an_apply_sends_all_its_events_in_order_before_it_ends() -> None:
    site = Site()
    site.apply(SHOP)
    assert sent(site) == recorded(site)
    assert sent(site)[0].endswith("deployment of web:1 in progress.")
    assert sent(site)[-1] == "has reached a steady state."
    assert site.store.load("shop").notified[0].sent == site.store.load("shop").events[-1].number


def test_an_apply_does_not_wait_for_a_receiver_that_is_gone() -> None:
    plain, gone = Site(), Site()
    plain.apply(stack(declared("web", 2)))
    gone.engine.receives = lambda step: False
    gone.apply(SHOP)
    assert gone.clock.now() - plain.clock.now() < 3.5
    record = gone.store.load("shop").notified[0]
    assert (record.sent, record.reason) == (0, "nobody took it")


def test_what_was_not_sent_is_sent_by_whoever_goes_on() -> None:
    site = Site()
    site.engine.receives = lambda step: False
    site.apply(SHOP)
    tried = len(sent(site))
    site.engine.receives = lambda step: True
    site.watch(60)
    assert sent(site)[tried:] == recorded(site)


def test_a_crash_before_the_outcome_is_recorded_sends_one_event_twice_and_loses_none() -> None:
    site = Site()

    def die(step: Notify) -> bool:
        if step.event == 3 and len(deaths) < 1:
            deaths.append(step.event)
            raise CrashError
        return True

    deaths: list[int] = []
    site.engine.receives = die
    with pytest.raises(CrashError):
        site.apply(SHOP)
    site.watch(60)
    found = sent(site)
    assert found[:3] == recorded(site)[:3]
    assert [each for index, each in enumerate(found) if index != 2] == recorded(site)


class CrashError(Exception):
    """The process is gone."""


def test_a_receiver_that_is_gone_for_a_day_is_asked_rarely_and_told_of_twice() -> None:
    """Nothing piles up: a request every five minutes, one event when it fails, one when its events are given up."""
    site = Site(looks=20_000)
    site.engine.receives = lambda step: False
    site.apply(SHOP)
    site.watch(24 * 3600)
    assert len(sent(site)) < 24 * 3600 / 200
    told = [each.type for each in site.store.load("shop").events if each.kind is EventKind.NOTIFICATION]
    assert told == [EventType.WARN, EventType.ERROR]


def test_a_destroy_is_told_to_whom_it_takes_away_up_to_its_last_event() -> None:
    site = Site()
    site.apply(SHOP)
    before = len(sent(site))
    site.apply(SHOP.emptied())
    told = sent(site)[before:]
    assert told == recorded(site)[before:]
    assert sum("is STOPPED" in each for each in told) == 2
    assert site.plan(SHOP.emptied()).is_empty


def test_a_destroy_beside_a_watch_sends_its_events_itself() -> None:
    site = Site()
    site.apply(SHOP)
    with site.store.watching("shop"):
        site.apply(SHOP.emptied())
    assert sent(site) == recorded(site)


def test_after_a_destroy_whoever_was_told_is_declared_anew_or_never_told_again() -> None:
    site = Site()
    site.apply(SHOP)
    site.apply(SHOP.emptied())
    again = site.plan(SHOP)
    assert [each.action for each in again.changes if each.address == HOOK.address] == [Action.CREATE]
    told = len(sent(site))
    site.apply(stack(declared("web", 2)))
    assert len(sent(site)) == told


def test_a_failed_apply_sends_why_before_it_ends() -> None:
    site = Site()
    site.engine.behave = lambda step: Behaviour(exits_after=1, exit_code=3)
    site.apply(SHOP)
    assert any("deployment failed" in each for each in sent(site))
