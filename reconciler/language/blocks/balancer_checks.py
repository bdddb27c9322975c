"""What the table cannot say about one load balancer: how its listeners, rules and actions fit together (ELB)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from itertools import chain

from reconciler.language.blocks.condition_checks import check_condition_values
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure, tell
from reconciler.language.blocks.proxy_text_checks import check_actions, check_text
from reconciler.language.report import Report

ACTIONS = ("forward", "redirect", "fixed_response")
OWN_PORT = 9998
"""Where the balancer's own control listens, inside its container."""

CONDITIONS = ("host_header", "path_pattern", "http_method", "source_ip")
CONDITION_BLOCKS = ("http_header", "query_string")


def check_load_balancer(decoded: Decoded, report: Report) -> bool:
    """Report what does not fit in a load balancer; say whether all is well."""
    checks = chain.from_iterable(check(decoded) for check in _CHECKS)
    return tell(chain(check_text(decoded), checks), report)


@as_far_as_sure
def _image(balancer: Decoded) -> Findings:
    if not balancer.get("image").strip():
        yield Finding(balancer, balancer.where("image"), "the image is empty", "Write NAME:TAG.")


def _ports(balancer: Decoded) -> Findings:
    taken: dict[int, Decoded] = {}
    for listener in balancer.some("listener"):
        yield from _port(listener, taken)
        yield from _bind(listener)


@as_far_as_sure
def _port(listener: Decoded, taken: dict[int, Decoded]) -> Findings:
    """Look at a listener's port; `taken` are those before, to which it is added."""
    port, place = listener.get("port"), listener.where("port")
    other = taken.setdefault(port, listener)
    if other is not listener:
        detail = f'listener "{other.label}" on line {other.place[0]} has it too: give one of the two another.'
        yield Finding(listener, place, f"port {port} is listened on twice", detail, "E0260")
    if port == OWN_PORT:
        detail = "Choose another: it is where the proxy itself is controlled, inside its container."
        yield Finding(listener, place, f"port {OWN_PORT} cannot be listened on", detail, "E0260")


@as_far_as_sure
def _bind(listener: Decoded) -> Findings:
    text = listener.get("bind")
    try:
        ipaddress.ip_address(text)
    except ValueError:
        detail = 'Write an address of the host: "127.0.0.1" for the host alone, "0.0.0.0" for everybody.'
        yield Finding(listener, listener.where("bind"), f'"{text}" is no IP address', detail, "E0260")


def _protocols(balancer: Decoded) -> Findings:
    for listener in balancer.some("listener"):
        yield from _protocol(listener, balancer)


@as_far_as_sure
def _protocol(listener: Decoded, balancer: Decoded) -> Findings:
    kind, protocol = balancer.get("type"), listener.get("protocol")
    is_network = kind == "network"
    if is_network == (protocol == "TCP"):
        return
    other = "application" if is_network else "network"
    wanted = 'protocol = "TCP"' if is_network else 'protocol = "HTTP" or "HTTPS"'
    detail = f'Set {wanted}, or type = "{other}" in the load balancer.'
    summary = f"a load balancer of type {kind} has no {protocol} listeners"
    yield Finding(listener, listener.where("protocol"), summary, detail, "E0250")


def _certificates(balancer: Decoded) -> Findings:
    for listener in balancer.some("listener"):
        yield from _https(listener)
        yield from _twice(listener.some("certificate"), "file", "certificate", "E0251")


@as_far_as_sure
def _https(listener: Decoded) -> Findings:
    certificates, is_https = listener.all("certificate"), listener.get("protocol") == "HTTPS"
    if is_https and not certificates:
        detail = 'Add `certificate { file = "site.pem" key = "site.key" }`, the two on lines of their own.'
        yield Finding(listener, listener.place, "an HTTPS listener has no certificate", detail, "E0251")
    if certificates and not is_https:
        detail = 'Set protocol = "HTTPS" in the listener, or remove the block.'
        summary = f"a certificate is for an HTTPS listener, and this one speaks {listener.get('protocol')}"
        yield Finding(certificates[0], certificates[0].place, summary, detail, "E0251")


def _actions(balancer: Decoded) -> Findings:
    for listener in balancer.some("listener"):
        yield from _one_action(listener, f'listener "{listener.label}"')
        for rule in listener.some("rule"):
            yield from _one_action(rule, f'rule "{rule.label}"')
            yield from _no_action(rule)
        yield from _tcp_actions(listener)


@as_far_as_sure
def _no_action(rule: Decoded) -> Findings:
    if not any(map(rule.has, ACTIONS)):
        detail = "Add a forward, redirect or fixed_response block."
        yield Finding(rule, rule.place, f'rule "{rule.label}" does nothing', detail, "E0252")


def _one_action(decoded: Decoded, whose: str) -> Findings:
    """At most one kind of action; of forwards several, to groups that differ, not all with weight 0."""
    kinds = [word for word in ACTIONS if decoded.some(word)]
    if len(kinds) > 1:
        extra = decoded.some(kinds[1])[0]
        detail = "Keep one kind: several forwards, or one redirect, or one fixed_response."
        yield Finding(extra, extra.place, f"{whose} has both {kinds[0]} and {kinds[1]}", detail, "E0252")
    yield from _twice(decoded.some("forward"), "target_group", "forward to", "E0252")
    yield from _weights(decoded, whose)


@as_far_as_sure
def _weights(decoded: Decoded, whose: str) -> Findings:
    forwards = decoded.all("forward")
    if forwards and not any(each.get("weight") for each in forwards):
        detail = "Give one of its forwards a weight of 1 or more."
        place = forwards[0].where("weight")
        yield Finding(forwards[0], place, f"{whose} forwards nothing: every weight is 0", detail, "E0252")


def _twice(blocks: list[Decoded], name: str, word: str, code: str) -> Findings:
    seen: dict[str, Decoded] = {}
    for block in (each for each in blocks if name in each.values):
        other = seen.setdefault(block.get(name), block)
        if other is not block:
            detail = f"The other one is on line {other.place[0]}; keep one of the two."
            yield Finding(block, block.where(name), f"{word} {block.get(name)} is there twice", detail, code)


@as_far_as_sure
def _tcp_actions(listener: Decoded) -> Findings:
    if listener.get("protocol") != "TCP":
        return
    other = next((each for word in ("redirect", "fixed_response", "rule") for each in listener.some(word)), None)
    if other is not None:
        word = other.schema.word
        detail = 'Remove the block, or speak HTTP: protocol = "HTTP" in a load balancer of type "application".'
        yield Finding(other, other.place, f"a TCP listener has no {word}: it sees no requests", detail, "E0250")
    elif not listener.all("forward"):
        detail = "Add `forward { target_group = target_group.NAME }`."
        yield Finding(listener, listener.place, "a TCP listener forwards to nothing", detail, "E0252")


def _rules(balancer: Decoded) -> Findings:
    for listener in balancer.some("listener"):
        taken: dict[int, Decoded] = {}
        for rule in listener.some("rule"):
            yield from _priority(rule, taken)
            yield from _no_condition(rule)
            yield from check_condition_values(rule)


@as_far_as_sure
def _priority(rule: Decoded, taken: dict[int, Decoded]) -> Findings:
    """Look at a rule's priority; `taken` are those before, to which it is added."""
    priority = rule.get("priority")
    other = taken.setdefault(priority, rule)
    if other is not rule:
        detail = f'rule "{other.label}" on line {other.place[0]} has it too: give one of the two another.'
        yield Finding(rule, rule.where("priority"), f"priority {priority} is there twice", detail, "E0253")


@as_far_as_sure
def _no_condition(rule: Decoded) -> Findings:
    if not any(rule.get(name) for name in CONDITIONS) and not any(map(rule.has, CONDITION_BLOCKS)):
        which = ", ".join((*CONDITIONS, *CONDITION_BLOCKS))
        detail = f"Add one of {which}. What is for all other requests stands in the listener itself."
        yield Finding(rule, rule.place, f'rule "{rule.label}" has no condition', detail, "E0253")


_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (
    _image,
    _ports,
    _protocols,
    _certificates,
    _actions,
    _rules,
    check_actions,
)
