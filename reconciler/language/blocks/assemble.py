"""Decoded blocks to the nouns of the model, every default filled in and every name made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from reconciler.language.blocks.assemble_deployment import deployment_parts
from reconciler.language.blocks.content import by_label, content_of, ordered
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.origins import first_port
from reconciler.model.service import Service
from reconciler.model.stack import CommandSource, EnvironmentSource, FileSource, Network, Secret, SecretSource, Volume
from reconciler.model.task_definition import TaskDefinition


class StackFiles(Protocol):
    """Reads what task definitions name; raises ValueError with the reason."""

    def environment_file(self, path: str) -> Mapping[str, str]:
        """Return the variables of an env file."""

    def context_digest(self, context: str) -> str:
        """Return the digest of a build context's content."""

    def pem_digest(self, path: str) -> str:
        """Return the digest of a PEM file's content."""


class UnreadableError(ValueError):
    """A file that a block names cannot be read; `decoded` and `attribute` say where it is named."""

    def __init__(self, reason: str, decoded: Decoded, attribute: str) -> None:
        super().__init__(reason)
        self.decoded, self.attribute = decoded, attribute


def network(instance: Instance, stack_name: str) -> Network:
    """Make a network; on the engine it is called STACK_NAME."""
    name = f"{stack_name}_{instance.name}"
    return Network(address=instance.address, name=name, internal=instance.decoded.get("internal"))


def volume(instance: Instance, stack_name: str) -> Volume:
    """Make a volume; an external one is called on the engine as its label says."""
    decoded = instance.decoded
    return Volume(
        address=instance.address,
        name=volume_name(instance, stack_name),
        driver=decoded.get("driver"),
        driver_opts=decoded.get("driver_opts") or {},
        labels=decoded.get("labels") or {},
        external=decoded.get("external"),
        exclusive=decoded.get("exclusive"),
    )


def volume_name(instance: Instance, stack_name: str) -> str:
    """Return what a volume is called on the engine; raise UnsureError."""
    own = instance.name if instance.decoded.get("external") else f"{stack_name}_{instance.name}"
    return str(instance.decoded.get("name") or own)


def secret(instance: Instance) -> Secret:
    """Make a secret from its one source."""
    decoded = instance.decoded
    source: SecretSource
    if decoded.get("env") is not None:
        source = EnvironmentSource(name=decoded.get("env"))
    elif decoded.get("file") is not None:
        source = FileSource(path=decoded.get("file"))
    else:
        source = CommandSource(argv=decoded.get("command"))
    return Secret(address=instance.address, source=source)


def family(instance: Instance) -> str:
    """Return the family of a task definition."""
    return instance.decoded.get("family") or instance.name


def task_definition(instance: Instance, files: StackFiles) -> TaskDefinition:
    """Make a task definition; raise UnreadableError."""
    decoded = instance.decoded
    content = content_of(decoded)
    content["family"] = family(instance)
    content["version_consistency"] = decoded.get("version_consistency") == "enabled"
    content["networks"] = tuple(sorted(decoded.get("networks") or ()))
    content["volumes"] = [_volume(each) for each in by_label(decoded.all("volume"))]
    content["containers"] = [_container(each, files) for each in by_label(decoded.all("container"))]
    return TaskDefinition.model_validate(content)


def _volume(decoded: Decoded) -> dict[str, Any]:
    content: dict[str, Any] = {"name": decoded.label}
    for attribute, kind in (("source", "shared"), ("host_path", "host"), ("tmpfs_size", "tmpfs")):
        if attribute in decoded.values:
            return {**content, "kind": kind, attribute: decoded.values[attribute]}
    return {**content, "kind": "private"}


def _container(decoded: Decoded, files: StackFiles) -> dict[str, Any]:
    content = content_of(decoded)
    content["name"] = decoded.label
    content["port_mappings"] = [_port_mapping(each) for each in ordered("port_mapping", decoded.all("port_mapping"))]
    content["environment_files"] = [
        {"path": path, "variables": _environment(path, decoded, files)}
        for path in decoded.get("environment_files") or ()
    ]
    log = decoded.one("log_configuration")
    if log is not None:
        content["log_configuration"] = _log_configuration(log)
    build = decoded.one("build")
    if build is not None:
        content["build"]["context_digest"] = _digest(build, files)
    return content


def _environment(path: str, decoded: Decoded, files: StackFiles) -> Mapping[str, str]:
    try:
        return files.environment_file(path)
    except ValueError as error:
        raise UnreadableError(str(error), decoded, "environment_files") from None


def _digest(build: Decoded, files: StackFiles) -> str:
    try:
        return files.context_digest(build.get("context"))
    except ValueError as error:
        raise UnreadableError(str(error), build, "context") from None


def _port_mapping(decoded: Decoded) -> dict[str, Any]:
    content = content_of(decoded)
    ports = content.pop("container_port_range", None)
    content["container_port"] = first_port(decoded)
    if ports is not None:
        content["container_port_end"] = int(ports.partition("-")[2] or first_port(decoded))
    return content


def _log_configuration(decoded: Decoded) -> dict[str, Any]:
    """Return a log configuration; json-file keeps its limits unless they are set."""
    driver, options = decoded.get("log_driver"), decoded.get("options") or {}
    limits = {"max-file": "3", "max-size": "10m"} if driver == "json-file" else {}
    return {"log_driver": driver, "options": {**limits, **options}}


def service(instance: Instance, has_fixed_host_port: bool) -> Service:
    """Make a service. A DAEMON and a fixed host port leave no room for a surge: 0/100 unless percents are set."""
    decoded = instance.decoded
    content = content_of(decoded)
    configuration = content.get("deployment_configuration", {})
    daemon = decoded.get("scheduling_strategy") == "DAEMON"
    if daemon or (has_fixed_host_port and not {"minimum_healthy_percent", "maximum_percent"} & set(configuration)):
        configuration = {"minimum_healthy_percent": 0, "maximum_percent": 100, **configuration}
    block = decoded.one("deployment_configuration")
    labelled = deployment_parts(block) if block is not None else {}
    content["deployment_configuration"] = {**configuration, **labelled}
    content["depends_on"] = tuple(sorted({*(decoded.get("depends_on") or ()), *instance.after}))
    return Service.model_validate({**content, "address": instance.address, "name": instance.name})
