"""Which events are a reason to look."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.events import Subscription
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.look import Looker

STAMPS = count(1)


def subscription(owner: str = "us") -> Subscription:
    """A subscription of somebody who looked for `owner` last; nothing is connected."""
    client = Client(Endpoint(url="unix:///nowhere"))
    engine = Engine(client, SystemClock())
    looker = Looker(client, engine, SystemClock())
    looker.owner = owner
    return Subscription(client, engine, looker, lambda: None)


def event(kind: str, action: str, **attributes: str) -> dict[str, Any]:
    return {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": "1", "Attributes": attributes},
        "timeNano": next(STAMPS),
    }


@pytest.mark.parametrize(
    ("told", "is_worth_a_look"),
    [
        (event("container", "die", **{labels.OWNER: "us"}), True),
        (event("container", "health_status: healthy", **{labels.OWNER: "us"}), True),
        (event("container", "die", **{labels.OWNER: "them"}), False),
        (event("container", "die"), False),
        (event("network", "destroy", name="shop"), True),
        (event("network", "create", name="shop"), False),
        (event("volume", "destroy"), True),
        (event("image", "pull"), True),
    ],
)
def test_an_event_wakes_who_it_concerns(told: dict[str, Any], is_worth_a_look: bool) -> None:
    assert subscription().take(told) is is_worth_a_look


def test_before_the_first_look_every_owner_is_ours() -> None:
    assert subscription(owner="").take(event("container", "die", **{labels.OWNER: "them"}))


def test_an_event_that_comes_again_is_no_news() -> None:
    ours, again = subscription(), event("container", "die", **{labels.OWNER: "us"})
    assert [ours.take(again), ours.take(again)] == [True, False]
