"""Every attribute of a task definition and a container is on the container, as the engine tells it.

A row of the tables says how to declare an attribute and what to find in `inspect`. A field of the models without a
row fails the last tests of this file: none is silently ignored (D15).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.payload import create_payload
from reconciler.model.container_definition import (
    Capabilities,
    ContainerDefinition,
    Device,
    EnvironmentFile,
    ExtraHost,
    HealthCheck,
    LinuxParameters,
    LogConfiguration,
    MountPoint,
    PortMapping,
    ResourceRequirement,
    RestartPolicy,
    SystemControl,
    Tmpfs,
    Ulimit,
    VolumesFrom,
)
from reconciler.model.stack import Volume
from reconciler.model.task import Task
from reconciler.model.task_definition import (
    HOLDER,
    HostVolume,
    NetworkMode,
    PrivateVolume,
    SharedVolume,
    TaskDefinition,
    TmpfsVolume,
)

from .builders import FOREVER, IMAGE, World, container, definition

MIB = 1024 * 1024

pytestmark = pytest.mark.engine


class Row(NamedTuple):
    """`declared` are fields of the container, `task` of its task, `found` paths of inspect and their values.

    `starts` is False where an engine that runs in a container itself may be unable to start what it made.
    """

    declared: Mapping[str, Any]
    found: Mapping[str, Any]
    task: Mapping[str, Any] = {}
    starts: bool = True


CONTAINER: dict[str, Row] = {
    "image": Row({}, {"Config.Image": IMAGE}),
    "entry_point": Row({"entry_point": ("sleep",), "command": ("60",)}, {"Config.Entrypoint": ["sleep"]}),
    "command": Row({}, {"Config.Cmd": list(FOREVER)}),
    "cpu": Row({"cpu": 512}, {"HostConfig.CpuShares": 512}),
    "memory": Row({"memory": 64}, {"HostConfig.Memory": 64 * MIB}),
    "memory_reservation": Row({"memory_reservation": 32}, {"HostConfig.MemoryReservation": 32 * MIB}),
    "environment": Row({"environment": {"A": "1"}}, {"Config.Env": {"A=1"}}),
    "environment_files": Row(
        {
            "environment": {"A": "own"},
            "environment_files": (
                EnvironmentFile(path="a.env", variables={"A": "first", "B": "first"}),
                EnvironmentFile(path="b.env", variables={"B": "second", "C": '"second"'}),
            ),
        },
        {"Config.Env": {"A=own", "B=first", 'C="second"'}},
    ),
    "secrets_as": Row(
        {"secrets": {"DB": "secret.db"}, "secrets_as": "environment"}, {"Config.Env": {"DB=s3cr3t-value-of-db"}}
    ),
    "health_check": Row(
        {"health_check": HealthCheck(command=("CMD", "true"))},
        {
            "Config.Healthcheck": {
                "Test": ["CMD", "true"],
                "Interval": 30 * 10**9,
                "Timeout": 5 * 10**9,
                "Retries": 3,
            }
        },
    ),
    "volumes_from": Row(
        {"volumes_from": (VolumesFrom(source_container="other", read_only=True),)},
        {"HostConfig.VolumesFrom": ["{prefix}-other:ro"]},
    ),
    "mount_points": Row(
        {"mount_points": (MountPoint(source_volume="cache", container_path="/cache", read_only=True),)},
        {"Mounts": [("volume", "{prefix}-cache", "/cache", False)]},
        {"volumes": (PrivateVolume(name="cache"),)},
    ),
    "log_configuration": Row(
        {"log_configuration": LogConfiguration(log_driver="local", options={"max-size": "2m"})},
        {"HostConfig.LogConfig": {"Type": "local", "Config": {"max-size": "2m"}}},
    ),
    "restart_policy": Row(
        {"restart_policy": RestartPolicy()}, {"HostConfig.RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}
    ),
    "linux_parameters.capabilities": Row(
        {"linux_parameters": LinuxParameters(capabilities=Capabilities(add=("NET_ADMIN",), drop=("MKNOD",)))},
        {"HostConfig.CapAdd": ["NET_ADMIN"], "HostConfig.CapDrop": ["MKNOD"]},
    ),
    "linux_parameters.devices": Row(
        {"linux_parameters": LinuxParameters(devices=(Device(host_path="/dev/null", permissions=("read",)),))},
        {
            "HostConfig.Devices": [
                {"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "r"}
            ]
        },
    ),
    "linux_parameters.init_process_enabled": Row(
        {"linux_parameters": LinuxParameters(init_process_enabled=True)}, {"HostConfig.Init": True}
    ),
    "linux_parameters.shared_memory_size": Row(
        {"linux_parameters": LinuxParameters(shared_memory_size=32)}, {"HostConfig.ShmSize": 32 * MIB}
    ),
    "linux_parameters.max_swap": Row(
        {"memory": 64, "linux_parameters": LinuxParameters(max_swap=0)}, {"HostConfig.MemorySwap": 64 * MIB}
    ),
    "linux_parameters.swappiness": Row(
        {"memory": 64, "linux_parameters": LinuxParameters(max_swap=16, swappiness=30)},
        {"HostConfig.MemorySwap": 80 * MIB, "HostConfig.MemorySwappiness": 30},
    ),
    "linux_parameters.tmpfs": Row(
        {"linux_parameters": LinuxParameters(tmpfs=(Tmpfs(container_path="/t", size=3, mount_options=("ro",)),))},
        {"HostConfig.Tmpfs": {"/t": "size=3m,ro"}},
    ),
    "ulimits": Row(
        {"ulimits": (Ulimit(name="nofile", soft_limit=512, hard_limit=1024),)},
        {"HostConfig.Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}]},
    ),
    "stop_timeout": Row({"stop_timeout": 7}, {"Config.StopTimeout": 7}),
    "user": Row({"user": "1000:1000"}, {"Config.User": "1000:1000"}),
    "working_directory": Row({"working_directory": "/tmp"}, {"Config.WorkingDir": "/tmp"}),
    "hostname": Row({"hostname": "web-1"}, {"Config.Hostname": "web-1"}),
    "readonly_root_filesystem": Row({"readonly_root_filesystem": True}, {"HostConfig.ReadonlyRootfs": True}),
    "privileged": Row({"privileged": True}, {"HostConfig.Privileged": True}, starts=False),
    "docker_labels": Row(
        {"docker_labels": {"team": "shop", labels.TASK: "forged"}},
        {"Config.Labels.team": "shop", f"Config.Labels.{labels.TASK}": "{task}"},
    ),
    "docker_security_options": Row(
        {"docker_security_options": ("no-new-privileges",)}, {"HostConfig.SecurityOpt": ["no-new-privileges"]}
    ),
    "dns_servers": Row({"dns_servers": ("10.0.0.2",)}, {"HostConfig.Dns": ["10.0.0.2"]}),
    "dns_search_domains": Row({"dns_search_domains": ("a.test",)}, {"HostConfig.DnsSearch": ["a.test"]}),
    "interactive": Row({"interactive": True}, {"Config.OpenStdin": True}),
    "pseudo_terminal": Row({"pseudo_terminal": True}, {"Config.Tty": True}),
    "extra_hosts": Row(
        {"extra_hosts": (ExtraHost(hostname="db", ip_address="10.0.0.5"),)},
        {"HostConfig.ExtraHosts": ["db:10.0.0.5"]},
    ),
    "system_controls": Row(
        {"system_controls": (SystemControl(namespace="net.core.somaxconn", value="777"),)},
        {"HostConfig.Sysctls": {"net.core.somaxconn": "777"}},
    ),
    "links": Row(
        {"links": ("other:database",)},
        {"NetworkSettings.Networks.{stack}.Links": ["{prefix}-other:database"]},
        {"network_mode": NetworkMode.BRIDGE},
    ),
    "port_mappings": Row(
        {"port_mappings": (PortMapping(container_port=8080, host_port=0),)},
        {"HostConfig.PortBindings.8080/tcp.0.HostIp": "127.0.0.1"},
    ),
}

TASK: dict[str, Row] = {
    "family": Row({}, {f"Config.Labels.{labels.FAMILY}": "worker"}, {"family": "worker"}),
    "network_mode": Row({}, {"HostConfig.NetworkMode": "host"}, {"network_mode": NetworkMode.HOST}),
    "cpu": Row({}, {"HostConfig.NanoCpus": 250_000_000}, {"cpu": 256}),
    "memory": Row({}, {"HostConfig.Memory": 96 * MIB}, {"memory": 96}),
    "pid_mode": Row({}, {"HostConfig.PidMode": "host"}, {"pid_mode": "host"}),
    "ipc_mode": Row({}, {"HostConfig.IpcMode": "none"}, {"ipc_mode": "none"}),
    "volumes": Row(
        {
            "mount_points": (
                MountPoint(source_volume="private", container_path="/private"),
                MountPoint(source_volume="shared", container_path="/shared"),
                MountPoint(source_volume="host", container_path="/host", read_only=True),
                MountPoint(source_volume="empty", container_path="/empty"),
                MountPoint(source_volume="memory", container_path="/memory"),
            )
        },
        {
            "Mounts": [
                ("bind", "{folder}/conf", "/host", False),
                ("volume", "{stack}-uploads", "/shared", True),
                ("volume", "{prefix}-empty", "/empty", True),
                ("volume", "{prefix}-memory", "/memory", True),
                ("volume", "{prefix}-private", "/private", True),
            ]
        },
        {
            "volumes": (
                PrivateVolume(name="private"),
                SharedVolume(name="shared", source="volume.uploads"),
                HostVolume(name="host", host_path="./conf"),
                HostVolume(name="empty", host_path=""),
                TmpfsVolume(name="memory", tmpfs_size=4),
            )
        },
    ),
}

NOT_ON_THE_CONTAINER = {
    "name": "the label reconciler.container and the container's name; see the contract",
    "essential": "what its end means is the scheduler's",
    "depends_on": "the order is the scheduler's",
    "start_timeout": "waited for by the scheduler",
    "pull": "a step of its own",
    "build": "a step of its own",
    "secrets": "files on tmpfs: tests/drivers/test_docker_secrets.py",
    "resource_requirements": "no GPU here: the payload is tested below",
    "linux_parameters": "by its own fields",
}
NOT_OF_THE_CONTAINER = {
    "containers": "above",
    "networks": "tests/drivers/test_docker_network.py",
    "version_consistency": "which image is the scheduler's",
}


@pytest.mark.parametrize("attribute", CONTAINER)
def test_an_attribute_of_a_container_is_read_back(attribute: str, shared_docker: World, client: Client) -> None:
    check(CONTAINER[attribute], shared_docker, client)


@pytest.mark.parametrize("attribute", TASK)
def test_an_attribute_of_a_task_is_read_back(attribute: str, shared_docker: World, client: Client) -> None:
    check(TASK[attribute], shared_docker, client)


def test_gpus_are_requested_by_count(docker: World) -> None:
    gpu = ResourceRequirement(value="2")
    task = docker.task(definition(container(resource_requirements=(gpu,))))
    body = create_payload(docker.start(task), docker.look().engine)
    assert body["HostConfig"]["DeviceRequests"] == [{"Driver": "", "Count": 2, "Capabilities": [["gpu"]]}]


def test_the_settings_of_a_shared_namespace_are_on_the_holder(docker: World, client: Client) -> None:
    task = docker.run(
        definition(
            container(
                "a",
                hostname="web-1",
                dns_servers=("10.0.0.2",),
                port_mappings=(PortMapping(container_port=80, host_port=0),),
            ),
            container(
                "b",
                extra_hosts=(ExtraHost(hostname="db", ip_address="10.0.0.5"),),
                system_controls=(
                    SystemControl(namespace="net.core.somaxconn", value="777"),
                    SystemControl(namespace="kernel.shmmax", value="100000"),
                ),
                linux_parameters=LinuxParameters(shared_memory_size=48),
            ),
            pid_mode="task",
            ipc_mode="task",
        )
    )
    holder, app = inspected(docker, client, task, HOLDER), inspected(docker, client, task, "b")
    expect(
        holder,
        {
            "Config.Hostname": "web-1",
            "Config.StopSignal": "SIGKILL",
            "HostConfig.Dns": ["10.0.0.2"],
            "HostConfig.ExtraHosts": ["db:10.0.0.5"],
            "HostConfig.Sysctls": {"net.core.somaxconn": "777", "kernel.shmmax": "100000"},
            "HostConfig.IpcMode": "shareable",
            "HostConfig.ShmSize": 48 * MIB,
        },
        docker,
        task,
    )
    joined = f"container:{holder['Id']}"
    expect(
        app,
        {"HostConfig.NetworkMode": joined, "HostConfig.PidMode": joined, "HostConfig.IpcMode": joined},
        docker,
        task,
    )


@pytest.mark.parametrize(
    ("model", "rows", "elsewhere"),
    [
        (ContainerDefinition, CONTAINER, NOT_ON_THE_CONTAINER),
        (TaskDefinition, TASK, NOT_OF_THE_CONTAINER),
        (LinuxParameters, {name.partition(".")[2] for name in CONTAINER}, {}),
    ],
)
def test_no_attribute_is_forgotten(model: Any, rows: Any, elsewhere: Mapping[str, str]) -> None:
    assert set(model.model_fields) <= {*rows, *elsewhere}


def check(row: Row, world: World, client: Client) -> None:
    (Path(world.folder) / "conf").mkdir(exist_ok=True)
    world.perform(world.create_volume(Volume(address="volume.uploads", name=f"{world.stack}-uploads")))
    links = bool(row.declared.get("links") or row.declared.get("volumes_from"))
    others = (container("other"),) if links else ()
    blueprint = definition(container("web", **row.declared), *others, **row.task)
    task = world.run(blueprint, must_start=row.starts, volumes={"volume.uploads": f"{world.stack}-uploads"})
    expect(inspected(world, client, task, "web"), row.found, world, task)


def inspected(world: World, client: Client, task: Task, name: str) -> dict[str, Any]:
    found = client.get(f"/containers/{world.container(task, name).id}/json")
    assert isinstance(found, dict)
    found["Mounts"] = sorted(
        (m["Type"], m.get("Name") or m["Source"], m["Destination"], m["RW"]) for m in found["Mounts"]
    )
    return found


def expect(found: Any, wanted: Mapping[str, Any], world: World, task: Task) -> None:
    names = {
        "{prefix}": f"{world.stack}-web-{task.short_id}",
        "{stack}": world.stack,
        "{task}": task.id,
        "{folder}": world.folder,
    }
    for path, value in wanted.items():
        is_now = at(found, filled(path, names))
        should = filled(value, names)
        if isinstance(should, set):
            assert should <= set(is_now), path
        elif path.startswith("HostConfig.Cap"):
            assert [name.removeprefix("CAP_") for name in is_now] == should, path
        else:
            assert is_now == should, path


def at(found: Any, path: str) -> Any:
    """Follow a path; a label has dots in its name."""
    if path.startswith("Config.Labels."):
        return found["Config"]["Labels"][path.removeprefix("Config.Labels.")]
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for mark, name in names.items():
            value = value.replace(mark, name)
        return value
    if isinstance(value, list | tuple | set):
        return type(value)(filled(each, names) for each in value)
    return value
