"""Values of a rule's conditions: what ELB takes, so that nothing else reaches the proxy's configuration."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure

MAXIMUM_LENGTH = 128

_HOST = re.compile(r"[A-Za-z0-9*?._-]+\Z")
_PATH = re.compile(r"[/*?][^\s#]*\Z")
_METHOD = re.compile(r"[A-Z_-]{1,40}\Z")
_NETWORK = re.compile(r"[0-9A-Fa-f.:]+(?:/\d{1,3})?\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,40}\Z")


class _Condition(NamedTuple):
    """An attribute with values of one kind: which are right, what a wrong one is called, and what to write."""

    name: str
    is_right: Callable[[str], bool]
    noun: str
    detail: str


def _is_network(text: str) -> bool:
    if not _NETWORK.match(text):
        return False
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_CONDITIONS = (
    _Condition(
        "host_header",
        lambda text: bool(_HOST.match(text)),
        "host",
        "Use letters, digits, -, . and _, and * or ? for what may be anything; leave out the port.",
    ),
    _Condition(
        "path_pattern",
        lambda text: bool(_PATH.match(text)),
        "pattern of paths",
        'Begin it with / and leave out spaces and #: "/api/*".',
    ),
    _Condition("http_method", lambda text: bool(_METHOD.match(text)), "method", 'Use capitals: "GET".'),
    _Condition("source_ip", _is_network, "network", 'Write "10.0.0.0/8", for example.'),
)


def check_condition_values(rule: Decoded) -> Findings:
    """Yield what is wrong with the values of one rule."""
    for condition in _CONDITIONS:
        for text in rule.values.get(condition.name) or ():
            place = rule.where(condition.name)
            if len(text) > MAXIMUM_LENGTH:
                yield _too_long(rule, condition.name)
            elif not condition.is_right(text):
                yield Finding(rule, place, f'"{text}" is no {condition.noun}', condition.detail, "E0254")
    for header in rule.some("http_header"):
        yield from _header_name(header)
        yield from _header_values(header)
    for query in rule.some("query_string"):
        for name in ("key", "value"):
            if len(query.values.get(name) or "") > MAXIMUM_LENGTH:
                yield _too_long(query, name)


@as_far_as_sure
def _header_name(header: Decoded) -> Findings:
    name = header.get("name")
    if not is_token(name):
        detail = "Use letters, digits, -, _ and ., up to 40 of them."
        yield Finding(header, header.where("name"), f'"{name[:80]}" is no name of a header', detail, "E0254")


@as_far_as_sure
def _header_values(header: Decoded) -> Findings:
    values = header.get("values")
    if not all(values or [""]):
        detail = 'Write values = ["..."]; "*" is any value.'
        yield Finding(header, header.where("values"), "a header needs values that are not empty", detail, "E0254")
    if any(len(text) > MAXIMUM_LENGTH for text in values):
        yield _too_long(header, "values")


def _too_long(decoded: Decoded, name: str) -> Finding:
    detail = "Use * for a part of it."
    summary = f"{name} is longer than {MAXIMUM_LENGTH} characters"
    return Finding(decoded, decoded.where(name), summary, detail, "E0254")


def is_token(text: str) -> bool:
    """Say whether a text can be the name of a header or a cookie: what of RFC 7230 the proxy can ask for."""
    return bool(_TOKEN.match(text))
