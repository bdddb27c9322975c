"""How the containers of a task share its network: ports, names, links (ECS network modes)."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure, containers_of
from reconciler.language.blocks.origins import first_port
from reconciler.language.expressions.access import similar

MAXIMUM_PORT_RANGE = 100

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})\Z", re.ASCII)


def _ports(task: Decoded) -> Findings:
    seen: set[tuple[int, str]] = set()
    names: set[str] = set()
    for container in task.some("container"):
        own: set[tuple[int, str]] = set()
        for mapping in container.some("port_mapping"):
            yield from _port(mapping)
            yield from _mode(mapping, task)
            yield from _mapped_twice(mapping, task, own, seen)
            yield from _port_name(mapping, names)


@as_far_as_sure
def _mapped_twice(mapping: Decoded, task: Decoded, own: set[tuple[int, str]], all_: set[tuple[int, str]]) -> Findings:
    """Look for a port among those before: of the container, or of the whole task when it has one network."""
    key = (first_port(mapping), mapping.get("protocol"))
    is_shared = task.get("network_mode") in ("awsvpc", "host")
    before = all_ if is_shared else own
    if key in before and key[0]:
        detail = "Containers of this task share one network: each port is there once." if is_shared else "Remove one."
        place = mapping.where("container_port")
        yield Finding(mapping, place, f"container port {key[0]}/{key[1]} is mapped twice", detail, "E0231")
    before.add(key)


@as_far_as_sure
def _port_name(mapping: Decoded, names: set[str]) -> Findings:
    """Look at a port's name; `names` are those before, to which it is added."""
    name = mapping.get("name")
    if name is not None and (name in names or len(name) > 64):
        detail = "Names of ports are unique in a task definition and at most 64 characters long."
        yield Finding(mapping, mapping.where("name"), f'the port name "{name[:64]}" will not do', detail)
    names.add(name)


@as_far_as_sure
def _port(mapping: Decoded) -> Findings:
    has_port, has_range = mapping.has("container_port"), mapping.has("container_port_range")
    if has_port == has_range:
        detail = "Set container_port, or container_port_range for several."
        summary = "a port mapping has one of container_port and container_port_range"
        yield Finding(mapping, mapping.place, summary, detail)
        return
    ports = mapping.get("container_port_range")
    if ports is not None and not _is_range(ports):
        detail = f'Write it as "8000-8010": from 1 to 65535, at most {MAXIMUM_PORT_RANGE} ports.'
        yield Finding(mapping, mapping.where("container_port_range"), f'"{ports}" is no range of ports', detail)


@as_far_as_sure
def _mode(mapping: Decoded, task: Decoded) -> Findings:
    """Look at what the task's network is for a port."""
    mode = task.get("network_mode")
    if mode == "none":
        detail = 'Remove the block, or choose another network_mode: with "none" a task has no network.'
        yield Finding(mapping, mapping.place, "a task without network has no ports", detail, "E0230")
    host, port = mapping.get("host_port"), first_port(mapping)
    if mode == "host" and host is not None and port and host != port:
        detail = f"In host mode the container's port is the host's: remove host_port, or set it to {port}."
        summary = f"host_port {host} differs from the container port in host mode"
        yield Finding(mapping, mapping.where("host_port"), summary, detail, "E0230")


def _is_range(text: str) -> bool:
    found = _RANGE.match(text)
    if found is None:
        return False
    first, last = int(found[1]), int(found[2])
    return 1 <= first <= last <= 65535 and last - first < MAXIMUM_PORT_RANGE


@as_far_as_sure
def _shared_namespace(task: Decoded) -> Findings:
    """In awsvpc hostname, DNS and extra hosts are the task's: two containers must not disagree."""
    mode = task.get("network_mode")
    for container in task.some("container"):
        if container.values.get("links") and mode != "bridge":
            detail = 'Containers of this task reach each other on localhost; links need network_mode = "bridge".'
            yield Finding(container, container.where("links"), f"links do not work in {mode} mode", detail, "E0232")
    if mode != "awsvpc":
        return
    for name in ("hostname", "dns_servers", "dns_search_domains"):
        first: Decoded | None = None
        for container in task.some("container"):
            if not container.values.get(name):
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
    hosts = (host for container in task.some("container") for host in container.some("extra_host"))
    for host in hosts:
        name, address = host.values.get("hostname"), host.values.get("ip_address")
        if name is None or address is None:
            continue
        if known.setdefault(name, address) != address:
            detail = f"In awsvpc mode it belongs to the whole task, and another container says {known[name]}."
            summary = f'two containers differ in extra_host "{name}"'
            yield Finding(host, host.where("ip_address"), summary, detail, "E0232")


@as_far_as_sure
def _links(task: Decoded) -> Findings:
    known = containers_of(task)
    if task.get("network_mode") != "bridge":
        return
    for container in known.values():
        for link in container.values.get("links") or ():
            name = link.partition(":")[0]
            if name not in known or name == container.label:
                detail = similar(name, known) or "Link another container of the task, as NAME or NAME:ALIAS."
                place = container.where("links")
                yield Finding(container, place, f'links names no other container: "{name}"', detail)


NETWORK_CHECKS: tuple[Callable[[Decoded], Findings], ...] = (_ports, _shared_namespace, _links)
