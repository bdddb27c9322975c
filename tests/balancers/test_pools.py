"""Who gets requests, against a real HAProxy: states, failing open, slow start, stickiness, shares."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.model.load_balancer import Listener, Protocol, Stickiness, TargetGroup, TargetHealthCheck
from reconciler.model.routing import BalancerConfiguration, Color, Route, TargetState
from tests.drivers.builders import World, eventually

from .rule_cases import to
from .site import HAPROXY, Site, group, route, site_of, target

pytestmark = pytest.mark.engine

INITIAL, READY, DRAINING = TargetState.INITIAL, TargetState.READY, TargetState.DRAINING
SICK = TargetHealthCheck(path="/sick", interval=1, timeout=1)
GROUPS: tuple[TargetGroup, ...] = (
    group("plain"),
    group("sick", health_check=SICK),
    group("sick-cookie", health_check=SICK, stickiness=Stickiness()),
    group("waiting"),
    group("slow", slow_start=8),
    group("cookie", stickiness=Stickiness()),
    group("app", stickiness=Stickiness(type="app_cookie", cookie_name="SID")),
    group("source", stickiness=Stickiness(type="source_ip")),
    group("tcp", protocol=Protocol.TCP, stickiness=Stickiness(type="source_ip")),
)
PORTS = {each.name: 8101 + index for index, each in enumerate(GROUPS)}
TEST_PORT = 8200


def configuration(*routes: Route) -> BalancerConfiguration:
    listeners = [
        Listener(
            name=each.name, address=each.name, port=PORTS[each.name], protocol=each.protocol, action=to(each.name)
        )
        for each in GROUPS
    ]
    listeners.append(Listener(name="test", address="test", port=TEST_PORT, action=to("plain")))
    return BalancerConfiguration(
        name="public",
        listeners=tuple(listeners),
        target_groups=GROUPS,
        test_listeners={"test": ("target_group.plain",)},
        routes=routes,
    )


@pytest.fixture(scope="module", params=HAPROXY)
def balancer(docker_driver: DockerDriver, client: Client, request: pytest.FixtureRequest) -> Iterator[Site]:
    with site_of(World(docker_driver), client, request.param, configuration()) as found:
        yield found


@pytest.fixture
def site(balancer: Site) -> Site:
    """The balancer without any target, as it was: nothing here reloads it."""
    balancer.configure(configuration())
    return balancer


def taken(site: Site, name: str, count: int = 40, **headers: str) -> Counter[str]:
    """Return how many requests each upstream took; an answer of HAProxy's own counts as its status."""
    return Counter(_taker(site, PORTS.get(name, TEST_PORT), headers) for _ in range(count))


def _taker(site: Site, port: int, headers: dict[str, str]) -> str:
    status, _, body = site.request(port, headers=headers)
    return body.split(" ")[0] if status == 200 else str(status)


def test_only_ready_targets_get_requests(site: Site) -> None:
    targets = target("one"), target("two", INITIAL), target("three", DRAINING)
    site.configure(configuration(route("plain", *targets)))
    eventually(
        lambda: (
            site.states("plain")
            == {"one": ("ready", "passed"), "two": ("initial", "passed"), "three": ("draining", "none")}
        )
    )
    assert taken(site, "plain") == {"one": 40}


def test_when_all_ready_targets_are_sick_they_all_get_requests(site: Site) -> None:
    targets = target("one"), target("two"), target("three", INITIAL), target("four", DRAINING)
    site.configure(configuration(route("sick", *targets)))
    eventually(
        lambda: (
            site.states("sick")
            == {
                "one": ("ready", "failed"),
                "two": ("ready", "failed"),
                "three": ("initial", "failed"),
                "four": ("draining", "none"),
            }
        )
    )
    assert taken(site, "sick") == {"one": 20, "two": 20}


def test_a_well_target_without_traffic_does_not_keep_the_sick_ones_from_requests(site: Site) -> None:
    site.configure(configuration(route("sick", target("one"), target("five", INITIAL))))
    eventually(lambda: site.states("sick") == {"one": ("ready", "failed"), "five": ("initial", "passed")})
    assert taken(site, "sick") == {"one": 40}
    site.configure(configuration(route("sick", target("one"), target("five"))))
    assert taken(site, "sick") == {"five": 40}


def test_a_client_of_a_target_that_got_sick_goes_to_a_well_one(site: Site) -> None:
    site.configure(configuration(route("sick-cookie", target("one"))))
    eventually(lambda: site.states("sick-cookie") == {"one": ("ready", "failed")})
    cookies, first = _visit(site, "sick-cookie")
    assert first == "one"
    assert taken(site, "sick-cookie", Cookie=cookies) == {"one": 40}
    site.configure(configuration(route("sick-cookie", target("one"), target("five"))))
    assert taken(site, "sick-cookie", Cookie=cookies) == {"five": 40}


def test_without_a_ready_target_there_is_503(site: Site) -> None:
    assert taken(site, "waiting", 3) == {"503": 3}
    site.configure(configuration(route("waiting", target("one", INITIAL), target("two", DRAINING))))
    eventually(lambda: site.states("waiting")["one"] == ("initial", "passed"))
    assert taken(site, "waiting", 3) == {"503": 3}


def test_a_target_that_becomes_ready_gets_its_share_slowly(site: Site) -> None:
    site.configure(configuration(route("slow", target("one"), target("two", INITIAL))))
    eventually(lambda: site.states("slow")["two"] == ("initial", "passed"))
    site.configure(configuration(route("slow", target("one"), target("two"))))
    assert taken(site, "slow", 20)["two"] < 7
    eventually(lambda: taken(site, "slow", 20)["two"] == 10)


@pytest.mark.parametrize("name", ["cookie", "app"])
def test_a_client_comes_back_to_a_target_added_at_runtime_until_it_drains(site: Site, name: str) -> None:
    site.configure(configuration(route(name, target("one"), target("two"), target("three"))))
    cookies, first = _visit(site, name)
    assert taken(site, name, Cookie=cookies) == {first: 40}
    others = [each for each in ("one", "two", "three") if each != first]
    members = (target(first, DRAINING), *(target(each) for each in others))
    site.configure(configuration(route(name, *members)))
    assert set(taken(site, name, Cookie=cookies)) <= set(others)


def _visit(site: Site, name: str) -> tuple[str, str]:
    """Return the cookies that a new client gets, and who took its request."""
    connection = http.client.HTTPConnection(site.host, PORTS[name], timeout=5)
    connection.request("GET", "/")
    answer = connection.getresponse()
    first = answer.read().decode().split(" ")[0]
    cookies = [value.partition(";")[0] for key, value in answer.getheaders() if key.lower() == "set-cookie"]
    connection.close()
    return "; ".join(cookies), first


@pytest.mark.parametrize("name", ["source", "tcp"])
def test_a_source_address_comes_back_to_its_target(site: Site, name: str) -> None:
    site.configure(configuration(route(name, target("one"), target("two"), target("three"))))
    assert len(taken(site, name)) == 1


def test_a_client_stays_with_its_pool_as_long_as_that_has_a_share(site: Site) -> None:
    members = target("one"), target("two", color=Color.GREEN)
    site.configure(configuration(route("cookie", *members)))
    cookies, first = _visit(site, "cookie")
    assert first == "one"
    found = {}
    for green in (0, 500, 999, 1000):
        site.configure(configuration(route("cookie", *members, green=green)))
        found[green] = dict(taken(site, "cookie", Cookie=cookies))
    assert found == {0: {"one": 40}, 500: {"one": 40}, 999: {"one": 40}, 1000: {"two": 40}}


def test_shares_are_in_thousandths_and_test_listeners_have_their_own(site: Site) -> None:
    members = target("one"), target("two", color=Color.GREEN)
    production = route("plain", *members, green=250).changed(test_green=1000)
    site.configure(configuration(production))
    share = taken(site, "plain", 1000)["two"] / 1000
    assert abs(share - 0.25) < 0.06
    assert taken(site, "test") == {"two": 40}
    site.configure(configuration(production.changed(green=0)))
    assert taken(site, "plain") == {"one": 40}
    assert taken(site, "test") == {"two": 40}


def test_a_target_of_another_address_replaces_the_one_of_the_same_task(site: Site) -> None:
    site.configure(configuration(route("plain", target("one"))))
    moved = target("one").changed(port=target("two").port)
    site.configure(configuration(route("plain", moved)))
    assert taken(site, "plain") == {"two": 40}
