"""How HAProxy checks targets: the lines of a pool, and the parameters of each of its servers.

A server that is added at runtime inherits nothing, so that all is said for each server, in the file as well.
"""

from __future__ import annotations

from reconciler.balancers.haproxy.words import codes, literal, milliseconds, url_piece, word
from reconciler.model.load_balancer import Protocol, ProtocolVersion, TargetGroup

FASTEST = 1.0
"""Seconds between checks of a target that is changing or down, where its interval is longer."""

_MULTIPLEXED = (ProtocolVersion.HTTP2, ProtocolVersion.GRPC)


def check_lines(group: TargetGroup) -> list[str]:
    """Return the lines of a pool that say what is asked, and which answer is good."""
    check = group.health_check
    lines = [f"timeout check {milliseconds(check.timeout)}"]
    if _protocol(group) is Protocol.TCP:
        return lines
    if not check.path.startswith("/"):
        raise ValueError(f"the path of a health check begins with `/`: {check.path!r}")
    return [
        *lines,
        "option httpchk",
        f"http-check send {_request(group)} hdr User-Agent reconciler-health-check",
        f"http-check expect status {codes(check.matcher)}",
    ]


def check_parameters(group: TargetGroup, port: int) -> str:
    """Return the parameters that a server's check is made with; `port` is the target's."""
    check = group.health_check
    fast = min(FASTEST, check.interval)
    parts = [
        f"check port {check.port or port}",
        f"inter {milliseconds(check.interval)} fastinter {milliseconds(fast)} downinter {milliseconds(fast)}",
        f"rise {max(1, check.healthy_threshold)} fall {max(1, check.unhealthy_threshold)}",
    ]
    if _protocol(group) is Protocol.HTTPS:
        parts.append("check-ssl verify none")
    if _protocol(group) is not Protocol.TCP and group.protocol_version in _MULTIPLEXED:
        parts.append("check-alpn h2 check-proto h2" if _protocol(group) is Protocol.HTTPS else "check-proto h2")
    return " ".join(parts)


def transport_parameters(group: TargetGroup) -> str:
    """Return the parameters of how a target is spoken to. As ELB does, its certificate is not verified."""
    is_multiplexed = group.protocol is not Protocol.TCP and group.protocol_version in _MULTIPLEXED
    parts = ["ssl verify none"] if group.protocol is Protocol.HTTPS else []
    if is_multiplexed:
        parts.append("alpn h2" if parts else "proto h2")
    return " ".join(parts)


def _request(group: TargetGroup) -> str:
    path = word(url_piece(group.health_check.path))
    if group.protocol_version is ProtocolVersion.GRPC:
        return f"meth POST uri {path} ver HTTP/2 hdr Host {literal(group.name)} hdr Content-Type application/grpc"
    version = "HTTP/2" if group.protocol_version is ProtocolVersion.HTTP2 else "HTTP/1.1"
    return f"meth GET uri {path} ver {version} hdr Host {literal(group.name)}"


def _protocol(group: TargetGroup) -> Protocol:
    return group.health_check.protocol or group.protocol
