"""Rule conformance against a real HAProxy: every case of the table, and what a table cannot hold."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.balancers.haproxy.balancer import File
from reconciler.balancers.haproxy.configuration import render
from reconciler.drivers.docker.balancer_host import DockerHost
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.model.load_balancer import (
    Certificate,
    Listener,
    Protocol,
    Stickiness,
)
from reconciler.model.routing import (
    BalancerConfiguration,
    Color,
    Maintenance,
)
from tests.drivers.builders import World, eventually

from .rule_cases import CASES, GROUPS, OTHERWISE, RULES, to
from .site import HAPROXY, Site, group, route, site_of, target
from .test_configuration import HOSTILE_TEXTS, hostile_with

pytestmark = pytest.mark.engine

FIRST_PORT = 8101
PORTS = {name: FIRST_PORT + index for index, name in enumerate(RULES)}
TCP_PORT, HTTPS_PORT, WEIGHTED_PORT, STICKY_PORT = 8180, 8181, 8182, 8183


@pytest.fixture(scope="module", params=HAPROXY)
def site(
    docker_driver: DockerDriver,
    client: Client,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("stack")
    _certificate(folder)
    with site_of(World(docker_driver, folder=str(folder)), client, request.param, _configuration()) as found:
        eventually(lambda: found.took(PORTS["default_forward"]) == "two")
        yield found


def _configuration() -> BalancerConfiguration:
    return BalancerConfiguration(
        name="public",
        listeners=(
            *(
                Listener(name=name, address=f"l.{name}", port=PORTS[name], rules=rules, action=action)
                for name, (rules, action) in RULES.items()
            ),
            Listener(name="tcp", address="l.tcp", port=TCP_PORT, protocol=Protocol.TCP, action=to("tcp")),
            Listener(
                name="https",
                address="l.https",
                port=HTTPS_PORT,
                protocol=Protocol.HTTPS,
                certificates=(Certificate(file="web.crt", key="web.key", digest="0123456789abcdef"),),
                action=OTHERWISE,
            ),
            Listener(name="weighted", address="l.w", port=WEIGHTED_PORT, action=to(one=6, two=3, three=1)),
            Listener(name="sticky", address="l.s", port=STICKY_PORT, action=to("sticky")),
        ),
        target_groups=(
            *(group(name) for name in GROUPS),
            group("tcp", protocol=Protocol.TCP),
            group("sticky", stickiness=Stickiness()),
        ),
        maintenance=(Maintenance(target_group="target_group.closed", message="closed for repairs"),),
        routes=(
            *(route(name, target(name)) for name in ("one", "two", "three")),
            route("closed", target("four")),
            route("tcp", target("one")),
            route("sticky", *(target(name, color=color) for name in ("one", "two") for color in Color), green=500),
        ),
    )


def _certificate(folder: Path) -> None:
    assert shutil.which("openssl"), "a certificate for the test is made with openssl"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout web.key -out web.crt"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def _answer(status: int, place: str, body: str, port: int) -> str:
    """Put what came into the table's words."""
    if status == 200 and body.split(" ")[0] in GROUPS:
        return body.split(" ")[0]
    if place:
        return f"{status} {place.replace(str(port), 'PORT')}"
    return f"{status} {body}" if body and not body.startswith("<html>") else str(status)


def test_the_table_is_as_long_as_promised() -> None:
    assert len(CASES) >= 80


def test_every_case_of_the_table_is_answered_as_it_says(site: Site) -> None:
    wrong = []
    for case in CASES:
        port = PORTS[case.rules]
        found = _answer(*site.request(port, *case.request), port)
        if found != case.answer:
            wrong.append(f"{case.rules} {json.dumps(case.request._asdict())}: {found!r} is not {case.answer!r}")
    assert wrong == []


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_haproxy_takes_hostile_texts_for_what_they_are(site: Site, text: str) -> None:
    host = DockerHost(site.client)
    host.put(site.container_id, [File("/etc/reconciler/hostile.cfg", render(hostile_with([text] * 10)).encode())])
    ran = host.run(site.container_id, ("haproxy", "-c", "-f", "/etc/reconciler/hostile.cfg"))
    assert ran.code == 0, ran.output


def test_weights_are_shares(site: Site) -> None:
    counts = Counter(site.took(WEIGHTED_PORT) for _ in range(2000))
    assert abs(counts["one"] - 1200) < 100
    assert abs(counts["two"] - 600) < 100
    assert abs(counts["three"] - 200) < 60


def test_requests_over_tcp_and_https_arrive(site: Site) -> None:
    assert site.took(TCP_PORT) == "one"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(site.host, HTTPS_PORT, context=context, timeout=5)
    connection.request("GET", "/")
    name, client, protocol, port = connection.getresponse().read().decode().split(" ")
    connection.close()
    assert (name, protocol, port) == ("three", "https", str(HTTPS_PORT))
    assert client


def test_forwarded_headers_say_who_asked_how(site: Site) -> None:
    sent = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "70"}
    _, _, body = site.request(PORTS["default_forward"], headers=sent)
    assert body.split(" ")[2:] == ["http", str(PORTS["default_forward"])]


def test_a_client_of_a_sticky_group_stays_with_its_target_and_its_pool(site: Site) -> None:
    connection = http.client.HTTPConnection(site.host, STICKY_PORT, timeout=5)
    connection.request("GET", "/")
    answer = connection.getresponse()
    first = answer.read().decode().split(" ")[0]
    cookies = [value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    names = sorted(each.partition("=")[0] for each in cookies)
    assert names == ["SID", "reconciler-pool-sticky", "reconciler-sticky"]
    assert {site.took(STICKY_PORT, Cookie="; ".join(cookies)) for _ in range(30)} == {first}
    assert len({site.took(STICKY_PORT) for _ in range(30)}) == 2
