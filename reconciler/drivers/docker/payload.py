"""What Docker is told to create for a container of a task: a pure function from the step to the request's body.

Every attribute of a container and a task is put somewhere here (or in resources, mounts and ports); a test goes
through them by name. `hostname`, dns, extra hosts, published ports and sysctls belong to namespaces: where a holder
has the namespace they are set on the holder, because Docker refuses them on a container that joins another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker import mounts, ports, resources
from reconciler.drivers.docker.holder import HOLDER_IMAGE
from reconciler.drivers.docker.resources import MIB
from reconciler.model.container_definition import ContainerDefinition, Device, HealthCheck, PortMapping
from reconciler.model.snapshot import EngineFacts
from reconciler.model.step import StartContainer
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER, NetworkMode, TaskDefinition

_NANOSECONDS = 1_000_000_000
_DEVICE_RIGHTS = {"read": "r", "write": "w", "mknod": "m"}
_HOLDER_LOG = {"Type": "json-file", "Config": {"max-file": "1", "max-size": "1m"}}


def create_payload(
    step: StartContainer, engine: EngineFacts, secrets: Mapping[str, str] | None = None, attempt: int = 0
) -> dict[str, Any]:
    """Return the body of `POST /containers/create`.

    `secrets` are values by variable name, for a container that wants them in its environment. `attempt` picks
    other host ports. Raises ValueError when a setting cannot be had on this engine.
    """
    if step.container == HOLDER:
        return _holder(step, engine, attempt)
    definition = step.task.definition
    container = definition.container(step.container)
    if container.linux_parameters.init_process_enabled and not engine.has_init:
        raise ValueError(
            "init_process_enabled needs docker-init (package tini or docker-init) on the engine's machine"
        )
    return {
        **_process(step, container, _identity(step.task, engine) | _environment(container, secrets or {})),
        **_namespace_config(step, (container,), is_owner=not _joins_network(definition)),
        "HostConfig": {
            **resources.host_resources(definition, container.name, engine),
            **_isolation(container),
            **_namespaces(step, container),
            **_files(step, container),
            **_network_host_config(step, (container,), attempt, is_owner=not _joins_network(definition)),
            **_sysctls((container,), {"net", "ipc"} - _joined(definition)),
            "LogConfig": {
                "Type": container.log_configuration.log_driver,
                "Config": dict(container.log_configuration.options),
            },
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": first_endpoint(step),
    }


def first_endpoint(step: StartContainer) -> dict[str, Any]:
    """Return the NetworkingConfig: API 1.41 takes one network, so that the others are connected before the start."""
    if not is_on_networks(step) or not step.networks:
        return {}
    return {"EndpointsConfig": {step.networks[0]: endpoint(step)}}


def endpoint(step: StartContainer) -> dict[str, Any]:
    """Return how a container is known on a network: by its service's name, and others to it by their links (F5, F7).

    A link is a name that only this container sees, so that containers of other tasks are never found by it.
    """
    definition = step.task.definition
    settings: dict[str, Any] = {}
    is_service = definition.network_mode is NetworkMode.AWSVPC or bool(_own(step).port_mappings)
    if step.task.service_name and is_service:
        settings["Aliases"] = [step.task.service_name]
    if step.container != HOLDER and _own(step).links:
        pairs = (link.partition(":") for link in _own(step).links)
        settings["Links"] = [f"{labels.container_name(step.task, name)}:{alias or name}" for name, _, alias in pairs]
    return settings


def is_on_networks(step: StartContainer) -> bool:
    """Whether a container has a place of its own on the stack's networks."""
    definition = step.task.definition
    if definition.network_mode is NetworkMode.AWSVPC:
        return (step.container == HOLDER) is definition.needs_holder
    return definition.network_mode is NetworkMode.BRIDGE and step.container != HOLDER


def published(step: StartContainer) -> tuple[PortMapping, ...]:
    """Return the port mappings that a container carries: the holder has the whole task's."""
    if not is_on_networks(step):
        return ()
    members = step.task.definition.containers if step.container == HOLDER else (_own(step),)
    return tuple(mapping for each in members for mapping in each.port_mappings)


def _holder(step: StartContainer, engine: EngineFacts, attempt: int) -> dict[str, Any]:
    definition = step.task.definition
    has_network = definition.network_mode is NetworkMode.AWSVPC
    shared_memory = max((each.linux_parameters.shared_memory_size or 0 for each in definition.containers), default=0)
    owns_ipc = "ipc" in _joined(definition)
    return {
        "Image": HOLDER_IMAGE,
        "Labels": labels.container_labels(step.task, HOLDER),
        "StopSignal": "SIGKILL",
        "Healthcheck": {"Test": ["NONE"]},
        **_namespace_config(step, definition.containers, is_owner=has_network),
        "HostConfig": {
            **resources.host_resources(definition, HOLDER, engine),
            **({"IpcMode": "shareable"} if owns_ipc else {}),
            **({"ShmSize": shared_memory * MIB} if owns_ipc and shared_memory else {}),
            "Mounts": mounts.holder_mounts(step.task),
            **_network_host_config(step, definition.containers, attempt, is_owner=has_network),
            **_sysctls(definition.containers, _joined(definition)),
            "LogConfig": _HOLDER_LOG,
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": first_endpoint(step),
    }


def _process(step: StartContainer, container: ContainerDefinition, environment: Mapping[str, str]) -> dict[str, Any]:
    optional = {
        "Entrypoint": list(container.entry_point) if container.entry_point is not None else None,
        "Cmd": list(container.command) if container.command is not None else None,
        "User": container.user,
        "WorkingDir": container.working_directory,
        "Healthcheck": _health_check(container.health_check),
    }
    return {
        "Image": step.image,
        "Env": [f"{name}={value}" for name, value in sorted(environment.items())],
        "Labels": {**container.docker_labels, **labels.container_labels(step.task, container.name)},
        "OpenStdin": container.interactive,
        "Tty": container.pseudo_terminal,
        "StopTimeout": round(container.stop_timeout),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _identity(task: Task, engine: EngineFacts) -> dict[str, str]:
    """Return what every container is told of itself (ECS: the task metadata endpoint). What is declared is stronger.

    None of it is part of the definition: another release of ours that tells more replaces nothing.
    """
    found = {
        "RECONCILER_TASK_ID": task.id,
        "RECONCILER_FAMILY": task.family,
        "RECONCILER_REVISION": str(task.revision),
        "RECONCILER_SERVICE": task.service_name,
        "RECONCILER_CLUSTER": task.stack,
        "RECONCILER_ENGINE": engine.name,
    }
    return {name: value for name, value in found.items() if value}


def _environment(container: ContainerDefinition, secrets: Mapping[str, str]) -> dict[str, str]:
    """ECS: `environment` beats files, and of several files the first that has a name."""
    found: dict[str, str] = {}
    for file in reversed(container.environment_files):
        found.update(file.variables)
    return {**found, **container.environment, **secrets}


def _health_check(check: HealthCheck | None) -> dict[str, Any] | None:
    """ECS: an image's own check is not used unless the definition says so (D8). None leaves it to the image."""
    if check is None:
        return {"Test": ["NONE"]}
    if check.from_image:
        return None
    return {
        "Test": list(check.command),
        "Interval": round(check.interval * _NANOSECONDS),
        "Timeout": round(check.timeout * _NANOSECONDS),
        "Retries": check.retries,
        "StartPeriod": round(check.start_period * _NANOSECONDS),
    }


def _isolation(container: ContainerDefinition) -> dict[str, Any]:
    linux = container.linux_parameters
    gpus = sum(int(each.value) for each in container.resource_requirements)
    settings: dict[str, Any] = {
        "Privileged": container.privileged,
        "ReadonlyRootfs": container.readonly_root_filesystem,
        "CapAdd": list(linux.capabilities.add),
        "CapDrop": list(linux.capabilities.drop),
        "SecurityOpt": list(container.docker_security_options),
        "Devices": [_device(each) for each in linux.devices],
        "Ulimits": [{"Name": u.name, "Soft": u.soft_limit, "Hard": u.hard_limit} for u in container.ulimits],
        "DeviceRequests": [{"Driver": "", "Count": gpus, "Capabilities": [["gpu"]]}] if gpus else [],
        "ShmSize": (linux.shared_memory_size or 0) * MIB,
        "Init": linux.init_process_enabled,
    }
    return {name: value for name, value in settings.items() if value}


def _device(device: Device) -> dict[str, str]:
    return {
        "PathOnHost": device.host_path,
        "PathInContainer": device.container_path or device.host_path,
        "CgroupPermissions": "".join(_DEVICE_RIGHTS[each] for each in device.permissions),
    }


def _namespaces(step: StartContainer, container: ContainerDefinition) -> dict[str, Any]:
    """`task` shares the holder's namespace (D18); a task of one container has nobody to share it with."""
    definition = step.task.definition
    holder = f"container:{labels.container_name(step.task, HOLDER)}"
    shared = holder if len(definition.containers) > 1 else ""
    modes = {"task": shared, "host": "host", "none": "none", None: ""}
    settings = {"PidMode": modes[definition.pid_mode], "IpcMode": modes[definition.ipc_mode]}
    return {name: value for name, value in settings.items() if value}


def _files(step: StartContainer, container: ContainerDefinition) -> dict[str, Any]:
    settings = {
        "Mounts": mounts.mounts(step, container),
        "Binds": mounts.binds(step, container),
        "Tmpfs": mounts.tmpfs(step.task.definition, container),
        "VolumesFrom": mounts.volumes_from(step.task, container),
    }
    return {name: value for name, value in settings.items() if value}


def _namespace_config(
    step: StartContainer, members: tuple[ContainerDefinition, ...], *, is_owner: bool
) -> dict[str, Any]:
    """The top level's share of a network namespace: hostname and exposed ports."""
    mode = step.task.definition.network_mode
    if not is_owner:
        return {}
    hostname = next((each.hostname for each in members if each.hostname), None)
    if hostname is None and mode is not NetworkMode.HOST:
        hostname = step.task.short_id
    found: dict[str, Any] = {"Hostname": hostname} if hostname else {}
    if exposed := ports.exposed(published(step)):
        found["ExposedPorts"] = exposed
    return found


def _network_host_config(
    step: StartContainer, members: tuple[ContainerDefinition, ...], attempt: int, *, is_owner: bool
) -> dict[str, Any]:
    """HostConfig's share of a network namespace."""
    definition = step.task.definition
    if not is_owner:
        is_joined = definition.network_mode is NetworkMode.AWSVPC
        return {"NetworkMode": f"container:{labels.container_name(step.task, HOLDER)}" if is_joined else "none"}
    settings: dict[str, Any] = {
        "NetworkMode": _network_mode(step),
        "Dns": _distinct(address for each in members for address in each.dns_servers),
        "DnsSearch": _distinct(domain for each in members for domain in each.dns_search_domains),
        "ExtraHosts": _distinct(
            f"{line.hostname}:{line.ip_address}" for each in members for line in each.extra_hosts
        ),
        "PortBindings": ports.bindings(published(step), step.task.id, attempt),
    }
    return {name: value for name, value in settings.items() if value}


def _network_mode(step: StartContainer) -> str:
    mode = step.task.definition.network_mode
    if mode in (NetworkMode.HOST, NetworkMode.NONE):
        return mode.value
    return step.networks[0] if step.networks else "none"


def _joins_network(definition: TaskDefinition) -> bool:
    return definition.network_mode is NetworkMode.AWSVPC and definition.needs_holder


def _joined(definition: TaskDefinition) -> set[str]:
    """The namespaces that a task's containers have from their holder."""
    joined = {"net"} if _joins_network(definition) else set()
    return joined | ({"ipc"} if definition.ipc_mode == "task" and len(definition.containers) > 1 else set())


def _sysctls(members: tuple[ContainerDefinition, ...], namespaces: set[str]) -> dict[str, Any]:
    """The kernel parameters of the namespaces that are made with a container."""
    found = {
        each.namespace: each.value
        for container in members
        for each in container.system_controls
        if ("net" if each.namespace.startswith("net.") else "ipc") in namespaces
    }
    return {"Sysctls": found} if found else {}


def _own(step: StartContainer) -> ContainerDefinition:
    return step.task.definition.container(step.container)


def _distinct(texts: Any) -> list[str]:
    return list(dict.fromkeys(texts))
