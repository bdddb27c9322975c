"""Protocols through a real HAProxy, of each version, between real clients and real servers."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.model.load_balancer import Certificate, Listener, Protocol, ProtocolVersion, TargetHealthCheck
from reconciler.model.routing import BalancerConfiguration, BalancerSettings, CheckResult, Target, TargetState
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, RemoveNetwork, StartBalancer
from tests.drivers.balancing import need
from tests.drivers.builders import World, eventually

from .clients import TIMEOUT, Http2Client, WebSocketClient, trusting
from .rule_cases import to
from .servers import STREAMED, serving
from .site import HAPROXY, group, route

pytestmark = pytest.mark.engine

PLAIN, HTTPS, TLS, H2, GRPC, WEBSOCKET = 8101, 8102, 8103, 8104, 8105, 8106
IDLE_TIMEOUT = 3.0
MEGABYTE = 1_000_000
GROUPS = (
    group("plain"),
    group("tls", protocol=Protocol.HTTPS),
    group("h2", protocol_version=ProtocolVersion.HTTP2),
    group("grpc", protocol_version=ProtocolVersion.GRPC),
    group("websocket"),
    group("strange", health_check=TargetHealthCheck(path="/strange", interval=1, timeout=1)),
)


@dataclass
class Served:
    """A balancer, and servers on this machine as its targets."""

    world: World
    gateway: str
    ports: dict[str, int]
    host: str = ""

    def target(self, name: str, state: TargetState = TargetState.READY) -> Target:
        return Target(
            task_id=name.encode().hex().rjust(32, "0"), address=self.gateway, port=self.ports[name], state=state
        )

    def configuration(self, *websocket: Target, certificate: str = "old") -> BalancerConfiguration:
        """Return the configuration, with these targets of WebSockets."""
        served = (("plain", "one"), ("tls", "tls"), ("h2", "h2"), ("grpc", "h2"), ("strange", "one"))
        return BalancerConfiguration(
            name="public",
            idle_timeout=IDLE_TIMEOUT,
            listeners=_listeners(certificate),
            target_groups=GROUPS,
            routes=(*(route(name, self.target(by)) for name, by in served), route("websocket", *websocket)),
        )

    def start(self, image: str) -> None:
        self.world.perform(
            StartBalancer(
                address="load_balancer.public",
                stack=self.world.stack,
                owner=self.world.owner,
                settings=BalancerSettings(name="public", image=image, networks=(self.world.stack,)),
                configuration=self.configuration(),
                folder=self.world.folder,
            )
        )

    def configure(self, wanted: BalancerConfiguration) -> None:
        self.world.perform(
            ConfigureBalancer(
                address="load_balancer.public",
                owner=self.world.owner,
                container_id=self.world.look().balancers[0].container_id,
                configuration=wanted,
                folder=self.world.folder,
            )
        )

    def checks(self) -> dict[str, CheckResult]:
        """Return the check of each group's target."""
        running = self.world.look().balancers[0].running
        assert running is not None
        return {each.target_group.removeprefix("target_group."): each.check for each in running.targets}

    def connection(self, port: int) -> http.client.HTTPConnection:
        if port == HTTPS:
            return http.client.HTTPSConnection(self.host, port, context=trusting(), timeout=TIMEOUT)
        return http.client.HTTPConnection(self.host, port, timeout=TIMEOUT)

    def ask(self, port: int, method: str = "GET", path: str = "/", **more: Any) -> dict[str, Any]:
        """Return what a target says that reached it."""
        connection = self.connection(port)
        try:
            connection.request(method, path, **more)
            answer = connection.getresponse()
            assert answer.status == 200
            found: dict[str, Any] = json.loads(answer.read())
            return found
        finally:
            connection.close()


def _listeners(certificate: str) -> tuple[Listener, ...]:
    secure = {
        "protocol": Protocol.HTTPS,
        "certificates": (
            Certificate(file=f"{certificate}.crt", key=f"{certificate}.key", digest=certificate.encode().hex()),
        ),
    }
    table: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
        ("plain", PLAIN, "plain", {}),
        ("https", HTTPS, "plain", secure),
        ("tls", TLS, "tls", {}),
        ("h2", H2, "h2", {}),
        ("grpc", GRPC, "grpc", secure),
        ("websocket", WEBSOCKET, "websocket", {}),
    )
    return tuple(
        Listener(name=name, address=name, port=port, action=to(to_group), **more)
        for name, port, to_group, more in table
    )


def _certificate(folder: Path, name: str) -> None:
    assert shutil.which("openssl"), "a certificate for the test is made with openssl"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def _server_tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "old.crt", folder / "old.key")
    return context


@pytest.fixture(scope="module", params=HAPROXY)
def served(
    docker_driver: DockerDriver,
    client: Client,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("stack")
    for name in ("old", "new"):
        _certificate(folder, name)
    world = World(docker_driver, folder=str(folder))
    world.perform(world.create_network())
    gateway = client.get(f"/networks/{world.stack}")["IPAM"]["Config"][0]["Gateway"]
    removal = RemoveBalancer(address="load_balancer.public", stack=world.stack, owner=world.owner, name="public")
    try:
        with serving(gateway, _server_tls(folder)) as ports:
            found = Served(world, gateway, ports)
            found.start(need(client, request.param))
            container = client.get(f"/containers/{world.look().balancers[0].container_id}/json")
            found.host = container["NetworkSettings"]["Networks"][world.stack]["IPAddress"]
            yield found
    finally:
        world.perform(removal)
        world.perform(RemoveNetwork(address="network", owner=world.owner, name=world.stack))


def test_a_target_of_each_protocol_passes_its_check(served: Served) -> None:
    passed = dict.fromkeys(("plain", "tls", "h2", "grpc"), CheckResult.PASSED)
    eventually(lambda: served.checks() == {**passed, "strange": CheckResult.FAILED})


def test_what_a_target_says_does_not_disturb_a_look(served: Served) -> None:
    eventually(lambda: served.checks()["strange"] is CheckResult.FAILED)
    assert served.world.look().balancers[0].configuration == served.configuration()


@pytest.mark.parametrize(("port", "who"), [(PLAIN, "one"), (HTTPS, "one"), (TLS, "tls"), (H2, "h2")])
def test_a_request_reaches_a_target_of_each_protocol(served: Served, port: int, who: str) -> None:
    said = served.ask(port, "POST", "/a?b=c", body=b"x" * 1000)
    assert (said["who"], said["method"], said["path"], said["length"]) == (who, "POST", "/a?b=c", 1000)


def test_several_requests_of_http2_share_a_connection(served: Served) -> None:
    client = Http2Client(served.host, HTTPS)
    assert client.protocol == "h2"
    streams = [client.send("GET", f"/{number}") for number in range(20)]
    answers = client.receive(*streams)
    client.close()
    assert {each.status for each in answers} == {"200"}
    assert [json.loads(each.body)["path"] for each in answers] == [f"/{number}" for number in range(20)]


def test_a_call_of_grpc_gets_its_message_and_its_status(served: Served) -> None:
    client = Http2Client(served.host, GRPC)
    message = b"\0\0\0\0\5hello"
    stream = client.send("POST", "/greeter/Say", message, content_type="application/grpc", te="trailers")
    (answer,) = client.receive(stream)
    client.close()
    assert answer == ("200", message, {"grpc-status": "0", "grpc-message": "fine"})


def test_forwarded_headers_are_appended_or_set(served: Served) -> None:
    sent = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "70"}
    headers = served.ask(HTTPS, headers=sent)["headers"]
    found = {name: [value for key, value in headers if key == name] for name in map(str.lower, sent)}
    addresses = ", ".join(found.pop("x-forwarded-for")).split(", ")
    assert (addresses[0], len(addresses)) == ("203.0.113.7", 2)
    assert found == {"x-forwarded-proto": ["https"], "x-forwarded-port": [str(HTTPS)]}


@pytest.mark.parametrize("port", [PLAIN, HTTPS, TLS, H2])
def test_a_large_body_arrives_whole(served: Served, port: int) -> None:
    assert served.ask(port, "POST", body=b"x" * 10 * MEGABYTE)["length"] == 10 * MEGABYTE
    pieces = (b"x" * MEGABYTE for _ in range(10))
    assert served.ask(port, "POST", body=pieces, encode_chunked=True)["length"] == 10 * MEGABYTE


def test_a_stream_longer_than_the_idle_timeout_comes_piece_by_piece(served: Served) -> None:
    connection = served.connection(PLAIN)
    connection.request("GET", "/stream")
    answer = connection.getresponse()
    came_at = [time.monotonic() for _ in range(STREAMED) if answer.readline()]
    assert answer.read() == b""
    connection.close()
    assert len(came_at) == STREAMED
    assert came_at[-1] - came_at[0] > IDLE_TIMEOUT


def test_a_head_is_answered_without_a_body(served: Served) -> None:
    connection = served.connection(PLAIN)
    for method in ("HEAD", "GET"):
        connection.request(method, "/")
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, method == "GET")
    connection.close()


def test_whoever_expects_100_continue_gets_it_before_the_body(served: Served) -> None:
    with socket.create_connection((served.host, PLAIN), TIMEOUT) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        lines = connection.makefile("rb")
        assert lines.readline().startswith(b"HTTP/1.1 100")
        assert lines.readline() == b"\r\n"
        connection.sendall(b"hello")
        assert lines.readline().startswith(b"HTTP/1.1 200")
        assert b'"length": 5}' in lines.read()


def test_an_idle_connection_is_cut_after_the_idle_timeout(served: Served) -> None:
    with socket.create_connection((served.host, PLAIN), TIMEOUT) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        answered_at = time.monotonic()
        while connection.recv(65536):
            pass
        assert abs(time.monotonic() - answered_at - IDLE_TIMEOUT) < 2


def test_a_websocket_outlives_others_changes_and_its_targets_draining_until_that_is_removed(served: Served) -> None:
    one, two = served.target("one"), served.target("two")
    served.configure(served.configuration(one))
    with WebSocketClient(served.host, WEBSOCKET) as client:
        assert (client.name, client.echo(b"hello\n")) == ("one", b"hello\n")
        with client.kept_busy() as is_open:
            draining = served.target("one", TargetState.DRAINING)
            for members in ((one, two), (one,), (draining, two)):
                served.configure(served.configuration(*members))
                assert is_open()
            assert _sessions(served, draining) == 1
            with WebSocketClient(served.host, WEBSOCKET) as later:
                assert later.name == "two"
                with later.kept_busy() as is_later_open:
                    served.configure(served.configuration(two))
                    eventually(lambda: not is_open())
                    assert is_later_open()


def _sessions(served: Served, target: Target) -> int:
    listed = served.world.look().balancers[0].targets_of(target.task_id)
    return sum(each.sessions for each in listed if each.target_group == "target_group.websocket")


def test_another_certificate_is_taken_without_a_lost_request(served: Served) -> None:
    failures: list[Exception] = []
    is_over = threading.Event()
    asking = [threading.Thread(target=_ask_until, args=(served, is_over, failures, kept)) for kept in (True, False)]
    for each in asking:
        each.start()
    before = _served_name(served)
    served.configure(served.configuration(certificate="new"))
    after = _served_name(served)
    served.configure(served.configuration())
    is_over.set()
    for each in asking:
        each.join()
    assert (before, after, failures) == ("old", "new", [])


def _ask_until(served: Served, is_over: threading.Event, failures: list[Exception], is_kept: bool) -> None:
    """Ask again and again, on one connection as long as that is kept or on a new one each time."""
    connection = served.connection(HTTPS)
    while not is_over.is_set():
        try:
            connection.request("GET", "/")
            assert json.loads(connection.getresponse().read())["who"] == "one"
        except (OSError, http.client.HTTPException, AssertionError) as failure:
            failures.append(failure)
            connection.close()
        if not is_kept:
            connection.close()
    connection.close()


def _served_name(served: Served) -> str:
    command = f"openssl s_client -connect {served.host}:{HTTPS}".split()
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
    return said.partition("subject=")[2].partition("\n")[0].replace(" ", "").removeprefix("CN=")
