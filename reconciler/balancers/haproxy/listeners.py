"""Listeners as HAProxy's frontends: rules choose a target group, then a draw chooses its pool."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.balancers.haproxy.access_log import FORMAT
from reconciler.balancers.haproxy.actions import http_rules, tcp_rules
from reconciler.balancers.haproxy.conditions import conditions
from reconciler.balancers.haproxy.names import FOLDER, certificate_file, open_pool, pool, share
from reconciler.balancers.haproxy.pools import pool_cookie
from reconciler.balancers.haproxy.words import literal, milliseconds, name
from reconciler.model.load_balancer import Listener, Protocol, TargetGroup
from reconciler.model.routing import WHOLE, BalancerConfiguration, Color


def frontend(configuration: BalancerConfiguration, listener: Listener) -> list[str]:
    """Return the section of a listener."""
    groups = _groups(configuration, listener)
    is_tcp = listener.protocol is Protocol.TCP
    body = [
        f"mode {'tcp' if is_tcp else 'http'}",
        _bind(listener),
        f"timeout client {milliseconds(configuration.idle_timeout)}",
        *_log(configuration, is_tcp=is_tcp),
        *(_tcp(listener, groups) if is_tcp else _http(listener, groups)),
    ]
    for group in sorted(groups.values(), key=lambda each: each.name):
        is_test = group.address in configuration.test_listeners.get(listener.name, ())
        body += _pool_choice(group, share(group, is_test=is_test), "sess" if is_tcp else "txn")
    return ["", f"frontend {name(listener.name)}", *(f"    {line}" for line in body)]


def _groups(configuration: BalancerConfiguration, listener: Listener) -> Mapping[str, TargetGroup]:
    """Return the groups that a listener forwards to, by address; each must be known and speak the like of it."""
    known = {each.address: each for each in configuration.target_groups}
    found: dict[str, TargetGroup] = {}
    for forward in listener.forwards:
        group = known.get(forward.target_group)
        if group is None:
            raise ValueError(f"the listener {listener.name} forwards to {forward.target_group}, which is not there")
        if (group.protocol is Protocol.TCP) is not (listener.protocol is Protocol.TCP):
            raise ValueError(
                f"the listener {listener.name} speaks {listener.protocol}, {group.address} {group.protocol}"
            )
        found[group.address] = group
    return found


def _bind(listener: Listener) -> str:
    if not 0 < listener.port < 65536:
        raise ValueError(f"{listener.port} is no port to listen on")
    if listener.protocol is not Protocol.HTTPS:
        return f"bind :{listener.port}"
    if not listener.certificates:
        raise ValueError(f"the listener {listener.name} speaks HTTPS and has no certificate")
    files = (
        f"crt {FOLDER}/certs/{certificate_file(listener, index, each)}"
        for index, each in enumerate(listener.certificates)
    )
    return f"bind :{listener.port} ssl {' '.join(files)} alpn h2,http/1.1"


def _log(configuration: BalancerConfiguration, *, is_tcp: bool) -> list[str]:
    if not configuration.access_log:
        return []
    lines = ["log stdout len 4096 format raw daemon info", "option dontlognull"]
    return lines if is_tcp else [*lines, f"log-format {FORMAT}"]


def _http(listener: Listener, groups: Mapping[str, TargetGroup]) -> list[str]:
    scheme = "https" if listener.protocol is Protocol.HTTPS else "http"
    lines = [
        "option idle-close-on-response",
        "option forwardfor",
        f"http-request set-header X-Forwarded-Proto {scheme}",
        f"http-request set-header X-Forwarded-Port {literal(str(listener.port))}",
        f"http-request set-var(txn.draw) rand({WHOLE})",
    ]
    for number, rule in enumerate(sorted(listener.rules, key=lambda each: (each.priority, each.name)), start=1):
        found = conditions(rule, number)
        lines += [line for each in found for line in each.lines]
        lines += http_rules(rule.action, listener, groups, [each.name for each in found])
    return lines + http_rules(listener.action, listener, groups, ())


def _tcp(listener: Listener, groups: Mapping[str, TargetGroup]) -> list[str]:
    if listener.rules:
        raise ValueError(f"the listener {listener.name} speaks TCP: it has no rules")
    return [
        f"tcp-request content set-var(sess.draw) rand({WHOLE})",
        *tcp_rules(listener.action, groups),
    ]


def _pool_choice(group: TargetGroup, variable: str, scope: str) -> list[str]:
    """Return how the pool of a chosen group is chosen: by the client's cookie, else by a draw below green's share.

    Who is told apart by source address draws by it, so that a client changes its pool once at most.
    """
    chosen = f"{{ var({scope}.group) -m str {name(group.name)} }}"
    sticky = group.stickiness
    draw, lines = f"var({scope}.draw)", []
    if sticky is not None and sticky.type == "source_ip":
        draw = f"src,xxh32,mod({WHOLE})"
    elif sticky is not None and scope == "txn":
        cookie = f"req.cook({pool_cookie(group)}) -m str"
        lines = [
            *_use(group, Color.GREEN, f"{chosen} {{ {cookie} green }} {{ var({variable}) -m int gt 0 }}"),
            *_use(group, Color.BLUE, f"{chosen} {{ {cookie} blue }} {{ var({variable}) -m int lt {WHOLE} }}"),
        ]
    return [
        *lines,
        *_use(group, Color.GREEN, f"{chosen} {{ {draw},sub({variable}) -m int lt 0 }}"),
        *_use(group, Color.BLUE, chosen),
    ]


def _use(group: TargetGroup, color: Color, conditions: str) -> list[str]:
    """A pool none of whose targets is well gives its requests to all of them."""
    checked, unchecked = pool(group, color), open_pool(group, color)
    return [
        f"use_backend {checked} if {conditions} {{ nbsrv({checked}) gt 0 }}",
        f"use_backend {unchecked} if {conditions}",
    ]
