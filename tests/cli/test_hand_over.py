"""Requests handed over to whoever holds the lock, and what is refused before anything is asked: without an engine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli import delegation
from reconciler.cli.options import Given, How
from reconciler.cli.requests import Answered, Asked, ask
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.errors import LockError, ReconcilerError
from reconciler.model.deployment import DeploymentStatus, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import Event, State
from reconciler.store.sqlite import SqliteStore
from tests.builders import NOW, balanced, deployment, stack, state

from .conftest import NO_ENGINE, Place

RESTART = Request(kind=RequestKind.RESTART, service="service.web", token="ours")
LEFT = How(waits=False)
FILE = 'stack "shop" {}\ntask_definition "web" {\n  container "app" {\n    image = "app:1"\n  }\n}\n'


def recorded() -> State:
    """A service behind a load balancer, deployed twice: the second failed, and is undone."""
    older = {"status": DeploymentStatus.ACTIVE}
    first = deployment(rollout_state=RolloutState.COMPLETED, completed_at=NOW + 9, **older)
    failed = deployment(
        id="d2", number=2, rollout_state=RolloutState.FAILED, reason="3 failures", created_at=NOW + 60, **older
    )
    back = deployment(id="d3", number=3, rolls_back="d2", created_at=NOW + 90, next_ordinal=2)
    return state(stack(balanced("web", 2), balanced("api", 1)), serial=0, deployments=(first, failed, back))


@pytest.fixture
def shop(place: Place) -> Place:
    """A stack that was applied once, as its state file says."""
    place.write(FILE)
    place.environment |= NO_ENGINE
    store = SqliteStore(place.folder / "state", "ada")
    lease = store.acquire("shop", "apply", 0)
    store.save(recorded(), lease)
    lease.release()
    store.close()
    return place


class Holder:
    """Another process that holds the lock, as a thread."""

    def __init__(self, folder: Path, act: Callable[[SqliteStore, tuple[int, ...], State], State]) -> None:
        self.store = SqliteStore(folder / "state", "ada")
        self.lease = self.store.acquire("shop", "apply", 0)
        self._act = act
        self._thread = threading.Thread(target=self._take)

    def __enter__(self) -> Holder:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._thread.join()
        self.lease.release()

    def _take(self) -> None:
        deadline = time.monotonic() + 10
        while not (posted := self.store.posted("shop")) and time.monotonic() < deadline:
            time.sleep(0.01)
        numbers = tuple(each.number for each in posted)
        self.store.save(self._act(self.store, numbers, self.store.load("shop")), self.lease, answered=numbers)


def told(message: str) -> Callable[[SqliteStore, tuple[int, ...], State], State]:
    """Take a request, and leave an event that says what came of it."""

    def act(store: SqliteStore, numbers: tuple[int, ...], found: State) -> State:
        event = Event(number=len(found.events) + 1, at=NOW, address="service.web", message=message, subject="ours")
        return found.changed(events=(*found.events, event))

    return act


def opened(place: Place, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setattr(delegation, "POLL_SECONDS", 0.01)
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE["DOCKER_HOST"])
    return open_recorded(Given(str(place.folder)))


def test_whoever_holds_the_lock_takes_a_request_over(shop: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = opened(shop, monkeypatch)
    with Holder(shop.folder, told("restart was asked for.")):
        answered = ask(workplace, Asked("restart", (RESTART,), LEFT))
    assert answered == Answered(workplace.store.load("shop"))
    assert [each.message for each in answered.state.events] == ["restart was asked for."]


def test_a_refusal_of_the_holder_is_an_error_here(shop: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = opened(shop, monkeypatch)
    with (
        Holder(shop.folder, told("restart was refused: service.web was never deployed")),
        pytest.raises(ReconcilerError, match=r"^service\.web was never deployed$"),
    ):
        ask(workplace, Asked("restart", (RESTART,)))


def test_a_request_that_nobody_takes_is_withdrawn(
    shop: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workplace = opened(shop, monkeypatch)
    monkeypatch.setattr(delegation, "patience", lambda place: 0.05)
    other = SqliteStore(shop.folder / "state", "ada")
    lease = other.acquire("shop", "apply", 0)
    with pytest.raises(LockError) as caught:
        ask(workplace, Asked("restart", (RESTART,)))
    lease.release()
    assert str(caught.value).startswith("the apply took nothing over within 0.05 s: the request is withdrawn. ")
    assert other.posted("shop") == ()
    err = capsys.readouterr().err
    assert err == (
        f'Stack "shop" is held by apply by ada on {os.uname().nodename} (pid {os.getpid()}): '
        "this restart is handed over to it.\n"
    )


def test_once_the_lock_is_free_the_request_is_carried_out_here(shop: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an engine that ends in an error; the mailbox is empty, and the lock is free again."""
    workplace = opened(shop, monkeypatch)
    other = SqliteStore(shop.folder / "state", "ada")
    lease = other.acquire("shop", "apply", 0)

    def let_go() -> None:
        while not other.posted("shop"):
            time.sleep(0.01)
        lease.release()

    thread = threading.Thread(target=let_go)
    thread.start()
    with pytest.raises(ReconcilerError, match="nowhere"):
        ask(workplace, Asked("restart", (RESTART,)))
    thread.join()
    assert other.posted("shop") == ()
    other.acquire("shop", "apply", 0).release()


def test_deployments_are_listed_without_an_engine(shop: Place) -> None:
    listed = shop.run("deployment", "list", "web", "--json")
    assert listed.code == 0, listed.err
    assert [(each["id"], each["status"], each["rolls_back"]) for each in listed.value] == [
        ("d3", "IN_PROGRESS", "d2"),
        ("d2", "ROLLBACK_IN_PROGRESS", None),
        ("d1", "SUCCESSFUL", None),
    ]
    assert shop.run("deployment", "list", "api").out == "No deployments.\n"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("restart", "nothing"), 1, 'no service "nothing" was applied; there are: service.api, service.web'),
        (("scale", "web"), 64, '"web" is no SERVICE=N: give a count such as web=3, or web=file'),
        (("scale", "web=-1"), 64, '"web=-1" is no SERVICE=N: give a count such as web=3, or web=file'),
        (("scale", "web=1", "service.web=2"), 64, "service.web is given twice"),
        (("rollback", "web", "api:1"), 64, '"api:1" is no revision of service.web: give a number, or web:number'),
        (("rollback", "web", "latest"), 64, '"latest" is no revision of service.web: give a number, or web:number'),
        (("maintenance", "off", "web", "--message", "x"), 64, "--message goes with `maintenance on` only"),
        (("deployment", "continue"), 1, "no deployment is waiting for anybody; see: reconciler deployment list"),
        (("deployment", "stop", "x"), 1, 'no deployment with an id that begins with "x": see `reconciler deployment'),
        (("deployment", "stop", "d"), 1, 'several deployments with an id that begins with "d"'),
        (("rollback", "web", "9"), 1, "there is no revision web:9; there are: 1"),
        (("restart", "api"), 1, "service.api was never deployed"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_next_step(
    shop: Place, words: tuple[str, ...], code: int, message: str
) -> None:
    refused = shop.run(*words)
    assert (refused.code, refused.out) == (code, "")
    assert f"Error: {message}" in refused.err


def test_of_several_deployments_in_progress_one_must_be_named(shop: Place) -> None:
    store = SqliteStore(shop.folder / "state", "ada")
    lease = store.acquire("shop", "apply", 0)
    found = store.load("shop")
    second = deployment(id="e1", service="service.api", family="api")
    store.save(found.changed(deployments=(*found.deployments, second)), lease)
    lease.release()
    refused = shop.run("deployment", "stop")
    assert "several deployments are in progress: " in refused.err
    assert refused.err.endswith("; give the ID of one\n")


def test_nothing_can_be_asked_of_a_stack_that_was_never_applied(place: Place) -> None:
    place.write(FILE)
    refused = place.run("restart", "web", **NO_ENGINE)
    assert (refused.code, refused.err) == (
        1,
        'Error: nothing of stack "shop" is applied yet: `reconciler apply` first\n',
    )
    assert place.run("deployment", "list", **NO_ENGINE).out == "No deployments.\n"
