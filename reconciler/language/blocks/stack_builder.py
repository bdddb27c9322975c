"""Instances to the Stack: models made, checks run, places kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pydantic

from reconciler import __version__
from reconciler.language.blocks import assemble
from reconciler.language.blocks.declarations import Declarations
from reconciler.language.blocks.decode import Decoder
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.interpreter import Interpreter
from reconciler.language.blocks.moves import moves, removals
from reconciler.language.blocks.origins import origins
from reconciler.language.blocks.service_checks import check_names, check_ports, check_service
from reconciler.language.blocks.task_checks import check_task_definition
from reconciler.language.blocks.versions import VersionError, allows
from reconciler.language.files import FolderReader
from reconciler.language.report import UNKNOWN_AT_PLAN, Report
from reconciler.language.schema_stack import CLUSTER, STACK
from reconciler.model.address import default_name
from reconciler.model.diagnostic import Span
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.service import Service
from reconciler.model.stack import Cluster, Secret, Stack
from reconciler.model.task_definition import SharedVolume, TaskDefinition

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
        networks = [assemble.network(each, self.name) for each in self._named("network", lambda each: each.name)]
        volumes = [assemble.volume(each, self.name) for each in self._volumes()]
        secrets = [made for each in self._whole("secret") if (made := self._secret(each)) is not None]
        exclusive = {each.address for each in volumes if each.exclusive}
        definitions = self._definitions()
        services = self._services(definitions, exclusive)
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

    def _whole(self, block_type: str) -> list[Instance]:
        """Return the instances without errors so far, their origins kept."""
        whole = []
        for instance in self.interpreter.instances(block_type):
            if not instance.decoded.failed:
                self.origins.update(origins(instance.address, instance.decoded))
                whole.append(instance)
                if instance.lifecycle != Lifecycle():
                    self.lifecycles[instance.address] = instance.lifecycle
        return whole

    def _named(self, block_type: str, name: Callable[[Instance], str], word: str = "name") -> list[Instance]:
        """Return the instances without errors, after checking that each has a name of its own."""
        whole = self._whole(block_type)
        check_names(whole, map(name, whole), word, self.report)
        return whole

    def _volumes(self) -> list[Instance]:
        return self._named("volume", lambda each: assemble.volume(each, self.name).name)

    def _secret(self, instance: Instance) -> Secret | None:
        decoded = instance.decoded
        given = [name for name in ("env", "file", "command") if name in decoded.values]
        if len(given) != 1:
            summary = "a secret has one source" + (f", not {len(given)}" if given else "")
            detail = 'Set one of env = "NAME", file = "path" and command = ["program", ...].'
            place = decoded.where(given[1]) if given else decoded.place
            self.report.error("E0245", summary, detail, decoded.file, place)
            return None
        if given == ["command"] and not decoded.get("command"):
            detail = 'Write command = ["program", "argument"].'
            self.report.error("E0245", "the command is empty", detail, decoded.file, decoded.where("command"))
            return None
        return assemble.secret(instance)

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
        try:
            return assemble.task_definition(instance, self.files)
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

    def _services(self, definitions: dict[str, TaskDefinition], exclusive: set[str]) -> list[Service]:
        made = []
        for instance in self._named("service", lambda each: each.name):
            definition = definitions.get(instance.decoded.get("task_definition"))
            stops_first = definition is not None and _stops_first(definition, exclusive)
            try:
                service = assemble.service(instance, stops_first)
            except pydantic.ValidationError as error:
                self._invalid(instance, error)
                continue
            check_service(instance, service, definition, self.report)
            made.append((instance, service, definition))
        check_ports([(one, two, three) for one, two, three in made if three is not None], self.report)
        return [service for _, service, _ in made]

    def _cluster(self) -> Cluster:
        declarations = self.interpreter.root.module.declarations
        self._check_version()
        declaration = declarations.settings.get("cluster")
        if declaration is None or declaration.block is None:
            return Cluster()
        scope = self.interpreter.root.scope(declaration.file)
        decoded = Decoder(self.report, declaration.file, scope).block(declaration.block, CLUSTER)
        if decoded.failed:
            return Cluster()
        self.origins.update(origins(f"cluster.{decoded.label}", decoded))
        engine, tls = decoded.get("engine"), decoded.one("tls")
        if engine is not None and not engine.startswith(("unix://", "tcp://", "ssh://", "npipe://")):
            detail = 'Write "unix:///var/run/docker.sock", "tcp://HOST:2376" or "ssh://USER@HOST".'
            self.report.error(
                "E0247", "the engine's address is of no kind we know", detail, decoded.file, decoded.where("engine")
            )
        if tls is not None and not (engine or "").startswith("tcp://"):
            detail = 'Set engine = "tcp://HOST:2376", or remove the block.'
            self.report.error("E0247", "tls is for a tcp:// engine", detail, decoded.file, tls.place)
        files = tls.values if tls is not None else None
        return Cluster.model_validate({"name": decoded.label, "engine": engine, "tls": files})

    def _check_version(self) -> None:
        declaration = self.interpreter.root.module.declarations.settings.get("stack")
        if declaration is None or declaration.block is None:
            return
        scope = self.interpreter.root.scope(declaration.file)
        decoded = Decoder(self.report, declaration.file, scope).block(declaration.block, STACK)
        self.origins[f"stack.{decoded.label}"] = origins("stack", decoded)["stack"]
        wanted = decoded.get("required_version")
        if decoded.failed or wanted is None:
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


def _stops_first(definition: TaskDefinition, exclusive: set[str]) -> bool:
    """Say whether an old task must be gone before a new one starts: a port or volume cannot be had twice."""
    shared = {each.source for each in definition.volumes if isinstance(each, SharedVolume)}
    return bool(definition.fixed_host_ports or shared & exclusive)
