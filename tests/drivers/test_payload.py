"""What Docker is told, compared whole."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.drivers import labels
from reconciler.drivers.docker.payload import create_payload
from reconciler.model.container_definition import (
    ExtraHost,
    HealthCheck,
    LinuxParameters,
    MountPoint,
    PortMapping,
    VolumesFrom,
)
from reconciler.model.snapshot import EngineFacts
from reconciler.model.step import StartContainer
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER, NetworkMode, SharedVolume, TaskDefinition

from .builders import IMAGE, container, definition

ENGINE = EngineFacts()
IDENTITY = [
    "RECONCILER_CLUSTER=shop",
    "RECONCILER_ENGINE=engine",
    "RECONCILER_FAMILY=web",
    "RECONCILER_REVISION=3",
    "RECONCILER_SERVICE=web",
    f"RECONCILER_TASK_ID=1a2b3c4d{'0' * 24}",
]
LOG = {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}}


def step(blueprint: TaskDefinition, name: str = "app", **fields: Any) -> StartContainer:
    task = Task(
        id="1a2b3c4d" + "0" * 24,
        stack="shop",
        owner="owner",
        group="service.web",
        service_name=fields.pop("service_name", "web"),
        family="web",
        revision=3,
        deployment="d1",
        ordinal=1,
        fingerprint="v1:f",
        definition=blueprint,
    )
    image = IMAGE if name == HOLDER else blueprint.container(name).image
    return StartContainer(
        **{
            "address": "service.web",
            "task": task,
            "container": name,
            "image": image,
            "networks": ("shop",),
            "folder": "/stack",
            **fields,
        }
    )


def test_one_container_is_on_the_network_itself() -> None:
    mapping = PortMapping(container_port=80, host_port=8080)
    start = step(definition(container(port_mappings=(mapping,), environment={"B": "2", "A": "1"}, stop_timeout=30)))
    assert create_payload(start, ENGINE) == {
        "Image": IMAGE,
        "Cmd": ["sleep", "600"],
        "Env": ["A=1", "B=2", *IDENTITY],
        "Labels": labels.container_labels(start.task, "app"),
        "Hostname": "1a2b3c4d",
        "OpenStdin": False,
        "Tty": False,
        "StopTimeout": 30,
        "Healthcheck": {"Test": ["NONE"]},
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {
            "NetworkMode": "shop",
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
            "CpuShares": 2,
            "LogConfig": LOG,
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": {"EndpointsConfig": {"shop": {"Aliases": ["web"]}}},
    }


SHARED = definition(
    container("app", port_mappings=(PortMapping(container_port=80, host_port=8080),), secrets={"DB": "secret.db"}),
    container("side", dns_servers=("10.0.0.2",), extra_hosts=(ExtraHost(hostname="db", ip_address="10.0.0.5"),)),
    memory=100,
)


def secrets_mount(start: StartContainer, target: str) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": "shop-web-1a2b3c4d-secrets.app",
        "Target": target,
        "VolumeOptions": {
            "Labels": labels.container_labels(start.task, ""),
            "NoCopy": True,
            "DriverConfig": {
                "Name": "local",
                "Options": {"type": "tmpfs", "device": "tmpfs", "o": "size=16m,mode=0755"},
            },
        },
    }


def test_a_holder_has_the_network_of_the_task_and_the_memory_of_its_secrets() -> None:
    start = step(SHARED, HOLDER)
    assert create_payload(start, ENGINE) == {
        "Image": "reconciler/holder:1",
        "Labels": labels.container_labels(start.task, HOLDER),
        "StopSignal": "SIGKILL",
        "Healthcheck": {"Test": ["NONE"]},
        "Hostname": "1a2b3c4d",
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {
            "NetworkMode": "shop",
            "CpuShares": 2,
            "Dns": ["10.0.0.2"],
            "ExtraHosts": ["db:10.0.0.5"],
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
            "Mounts": [secrets_mount(start, "/run/secrets/app")],
            "LogConfig": {"Type": "json-file", "Config": {"max-file": "1", "max-size": "1m"}},
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": {"EndpointsConfig": {"shop": {"Aliases": ["web"]}}},
    }


def test_a_container_that_joins_its_holder_has_no_network_of_its_own() -> None:
    start = step(SHARED)
    assert create_payload(start, ENGINE) == {
        "Image": IMAGE,
        "Cmd": ["sleep", "600"],
        "Env": IDENTITY,
        "Labels": labels.container_labels(start.task, "app"),
        "OpenStdin": False,
        "Tty": False,
        "StopTimeout": 0,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": "container:shop-web-1a2b3c4d-holder",
            "CpuShares": 2,
            "Memory": 50 * 1024**2,
            "Mounts": [{**secrets_mount(start, "/run/secrets"), "ReadOnly": True}],
            "LogConfig": LOG,
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": {},
    }


def test_a_one_off_task_has_no_name_on_the_network() -> None:
    body = create_payload(step(definition(), service_name=None), ENGINE)
    assert body["NetworkingConfig"] == {"EndpointsConfig": {"shop": {}}}


def test_a_one_off_task_is_told_of_no_service() -> None:
    body = create_payload(step(definition(), service_name=None), ENGINE)
    assert body["Env"] == [each for each in IDENTITY if "SERVICE" not in each]


def test_what_is_declared_is_stronger_than_what_a_container_is_told_of_itself() -> None:
    declared = {"RECONCILER_CLUSTER": "mine", "RECONCILER_SERVICE": "theirs"}
    body = create_payload(step(definition(container(environment=declared))), ENGINE, {"RECONCILER_SERVICE": "secret"})
    found = dict(each.split("=", 1) for each in body["Env"])
    assert (found["RECONCILER_CLUSTER"], found["RECONCILER_SERVICE"]) == ("mine", "secret")


@pytest.mark.parametrize("mode", [NetworkMode.HOST, NetworkMode.NONE])
def test_in_host_and_none_mode_nothing_is_published(mode: NetworkMode) -> None:
    mapping = PortMapping(container_port=80, host_port=80)
    body = create_payload(step(definition(container(port_mappings=(mapping,)), network_mode=mode)), ENGINE)
    assert (body["HostConfig"]["NetworkMode"], body["NetworkingConfig"]) == (mode.value, {})
    assert "PortBindings" not in body["HostConfig"] and "ExposedPorts" not in body


def test_a_holder_only_for_secrets_is_on_no_network() -> None:
    blueprint = definition(container(secrets={"DB": "secret.db"}), network_mode=NetworkMode.BRIDGE)
    holder, app = create_payload(step(blueprint, HOLDER), ENGINE), create_payload(step(blueprint), ENGINE)
    assert (holder["HostConfig"]["NetworkMode"], holder["NetworkingConfig"]) == ("none", {})
    assert app["HostConfig"]["NetworkMode"] == "shop"


def test_the_images_own_health_check_is_left_alone_when_asked_for() -> None:
    body = create_payload(step(definition(container(health_check=HealthCheck(from_image=True)))), ENGINE)
    assert "Healthcheck" not in body


def test_secrets_of_a_volumes_source_are_covered() -> None:
    source = container("app", secrets={"DB": "secret.db"})
    other = container("other", volumes_from=(VolumesFrom(source_container="app"),))
    body = create_payload(step(definition(source, other), "other"), ENGINE)
    assert body["HostConfig"]["Tmpfs"] == {"/run/secrets": "size=4k,mode=0555,ro"}


def test_a_shared_volume_has_its_name_on_the_engine_and_no_labels_of_ours() -> None:
    mount = MountPoint(source_volume="up", container_path="/up", read_only=True)
    blueprint = definition(container(mount_points=(mount,)), volumes=(SharedVolume(name="up", source="volume.up"),))
    body = create_payload(step(blueprint, volumes={"volume.up": "shop-up"}), ENGINE)
    assert body["HostConfig"]["Mounts"] == [
        {"Type": "volume", "Source": "shop-up", "Target": "/up", "ReadOnly": True}
    ]


@pytest.mark.parametrize(
    ("linux", "reason"),
    [
        (LinuxParameters(init_process_enabled=True), "needs docker-init"),
        (LinuxParameters(max_swap=0), "needs a memory limit"),
    ],
)
def test_a_setting_that_this_engine_cannot_give_is_refused(linux: LinuxParameters, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        create_payload(step(definition(container(linux_parameters=linux))), EngineFacts(has_init=False))
