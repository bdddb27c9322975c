"""Everything that stands at the top of the files of one folder, by name, each once."""

from __future__ import annotations

import posixpath
from typing import NamedTuple, TypeVar

from reconciler.language.blocks.decode import check_label
from reconciler.language.blocks.references import Key
from reconciler.language.blocks.unknown_names import unknown_name
from reconciler.language.reading import syntax
from reconciler.language.reading.recovery import ANY, Lost
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.schema_stack import RESOURCES, ROOT

Name = TypeVar("Name", str, Key)


class Declaration(NamedTuple):
    """A block, or one attribute of a `locals` block, and the file it stands in."""

    key: Key
    file: str
    place: Place
    block: syntax.Block | None = None
    value: syntax.Expression | None = None


class Declarations(NamedTuple):
    """All declarations by what they are referred to as; those that nothing refers to apart."""

    variables: dict[str, Declaration]
    values: dict[str, Declaration]
    resources: dict[Key, Declaration]
    outputs: dict[str, Declaration]
    calls: dict[str, Declaration]
    checks: dict[str, Declaration]
    settings: dict[str, Declaration]
    moves: list[Declaration]
    removals: list[Declaration]
    lost: frozenset[Lost]

    def is_lost(self, key: Key) -> bool:
        """Say whether a name may be declared where a file could not be read."""
        word = "variable" if key.root == "var" else key.root
        may_be = (Lost(word, key.name), Lost(word, ANY), Lost(ANY, key.name), Lost(ANY, ANY))
        return any(each in self.lost for each in may_be)


def collect(bodies: dict[str, syntax.Body], report: Report) -> Declarations:
    """Sort the contents of all files; report what is unknown, wrongly labelled or declared twice."""
    folders = {posixpath.dirname(file) for file in bodies}
    lost = (each for file, found in report.lost.items() if posixpath.dirname(file) in folders for each in found)
    found = Declarations({}, {}, {}, {}, {}, {}, {}, [], [], frozenset(lost))
    for file, body in bodies.items():
        for attribute in body.attributes:
            _stray_attribute(attribute, file, report)
        for block in body.blocks:
            _collect_block(block, file, found, report)
    return found


def _stray_attribute(attribute: syntax.Attribute, file: str, report: Report) -> None:
    if ROOT.block(attribute.name) is not None:
        unknown_name(report, file, (attribute.name, attribute.name_place, "attribute"), "", ROOT)
        return
    detail = f"Put it in a block: locals {{ {attribute.name} = ... }} makes it local.{attribute.name}."
    report.error("E0202", f'"{attribute.name}" is set outside of any block', detail, file, attribute.name_place)


def _collect_block(block: syntax.Block, file: str, found: Declarations, report: Report) -> None:
    schema = ROOT.block(block.type)
    if schema is None:
        unknown_name(report, file, (block.type, block.place, "block"), "", ROOT)
        return
    label = check_label(report, file, block, schema)
    if label is None:
        return
    if block.type == "locals":
        _collect_locals(block, file, found, report)
        return
    key = Key("var" if block.type == "variable" else block.type, label)
    tables = {"variable": found.variables, "output": found.outputs, "module": found.calls, "check": found.checks}
    table = tables.get(block.type)
    lists = {"moved": found.moves, "removed": found.removals}
    declaration = Declaration(key, file, block.place, block)
    if block.type in lists:
        lists[block.type].append(declaration)
    elif block.type in RESOURCES:
        _enter(found.resources, key, declaration, f'{block.type} "{label}"', report)
    elif table is not None:
        _enter(table, label, declaration, f'{block.type} "{label}"', report)
    else:
        _enter(found.settings, block.type, declaration, f"the {block.type} block", report)


def _collect_locals(block: syntax.Block, file: str, found: Declarations, report: Report) -> None:
    for inner in block.body.blocks:
        detail = "Write `name = value`."
        report.error("E0201", f'a locals block holds no "{inner.type}" block', detail, file, inner.place)
    for attribute in block.body.attributes:
        key = Key("local", attribute.name)
        declaration = Declaration(key, file, attribute.name_place, None, attribute.value)
        _enter(found.values, attribute.name, declaration, f'the local "{attribute.name}"', report)


def _enter(table: dict[Name, Declaration], name: Name, declaration: Declaration, what: str, report: Report) -> None:
    earlier = table.get(name)
    if earlier is None:
        table[name] = declaration
        return
    detail = f"The other one is at {earlier.file}:{earlier.place[0]}; rename or remove one of the two."
    report.error("E0204", f"{what} is declared twice", detail, declaration.file, declaration.place)
