"""What the table cannot say about one target group: how its protocol, checks and stickiness fit (ELB)."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from reconciler.language.blocks.condition_checks import is_token
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.elb_defaults import check_protocol
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure, tell
from reconciler.language.blocks.proxy_text_checks import check_text
from reconciler.language.report import Report

MAXIMUM_PATH = 1024

_CODES = re.compile(r"\d{3}(?:-\d{3})?(?:,\d{3}(?:-\d{3})?)*\Z", re.ASCII)
_LOWEST, _HIGHEST = 200, 499


def check_target_group(decoded: Decoded, report: Report) -> bool:
    """Report what does not fit in a target group; say whether all is well."""
    checks = chain.from_iterable(check(decoded) for check in _CHECKS)
    return tell(chain(check_text(decoded), checks), report)


@as_far_as_sure
def _protocol(group: Decoded) -> Findings:
    if group.get("protocol") == "TCP" and "protocol_version" in group.places:
        detail = "Remove it: a TCP group passes on what it gets."
        place = group.where("protocol_version")
        yield Finding(group, place, "a TCP target group has no protocol_version", detail, "E0255")


@as_far_as_sure
def _slow_start(group: Decoded) -> Findings:
    slow_start = group.get("slow_start")
    if 0 < slow_start < 1:
        detail = "Use 0 for none, or from 1 s to 900 s."
        yield Finding(
            group, group.where("slow_start"), f"slow_start of {slow_start:g} s is too short", detail, "E0255"
        )


def _health_check(group: Decoded) -> Findings:
    for check in group.some("health_check"):
        yield from _interval(check)
        yield from _kind(check, group)


@as_far_as_sure
def _interval(check: Decoded) -> Findings:
    interval, timeout = check.get("interval"), check.get("timeout")
    if timeout > interval:
        detail = f"timeout is {timeout:g} s and interval {interval:g} s: lower the one, or raise the other."
        name = "timeout" if "timeout" in check.values else "interval"
        yield Finding(check, check.where(name), "a check would outlast its interval", detail, "E0255")


@as_far_as_sure
def _kind(check: Decoded, group: Decoded) -> Findings:
    if check_protocol(group) == "TCP":
        yield from _tcp_check(check)
    else:
        yield from _path(check)
        yield from _matcher(check)


@as_far_as_sure
def _path(check: Decoded) -> Findings:
    path = check.get("path")
    if not path.startswith("/") or len(path) > MAXIMUM_PATH or re.search(r"\s", path):
        detail = 'Begin it with /, and leave out spaces: "/health".'
        yield Finding(check, check.where("path"), f'"{path[:80]}" is no path', detail, "E0255")


@as_far_as_sure
def _matcher(check: Decoded) -> Findings:
    matcher = check.get("matcher")
    if not _is_matcher(matcher):
        detail = f'Write statuses from {_LOWEST} to {_HIGHEST}: "200", "200,202" or "200-399".'
        summary = f'"{matcher[:80]}" matches no status'
        yield Finding(check, check.where("matcher"), summary, detail, "E0255")


def _tcp_check(check: Decoded) -> Findings:
    for name in ("path", "matcher"):
        if name in check.places:
            detail = 'Remove it, or set protocol = "HTTP" in the health_check.'
            yield Finding(check, check.where(name), f"a TCP check has no {name}: it only connects", detail, "E0255")


def _is_matcher(text: str) -> bool:
    if not _CODES.match(text):
        return False
    spans = [part.split("-") for part in text.split(",")]
    return all(_LOWEST <= int(span[0]) <= int(span[-1]) <= _HIGHEST for span in spans)


def _stickiness(group: Decoded) -> Findings:
    for stickiness in group.some("stickiness"):
        yield from _sticks_by(stickiness, group)


@as_far_as_sure
def _sticks_by(stickiness: Decoded, group: Decoded) -> Findings:
    kind, is_tcp = stickiness.get("type"), group.get("protocol") == "TCP"
    if is_tcp != (kind == "source_ip"):
        detail = 'Set type = "source_ip".' if is_tcp else 'Set type = "lb_cookie", or "app_cookie" with cookie_name.'
        summary = f"{'a TCP' if is_tcp else 'an HTTP'} target group has no stickiness by {kind}"
        yield Finding(stickiness, stickiness.where("type"), summary, detail, "E0255")
        return
    name = stickiness.get("cookie_name")
    if kind == "app_cookie" and name is None:
        detail = 'Add cookie_name = "...": the cookie that the application sets.'
        yield Finding(stickiness, stickiness.place, "app_cookie needs a cookie_name", detail, "E0255")
    elif kind != "app_cookie" and name is not None:
        detail = 'Remove it, or set type = "app_cookie".'
        place = stickiness.where("cookie_name")
        yield Finding(stickiness, place, f"cookie_name is for app_cookie, not for {kind}", detail, "E0255")
    elif name is not None and not is_token(name):
        detail = "Use letters, digits, -, _ and ., up to 40 of them."
        yield Finding(stickiness, stickiness.where("cookie_name"), f'"{name[:80]}" is no cookie', detail, "E0255")


_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (
    _protocol,
    _slow_start,
    _health_check,
    _stickiness,
)
