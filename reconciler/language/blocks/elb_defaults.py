"""What a target group has in AWS when nothing is set (ELB v2 CreateTargetGroup), for `elb_defaults = true`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.language.blocks.decode import Decoded

_TIMEOUTS = {"HTTP": 6, "HTTPS": 10, "TCP": 10}
"""By the protocol of the health check."""

NOTHING: Mapping[str, Any] = {}


def elb_defaults(group: Decoded) -> Mapping[str, Any]:
    """Return the target group's own, empty unless they are asked for."""
    return {"deregistration_delay": 300} if group.get("elb_defaults") else NOTHING


def elb_health_check(group: Decoded) -> Mapping[str, Any]:
    """Return those of its health check, empty unless they are asked for."""
    if not group.get("elb_defaults"):
        return NOTHING
    return {
        "interval": 30,
        "timeout": _TIMEOUTS[check_protocol(group)],
        "healthy_threshold": 5,
        "unhealthy_threshold": 2,
        "matcher": "200",
    }


def check_protocol(group: Decoded) -> str:
    """Return how the targets of a group are checked."""
    check = group.one("health_check")
    own = check.get("protocol") if check is not None else None
    return str(own or group.get("protocol"))


def fill_in(group: Decoded) -> None:
    """Let a decoded target group have these defaults, for whoever refers to it; raise UnsureError."""
    group.defaults = elb_defaults(group)
    check = group.one("health_check")
    if check is not None:
        check.defaults = elb_health_check(group)
