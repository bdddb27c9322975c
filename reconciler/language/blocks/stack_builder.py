"""Instances to the Stack: models made, checks run, places kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import pydantic

from reconciler import __version__
from reconciler.language.blocks import assemble, beside
from reconciler.language.blocks.assemble_traffic import load_balancer, target_group
from reconciler.language.blocks.balancer_checks import check_load_balancer
from reconciler.language.blocks.cluster_checks import check_cluster
from reconciler.language.blocks.declarations import Declarations
from reconciler.language.blocks.decode import Decoder
from reconciler.language.blocks.findings import tell
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.interpreter import Interpreter
from reconciler.language.blocks.moves import moves, removals
from reconciler.language.blocks.origins import origins
from reconciler.language.blocks.secret_checks import check_secret
from reconciler.language.blocks.service_checks import check_names, check_ports, check_proxy_name, check_service
from reconciler.language.blocks.target_group_checks import check_target_group
from reconciler.language.blocks.task_checks import check_task_definition
from reconciler.language.blocks.traffic import Balancer, Group, Registrant, Traffic
from reconciler.language.blocks.traffic_checks import check_traffic
from reconciler.language.blocks.versions import VersionError, allows
from reconciler.language.files import FolderReader
from reconciler.language.report import UNKNOWN_AT_PLAN, Report
from reconciler.language.schema_stack import CLUSTER, STACK
from reconciler.model.address import default_name
from reconciler.model.diagnostic import Span
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.load_balancer import LoadBalancer, TargetGroup
from reconciler.model.service import Service
from reconciler.model.stack import Cluster, Network, Secret, Stack, Volume
from reconciler.model.task_definition import SharedVolume, TaskDefinition

Made = TypeVar("Made")

_STACK_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def stack_name(declarations: Declarations, folder_name: str, report: Report) -> str:
    """Return the stack's name: the label of its block, else the folder's name made fit."""
    declaration = declarations.settings.get("stack")
    if declaration is None or declaration.block is None:
        return default_name(f"stack.{re.sub(r'[^A-Za-z0-9-]+', '-', folder_name)}") or "stack"
    label = declaration.block.labels[0]
    if not _STACK_NAME.match(label.text):
        detail = "Use small letters, digits and -, at most 63: networks and volumes are named after it."
        report.error("E0203", f'"{label.text}" cannot be a stack\'s name', detail, declaration.file, label.place)
    return label.text


def build(interpreter: Interpreter, files: FolderReader, name: str) -> Stack | None:
    """Make the stack; None when something was reported that leaves nothing to make."""
    builder = _Builder(interpreter, files, name)
    stack = builder.stack()
    outputs = interpreter.outputs
    builder.drop_consequences()
    return stack.changed(outputs=tuple(outputs[key] for key in sorted(outputs))) if stack is not None else None


class _Builder:
    """Makes the nouns of one stack from its instances."""

    def __init__(self, interpreter: Interpreter, files: FolderReader, name: str) -> None:
        self.interpreter, self.files, self.name = interpreter, files, name
        self.report = interpreter.report
        self.origins: dict[str, Span] = {}
        self.lifecycles: dict[str, Lifecycle] = {}

    def stack(self) -> Stack | None:
        """Make the stack; None when there are errors."""
        networks, volumes = self._networks(), self._volumes()
        secrets = [made for each in self._instances("secret") if (made := self._secret(each)) is not None]
        exclusive = {each.address for each in volumes if each.exclusive}
        definitions = self._definitions()
        on_the_network = [*self._instances("service"), *self._instances("load_balancer")]
        check_names(on_the_network, lambda each: each.name, "name", self.report)
        balancers = self._balancers()
        groups = self._groups()
        traffic = self._traffic(definitions, exclusive)
        services = self._services(traffic)
        check_traffic(traffic, self.report)
        scheduled = self._named("scheduled_task", lambda each: each.name)
        autoscalings = beside.autoscalings(self._instances("autoscaling"), self._made, traffic, self.report)
        scheduled_tasks = beside.scheduled_tasks(scheduled, self._made, definitions, self.report)
        notifications = beside.notifications(self._instances("notification"), self._made, self.report)
        cluster = self._cluster()
        if self.report.has_errors:
            return None
        return Stack(
            name=self.name,
            folder=self.files.folder,
            cluster=cluster,
            networks=tuple(sorted(networks, key=lambda each: each.address)),
            volumes=tuple(sorted(volumes, key=lambda each: each.address)),
            secrets=tuple(sorted(secrets, key=lambda each: each.address)),
            definitions=dict(sorted(definitions.items())),
            services=tuple(sorted(services, key=lambda each: each.address)),
            load_balancers=tuple(sorted(balancers, key=lambda each: each.address)),
            target_groups=tuple(sorted(groups, key=lambda each: each.address)),
            autoscalings=autoscalings,
            scheduled_tasks=scheduled_tasks,
            notifications=notifications,
            lifecycles=dict(sorted(self.lifecycles.items())),
            moves=moves(self.interpreter.root, self.report),
            removals=removals(self.interpreter.root, self.report),
            origins=self.origins,
        )

    def drop_consequences(self) -> None:
        """Forget that values are unknown where that may come from another error."""
        others = [each for each in self.report.found if each.code != UNKNOWN_AT_PLAN]
        if any(each.severity == "error" for each in others):
            self.report.found = others

    def _instances(self, block_type: str) -> list[Instance]:
        """Return the objects of one kind, right or wrong."""
        return list(self.interpreter.instances(block_type))

    def _named(self, block_type: str, name: Callable[[Instance], str], word: str = "name") -> list[Instance]:
        """Return the objects of one kind, after checking that each has a name of its own."""
        instances = self._instances(block_type)
        check_names(instances, name, word, self.report)
        return instances

    def _networks(self) -> list[Network]:
        instances = self._named("network", lambda each: each.name)
        return _present(self._made(each, partial(assemble.network, each, self.name)) for each in instances)

    def _volumes(self) -> list[Volume]:
        instances = self._named("volume", lambda each: assemble.volume_name(each, self.name))
        return _present(self._made(each, partial(assemble.volume, each, self.name)) for each in instances)

    def _secret(self, instance: Instance) -> Secret | None:
        good = tell(check_secret(instance.decoded), self.report)
        return self._made(instance, partial(assemble.secret, instance)) if good else None

    def _definitions(self) -> dict[str, TaskDefinition]:
        made = {}
        for instance in self._named("task_definition", assemble.family, "family"):
            if not check_task_definition(instance.decoded, self.report):
                continue
            definition = self._definition(instance)
            if definition is not None:
                made[instance.address] = definition
        return made

    def _definition(self, instance: Instance) -> TaskDefinition | None:
        return self._made(instance, lambda: assemble.task_definition(instance, self.files))

    def _made(self, instance: Instance, make: Callable[[], Made]) -> Made | None:
        """Return what is made of an instance; None when something of it is wrong, after reporting that."""
        if instance.decoded.failed:
            return None
        self.origins.update(origins(instance.address, instance.decoded))
        if instance.lifecycle != Lifecycle():
            self.lifecycles[instance.address] = instance.lifecycle
        try:
            return make()
        except assemble.UnreadableError as error:
            decoded = error.decoded
            detail = "Paths are relative to the stack's folder."
            self.report.error("E0246", str(error), detail, decoded.file, decoded.where(error.attribute))
        except pydantic.ValidationError as error:
            self._invalid(instance, error)
        return None

    def _invalid(self, instance: Instance, error: pydantic.ValidationError) -> None:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        decoded = instance.decoded
        self.report.error("E0206", f"{path}: {first['msg']}", "Correct the value.", decoded.file, decoded.place)

    def _balancers(self) -> list[LoadBalancer]:
        made = []
        for instance in self._instances("load_balancer"):
            check_proxy_name(instance, self.report)
            if check_load_balancer(instance.decoded, self.report):
                made.append(self._made(instance, partial(load_balancer, instance, self.files)))
        return _present(made)

    def _groups(self) -> list[TargetGroup]:
        made = []
        for instance in self._named("target_group", lambda each: each.name):
            check_proxy_name(instance, self.report)
            if check_target_group(instance.decoded, self.report):
                made.append(self._made(instance, partial(target_group, instance)))
        return _present(made)

    def _traffic(self, definitions: dict[str, TaskDefinition], exclusive: set[str]) -> Traffic:
        """Return the services and what brings traffic to them, right or wrong."""
        services = []
        for instance in self._instances("service"):
            definition = definitions.get(instance.decoded.values.get("task_definition", ""))
            single = _single(definition, exclusive) if definition is not None else ""
            services.append(Registrant(instance.decoded, instance.address, definition, single))
        return Traffic(
            tuple(Balancer(each.decoded, each.address) for each in self._instances("load_balancer")),
            tuple(Group(each.decoded, each.address) for each in self._instances("target_group")),
            tuple(services),
        )

    def _services(self, traffic: Traffic) -> list[Service]:
        made = []
        for instance, service in zip(self._instances("service"), traffic.services, strict=True):
            tell(check_service(service), self.report)
            made.append(self._made(instance, partial(assemble.service, instance, bool(service.single))))
        tell(check_ports(traffic.services), self.report)
        return _present(made)

    def _cluster(self) -> Cluster:
        declarations = self.interpreter.root.module.declarations
        self._check_version()
        declaration = declarations.settings.get("cluster")
        if declaration is None or declaration.block is None:
            return Cluster()
        scope = self.interpreter.root.scope(declaration.file)
        decoded = Decoder(self.report, declaration.file, scope).block(declaration.block, CLUSTER)
        tell(check_cluster(decoded), self.report)
        if decoded.failed:
            return Cluster()
        self.origins.update(origins(f"cluster.{decoded.label}", decoded))
        engine, tls = decoded.get("engine"), decoded.one("tls")
        files = tls.values if tls is not None else None
        return Cluster.model_validate({"name": decoded.label, "engine": engine, "tls": files})

    def _check_version(self) -> None:
        declaration = self.interpreter.root.module.declarations.settings.get("stack")
        if declaration is None or declaration.block is None:
            return
        scope = self.interpreter.root.scope(declaration.file)
        decoded = Decoder(self.report, declaration.file, scope).block(declaration.block, STACK)
        self.origins[f"stack.{decoded.label}"] = origins("stack", decoded)["stack"]
        wanted = decoded.values.get("required_version")
        if wanted is None:
            return
        place = decoded.where("required_version")
        try:
            if not allows(wanted, __version__):
                detail = f"This is reconciler {__version__}: install another version, or change the requirement."
                summary = f'the stack asks for a version "{wanted}"'
                self.report.error("E0248", summary, detail, decoded.file, place)
        except VersionError as error:
            detail = 'Write ">= 0.1, < 2.0", for example.'
            self.report.error("E0248", str(error), detail, decoded.file, place)


def _present(made: Iterable[Made | None]) -> list[Made]:
    """Return what could be made."""
    return [each for each in made if each is not None]


def _single(definition: TaskDefinition, exclusive: set[str]) -> str:
    """Return what an old and a new task cannot both have: a port of the host or a volume. Empty: nothing."""
    if definition.fixed_host_ports:
        return f"host port {definition.fixed_host_ports[0][0]}"
    shared = {each.source for each in definition.volumes if isinstance(each, SharedVolume)}
    return min(shared & exclusive, default="")
