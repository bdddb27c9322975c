"""A balancer's configuration as the text of HAProxy's file, and back.

The text begins with what it was made from, in comments. A text that is not what we would make of it is not ours:
somebody edited it, or another version of this program wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

from reconciler.balancers.haproxy.listeners import frontend
from reconciler.balancers.haproxy.names import MASTER_PORT, share
from reconciler.balancers.haproxy.pools import pools
from reconciler.balancers.haproxy.words import literal, milliseconds
from reconciler.model.noun import canonical
from reconciler.model.routing import BalancerConfiguration, Route

LEAST_HARD_STOP = 30.0
_MARK = "#= "
_LONGEST = 990
_MOST_FILES = 100_000
"""An engine may allow a container a billion open files, and HAProxy would make room for all of them."""


@lru_cache(maxsize=64)
def _rendered(content: str) -> str:
    configuration = BalancerConfiguration.model_validate_json(content)
    _check(configuration)
    heading = [_MARK + content[start : start + _LONGEST] for start in range(0, len(content), _LONGEST)]
    lines = [*heading, "", *_global(configuration), *_defaults(configuration), *_sections(configuration)]
    return "\n".join(lines) + "\n"


def render(configuration: BalancerConfiguration) -> str:
    """Return the whole file; raises ValueError for what cannot be said to HAProxy."""
    return _rendered(_content(configuration))


def read_configuration(text: str) -> BalancerConfiguration | None:
    """Return what a file was made from; None when it is not exactly what we would write."""
    heading = takewhile(lambda line: line.startswith(_MARK), text.split("\n"))
    try:
        found = BalancerConfiguration.model_validate_json("".join(line.removeprefix(_MARK) for line in heading))
        return found if render(found) == text else None
    except ValueError:
        return None


def description(configuration: BalancerConfiguration) -> str:
    """Return what a process that runs this structure says of itself: its digest, and that of how it is written."""
    text = "\n".join(_sections(configuration.changed(routes=())) + _limits(configuration))
    return f"{configuration.structure} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _content(configuration: BalancerConfiguration) -> str:
    """Return the canonical text in ASCII, so that no letter is cut in two."""
    return json.dumps(json.loads(canonical(configuration)), sort_keys=True, separators=(",", ":"))


def _check(configuration: BalancerConfiguration) -> None:
    """HAProxy would take some of these, and not mean what we mean."""
    for what, names in (
        ("listeners called", (each.name for each in configuration.listeners)),
        ("listeners on port", (str(each.port) for each in configuration.listeners)),
        ("target groups called", (each.name for each in configuration.target_groups)),
    ):
        if twice := _twice(names):
            raise ValueError(f"two {what} {twice}")
    if any(each.port == MASTER_PORT for each in configuration.listeners):
        raise ValueError(f"port {MASTER_PORT} is HAProxy's own inside its container: listen on another one")
    for route in configuration.routes:
        if twice := _twice(f"{each.task_id} {each.color}" for each in route.targets):
            raise ValueError(f"{route.target_group} has a target twice: {twice}")


def _twice(names: Iterable[str]) -> str:
    return next((each for each, count in Counter(names).items() if count > 1), "")


def _global(configuration: BalancerConfiguration) -> list[str]:
    lines = [
        f"description {literal(description(configuration))}",
        "uid 99",
        "gid 99",
        *_limits(configuration),
    ]
    for group in configuration.target_groups:
        route = configuration.route(group.address) or Route(target_group=group.address)
        lines.append(f"set-var {share(group, is_test=False)} int({route.green})")
        lines.append(f"set-var {share(group, is_test=True)} int({route.test_green})")
    return ["global", *(f"    {line}" for line in lines)]


def _limits(configuration: BalancerConfiguration) -> list[str]:
    delays = (each.deregistration_delay for each in configuration.target_groups)
    return [
        f"fd-hard-limit {_MOST_FILES}",
        f"hard-stop-after {milliseconds(max((LEAST_HARD_STOP, *delays)))}",
        "ssl-default-bind-options ssl-min-ver TLSv1.2",
    ]


def _defaults(configuration: BalancerConfiguration) -> list[str]:
    lines = [
        "timeout connect 1s",
        f"timeout client {milliseconds(configuration.idle_timeout)}",
        f"timeout server {milliseconds(configuration.idle_timeout)}",
    ]
    return ["", "defaults", *(f"    {line}" for line in lines)]


def _sections(configuration: BalancerConfiguration) -> list[str]:
    listeners = [line for each in configuration.listeners for line in frontend(configuration, each)]
    return listeners + [line for each in configuration.target_groups for line in pools(configuration, each)]
