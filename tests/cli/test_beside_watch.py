"""What a verb does while a watch has the stack: it is made way for, or has the watch do it (C7). Needs no engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.cli import delegation, locking
from reconciler.cli.delegation import Errand, delegate
from reconciler.cli.locking import locked
from reconciler.cli.options import Given
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.errors import LockError, ReconcilerError
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import Event, State
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Lease, Posted
from tests.builders import NOW, declared, stack, state

from .conftest import NO_ENGINE, Place

STOP = Request(kind=RequestKind.STOP_TASK, service="service.web", tasks=("t1",), message="why", token="ours")


@pytest.fixture
def workplace(place: Place, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    place.write('stack "shop" {}\n')
    monkeypatch.setattr(delegation, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(locking, "POLL_SECONDS", 0.05)
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE["DOCKER_HOST"])
    store = SqliteStore(place.folder / "state", "ada")
    lease = store.acquire("shop", "apply", 0)
    store.save(state(stack(declared("web", 2)), serial=0), lease)
    lease.release()
    store.close()
    return open_recorded(Given(str(place.folder)))


class Watch:
    """Another process that has the stack, as a thread: `act` is called with each request that it sees."""

    def __init__(self, folder: Path, operation: str = "watch") -> None:
        self.store = SqliteStore(folder / "state", "bob")
        self.lease = self.store.acquire("shop", operation, 0)
        self.seen: list[RequestKind] = []

    @contextmanager
    def acting(self, act: Callable[[Watch, Posted], None]) -> Iterator[Watch]:
        over = threading.Event()

        def watch() -> None:
            last = 0
            while not over.wait(0.01):
                for posted in self.store.posted("shop"):
                    if posted.number > last:
                        last = posted.number
                        self.seen.append(posted.request.kind)
                        act(self, posted)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()
            self.lease.release()

    def take(self, posted: Posted, *messages: str) -> None:
        """Take a request, and leave events that say what came of it."""
        before = self.store.load("shop")
        events = tuple(
            Event(number=len(before.events) + number, at=NOW, address="service.web", message=message, subject="ours")
            for number, message in enumerate(messages, 1)
        )
        self.store.save(before.changed(events=(*before.events, *events)), self.lease, answered=(posted.number,))


def test_a_watch_makes_way_whatever_the_lock_timeout(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    def make_way(watch: Watch, posted: Posted) -> None:
        watch.take(posted)
        watch.lease.release()

    with Watch(workplace.folder).acting(make_way) as watch, locked(workplace, "apply", 0) as lease:
        lease.check()
        holder = workplace.store.holder("shop")
        assert holder is not None
        assert (holder.operation, watch.seen) == ("apply", [RequestKind.HAND_OVER])
    assert workplace.store.holder("shop") is None
    err = capsys.readouterr().err
    assert err.startswith('Stack "shop" is watched by bob on ')
    assert err.endswith(": it makes way for this apply.\n")
    assert workplace.store.posted("shop") == ()


def test_a_watch_that_was_quicker_is_asked_again(workplace: Workplace) -> None:
    """It answered, but had the stack again before we did: as one that stands by may."""
    asked = []

    def make_way_at_last(watch: Watch, posted: Posted) -> None:
        asked.append(posted.number)
        watch.take(posted)
        if len(asked) == 3:
            watch.lease.release()

    with Watch(workplace.folder).acting(make_way_at_last), locked(workplace, "apply", 0):
        assert len(asked) == 3


@pytest.mark.parametrize(("lease_seconds", "waited_seconds"), [(None, 35), ("60", 65), ("2.5", 7.5)])
def test_a_holder_is_waited_for_a_little_longer_than_a_lease_lasts(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, lease_seconds: str | None, waited_seconds: float
) -> None:
    if lease_seconds is not None:
        monkeypatch.setenv("RECONCILER_LEASE_SECONDS", lease_seconds)
    assert locking.patience(open_recorded(workplace.given)) == waited_seconds


def test_a_watch_that_does_not_make_way_is_a_held_lock(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "patience", lambda place: 0.1)
    watch = Watch(workplace.folder)
    with pytest.raises(LockError) as refused, locked(workplace, "apply", 0):
        pass
    assert str(refused.value).startswith('stack "shop" is locked: watch by bob on ')
    assert str(refused.value).endswith("\nIt did not make way within 0.1 s.")
    assert workplace.store.posted("shop") == ()
    watch.lease.release()


def test_of_an_apply_nobody_asks_the_stack(workplace: Workplace) -> None:
    with (
        Watch(workplace.folder, "apply").acting(lambda watch, posted: None) as other,
        pytest.raises(LockError, match="apply by bob"),
        locked(workplace, "destroy", 0.1),
    ):
        pass
    assert other.seen == []


def errand(is_done: Callable[[State], bool], act: Callable[[Lease, tuple[Request, ...]], object]) -> Errand:
    return Errand("stop", (STOP,), act, is_done)


def never_here(lease: Lease, left: tuple[Request, ...]) -> None:
    raise AssertionError("it was to be done by the watch")


def test_what_a_watch_does_is_followed_until_it_is_done(workplace: Workplace) -> None:
    def do_slowly(watch: Watch, posted: Posted) -> None:
        watch.take(posted, "stop task was asked for.")
        watch.store.save(watch.store.load("shop").changed(doomed_volumes=("half",)), watch.lease)
        watch.store.save(watch.store.load("shop").changed(doomed_volumes=("done",)), watch.lease)

    with Watch(workplace.folder).acting(do_slowly):
        found = delegate(workplace, errand(lambda state: state.doomed_volumes == ("done",), never_here))
    assert (found.doomed_volumes, workplace.store.posted("shop")) == (("done",), ())


def test_what_a_watch_refuses_is_an_error_here(workplace: Workplace) -> None:
    with (
        Watch(workplace.folder).acting(
            lambda watch, posted: watch.take(posted, "stop task was refused: no such task")
        ),
        pytest.raises(ReconcilerError, match=r"^no such task$"),
    ):
        delegate(workplace, errand(lambda state: False, never_here))


def test_what_a_watch_does_not_take_is_withdrawn(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegation, "patience", lambda place: 0.1)
    with (
        Watch(workplace.folder).acting(lambda watch, posted: None) as watch,
        pytest.raises(LockError, match=r"^the watch took nothing over within 0\.1 s: the request is withdrawn\."),
    ):
        delegate(workplace, errand(lambda state: False, never_here))
    assert (watch.seen, workplace.store.posted("shop")) == ([RequestKind.STOP_TASK], ())


@pytest.mark.parametrize("is_taken", [False, True])
def test_when_the_watch_ends_meanwhile_it_is_done_here(workplace: Workplace, is_taken: bool) -> None:
    done: list[tuple[int, tuple[Request, ...]]] = []

    def end(watch: Watch, posted: Posted) -> None:
        if is_taken:
            watch.take(posted)
        watch.lease.release()

    with Watch(workplace.folder).acting(end):
        delegate(workplace, errand(lambda state: False, lambda lease, left: done.append((lease.token, left))))
    assert done == [(3, () if is_taken else (STOP,))]
    assert (workplace.store.posted("shop"), workplace.store.holder("shop")) == ((), None)


def test_the_lock_tells_who_has_the_stack_and_who_stands_by(place: Place, workplace: Workplace) -> None:
    watch = Watch(place.folder)
    with watch.store.watching("shop"):
        told = place.run("lock", "status")
        assert told.code == 0
        first, second = told.out.splitlines()
        assert first.startswith('Stack "shop" is held by watch by bob on ')
        assert first.endswith("; that process is alive.")
        assert second.endswith(", holds it.")
        shown = place.run("lock", "status", "--json").value
        assert (shown["stack"], shown["holder"]["token"], shown["holder"]["life"]) == ("shop", 2, "alive")
        assert [each["holds"] for each in shown["watches"]] == [True]
        watch.lease.release()
        first, second = place.run("lock", "status").out.splitlines()
        assert first == 'Stack "shop" is held by nobody.'
        assert second.endswith(", stands by.")
    assert place.run("lock", "status").out == (
        'Stack "shop" is held by nobody.\n'
        "Nobody on this machine watches it: tasks that end are not replaced, scheduled ones do not start. "
        "To keep it: reconciler watch\n"
    )


def test_force_unlock_wants_to_be_approved_and_takes_the_stack(place: Place, workplace: Workplace) -> None:
    watch = Watch(place.folder)
    refused = place.run("force-unlock")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith('Stack "shop" is held by watch by bob on ')
    assert "nobody is there to approve the force-unlock: give --auto-approve. Nothing was changed." in refused.err
    watch.lease.check()
    done = place.run("force-unlock", "--auto-approve")
    assert (done.code, done.out.startswith('Stack "shop" was taken from watch by bob on ')) == (0, True)
    watch.lease.renew()
    with pytest.raises(ReconcilerError, match="somebody else took over"):
        watch.lease.check()
    assert place.run("force-unlock", "--auto-approve").out == 'Nobody holds stack "shop".\n'


def test_what_a_verb_takes_it_gives_back_when_it_fails(workplace: Workplace) -> None:
    with pytest.raises(ZeroDivisionError), locked(workplace, "apply", 0):
        raise ZeroDivisionError
    assert workplace.store.holder("shop") is None
