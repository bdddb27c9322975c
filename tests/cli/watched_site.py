"""A stack on a simulated engine, and a watch of it that goes on whenever somebody waits: nothing sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.cli import course, delegation
from reconciler.cli.options import Given, How
from reconciler.cli.requests import Answered, Asked, ask
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.engine.converge import World, converge
from reconciler.model.decision import Decision
from reconciler.model.request import Request, RequestKind
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import WATCH, Lease
from tests.site import Site

from .conftest import Place

PLAIN = How(progress_mode="plain")
SLICE_SECONDS = 2.0
MOST_SLICES = 300


@dataclass
class WatchedSite:
    """`meanwhile` are called one after the other, one whenever the command has waited."""

    site: Site
    place: Workplace
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    lease: Lease | None = None
    world: World | None = None
    slices: int = 0

    def ask(self, kind: str, how: How = PLAIN, **fields: Any) -> Answered:
        """Ask for something of `service.web`, as the verbs do."""
        request = Request(kind=RequestKind(kind), **{"service": "service.web", **fields})
        return ask(self.place, Asked(kind, (request,), how))

    def post(self, kind: str, **fields: Any) -> None:
        """Let another command hand something over."""
        self.site.store.post("shop", Request(kind=RequestKind(kind), **{"service": "service.web", **fields}))

    def watch(self) -> None:
        """Let a watch have the stack."""
        self.lease = self.site.store.acquire("shop", WATCH, 0)
        self.world = replace(self.site.world(), is_patient=True)

    def apply(self, wanted: Stack) -> None:
        """Let an apply have the stack for a while."""
        self.let_go()
        self.site.apply(wanted)
        self.watch()

    def let_go(self) -> None:
        """Let the watch end."""
        assert self.lease is not None
        self.lease.release()
        self.lease = None

    def go_on(self, seconds: float) -> None:
        """Let the watch go on for some time of its own, as somebody waits."""
        self.slices += 1
        assert self.slices < MOST_SLICES, "it never ends"
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.lease is None:
            return
        site, ends_at = self.site, self.site.clock.now() + SLICE_SECONDS
        recorded = site.store.load("shop")
        assert recorded.target is not None and self.world is not None
        converge(self.world, recorded.target, recorded, self.lease, lambda decision: site.clock.now() >= ends_at)


def watched_site(place: Place, monkeypatch: pytest.MonkeyPatch) -> WatchedSite:
    """A site whose stack `shop` a command is given on; whoever waits lets its watch go on."""
    place.write('stack "shop" {}\n')
    site = Site(store=SqliteStore(place.folder / "state", "ada"))
    opened = open_recorded(Given(str(place.folder)))
    opened.driver, opened.clock = site.engine, site.clock  # type: ignore[assignment]
    found = WatchedSite(site, opened)

    @contextmanager
    def world(observe: Callable[[Decision, Snapshot], None], parallelism: int | None = None) -> Iterator[World]:
        yield replace(site.world(), store=opened.store, observe=observe)

    monkeypatch.setattr(opened, "world", world)
    monkeypatch.setattr(delegation, "time", SimpleNamespace(monotonic=time.monotonic, sleep=found.go_on))
    monkeypatch.setattr(course, "LOOK_SECONDS", 0.0)
    return found
