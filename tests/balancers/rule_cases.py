"""The table of rule conformance: listeners with rules, requests, and what comes back (ELB's rules, K2 and K3).

An answer is the name of the target group that took the request, or a status with a place or a body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.model.load_balancer import (
    Action,
    FixedResponse,
    Forward,
    HttpHeaderCondition,
    QueryStringCondition,
    Redirect,
    Rule,
)

GROUPS = ("one", "two", "three", "empty", "closed")
"""Target groups; `empty` has no target, `closed` is under maintenance."""


class Request(NamedTuple):
    """A request: its target, and what is unusual about it."""

    target: str = "/"
    host: str = "example.com"
    method: str = "GET"
    headers: Mapping[str, str] = {}


class Case(NamedTuple):
    """A request to the listener of a set of rules, and the answer."""

    rules: str
    request: Request
    answer: str


def to(*names: str, **weights: int) -> Action:
    """Forward to target groups."""
    wanted = {**dict.fromkeys(names, 1), **weights}
    return Action(forwards=tuple(Forward(target_group=f"target_group.{n}", weight=w) for n, w in wanted.items()))


def redirect(**fields: Any) -> Action:
    return Action(redirect=Redirect(**fields))


def fixed(**fields: Any) -> Action:
    return Action(fixed_response=FixedResponse(**fields))


def rule(priority: int, action: Action, **conditions: Any) -> Rule:
    return Rule(name=f"r{priority}", priority=priority, action=action, **conditions)


def query(value: str, key: str | None = None) -> QueryStringCondition:
    return QueryStringCondition(value=value, key=key)


def header(name: str, *values: str) -> HttpHeaderCondition:
    return HttpHeaderCondition(name=name, values=values)


OTHERWISE = to("three")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

RULES: Mapping[str, tuple[tuple[Rule, ...], Action]] = {
    "host": (
        (
            rule(1, to("one"), host_header=("Example.com", "api.*")),
            rule(2, to("two"), host_header=("*.example.org",)),
            rule(3, to("closed"), host_header=("v?.example.net",)),
        ),
        OTHERWISE,
    ),
    "path": (
        (
            rule(1, to("one"), path_pattern=("/api/*", "/exact")),
            rule(2, to("two"), path_pattern=("/img/*.png", "/v?/x")),
            rule(3, to("two"), path_pattern=("/a.b", "/c+d", "/(e)", "/f[1]", "/it's", '/"q"', "/p%20q")),
            rule(4, to("two"), path_pattern=("/$x~{y}|z^", "/?\\d")),
        ),
        OTHERWISE,
    ),
    "any_path": ((rule(1, to("one"), path_pattern=("*",)),), OTHERWISE),
    "priority": (
        (
            rule(30, to("three"), path_pattern=("/x*",)),
            rule(10, to("one"), path_pattern=("/xyz",)),
            rule(20, to("two"), path_pattern=("/xy*",)),
        ),
        fixed(status_code=404, body="none"),
    ),
    "method": (
        (rule(1, to("one"), http_method=("POST", "PUT")), rule(2, to("two"), http_method=("PURGE",))),
        OTHERWISE,
    ),
    "query": (
        (
            rule(1, to("one"), query_strings=(query("1", "version"), query("beta*", "channel"))),
            rule(2, to("two"), query_strings=(query("magic"),)),
            rule(3, to("closed"), query_strings=(query("?x", "k.y"),)),
        ),
        OTHERWISE,
    ),
    "header": (
        (
            rule(1, to("one"), http_headers=(header("User-Agent", "*Chrome*", "curl/?.*"),)),
            rule(2, to("two"), http_headers=(header("X-Team", "Blue, Green"),)),
        ),
        OTHERWISE,
    ),
    "source": (
        (
            rule(1, to("one"), source_ip=("192.0.2.0/24",)),
            rule(2, to("two"), source_ip=("198.51.100.7/32", *PRIVATE)),
        ),
        OTHERWISE,
    ),
    "other_source": ((rule(1, to("one"), source_ip=("192.0.2.0/24", "2001:db8::/32")),), OTHERWISE),
    "several": (
        (
            rule(
                1,
                to("one"),
                host_header=("example.com",),
                path_pattern=("/a/*", "/b/*"),
                http_method=("GET",),
                http_headers=(header("X-One", "1"), header("X-Two", "2", "zwei")),
                query_strings=(query("yes", "q"),),
                source_ip=PRIVATE,
            ),
        ),
        OTHERWISE,
    ),
    "weights": (
        (
            rule(1, to(one=1, two=0), path_pattern=("/zero",)),
            rule(2, to(one=0, two=0), path_pattern=("/none",)),
            rule(3, to(one=0, two=999), path_pattern=("/most",)),
        ),
        OTHERWISE,
    ),
    "targets": (
        (rule(1, to("empty"), path_pattern=("/empty",)), rule(2, to("closed"), path_pattern=("/closed",))),
        OTHERWISE,
    ),
    "redirect": (
        (
            rule(1, redirect(host="new.example.com", status_code=301), path_pattern=("/moved/*",)),
            rule(2, redirect(protocol="HTTPS", port="443"), path_pattern=("/secure",)),
            rule(3, redirect(protocol="HTTPS", port="8443"), path_pattern=("/port",)),
            rule(4, redirect(path="/p/#{path}/end", query=""), path_pattern=("/path/*",)),
            rule(5, redirect(query="from=#{host}&old=#{query}"), path_pattern=("/query",)),
            rule(6, redirect(host="#{host}.new", path="/100%/é b"), path_pattern=("/odd",)),
            rule(7, redirect(protocol="HTTP", port="80", path="/#{protocol}/#{port}"), path_pattern=("/all",)),
        ),
        OTHERWISE,
    ),
    "fixed": (
        (
            rule(1, fixed(status_code=410, body="gone"), path_pattern=("/gone",)),
            rule(2, fixed(status_code=200, content_type="application/json", body='{"a": "b\'c # 100% $x"}\n'),
                 path_pattern=("/json",)),
            rule(3, fixed(status_code=204), path_pattern=("/nothing",)),
            rule(4, fixed(status_code=503, body="zurück um 5\n\\o/"), path_pattern=("/late",)),
            rule(5, fixed(status_code=599, body="x" * 1024), path_pattern=("/long",)),
        ),
        fixed(status_code=404, body="no rule matches\n"),
    ),
    "default_redirect": ((), redirect(protocol="HTTPS", port="443")),
    "default_forward": ((), to("two")),
}  # fmt: skip


def _cases(rules: str, *cases: tuple[Request, str]) -> list[Case]:
    return [Case(rules, request, answer) for request, answer in cases]


R = Request
CASES: tuple[Case, ...] = (
    *_cases(
        "host",
        (R(host="example.com"), "one"),
        (R(host="EXAMPLE.COM"), "one"),
        (R(host="example.com:8080"), "one"),
        (R(host="example.com."), "three"),
        (R(host="www.example.com"), "three"),
        (R(host="api.anything.test"), "one"),
        (R(host="api.:99"), "one"),
        (R(host="a.b.example.org"), "two"),
        (R(host="A.Example.ORG:81"), "two"),
        (R(host="example.org"), "three"),
        (R(host="axexample.org"), "three"),
        (R(host="v1.example.net"), "503 closed for repairs"),
        (R(host="v12.example.net"), "three"),
        (R(host="v.example.net"), "three"),
        (R(host="[::1]:8080"), "three"),
        (R(host=""), "three"),
    ),
    *_cases(
        "path",
        (R("/api/"), "one"),
        (R("/api/x/y"), "one"),
        (R("/api"), "three"),
        (R("/API/x"), "three"),
        (R("/xapi/"), "three"),
        (R("/exact"), "one"),
        (R("/exact?a=b"), "one"),
        (R("/exact/"), "three"),
        (R("/Exact"), "three"),
        (R("/img/a.png"), "two"),
        (R("/img/a/b.png"), "two"),
        (R("/img/.png"), "two"),
        (R("/img/a.png.gz"), "three"),
        (R("/img/axpng"), "three"),
        (R("/v1/x"), "two"),
        (R("/v/x"), "three"),
        (R("/v12/x"), "three"),
        (R("/v//x"), "two"),
        (R("/a.b"), "two"),
        (R("/axb"), "three"),
        (R("/c+d"), "two"),
        (R("/ccd"), "three"),
        (R("/(e)"), "two"),
        (R("/e"), "three"),
        (R("/f[1]"), "two"),
        (R("/f1"), "three"),
        (R("/it's"), "two"),
        (R('/"q"'), "two"),
        (R("/p%20q"), "two"),
        (R("/$x~{y}|z^"), "two"),
        (R("/x\\d"), "two"),
        (R("/x1"), "three"),
        (R("/?path=/exact"), "three"),
    ),
    *_cases("any_path", (R("/"), "one"), (R("/a/b?c"), "one"), (R("*", method="OPTIONS"), "three")),
    *_cases(
        "priority",
        (R("/xyz"), "one"),
        (R("/xyzz"), "two"),
        (R("/xy"), "two"),
        (R("/x"), "three"),
        (R("/y"), "404 none"),
    ),
    *_cases(
        "method",
        (R(method="POST"), "one"),
        (R(method="PUT"), "one"),
        (R(method="PURGE"), "two"),
        (R(method="GET"), "three"),
        (R(method="DELETE"), "three"),
        (R(method="post"), "three"),
    ),
    *_cases(
        "query",
        (R("/?version=1"), "one"),
        (R("/?a=b&version=1&c"), "one"),
        (R("/?VERSION=1"), "one"),
        (R("/?version=12"), "three"),
        (R("/?xversion=1"), "three"),
        (R("/?version="), "three"),
        (R("/?channel=beta"), "one"),
        (R("/?channel=BETA-3"), "one"),
        (R("/?channel=alpha&x=beta"), "three"),
        (R("/?any=magic"), "two"),
        (R("/?magic"), "two"),
        (R("/?magic=no"), "three"),
        (R("/?k.y=1x"), "503 closed for repairs"),
        (R("/?kzy=1x"), "three"),
        (R("/?k.y=&x"), "three"),
        (R("/"), "three"),
        (R("/version=1"), "three"),
    ),
    *_cases(
        "header",
        (R(headers={"User-Agent": "Mozilla (X, like Gecko) Chrome/1"}), "one"),
        (R(headers={"user-agent": "CHROME"}), "one"),
        (R(headers={"User-Agent": "curl/7.88"}), "one"),
        (R(headers={"User-Agent": "curl/77.8"}), "three"),
        (R(headers={"X-Team": "blue, green"}), "two"),
        (R(headers={"X-Team": "blue"}), "three"),
        (R(headers={"X-Other": "Chrome"}), "three"),
    ),
    *_cases("source", (R(), "two")),
    *_cases("other_source", (R(), "three"), (R(headers={"X-Forwarded-For": "192.0.2.1"}), "three")),
    *_cases(
        "several",
        (R("/a/?q=yes", headers={"X-One": "1", "X-Two": "zwei"}), "one"),
        (R("/b/c?q=yes", headers={"X-One": "1", "X-Two": "2"}), "one"),
        (R("/c/?q=yes", headers={"X-One": "1", "X-Two": "2"}), "three"),
        (R("/a/?q=no", headers={"X-One": "1", "X-Two": "2"}), "three"),
        (R("/a/?q=yes", headers={"X-One": "1"}), "three"),
        (R("/a/?q=yes", headers={"X-Two": "2"}), "three"),
        (R("/a/?q=yes", method="POST", headers={"X-One": "1", "X-Two": "2"}), "three"),
        (R("/a/?q=yes", host="example.org", headers={"X-One": "1", "X-Two": "2"}), "three"),
    ),
    *_cases("weights", (R("/zero"), "one"), (R("/none"), "503"), (R("/most"), "two")),
    *_cases("targets", (R("/empty"), "503"), (R("/closed"), "503 closed for repairs"), (R("/"), "three")),
    *_cases(
        "redirect",
        (R("/moved/x?a=b"), "301 http://new.example.com:PORT/moved/x?a=b"),
        (R("/moved/"), "301 http://new.example.com:PORT/moved/"),
        (R("/secure?x=%20&y"), "302 https://example.com/secure?x=%20&y"),
        (R("/secure", host="Example.com:8080"), "302 https://example.com/secure"),
        (R("/port"), "302 https://example.com:8443/port"),
        (R("/path/x?gone"), "302 http://example.com:PORT/p/path/x/end"),
        (R("/query?a=1"), "302 http://example.com:PORT/query?from=example.com&old=a=1"),
        (R("/odd?"), "302 http://example.com.new:PORT/100%/%C3%A9%20b"),
        (R("/all"), "302 http://example.com/http/PORT"),
        (R("/secure", method="POST"), "302 https://example.com/secure"),
        (R("/"), "three"),
    ),
    *_cases(
        "fixed",
        (R("/gone"), "410 gone"),
        (R("/gone", method="DELETE"), "410 gone"),
        (R("/json"), '200 {"a": "b\'c # 100% $x"}\n'),
        (R("/nothing"), "204"),
        (R("/late"), "503 zurück um 5\n\\o/"),
        (R("/long"), "599 " + "x" * 1024),
        (R("/"), "404 no rule matches\n"),
    ),
    *_cases(
        "default_redirect",
        (R("/"), "302 https://example.com/"),
        (R("/a?b=c"), "302 https://example.com/a?b=c"),
    ),
    *_cases("default_forward", (R("/"), "two"), (R("/any", method="POST"), "two")),
)
