"""The text of HAProxy's file: one whole example, what cannot be said, and that no value adds a directive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.balancers.haproxy.configuration import read_configuration, render
from reconciler.model.load_balancer import (
    Action,
    Certificate,
    FixedResponse,
    Forward,
    HttpHeaderCondition,
    Protocol,
    ProtocolVersion,
    QueryStringCondition,
    Redirect,
    Rule,
    Stickiness,
    TargetGroup,
    TargetHealthCheck,
)
from reconciler.model.routing import BalancerConfiguration, Color, Maintenance, Route, TargetState

from .builders import LISTENER, ONE, TWO, WEB, configuration, target

GOLDEN = Path(__file__).parent / "haproxy.cfg"


def full() -> BalancerConfiguration:
    """One of everything."""
    api = TargetGroup(
        address="target_group.api",
        name="api-v2",
        protocol=Protocol.HTTPS,
        protocol_version=ProtocolVersion.HTTP2,
        algorithm="least_outstanding_requests",
        deregistration_delay=90,
        stickiness=Stickiness(type="app_cookie", cookie_name="SID", duration=600),
        health_check=TargetHealthCheck(path="/up?now", matcher="200,204", interval=10),
    )
    web = WEB.changed(slow_start=30, stickiness=Stickiness())
    tcp = TargetGroup(
        address="target_group.tcp", name="tcp", protocol=Protocol.TCP, stickiness=Stickiness(type="source_ip")
    )
    forward = Action(
        forwards=(
            Forward(target_group=web.address, weight=9),
            Forward(target_group=api.address),
        )
    )
    rules = (
        Rule(
            name="split",
            priority=20,
            path_pattern=("/api/*", "/v?"),
            host_header=("*.example.com",),
            action=forward,
        ),
        Rule(
            name="old",
            priority=10,
            http_method=("GET",),
            source_ip=("10.1.2.3/8",),
            http_headers=(HttpHeaderCondition(name="X-Old", values=("y*s", "1")),),
            query_strings=(QueryStringCondition(key="v", value="1"),),
            action=Action(redirect=Redirect(host="example.com", status_code=301)),
        ),
        Rule(
            name="down",
            priority=30,
            path_pattern=("/legacy/*",),
            action=Action(fixed_response=FixedResponse(status_code=410, body="it's gone\n")),
        ),
    )
    https = LISTENER.changed(
        name="https",
        port=8443,
        protocol=Protocol.HTTPS,
        certificates=(Certificate(file="a.crt", key="a.key", digest="sha256:0123456789abcdef"),),
    )
    return configuration(
        access_log=True,
        idle_timeout=30,
        listeners=(
            LISTENER.changed(rules=rules),
            https,
            LISTENER.changed(
                name="raw",
                port=9000,
                protocol=Protocol.TCP,
                action=Action(forwards=(Forward(target_group=tcp.address),)),
            ),
            LISTENER.changed(name="test", port=8081),
        ),
        target_groups=(api, tcp, web),
        test_listeners={"test": (web.address,)},
        maintenance=(Maintenance(target_group=api.address, message="back soon"),),
        routes=(
            Route(
                target_group=web.address,
                green=250,
                test_green=1000,
                targets=(
                    target(ONE),
                    target(TWO, TargetState.DRAINING),
                    target("3" * 32, TargetState.INITIAL, Color.GREEN),
                ),
            ),
        ),
    )


def test_one_of_everything_is_written_as_the_example_says() -> None:
    assert render(full()) == GOLDEN.read_text()


def test_a_file_is_read_back_as_what_it_was_made_from() -> None:
    assert read_configuration(render(full())) == full()


@pytest.mark.parametrize("edit", [("weight 100", "weight 50"), ("#= ", "# "), ("proc.green_web int(250)", "")])
def test_a_file_that_somebody_edited_is_not_ours(edit: tuple[str, str]) -> None:
    assert read_configuration(render(full()).replace(*edit, 1)) is None


def test_a_text_without_our_heading_is_not_ours() -> None:
    assert read_configuration("global\n    maxconn 10\n") is None


def test_no_line_of_the_heading_is_longer_than_a_thousand_characters() -> None:
    body = "ü" * 3000
    action = Action(fixed_response=FixedResponse(body=body))
    text = render(configuration(listeners=(LISTENER.changed(action=action),)))
    assert max(len(line) for line in text.splitlines() if line.startswith("#= ")) <= 1000


def with_rule(**fields: Any) -> BalancerConfiguration:
    rule = Rule(**{"name": "r", "priority": 1, "action": LISTENER.action, **fields})
    return configuration(listeners=(LISTENER.changed(rules=(rule,)),))


IMPOSSIBLE = {
    "two listeners on a port": configuration(listeners=(LISTENER, LISTENER.changed(name="b"))),
    "two listeners of a name": configuration(listeners=(LISTENER, LISTENER.changed(port=1))),
    "the port of the master": configuration(listeners=(LISTENER.changed(port=9998),)),
    "no target group": configuration(target_groups=()),
    "TCP to HTTP": configuration(listeners=(LISTENER.changed(protocol=Protocol.TCP),)),
    "HTTPS without a certificate": configuration(listeners=(LISTENER.changed(protocol=Protocol.HTTPS),)),
    "a name with a line end": configuration(listeners=(LISTENER.changed(name="a\nb"),)),
    "a group with a blank": configuration(target_groups=(WEB.changed(name="w b"),)),
    "a group with a line below": configuration(target_groups=(WEB.changed(name="w_b"),)),
    "a task with a blank": configuration(target("1 2")),
    "an address that is none": configuration(target(ONE).changed(address="web\n")),
    "a port that is none": configuration(target(ONE).changed(port=0)),
    "a target twice": configuration(target(ONE), target(ONE)),
    "a header with a bracket": with_rule(http_headers=(HttpHeaderCondition(name="a)", values=("b",)),)),
    "a network that is none": with_rule(source_ip=("10.0.0.0/99",)),
    "a NUL": with_rule(path_pattern=("/a\0",)),
    "half a letter": with_rule(path_pattern=("/\ud800",)),
    "a status that is none": with_rule(action=Action(fixed_response=FixedResponse(status_code=99))),
    "a type that is none": with_rule(action=Action(fixed_response=FixedResponse(content_type="a\nb", body="x"))),
    "a port to redirect to": with_rule(action=Action(redirect=Redirect(port="80 code 200"))),
    "a check without a path": configuration(target_groups=(WEB.changed(health_check=TargetHealthCheck(path="up")),)),
    "a matcher": configuration(target_groups=(WEB.changed(health_check=TargetHealthCheck(matcher="200 -f x")),)),
}


@pytest.mark.parametrize("wanted", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_said_to_haproxy_is_refused(wanted: BalancerConfiguration) -> None:
    with pytest.raises(ValueError):
        render(wanted)


HOSTILE_TEXTS = ["a b", 'a"b', "a'b", "a#b", "a\\", "%[env(PATH)]", "${HOME}", "a\nglobal\n  daemon", "} or {",
         "-f /etc/passwd", "a\r\nX: y", "\\x0a", "#= x", "--", "é ü", "\u2028x", "a\x85b",
         "unless TRUE", "*" * 10, "?#{host}"]  # fmt: skip
HOSTILE = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=40)
HOSTILE |= st.sampled_from(HOSTILE_TEXTS)


def hostile_with(texts: list[str]) -> BalancerConfiguration:
    """Rules of all kinds, with these ten texts wherever a stack may put a text."""
    host, path, method, value, query, key, body, message, place, check = texts
    action = Action(redirect=Redirect(host=place, path=f"/{place}", query=query), fixed_response=None)
    rules = (
        Rule(name="a", priority=1, host_header=(host,), path_pattern=(path, f"{path}*"), action=LISTENER.action),
        Rule(name="b", priority=2, http_method=(method,), action=action),
        Rule(
            name="c",
            priority=3,
            http_headers=(HttpHeaderCondition(name="X-A", values=(value, f"*{value}")),),
            query_strings=(QueryStringCondition(value=query), QueryStringCondition(key=key, value=value)),
            action=Action(fixed_response=FixedResponse(body=body)),
        ),
    )
    group = WEB.changed(health_check=TargetHealthCheck(path=f"/{check}"), stickiness=Stickiness())
    return configuration(
        target(ONE),
        name=host,
        listeners=(LISTENER.changed(rules=rules),),
        target_groups=(group,),
        maintenance=(Maintenance(target_group=WEB.address, message=message),),
    )


def shape(text: str) -> list[int]:
    """How many words each line has, the heading aside: a value that were more than one word would show."""
    return [len(line.split(" ")) for line in text.split("\n") if not line.startswith("#= ")]


@settings(max_examples=150, deadline=None)
@given(st.lists(HOSTILE, min_size=10, max_size=10).map(hostile_with))
def test_no_value_of_a_stack_changes_the_structure_of_the_file(wanted: BalancerConfiguration) -> None:
    text = render(wanted)
    assert read_configuration(text) == wanted
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    starts = {line.split(" ")[0] for line in text.split("\n")}
    assert starts == {"", "#=", "global", "defaults", "frontend", "backend"}
    assert len(text.split("\n\n")) == 8
    assert shape(text) == shape(render(PLAIN))


PLAIN = hostile_with(["x"] * 10)
