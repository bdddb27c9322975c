"""How services register in target groups: whose port it is, and by which listeners it is reached."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.deployment_checks import ROLLING, SHIFTING
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.blocks.traffic import Registrant, Traffic
from reconciler.language.expressions.access import similar
from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.load_balancer import Protocol
from reconciler.model.task_definition import NetworkMode, TaskDefinition

_WITHOUT_ADDRESS = (NetworkMode.HOST, NetworkMode.NONE)


@as_far_as_sure
def check_registration(service: Registrant) -> Findings:
    """Yield what is wrong with a service's load_balancer blocks, looking at nothing but its task definition."""
    seen: dict[str, Decoded] = {}
    for registration in service.registrations:
        yield from _twice(registration, seen)
        yield from _test_listener(registration, service)
        if service.definition is not None:
            yield from _target(registration, service.decoded.get("task_definition"), service.definition)


@as_far_as_sure
def _twice(registration: Decoded, seen: dict[str, Decoded]) -> Findings:
    """Look at where a service registers; `seen` are the registrations before, to which it is added."""
    group = registration.get("target_group")
    other = seen.setdefault(group, registration)
    if other is not registration:
        detail = f"The other one is on line {other.place[0]}: a task is one target of a group. Keep one of the two."
        place = registration.where("target_group")
        yield Finding(registration, place, f"the service registers in {group} twice", detail, "E0256")


@as_far_as_sure
def _test_listener(registration: Decoded, service: Registrant) -> Findings:
    if "test_listener" in registration.places and service.strategy == ROLLING:
        detail = f"Remove it, or set strategy to one of {', '.join(SHIFTING)}."
        place = registration.where("test_listener")
        yield Finding(registration, place, "a ROLLING deployment has no test traffic", detail, "E0257")


@as_far_as_sure
def _target(registration: Decoded, address: str, definition: TaskDefinition) -> Findings:
    if definition.network_mode in _WITHOUT_ADDRESS:
        detail = 'Use network_mode = "awsvpc" or "bridge" in the task definition.'
        summary = f"tasks in {definition.network_mode} mode have no address of their own to be targets at"
        yield Finding(registration, registration.place, summary, detail, "E0256")
        return
    name = registration.get("container_name")
    names = [each.name for each in definition.containers]
    container = next((each for each in definition.containers if each.name == name), None)
    if container is None:
        detail = similar(name, names) or f"The containers are {', '.join(names)}."
        place = registration.where("container_name")
        yield Finding(registration, place, f'{address} has no container "{name}"', detail, "E0256")
    elif (port := registration.get("container_port")) not in (ports := list(_ports(container))):
        there = f"It has {', '.join(map(str, ports))}." if ports else "It has none."
        detail = f"Add `port_mapping {{ container_port = {port} }}` to the container. {there}"
        place = registration.where("container_port")
        yield Finding(registration, place, f'container "{name}" has no TCP port {port}', detail, "E0256")


def _ports(container: ContainerDefinition) -> Iterator[int]:
    for mapping in container.port_mappings:
        if mapping.protocol == "tcp":
            yield from range(mapping.container_port, (mapping.container_port_end or mapping.container_port) + 1)


def check_routes(traffic: Traffic) -> Findings:
    """Yield what is wrong between services and listeners: only sound when nothing else is wrong."""
    for service in traffic.services:
        for registration in service.registrations:
            yield from _reached(registration, traffic)
    yield from _shared(traffic)
    yield from _percentiles(traffic)


def _reached(registration: Decoded, traffic: Traffic) -> Findings:
    group, test = registration.get("target_group"), registration.get("test_listener")
    used_by = {each.address for each in traffic.listeners() if group in each.target_groups()}
    if test is not None and test not in used_by:
        detail = f"Add `forward {{ target_group = {group} }}` to it, or name another listener."
        summary = f"{test} does not forward to {group}"
        yield Finding(registration, registration.where("test_listener"), summary, detail, "E0257")
    elif not used_by - {test}:
        but = " but the test listener" if test else ""
        detail = f"Forward to it in a listener of a load balancer: `forward {{ target_group = {group} }}`."
        place = registration.where("target_group")
        yield Finding(registration, place, f"no listener{but} forwards to {group}", detail, "E0259")


def _shared(traffic: Traffic) -> Findings:
    """Two services in one group: shifting the traffic of one of them would shift the other's."""
    members: dict[str, Registrant] = {}
    for service in traffic.services:
        for registration in service.registrations:
            group = registration.get("target_group")
            other = members.setdefault(group, service)
            if other is service or not {service.strategy, other.strategy} & {*SHIFTING}:
                continue
            shifting, second = (service, other) if service.strategy in SHIFTING else (other, service)
            detail = f"{second.address} is in it too: give each its own target group, or deploy both by ROLLING."
            summary = f"{shifting.address} deploys by {shifting.strategy} and shares {group}"
            yield Finding(registration, registration.where("target_group"), summary, detail, "E0258")


def _percentiles(traffic: Traffic) -> Findings:
    """Percentiles come from the access log, and neither they nor statuses are there for TCP."""
    for service in traffic.services:
        configuration = service.decoded.one("deployment_configuration")
        for alarm in configuration.all("alarm") if configuration is not None else ():
            metric = alarm.get("metric")
            if metric is not None:
                yield from _metric(alarm, metric, service, traffic)


def _metric(alarm: Decoded, metric: str, service: Registrant, traffic: Traffic) -> Findings:
    addresses = {each.get("target_group") for each in service.registrations}
    groups = [each for each in traffic.groups if each.address in addresses]
    silent = [
        each.address
        for each in traffic.balancers
        if any(addresses & listener.target_groups() for listener in each.listeners())
        and not each.decoded.get("access_log")
    ]
    if groups and all(each.protocol is Protocol.TCP for each in groups):
        detail = "Use command or prometheus: a TCP balancer sees no requests."
        yield Finding(alarm, alarm.where("metric"), f"there is no {metric} of TCP targets", detail, "E0261")
    elif metric == "latency_p95" and silent:
        detail = f"Set access_log = true in {' and '.join(silent)}."
        summary = "latency_p95 is made from the access log, which is off"
        yield Finding(alarm, alarm.where("metric"), summary, detail, "E0261")
