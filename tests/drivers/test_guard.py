"""A holder that lost its lease makes no further call that changes something; reading is for everybody (I9, R8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.connector import Connector
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.transport import Body, Reply
from reconciler.errors import StaleError
from reconciler.model.stack import Cluster
from reconciler.model.step import RemoveNetwork

NOWHERE = Endpoint(url="unix:///nowhere")
STEP = RemoveNetwork(address="network.x", owner="o", name="n")


class Silence:
    """The end of a connection: writes down what arrives, and says yes to everything."""

    status = 200

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.body = b"[]"

    def send(self, method: str, target: str, *rest: object) -> Reply:
        self.seen.append(f"{method} {target}")
        return Reply(200, {}, self.body)

    def open(self, method: str, target: str, *rest: object) -> Silence:
        self.seen.append(f"{method} {target}")
        return self

    def upgrade(self, target: str, content: Body, headers: Mapping[str, str]) -> Reply:
        self.seen.append(f"upgrade {target}")
        return Reply(500, {}, b"")

    def chunks(self) -> Iterator[bytes]:
        yield b""

    def close(self) -> None:
        return None


class Connected(Connector):
    """A connector to nothing."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.silence = Silence()

    def connected(self) -> tuple[Any, str]:
        return self.silence, "/v1.41"


def lost() -> None:
    raise StaleError("lost")


CHANGING: Mapping[str, Callable[[Client], object]] = {
    "post": lambda client: client.post("/containers/a/start"),
    "delete": lambda client: client.call("DELETE", "/containers/a"),
    "put": lambda client: client.call("PUT", "/containers/a/archive"),
    "a stream": lambda client: client.stream("POST", "/images/create"),
    "an upgrade": lambda client: client.upgrade("/exec/a/start", {}),
}


@pytest.mark.parametrize("name", CHANGING)
def test_nothing_is_sent_that_changes_something_once_the_guard_refuses(name: str) -> None:
    connector = Connected()
    with pytest.raises(StaleError):
        CHANGING[name](Client(NOWHERE, lost, connector))
    assert connector.silence.seen == []


def test_what_only_reads_needs_no_lease() -> None:
    connector = Connected()
    client = Client(NOWHERE, lost, connector)
    client.get("/containers/json")
    client.call("HEAD", "/_ping")
    client.stream("GET", "/events")
    assert connector.silence.seen == ["GET /v1.41/containers/json", "HEAD /v1.41/_ping", "GET /v1.41/events"]


def test_a_guarded_client_shares_the_connections_and_leaves_the_other_one_free() -> None:
    connector = Connected()
    client = Client(NOWHERE, connector=connector)
    with pytest.raises(StaleError):
        client.guarded_by(lost).post("/a")
    client.post("/b")
    assert connector.silence.seen == ["POST /v1.41/b"]


def test_a_step_of_a_lost_lease_looks_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, connector = DockerDriver(Cluster(), SystemClock(), environ={}), Connected()
    monkeypatch.setattr(driver._client._connector, "connected", connector.connected)
    connector.silence.body = json.dumps({"Id": "n1", "Labels": {labels.OWNER: "o"}}).encode()
    driver.guarded_by(lost)
    with pytest.raises(StaleError):
        driver.perform(STEP)
    looks = ["GET /v1.41/networks/n"]
    assert connector.silence.seen == looks
    driver.guarded_by(lambda: None)
    assert driver.perform(STEP).ok
    assert connector.silence.seen == [*looks, *looks, "DELETE /v1.41/networks/n"]
