"""What is done with a request, as rules of HAProxy: forward, redirect or answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler.balancers.haproxy.words import literal, name, url_piece, word
from reconciler.model.load_balancer import (
    Action,
    FixedResponse,
    Forward,
    Listener,
    Protocol,
    Redirect,
    TargetGroup,
)

_PLACEHOLDER = re.compile(r"#\{(protocol|host|port|path|query)\}")
_USUAL_PORTS = {"http": "80", "https": "443"}
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?: *; *[\w.+-]+=[\w.+-]+)*", re.ASCII)
UNDECIDED = "!{ var(txn.group) -m found }"
"""Whether no rule of a higher priority has chosen a target group."""


def http_rules(
    action: Action, listener: Listener, groups: Mapping[str, TargetGroup], conditions: Sequence[str]
) -> list[str]:
    """Return the `http-request` rules of an action; the first that applies decides."""
    when = " ".join((" if", UNDECIDED, *conditions))
    if action.redirect is not None:
        rules = _redirect(action.redirect, listener)
    elif action.fixed_response is not None:
        rules = [(_fixed_response(action.fixed_response), "")]
    else:
        rules = _forward("http-request", "txn", action.forwards, groups)
    return [f"{rule}{when}{more}" for rule, more in rules]


def tcp_rules(action: Action, groups: Mapping[str, TargetGroup]) -> list[str]:
    """Return the `tcp-request content` rules of a listener that only forwards."""
    if action.redirect is not None or action.fixed_response is not None or not action.forwards:
        raise ValueError("a listener of TCP can only forward")
    undecided = " if !{ var(sess.group) -m found }"
    rules = _forward("tcp-request content", "sess", action.forwards, groups)
    return [f"{rule}{undecided}{chance}" for rule, chance in rules]


def _forward(
    verb: str, scope: str, forwards: Sequence[Forward], groups: Mapping[str, TargetGroup]
) -> list[tuple[str, str]]:
    """Return rules and their chances: of what is left after the ones before, so that each gets its weight's share.

    Weights 2, 1, 1 are drawn as 2 of 4, then 1 of 2, then all of the rest.
    """
    taking = [each for each in forwards if each.weight > 0]
    if not taking:
        return [(f"{verb} return status 503" if verb == "http-request" else f"{verb} reject", "")]
    rules: list[tuple[str, str]] = []
    left = sum(each.weight for each in taking)
    for each in taking:
        chance = f" {{ rand({left}) lt {each.weight} }}" if each.weight < left else ""
        rules.append((f"{verb} set-var({scope}.group) str({name(groups[each.target_group].name)})", chance))
        left -= each.weight
    return rules


def _fixed_response(answer: FixedResponse) -> str:
    if not 200 <= answer.status_code <= 599:
        raise ValueError(f"{answer.status_code} is no status of a fixed response: 200 to 599 are")
    rule = f"http-request return status {answer.status_code}"
    if not answer.body:
        return rule
    if not _TYPE.fullmatch(answer.content_type):
        raise ValueError(f"{answer.content_type!r} is no content type")
    return f"{rule} content-type {word(answer.content_type)} string {word(answer.body)}"


def _redirect(redirect: Redirect, listener: Listener) -> list[tuple[str, str]]:
    """Return rules and what each of them needs: without a query the default `#{query}` leaves no `?` behind."""
    protocol = _filled(redirect.protocol.lower(), listener)
    port = _port(redirect.port, redirect.protocol, listener)
    path = redirect.path if redirect.path.startswith("/") else f"/{redirect.path}"
    start = f"{protocol}://{_filled(redirect.host, listener)}{port}{_filled(path, listener)}"
    rule, code = "http-request redirect location", f"code {redirect.status_code}"
    if redirect.query == "#{query}":
        return [(f"{rule} {start}\\x3f%[query] {code}", " { query -m len gt 0 }"), (f"{rule} {start} {code}", "")]
    query = f"\\x3f{_filled(redirect.query, listener)}" if redirect.query else ""
    return [(f"{rule} {start}{query} {code}", "")]


def _port(port: str, protocol: str, listener: Listener) -> str:
    """A port that its protocol implies is not written."""
    scheme = protocol.lower().replace("#{protocol}", _scheme(listener))
    number = port.replace("#{port}", str(listener.port))
    if not number.isascii() or not number.isdigit():
        raise ValueError(f"{port!r} is no port to redirect to")
    return "" if number == _USUAL_PORTS.get(scheme) else f":{number}"


def _filled(template: str, listener: Listener) -> str:
    """Return a template as a format of HAProxy's; `#{path}` is the path without its first `/` (ELB)."""
    values = {
        "protocol": _scheme(listener),
        "host": "%[req.hdr(host),host_only]",
        "port": str(listener.port),
        "path": "%[path,bytes(1)]",
        "query": "%[query]",
    }
    pieces = _PLACEHOLDER.split(template)
    return "".join(values[piece] if index % 2 else literal(url_piece(piece)) for index, piece in enumerate(pieces))


def _scheme(listener: Listener) -> str:
    return "https" if listener.protocol is Protocol.HTTPS else "http"
