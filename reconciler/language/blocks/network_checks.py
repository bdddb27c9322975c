"""How the containers of a task share its network: ports, names, links (ECS network modes)."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, containers_of
from reconciler.language.blocks.origins import first_port
from reconciler.language.expressions.access import similar

MAXIMUM_PORT_RANGE = 100

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})\Z", re.ASCII)


def _ports(task: Decoded) -> Findings:
    mode = task.get("network_mode")
    seen: dict[tuple[int, str], Decoded] = {}
    names: set[str] = set()
    for container in task.all("container"):
        own: dict[tuple[int, str], Decoded] = seen if mode in ("awsvpc", "host") else {}
        for mapping in container.all("port_mapping"):
            yield from _port(mapping, mode)
            key = (first_port(mapping), mapping.get("protocol"))
            if key in own and key[0]:
                detail = (
                    "Containers of this task share one network: each port is there once."
                    if own is seen
                    else "Remove one."
                )
                place = mapping.where("container_port")
                yield Finding(mapping, place, f"container port {key[0]}/{key[1]} is mapped twice", detail, "E0231")
            own[key] = mapping
            name = mapping.get("name")
            if name is not None and (name in names or len(name) > 64):
                detail = "Names of ports are unique in a task definition and at most 64 characters long."
                yield Finding(mapping, mapping.where("name"), f'the port name "{name[:64]}" will not do', detail)
            names.add(name)


def _port(mapping: Decoded, mode: str) -> Findings:
    port, ports, host = mapping.get("container_port"), mapping.get("container_port_range"), mapping.get("host_port")
    if mode == "none":
        detail = 'Remove the block, or choose another network_mode: with "none" a task has no network.'
        yield Finding(mapping, mapping.place, "a task without network has no ports", detail, "E0230")
    if (port is None) == (ports is None):
        detail = "Set container_port, or container_port_range for several."
        yield Finding(
            mapping, mapping.place, "a port mapping has one of container_port and container_port_range", detail
        )
    elif ports is not None and not _is_range(ports):
        detail = f'Write it as "8000-8010": from 1 to 65535, at most {MAXIMUM_PORT_RANGE} ports.'
        yield Finding(mapping, mapping.where("container_port_range"), f'"{ports}" is no range of ports', detail)
    elif mode == "host" and host is not None and host != first_port(mapping):
        detail = (
            f"In host mode the container's port is the host's: remove host_port, or set it to {first_port(mapping)}."
        )
        summary = f"host_port {host} differs from the container port in host mode"
        yield Finding(mapping, mapping.where("host_port"), summary, detail, "E0230")


def _is_range(text: str) -> bool:
    found = _RANGE.match(text)
    if found is None:
        return False
    first, last = int(found[1]), int(found[2])
    return 1 <= first <= last <= 65535 and last - first < MAXIMUM_PORT_RANGE


def _shared_namespace(task: Decoded) -> Findings:
    """In awsvpc hostname, DNS and extra hosts are the task's: two containers must not disagree."""
    mode = task.get("network_mode")
    for container in task.all("container"):
        if container.get("links") and mode != "bridge":
            detail = 'Containers of this task reach each other on localhost; links need network_mode = "bridge".'
            yield Finding(container, container.where("links"), f"links do not work in {mode} mode", detail, "E0232")
    if mode != "awsvpc":
        return
    for name in ("hostname", "dns_servers", "dns_search_domains"):
        first: Decoded | None = None
        for container in task.all("container"):
            if not container.get(name):
                continue
            if first is not None and container.get(name) != first.get(name):
                detail = (
                    f'In awsvpc mode it belongs to the whole task, and "{first.label}" sets it too: make both equal.'
                )
                yield Finding(container, container.where(name), f"two containers differ in {name}", detail, "E0232")
            first = first or container
    yield from _extra_hosts(task)


def _extra_hosts(task: Decoded) -> Findings:
    known: dict[str, str] = {}
    for container in task.all("container"):
        for host in container.all("extra_host"):
            name, address = host.get("hostname"), host.get("ip_address")
            if known.setdefault(name, address) != address:
                detail = f"In awsvpc mode it belongs to the whole task, and another container says {known[name]}."
                yield Finding(
                    host, host.where("ip_address"), f'two containers differ in extra_host "{name}"', detail, "E0232"
                )


def _links(task: Decoded) -> Findings:
    known = containers_of(task)
    for container in task.all("container"):
        for link in container.get("links") or ():
            name = link.partition(":")[0]
            if task.get("network_mode") == "bridge" and (name not in known or name == container.label):
                detail = similar(name, known) or "Link another container of the task, as NAME or NAME:ALIAS."
                yield Finding(
                    container, container.where("links"), f'links names no other container: "{name}"', detail
                )


NETWORK_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (_ports, _shared_namespace, _links)
