"""The modules of a stack as their files say, before anything is evaluated; and the order of evaluation.

A Node is one definition of one module: `local.port` of `module.mail`. What it refers to is known from the text alone,
so the order is found once, for all copies that `count` and `for_each` make of a module (as Terraform does).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.language.blocks.declarations import Declaration, Declarations
from reconciler.language.blocks.references import MODULE, Key, body_references, in_order, references
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.schema_stack import MODULE as MODULE_BLOCK

Path = tuple[str, ...]
"""The names of the calls that lead to a module: ("mail", "relay"). The stack's own folder is ()."""

RULE = "validation"
"""Root of the keys of variables' rules: they may refer to more than the variable itself does."""


class Module(NamedTuple):
    """A folder as one call uses it. `folder` is relative to the stack's."""

    path: Path
    folder: str
    declarations: Declarations
    children: Mapping[str, Module]


class Node(NamedTuple):
    """One definition of one module."""

    path: Path
    key: Key

    def __str__(self) -> str:
        return "".join(f"{MODULE}.{name}." for name in self.path) + str(self.key)


class Edge(NamedTuple):
    """What a node needs, and where its text says so."""

    target: Node
    file: str
    place: Place


class Graph:
    """All nodes of a stack."""

    def __init__(self, root: Module) -> None:
        self.modules = {module.path: module for module in _every_module(root)}
        self.nodes = [Node(path, key) for path, module in self.modules.items() for key in _keys(module)]
        self._known = set(self.nodes)
        self._inside: dict[Path, list[Node]] = {}
        for node in self.nodes:
            for depth in range(1, len(node.path) + 1):
                self._inside.setdefault(node.path[:depth], []).append(node)

    def ordered(self) -> tuple[list[Node], list[tuple[Node, ...]]]:
        """Return the nodes so that each follows what it needs, and the circles among them."""
        return in_order({node: dict.fromkeys(edge.target for edge in self.edges(node)) for node in self.nodes})

    def edges(self, node: Node) -> Iterator[Edge]:
        """Yield what a node needs."""
        module = self.modules[node.path]
        if node.path:
            call = self.modules[node.path[:-1]].declarations.calls[node.path[-1]]
            yield Edge(Node(node.path[:-1], Key(MODULE, node.path[-1])), call.file, call.place)
        if node.key.root == "var":
            yield from self._argument(node)
            return
        if node.key.root == RULE:
            yield Edge(Node(node.path, Key("var", node.key.name)), *_where(module.declarations.variables, node))
        declaration = _declaration(module.declarations, node.key)
        yield from self._targets(module, declaration.file, _references(node.key, declaration))

    def _argument(self, node: Node) -> Iterator[Edge]:
        """Yield what the value of a module's variable needs: it stands in the call, outside of the module."""
        if not node.path:
            return
        outer = self.modules[node.path[:-1]]
        call = outer.declarations.calls[node.path[-1]]
        value = argument(call, node.key.name)
        if value is not None:
            yield from self._targets(outer, call.file, references(value.value))

    def _targets(self, module: Module, file: str, found: Iterator[tuple[Key, Place]]) -> Iterator[Edge]:
        for key, place in found:
            for target in self._nodes_of(module, key):
                yield Edge(target, file, place)

    def _nodes_of(self, module: Module, key: Key) -> Iterator[Node]:
        """Yield the nodes that a reference means: one, or for a whole module all of it."""
        kind, _, call = key.root.partition(".")
        if kind != MODULE:
            if (node := Node(module.path, key)) in self._known:
                yield node
            return
        name = call or key.name
        inner = (*module.path, name)
        if Node(module.path, Key(MODULE, name)) in self._known:
            yield Node(module.path, Key(MODULE, name))
        if call:
            if (node := Node(inner, Key("output", key.name))) in self._known:
                yield node
            return
        yield from self._inside.get(inner, ())


def argument(call: Declaration, name: str) -> syntax.Attribute | None:
    """Return what a call gives for a variable of the module."""
    assert call.block is not None
    if MODULE_BLOCK.attribute(name) is not None:
        return None
    return next((each for each in call.block.body.attributes if each.name == name), None)


def source_of(call: Declaration, report: Report) -> tuple[str, Place] | None:
    """Return the folder that a call names, relative to its file's, and where it says so; None after reporting."""
    assert call.block is not None
    node = next((each.value for each in call.block.body.attributes if each.name == "source"), None)
    if node is None:
        detail = 'Add `source = "./modules/mail"`, for example.'
        report.error("E0205", f'module "{call.key.name}" needs the attribute "source"', detail, call.file, call.place)
        return None
    folder = local_folder(node, call.file, report)
    return (folder, node.place) if folder is not None else None


def local_folder(node: syntax.Expression, file: str, report: Report) -> str | None:
    """Return the folder that a `source` names; None after reporting."""
    parts = node.parts if isinstance(node, syntax.Template) else ()
    text = parts[0].value if len(parts) == 1 and isinstance(parts[0], syntax.Literal) else None
    if not isinstance(text, str):
        detail = 'The folder must be known before anything is evaluated: write `source = "./modules/mail"`.'
        report.error("E0217", "source is a text without expressions", detail, file, node.place)
        return None
    if not text.startswith(("./", "../")) and text not in (".", ".."):
        detail = f'Modules are local folders: copy it beside the stack and write "./{text.rsplit("/", 1)[-1]}".'
        report.error("E0217", f'"{text}" is no local folder', detail, file, node.place)
        return None
    return text


def _every_module(module: Module) -> Iterator[Module]:
    yield module
    for child in module.children.values():
        yield from _every_module(child)


def _keys(module: Module) -> Iterator[Key]:
    found = module.declarations
    yield from (Key("var", name) for name in found.variables)
    yield from (Key(RULE, name) for name, each in found.variables.items() if _rules(each))
    yield from (Key("local", name) for name in found.values)
    yield from (Key(MODULE, name) for name in module.children)
    yield from found.resources
    yield from (Key("output", name) for name in found.outputs)
    yield from (Key("check", name) for name in found.checks)


def _rules(declaration: Declaration) -> list[syntax.Block]:
    assert declaration.block is not None
    return [each for each in declaration.block.body.blocks if each.type == "validation"]


def _declaration(found: Declarations, key: Key) -> Declaration:
    tables: Mapping[str, Mapping[str, Declaration]] = {
        "local": found.values,
        "output": found.outputs,
        "check": found.checks,
        MODULE: found.calls,
        RULE: found.variables,
    }
    table = tables.get(key.root)
    return table[key.name] if table is not None else found.resources[key]


def _where(table: Mapping[str, Declaration], node: Node) -> tuple[str, Place]:
    declaration = table[node.key.name]
    return declaration.file, declaration.place


def _references(key: Key, declaration: Declaration) -> Iterator[tuple[Key, Place]]:
    if declaration.value is not None:
        return references(declaration.value)
    assert declaration.block is not None
    if key.root == MODULE:
        return _meta_references(declaration.block.body)
    if key.root == RULE:
        return (each for rule in _rules(declaration) for each in body_references(rule.body))
    return body_references(declaration.block.body)


def _meta_references(body: syntax.Body) -> Iterator[tuple[Key, Place]]:
    """Yield what must be known before a module's copies are: the values it is given may wait."""
    for attribute in body.attributes:
        if MODULE_BLOCK.attribute(attribute.name) is not None:
            yield from references(attribute.value)
