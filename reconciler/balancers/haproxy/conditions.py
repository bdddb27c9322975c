"""A rule's conditions as ACLs of HAProxy: of one kind any may hold, of all kinds one each must (ELB).

Hosts, headers and query strings are compared without regard to case, paths with (ELB). `*` stands for any
characters, `?` for any one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from reconciler.balancers.haproxy.words import network, token, word
from reconciler.model.load_balancer import QueryStringCondition, Rule

_WILD = re.compile(r"[*?]")


class Condition(NamedTuple):
    """Lines of ACLs of one name: it holds when any of them does."""

    name: str
    lines: tuple[str, ...]


def conditions(rule: Rule, number: int) -> tuple[Condition, ...]:
    """Return all of a rule's conditions; `number` tells rules of a listener apart."""
    found: list[tuple[str, Iterable[str]]] = [
        ("host", (_glob("req.hdr(host),host_only", each, "-i ") for each in rule.host_header)),
        ("path", (_glob("path", each) for each in rule.path_pattern)),
        ("method", (f"method -m str -- {word(each)}" for each in rule.http_method)),
        ("source", (f"src -- {network(each)}" for each in rule.source_ip)),
        ("query", (_query(each) for each in rule.query_strings)),
    ]
    for index, header in enumerate(rule.http_headers):
        fetch = f"req.fhdr({token(header.name)})"
        found.append((f"header{index}", [_glob(fetch, each, "-i ") for each in header.values]))
    named = ((f"rule{number}.{kind}", tuple(criteria)) for kind, criteria in found)
    return tuple(Condition(name, _acls(name, criteria)) for name, criteria in named if criteria)


def _acls(name: str, criteria: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"acl {name} {each}" for each in criteria)


def _glob(fetch: str, pattern: str, flags: str = "") -> str:
    """Return the criterion that a whole value fits a pattern, compared in the cheapest way."""
    if not _WILD.search(pattern):
        return f"{fetch} -m str {flags}-- {word(pattern)}"
    if pattern.endswith("*") and len(pattern) > 1 and not _WILD.search(pattern[:-1]):
        return f"{fetch} -m beg {flags}-- {word(pattern[:-1])}"
    return f"{fetch} -m reg {flags}-- {word(expression(pattern))}"


def expression(pattern: str) -> str:
    """Return the regular expression of a pattern.

    >>> expression("/a.b/*")
    '^/a\\\\.b/.*$'
    """
    return f"^{_expression(pattern, '.')}$"


def _expression(pattern: str, any_one: str) -> str:
    return "".join(_escaped(pattern, {"*": f"{any_one}*", "?": any_one}.get))


def _escaped(pattern: str, wild: Callable[[str], str | None]) -> Iterator[str]:
    return (wild(character) or re.escape(character) for character in pattern)


def _query(condition: QueryStringCondition) -> str:
    """A parameter lies between two `&`; a wildcard never leaves its parameter."""
    value = _expression(condition.value, "[^&]")
    key = "(?:[^&=]*=)?" if condition.key is None else f"{_expression(condition.key, '[^&=]')}="
    return f"query -m reg -i -- {word(f'(?:^|&){key}{value}(?:&|$)')}"
