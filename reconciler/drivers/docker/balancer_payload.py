"""What Docker is told to create for a balancer: a pure function from the step to the request's body."""

from __future__ import annotations

from typing import Any

from reconciler.balancers.haproxy.names import COMMAND, FOLDER
from reconciler.drivers import labels
from reconciler.model.noun import fingerprint
from reconciler.model.routing import BalancerSettings
from reconciler.model.step import StartBalancer


def container_name(step: StartBalancer) -> str:
    """Return the name of the balancer's container: other settings, another name."""
    return labels.balancer_container_name(step.stack, step.settings.name, fingerprint(step.settings))


def create_payload(step: StartBalancer) -> dict[str, Any]:
    """Return the body of `POST /containers/create`; API 1.41 takes one network, the others are connected then.

    It alone has the restart policy `always`: it keeps working while nobody watches.
    """
    settings = step.settings
    ports = {f"{each.port}/tcp" for each in settings.ports}
    volume = labels.balancer_volume_name(step.stack, settings.name)
    first = settings.networks[:1]
    return {
        "Image": settings.image,
        "Entrypoint": [COMMAND[0]],
        "Cmd": list(COMMAND[1:]),
        "User": "0",
        "StopSignal": "SIGUSR1",
        "Hostname": settings.name[:63],
        "Healthcheck": {"Test": ["NONE"]},
        "Labels": container_labels(step),
        "ExposedPorts": {port: {} for port in sorted(ports)},
        "HostConfig": {
            "RestartPolicy": {"Name": "always"},
            "Mounts": [{"Type": "volume", "Source": volume, "Target": FOLDER, "VolumeOptions": {"NoCopy": True}}],
            "NetworkMode": first[0] if first else "bridge",
            "PortBindings": _bindings(settings),
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
        },
        "NetworkingConfig": {"EndpointsConfig": {network: endpoint(settings) for network in first}},
    }


def container_labels(step: StartBalancer) -> dict[str, str]:
    """Return the labels of a balancer's container."""
    return {
        **labels.object_labels(step.stack, step.owner, step.address),
        labels.BALANCER: step.settings.name,
        labels.SETTINGS: fingerprint(step.settings),
    }


def volume_payload(step: StartBalancer) -> dict[str, Any]:
    """Return the body of `POST /volumes/create`: without an address, which would make it a volume of the stack's."""
    tags = {labels.OWNER: step.owner, labels.STACK: step.stack, labels.BALANCER: step.settings.name}
    return {"Name": labels.balancer_volume_name(step.stack, step.settings.name), "Labels": tags}


def endpoint(settings: BalancerSettings) -> dict[str, Any]:
    """Return how a balancer is known on a network: by its name."""
    return {"Aliases": [settings.name]}


def _bindings(settings: BalancerSettings) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for each in settings.ports:
        found.setdefault(f"{each.port}/tcp", []).append({"HostIp": each.bind, "HostPort": str(each.port)})
    return found
