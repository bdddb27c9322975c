"""A target group's two pools as HAProxy's backends, and its targets as servers.

Each pool has a second backend of the same targets without checks. It gets the requests while no target of the pool
is well: ELB fails open. In one backend, what keeps a client with its target would lead it to the unchecked server.
"""

from __future__ import annotations

from reconciler.balancers.haproxy.checks import check_lines, check_parameters, transport_parameters
from reconciler.balancers.haproxy.names import FULL_WEIGHT, open_pool, pool, server
from reconciler.balancers.haproxy.words import milliseconds, socket_address, token, word
from reconciler.model.load_balancer import Protocol, Stickiness, TargetGroup
from reconciler.model.routing import BalancerConfiguration, Color, Maintenance, Route, Target, TargetState

SAFE_TO_REPEAT = "GET HEAD OPTIONS TRACE PUT DELETE"
"""Idempotent methods (RFC 9110, 9.2.2): only these are sent again when a target broke off."""

_ALGORITHMS = {"round_robin": "roundrobin", "least_outstanding_requests": "leastconn"}
_TABLE_SIZE = "200k"
_KEPT_CONNECTIONS = "pool-max-conn -1 pool-purge-delay 5s"
"""HAProxy's defaults, which a server added at runtime does not get: without, each request opens a connection to its
target, and costs 2.8 times the CPU (HAProxy 2.6)."""
_RETRIED = "conn-failure empty-response 0rtt-rejected"


def pools(configuration: BalancerConfiguration, group: TargetGroup) -> list[str]:
    """Return the sections of both pools of a group."""
    route = configuration.route(group.address) or Route(target_group=group.address)
    closed = next((each for each in configuration.maintenance if each.target_group == group.address), None)
    lines: list[str] = []
    for color in Color:
        members = [each for each in route.targets if each.color is color]
        shared = [*_settings(configuration, group), *_sticky(configuration, group, color), *_closed(group, closed)]
        checked = [_server(each, server_parameters(group, each)) for each in members]
        unchecked = [_server(each, open_server_parameters(group, each)) for each in members]
        lines += _section(pool(group, color), [*shared, *check_lines(group), *checked])
        lines += _section(open_pool(group, color), [*shared, *unchecked])
    return lines


def server_parameters(group: TargetGroup, target: Target) -> str:
    """Return address and parameters of a target's server, in a file or at runtime."""
    parts = [
        socket_address(target.address, target.port),
        check_parameters(group, target.port),
        transport_parameters(group),
        _weight(target),
        _KEPT_CONNECTIONS,
        f"slowstart {milliseconds(group.slow_start)}" if group.slow_start else "",
    ]
    return " ".join(part for part in parts if part)


def open_server_parameters(group: TargetGroup, target: Target) -> str:
    """Return the same for the unchecked server."""
    address, weight = socket_address(target.address, target.port), _weight(target)
    return " ".join(part for part in (address, transport_parameters(group), weight, _KEPT_CONNECTIONS) if part)


def _weight(target: Target) -> str:
    return f"weight {0 if target.state is TargetState.INITIAL else FULL_WEIGHT}"


def _section(backend: str, body: list[str]) -> list[str]:
    return ["", f"backend {backend}", *(f"    {line}" for line in body)]


def _server(target: Target, parameters: str) -> str:
    disabled = " disabled" if target.state is TargetState.DRAINING else ""
    return f"server {server(target.task_id)} {parameters}{disabled}"


def _settings(configuration: BalancerConfiguration, group: TargetGroup) -> list[str]:
    is_http = group.protocol is not Protocol.TCP
    idle = milliseconds(configuration.idle_timeout)
    lines = [
        f"mode {'http' if is_http else 'tcp'}",
        *_balance(group),
        f"timeout server {idle}",
        f"timeout tunnel {idle}",
        "option redispatch 1",
        "retries 3",
    ]
    if is_http:
        lines += [
            f"retry-on {_RETRIED}",
            f"http-request disable-l7-retry unless {{ method {SAFE_TO_REPEAT} }}",
        ]
    return lines


def _balance(group: TargetGroup) -> list[str]:
    if group.stickiness is not None and group.stickiness.type == "source_ip":
        return ["balance source", "hash-type consistent"]
    return [f"balance {_ALGORITHMS[group.algorithm]}"]


def _sticky(configuration: BalancerConfiguration, group: TargetGroup, color: Color) -> list[str]:
    """Return what keeps a client with its target, and with its pool while traffic shifts."""
    sticky = group.stickiness
    if sticky is None or sticky.type == "source_ip" or group.protocol is Protocol.TCP:
        return []
    cookie = pool_cookie(group)
    remembers = (
        f"http-response add-header Set-Cookie {cookie}={color.value};\\x20Path=/;"
        f"\\x20Max-Age={round(sticky.duration)};\\x20HttpOnly if !{{ var(txn.pool) -m str {color.value} }}"
    )
    lines = [f"http-request set-var(txn.pool) req.cook({cookie})", remembers]
    return lines + (_lb_cookie if sticky.type == "lb_cookie" else _app_cookie)(configuration, group, sticky)


def pool_cookie(group: TargetGroup) -> str:
    """Return the cookie that says which pool a client of a sticky group is with."""
    return f"reconciler-pool-{token(group.name)}"


def has_lb_cookie(group: TargetGroup) -> bool:
    """Whether a cookie of ours says which target a client is with."""
    sticky = group.stickiness
    return sticky is not None and sticky.type == "lb_cookie" and group.protocol is not Protocol.TCP


def _lb_cookie(configuration: BalancerConfiguration, group: TargetGroup, sticky: Stickiness) -> list[str]:
    """A cookie of ours. Its value follows from the target's address: servers added at runtime take no other."""
    cookie = token(sticky.cookie_name or f"reconciler-{group.name}")
    return [
        f"cookie {cookie} insert indirect nocache httponly dynamic maxlife {max(1, round(sticky.duration))}s",
        f"dynamic-cookie-key {word(f'{configuration.name}/{group.name}')}",
    ]


def _app_cookie(configuration: BalancerConfiguration, group: TargetGroup, sticky: Stickiness) -> list[str]:
    """A cookie of the application's: whoever brings a value comes to the target that gave it."""
    if not sticky.cookie_name:
        raise ValueError(f"{group.address}: stickiness by app_cookie needs cookie_name")
    cookie = token(sticky.cookie_name)
    return [
        f"stick-table type string len 256 size {_TABLE_SIZE} expire {max(1, round(sticky.duration))}s",
        f"stick match req.cook({cookie})",
        f"stick store-response res.cook({cookie})",
    ]


def _closed(group: TargetGroup, closed: Maintenance | None) -> list[str]:
    if closed is None:
        return []
    if group.protocol is Protocol.TCP:
        return ["tcp-request content reject"]
    answer = "http-request return status 503 hdr Retry-After 60"
    return [f"{answer} content-type text/plain string {word(closed.message)}" if closed.message else answer]
