"""What the table cannot say about services: percents that would get stuck, and ports and names that collide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from reconciler.language.blocks.decode import Decoded, UnsureError
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.traffic import Registrant
from reconciler.language.report import Report
from reconciler.model.address import default_name
from reconciler.model.service import SchedulingStrategy, lower_bound, upper_bound

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")

PERCENTS = ("minimum_healthy_percent", "maximum_percent")


def check_service(service: Registrant) -> Findings:
    """Yield what does not fit in one service."""
    decoded = service.decoded
    if "desired_count" in decoded.places and decoded.values.get("scheduling_strategy") == SchedulingStrategy.DAEMON:
        detail = "A DAEMON service runs one task on every engine: remove desired_count."
        place = decoded.where("desired_count")
        yield Finding(decoded, place, "a DAEMON service has no desired_count", detail, "E0240")
    else:
        yield from _count(service)
    if service.address in decoded.values.get("depends_on", ()):
        detail = "Remove it from depends_on."
        yield Finding(decoded, decoded.where("depends_on"), "a service depends on itself", detail, "E0243")


@as_far_as_sure
def _count(service: Registrant) -> Findings:
    """Look at the tasks that there may be at once."""
    fixed = service.definition.fixed_host_ports if service.definition is not None else ()
    if fixed and service.desired_count > 1:
        yield _too_many_for_port(service, fixed[0][0])
        return
    for configuration in service.decoded.some("deployment_configuration"):
        if any(map(configuration.has, PERCENTS)):
            yield from _stuck(service, configuration, bool(fixed))


def _too_many_for_port(service: Registrant, port: int) -> Finding:
    decoded, free = service.decoded, "Set `host_port = 0` for a free port for each task"
    detail = f"{free}, or `desired_count = 1`. One engine has port {port} once."
    summary = f"{service.desired_count} tasks cannot all have host port {port}"
    return Finding(decoded, decoded.where("desired_count"), summary, detail, "E0241")


def _stuck(service: Registrant, configuration: Decoded, fixed: bool) -> Findings:
    """Refuse percents under which a deployment can neither start a task nor stop one; a DAEMON's are 0 and 100."""
    minimum, maximum = (configuration.get(name) for name in PERCENTS)
    if service.is_daemon:
        minimum, maximum = configuration.values.get(PERCENTS[0], 0), configuration.values.get(PERCENTS[1], 100)
    desired = service.desired_count
    most, least = upper_bound(desired, maximum), lower_bound(desired, minimum)
    place = configuration.where(next(name for name in (*reversed(PERCENTS),) if configuration.has(name)))
    if desired > 0 and most <= desired and least >= desired:
        counted = (
            f"Of {desired} tasks, floor({desired} x {maximum}%) = {most} may run at once and "
            f"ceil({desired} x {minimum}%) = {least} must stay healthy: "
        )
        detail = counted + "raise maximum_percent, or lower minimum_healthy_percent."
        yield Finding(configuration, place, "a deployment could neither start nor stop a task", detail, "E0242")
    elif fixed and least >= desired > 0:
        detail = (
            "A second task cannot have the same host port: set minimum_healthy_percent = 0, or remove the percents."
        )
        summary = "with a fixed host port, the old task must stop before the new one starts"
        yield Finding(configuration, place, summary, detail, "E0242")


def check_ports(registrants: Iterable[Registrant]) -> Findings:
    """Yield two services that want the same port of the host."""
    taken: dict[tuple[int, str], str] = {}
    for service in registrants:
        yield from _port_of_host(service, taken)


@as_far_as_sure
def _port_of_host(service: Registrant, taken: dict[tuple[int, str], str]) -> Findings:
    """Look at the ports of a service; `taken` are those before, to which they are added."""
    if service.definition is None or not service.desired_count:
        return
    for port in service.definition.fixed_host_ports:
        other = taken.setdefault(port, service.address)
        if other != service.address:
            detail = f"{other} has it too, on the same engine: choose another, or host_port = 0."
            summary = f"host port {port[0]}/{port[1]} is wanted twice"
            yield Finding(service.decoded, service.decoded.where("task_definition"), summary, detail, "E0241")
            return


def check_proxy_name(instance: Instance, report: Report) -> None:
    """Report a load balancer or target group whose name is no label of a DNS name: proxies call it so."""
    if not _LABEL.match(instance.name):
        decoded = instance.decoded
        detail = "Give it a label with a letter or digit in it, shorter than 64 characters with its module's."
        summary = f'"{instance.name[:80]}" cannot be the name of {instance.address[:80]}'
        report.error("E0244", summary, detail, decoded.file, decoded.place)


def check_names(instances: Iterable[Instance], name_of: Callable[[Instance], str], word: str, report: Report) -> None:
    """Report two objects of one kind that would have the same name; `word` is what such a name is called."""
    taken: dict[str, Instance] = {}
    for instance in instances:
        with suppress(UnsureError):
            name = name_of(instance)
            other = taken.setdefault(name, instance)
            if other is not instance:
                decoded, summary = (
                    instance.decoded,
                    f'{instance.address} would have the {word} "{name}" a second time',
                )
                report.error("E0244", summary, _rename(instance, other), decoded.file, decoded.where(word))


def _rename(instance: Instance, other: Instance) -> str:
    """Return which of two objects is to have another name: not the one that keeps its own since it moved."""
    keeper = next((each for each in (instance, other) if each.name != default_name(each.address)), None)
    if keeper is None:
        return f"{other.address} has it too: rename one of the two."
    new = other if keeper is instance else instance
    return f"{keeper.address} keeps it since it moved: give {new.address} another label."
