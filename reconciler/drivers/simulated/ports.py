"""Which ports of the host the simulated engine publishes: free ones in turn."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from reconciler.model.container_definition import ContainerDefinition, PortMapping
from reconciler.model.snapshot import PublishedPort
from reconciler.model.task_definition import HOLDER, NetworkMode, TaskDefinition

FIRST_FREE = 20000


class HostPorts:
    """Hands out free ports, each once."""

    def __init__(self) -> None:
        self._free = count(FIRST_FREE)

    def published(self, definition: TaskDefinition, container: str) -> tuple[PublishedPort, ...]:
        """Return what a container of a task publishes: a holder of the network everything, and the others nothing."""
        mappings = (mapping for each in _publishers(definition, container) for mapping in each.port_mappings)
        return tuple(port for mapping in mappings if mapping.host_port is not None for port in self._ports(mapping))

    def _ports(self, mapping: PortMapping) -> Iterable[PublishedPort]:
        last = mapping.container_port_end or mapping.container_port
        for offset, port in enumerate(range(mapping.container_port, last + 1)):
            host_port = mapping.host_port + offset if mapping.host_port else next(self._free)
            yield PublishedPort(
                container_port=port, host_port=host_port, protocol=mapping.protocol, host_ip=mapping.host_ip
            )


def _publishers(definition: TaskDefinition, container: str) -> tuple[ContainerDefinition, ...]:
    if definition.network_mode is NetworkMode.AWSVPC and definition.needs_holder:
        return definition.containers if container == HOLDER else ()
    is_published = definition.network_mode in (NetworkMode.AWSVPC, NetworkMode.BRIDGE) and container != HOLDER
    return (definition.container(container),) if is_published else ()
