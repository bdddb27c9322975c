"""What is declared of traffic: load balancers with listeners and rules, and target groups (ELB's words).

Durations are seconds. Target groups are named by their addresses. Sources: the ELB v2 API.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from reconciler.model.noun import Noun, Seconds


class Protocol(StrEnum):
    """What a listener or a target group speaks."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    TCP = "TCP"


class ProtocolVersion(StrEnum):
    """Which HTTP is spoken to targets."""

    HTTP1 = "HTTP1"
    HTTP2 = "HTTP2"
    GRPC = "GRPC"


class Forward(Noun):
    """Send to a target group; of several in one place each gets its weight's share (0 to 999)."""

    target_group: str
    weight: int = 1


class Redirect(Noun):
    """Answer with another place. `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}` are the request's."""

    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"
    status_code: Literal[301, 302] = 302


class FixedResponse(Noun):
    """Answer with this."""

    status_code: int = 200
    content_type: str = "text/plain"
    body: str = ""


class HttpHeaderCondition(Noun):
    """A header that has one of these values; `*` and `?` stand for any characters and any one."""

    name: str
    values: tuple[str, ...]


class QueryStringCondition(Noun):
    """A parameter with that value; without a key, any parameter's value."""

    value: str
    key: str | None = None


class Action(Noun):
    """What a rule or a listener does with a request: exactly one of the three."""

    forwards: tuple[Forward, ...] = ()
    redirect: Redirect | None = None
    fixed_response: FixedResponse | None = None


class Rule(Noun):
    """Conditions, all of which must hold (of each, any one value), and what is done then. Lowest priority first."""

    name: str
    priority: int
    host_header: tuple[str, ...] = ()
    path_pattern: tuple[str, ...] = ()
    http_method: tuple[str, ...] = ()
    source_ip: tuple[str, ...] = ()
    http_headers: tuple[HttpHeaderCondition, ...] = ()
    query_strings: tuple[QueryStringCondition, ...] = ()
    action: Action


class Certificate(Noun):
    """PEM files, relative to the stack's folder. `digest` is of their content at load time."""

    file: str
    key: str
    digest: str = ""


class Listener(Noun):
    """A port that is listened on. `publish` says whether the host answers on it too."""

    name: str
    address: str
    port: int
    protocol: Protocol = Protocol.HTTP
    bind: str = "0.0.0.0"
    publish: bool = True
    certificates: tuple[Certificate, ...] = ()
    action: Action = Action(fixed_response=FixedResponse(status_code=404, body="no rule matches\n"))
    rules: tuple[Rule, ...] = ()

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """Every forward of the listener, its rules' too."""
        actions = (self.action, *(rule.action for rule in self.rules))
        return tuple(each for action in actions for each in action.forwards)


class LoadBalancer(Noun):
    """One managed proxy. `name` is also its DNS name on the stack's network. Listeners are sorted by name."""

    address: str
    name: str
    type: Literal["application", "network"] = "application"
    image: str = "haproxy:3.0"
    idle_timeout: Seconds = 60
    access_log: bool = False
    listeners: tuple[Listener, ...] = ()

    @property
    def target_groups(self) -> tuple[str, ...]:
        """The addresses of the target groups that it forwards to, sorted."""
        return tuple(sorted({each.target_group for listener in self.listeners for each in listener.forwards}))

    def url(self, listener: Listener) -> str:
        """Return where a listener answers: on the host, or (not published) on the stack's network.

        An address that means all of them is told as the one that a person on that machine would use.
        """
        host = ("127.0.0.1" if listener.bind in _EVERYWHERE else listener.bind) if listener.publish else self.name
        host = f"[{host}]" if ":" in host else host
        scheme = listener.protocol.value.lower()
        is_usual = listener.port == _USUAL_PORTS.get(listener.protocol)
        return f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{listener.port}"


_EVERYWHERE = ("0.0.0.0", "::", "*", "")
_USUAL_PORTS = {Protocol.HTTP: 80, Protocol.HTTPS: 443}


class TargetHealthCheck(Noun):
    """How a balancer asks whether a target is well. `matcher` holds status codes: `200-399`, `200,202`."""

    protocol: Protocol | None = None
    path: str = "/"
    port: int | None = None
    matcher: str = "200-399"
    interval: Seconds = 5
    timeout: Seconds = 3
    healthy_threshold: int = 2
    unhealthy_threshold: int = 2


class Stickiness(Noun):
    """Whether a client comes back to the same target."""

    type: Literal["lb_cookie", "app_cookie", "source_ip"] = "lb_cookie"
    duration: Seconds = 86_400
    cookie_name: str | None = None


class TargetGroup(Noun):
    """Targets that are alike. `name` is unique in its stack."""

    address: str
    name: str
    protocol: Protocol = Protocol.HTTP
    protocol_version: ProtocolVersion = ProtocolVersion.HTTP1
    deregistration_delay: Seconds = 30
    slow_start: Seconds = 0
    algorithm: Literal["round_robin", "least_outstanding_requests"] = "round_robin"
    health_check: TargetHealthCheck = TargetHealthCheck()
    stickiness: Stickiness | None = None
