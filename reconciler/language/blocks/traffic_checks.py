"""How balancers, target groups and services of a stack fit together: protocols, ports and registrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from reconciler.language.blocks.decode import Decoded, UnsureError
from reconciler.language.blocks.deployment_checks import check_deployment
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure, tell
from reconciler.language.blocks.registration_checks import check_registration, check_routes
from reconciler.language.blocks.traffic import Listener, Registrant, Traffic
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.model.load_balancer import Protocol
from reconciler.model.task_definition import NetworkMode

ANYWHERE = "0.0.0.0"


def check_traffic(traffic: Traffic, report: Report) -> None:
    """Report what does not fit."""
    for service in traffic.services:
        tell(check_registration(service), report)
        tell(check_deployment(service), report)
    tell(_protocols(traffic), report)
    tell(_ports(traffic), report)
    if not report.has_errors:  # a listener with an error may be the one that forwards
        tell(check_routes(traffic), report)


def _protocols(traffic: Traffic) -> Findings:
    for listener in traffic.listeners():
        for forward in listener.forwards():
            yield from _protocol(forward, listener, traffic)


@as_far_as_sure
def _protocol(forward: Decoded, listener: Listener, traffic: Traffic) -> Findings:
    group, is_tcp = traffic.group(forward.get("target_group")), listener.is_tcp
    if group is None or is_tcp == (group.protocol is Protocol.TCP):
        return
    wanted = "TCP" if is_tcp else "HTTP or HTTPS"
    detail = f"{group.address} has protocol {group.protocol}: name one that has {wanted}."
    summary = f"{listener.decoded.get('protocol')} listeners do not forward to {group.protocol} target groups"
    yield Finding(forward, forward.where("target_group"), summary, detail, "E0250")


class _Taken(NamedTuple):
    """A TCP port of the host, and who takes it: a service, or a listener of a load balancer."""

    ip: str
    port: int
    owner: str
    whose: Decoded
    decoded: Decoded
    place: Place

    def clashes(self, other: _Taken) -> bool:
        """Say whether both cannot be had."""
        is_same = self.ip == other.ip or _is_anywhere(self.ip) or _is_anywhere(other.ip)
        return self.port == other.port and is_same and self.whose is not other.whose


def _is_anywhere(ip: str) -> bool:
    return ip in ("", ANYWHERE, "::")


def _ports(traffic: Traffic) -> Findings:
    """Two listeners, or a listener and a task, that want the same port of the host."""
    taken: list[_Taken] = []
    for service in traffic.services:
        with suppress(UnsureError):
            taken.extend(_of_tasks(service))
    for each in _of_listeners(traffic):
        other = next((before for before in taken if each.clashes(before)), None)
        if other is not None:
            detail = f"{other.owner} has it too: choose another port or bind, or publish = false."
            summary = f"port {each.port} of the host is wanted twice"
            yield Finding(each.decoded, each.place, summary, detail, "E0260")
        taken.append(each)


def _of_listeners(traffic: Traffic) -> Iterator[_Taken]:
    for listener in traffic.listeners():
        block = listener.decoded
        with suppress(UnsureError):
            if block.get("publish"):
                ip, port = block.get("bind"), block.get("port")
                yield _Taken(ip, port, listener.address, listener.balancer, block, block.where("port"))


def _of_tasks(service: Registrant) -> Iterator[_Taken]:
    definition, decoded = service.definition, service.decoded
    if definition is None or not service.desired_count:
        return
    is_host = definition.network_mode is NetworkMode.HOST
    for container in definition.containers:
        for mapping in container.port_mappings:
            first = mapping.container_port if is_host else mapping.host_port
            if not first or mapping.protocol != "tcp":
                continue
            span = (mapping.container_port_end or mapping.container_port) - mapping.container_port
            ip = ANYWHERE if is_host else mapping.host_ip
            for port in range(first, first + span + 1):
                yield _Taken(ip, port, service.address, decoded, decoded, decoded.place)
