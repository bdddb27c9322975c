"""Which events are a reason to look."""

from __future__ import annotations

import json
from itertools import count

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.events import Subscription
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.look import Looker

STAMPS = count(10)


def subscription(owner: str = "us") -> Subscription:
    """A subscription of somebody who looked for `owner` last; nothing is connected."""
    client = Client(Endpoint(url="unix:///nowhere"))
    engine = Engine(client, SystemClock())
    looker = Looker(client, engine, SystemClock())
    looker.owner = owner
    looker.container_ids = frozenset({"ours"})
    return Subscription(client, engine, looker, lambda: None)


def event(kind: str, action: str, **attributes: object) -> bytes:
    actor = {"ID": "1", "Attributes": attributes}
    return json.dumps({"Type": kind, "Action": action, "Actor": actor, "timeNano": next(STAMPS)}).encode()


@pytest.mark.parametrize(
    ("told", "is_worth_a_look"),
    [
        (event("container", "die", **{labels.OWNER: "us"}), True),
        (event("container", "health_status: healthy", **{labels.OWNER: "us"}), True),
        (event("container", "die", **{labels.OWNER: "them"}), False),
        (event("container", "die"), False),
        (event("network", "destroy", name="shop"), True),
        (event("network", "create", name="shop"), False),
        (event("network", "disconnect", name="shop", container="ours"), True),
        (event("network", "disconnect", name="shop", container="theirs"), False),
        (event("volume", "destroy"), True),
        (event("image", "pull"), True),
    ],
)
def test_an_event_wakes_who_it_concerns(told: bytes, is_worth_a_look: bool) -> None:
    assert subscription().take(told) is is_worth_a_look


def test_before_the_first_look_every_owner_is_ours() -> None:
    assert subscription(owner="").take(event("container", "die", **{labels.OWNER: "them"}))


def test_an_event_that_comes_again_is_no_news() -> None:
    ours, again = subscription(), event("container", "die", **{labels.OWNER: "us"})
    assert [ours.take(again), ours.take(again)] == [True, False]


MISSHAPEN = (
    *(None, True, 7, "die", [], {}, [{"Type": "container"}]),
    *({"Type": kind, "Action": "die", "timeNano": 1 << 60} for kind in (None, 7, [], {})),
    *({"Type": "container", "Action": action, "timeNano": 1 << 60} for action in (None, 7, [], {})),
    *({"Type": "network", "Action": "destroy", "timeNano": stamp} for stamp in (None, "9", [], 1.5)),
    *({"Type": "container", "Action": "die", "timeNano": 1, "Actor": actor} for actor in (None, 7, "1", [])),
    *({"Type": "container", "Action": "die", "timeNano": 1, "Actor": {"ID": id_}} for id_ in (None, 7, [], {})),
    *(
        {"Type": kind, "Action": "disconnect", "timeNano": 1, "Actor": {"ID": "1", "Attributes": attributes}}
        for kind in ("container", "network")
        for attributes in (None, 7, "x", [], {labels.OWNER: ["us"], "container": ["ours"]})
    ),
)


@pytest.mark.parametrize(
    "line", [b"{", b"\xff\xfe", b"[" * 100_000, *(json.dumps(each).encode() for each in MISSHAPEN)]
)
def test_an_event_that_cannot_be_understood_is_passed_over(line: bytes) -> None:
    ours = subscription()
    assert [ours.take(line), ours.take(event("volume", "destroy"))] == [False, True]
