"""What the table cannot say about services: percents that would get stuck, and ports and names that collide."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.traffic import Registrant
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.model.address import default_name
from reconciler.model.service import Service, lower_bound, upper_bound
from reconciler.model.task_definition import TaskDefinition

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")

PERCENTS = ("minimum_healthy_percent", "maximum_percent")


def check_service(instance: Instance, service: Service, definition: TaskDefinition | None, report: Report) -> None:
    """Report what does not fit in one service."""
    decoded = instance.decoded
    if service.scheduling_strategy == "DAEMON" and "desired_count" in decoded.values:
        detail = "A DAEMON service runs one task on every engine: remove desired_count."
        report.error(
            "E0240", "a DAEMON service has no desired_count", detail, decoded.file, decoded.where("desired_count")
        )
        return
    if instance.address in service.depends_on:
        detail = "Remove it from depends_on."
        report.error("E0243", "a service depends on itself", detail, decoded.file, decoded.where("depends_on"))
    fixed = definition.fixed_host_ports if definition is not None else ()
    if fixed and service.desired_count > 1:
        _too_many_for_port(instance, service, fixed[0][0], report)
        return
    _stuck(instance, service, bool(fixed), report)


def _too_many_for_port(instance: Instance, service: Service, port: int, report: Report) -> None:
    decoded = instance.decoded
    detail = (
        f"Set `host_port = 0` for a free port for each task, or `desired_count = 1`. One engine has port {port} once."
    )
    summary = f"{service.desired_count} tasks cannot all have host port {port}"
    report.error("E0241", summary, detail, decoded.file, decoded.where("desired_count"))


def _stuck(instance: Instance, service: Service, fixed: bool, report: Report) -> None:
    """Refuse percents under which a deployment can neither start a task nor stop one."""
    configuration = instance.decoded.one("deployment_configuration")
    if configuration is None or not set(PERCENTS) & set(configuration.values):
        return
    desired, bounds = service.desired_count, service.deployment_configuration
    most, least = upper_bound(desired, bounds.maximum_percent), lower_bound(desired, bounds.minimum_healthy_percent)
    where = next(name for name in (*reversed(PERCENTS),) if name in configuration.values)
    place: Place = configuration.where(where)
    if desired > 0 and most <= desired and least >= desired:
        counted = (
            f"Of {desired} tasks, floor({desired} x {bounds.maximum_percent}%) = {most} may run at once and "
            f"ceil({desired} x {bounds.minimum_healthy_percent}%) = {least} must stay healthy: "
        )
        detail = counted + "raise maximum_percent, or lower minimum_healthy_percent."
        report.error("E0242", "a deployment could neither start nor stop a task", detail, configuration.file, place)
    elif fixed and least >= desired > 0:
        detail = (
            "A second task cannot have the same host port: set minimum_healthy_percent = 0, or remove the percents."
        )
        summary = "with a fixed host port, the old task must stop before the new one starts"
        report.error("E0242", summary, detail, configuration.file, place)


def check_ports(registrants: Iterable[Registrant], report: Report) -> None:
    """Report two services that want the same port of the host."""
    taken: dict[tuple[int, str], str] = {}
    for decoded, service, definition, _ in registrants:
        if definition is None or not service.desired_count:
            continue
        for port in definition.fixed_host_ports:
            other = taken.setdefault(port, service.address)
            if other != service.address:
                detail = f"{other} has it too, on the same engine: choose another, or host_port = 0."
                summary = f"host port {port[0]}/{port[1]} is wanted twice"
                report.error("E0241", summary, detail, decoded.file, decoded.where("task_definition"))
                break


def check_proxy_name(instance: Instance, report: Report) -> None:
    """Report a load balancer or target group whose name is no label of a DNS name: proxies call it so."""
    if not _LABEL.match(instance.name):
        decoded = instance.decoded
        detail = "Give it a label with a letter or digit in it, shorter than 64 characters with its module's."
        summary = f'"{instance.name[:80]}" cannot be the name of {instance.address[:80]}'
        report.error("E0244", summary, detail, decoded.file, decoded.place)


def check_names(instances: Iterable[Instance], names: Iterable[str], word: str, report: Report) -> None:
    """Report two objects of one kind that would have the same name; `word` is what such a name is called."""
    taken: dict[str, Instance] = {}
    for instance, name in zip(instances, names, strict=True):
        other = taken.setdefault(name, instance)
        if other is instance:
            continue
        decoded: Decoded = instance.decoded
        keeper = next((each for each in (instance, other) if each.name != default_name(each.address)), None)
        if keeper is None:
            detail = f"{other.address} has it too: rename one of the two."
        else:
            new = other if keeper is instance else instance
            detail = f"{keeper.address} keeps it since it moved: give {new.address} another label."
        summary = f'{instance.address} would have the {word} "{name}" a second time'
        report.error("E0244", summary, detail, decoded.file, decoded.where(word))
