"""A folder of files to a Stack: the one place where the language meets the disk and the environment.

Every error of every file is reported in one run. Nothing here knows a Docker engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from reconciler.language import cache
from reconciler.language.blocks.declarations import Declarations, collect
from reconciler.language.blocks.interpreter import Interpreter
from reconciler.language.blocks.modules import Module
from reconciler.language.blocks.references import Key
from reconciler.language.blocks.stack_builder import build, stack_name
from reconciler.language.blocks.variables import Given
from reconciler.language.collector import paused
from reconciler.language.expressions.access import similar
from reconciler.language.files import FolderReader
from reconciler.language.hiding import is_sensitive
from reconciler.language.module_reader import ModuleReader
from reconciler.language.reading import syntax
from reconciler.language.report import Report
from reconciler.language.schema_stack import VALUES
from reconciler.language.source_files import read_file, read_folder, values_files
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.stack import Output, Stack

VARIABLE_PREFIX = "RECONCILER_VAR_"


class VariableSources(NamedTuple):
    """Where values of variables come from: --var pairs, --var-file paths, and the environment."""

    pairs: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()
    environment: Mapping[str, str] = {}


NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Loaded:
    """What loading gave: the stack (None when there are errors) and all diagnostics, by file and line."""

    stack: Stack | None
    diagnostics: tuple[Diagnostic, ...]
    _source: Source | None = field(default=None, repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the stack and its modules were read from; none when there are errors."""
        return () if self._source is None else tuple(sorted(self._source.texts))

    def outputs(self, attributes: Mapping[str, Mapping[str, object]]) -> dict[str, Output]:
        """Evaluate the outputs, given attributes by address that only what runs can tell.

        An output that asks for what is not there (a port that nothing publishes yet) stays unknown.
        """
        if self._source is None or self.stack is None:
            return {}
        before = {each.name: each for each in self.stack.outputs}
        return before | self._source.interpret(Report(), attributes).outputs

    def findings(self, attributes: Mapping[str, Mapping[str, object]]) -> tuple[Diagnostic, ...]:
        """Evaluate the stack's own rules again, given what only what runs can tell."""
        if self._source is None:
            return ()
        report = Report(self._source.texts)
        self._source.interpret(report, attributes)
        return report.diagnostics()

    def renamed(self, names: Mapping[str, str]) -> Loaded:
        """Load the same texts again, with the names that moved objects keep, by address."""
        if self._source is None or names == self._source.names:
            return self
        return self._source._replace(names=names).load(Report(self._source.texts))


class Source(NamedTuple):
    """What it takes to evaluate a stack, as often as needed, with these values of variables or others."""

    module: Module
    name: str
    files: FolderReader
    given: Mapping[str, Given]
    texts: dict[str, str]
    names: Mapping[str, str] = NO_NAMES

    def interpret(self, report: Report, attributes: Mapping[str, Mapping[str, object]]) -> Interpreter:
        """Evaluate everything."""
        interpreter = Interpreter(self.module, self.name, self.files, report, attributes, self.names)
        interpreter.run(self.given)
        return interpreter

    def load(self, report: Report) -> Loaded:
        """Make the stack."""
        stack = build(self.interpret(report, {}), self.files, self.name)
        diagnostics = report.diagnostics()
        failed = any(each.severity == "error" for each in diagnostics)
        return Loaded(None if failed else stack, diagnostics, None if failed else self)


NO_SOURCES = VariableSources()


def load(folder: Path, sources: VariableSources = NO_SOURCES) -> Loaded:
    """Load the stack of a folder."""
    with paused():
        return _load(folder, sources)


def _load(folder: Path, sources: VariableSources) -> Loaded:
    report = Report()
    source = read(folder, sources, report)
    return source.load(report) if source is not None else Loaded(None, report.diagnostics())


def read(folder: Path, sources: VariableSources, report: Report) -> Source | None:
    """Read the stack of a folder without evaluating it; None when there is none."""
    kept = cache.cache_folder(sources.environment)
    bodies = _read_stack(folder, report, kept)
    if not bodies:
        return None
    declarations = collect(bodies, report)
    given = _given(folder, sources, report, kept, declarations)
    name = stack_name(declarations, folder.resolve().name, report)
    reader = FolderReader(folder)
    module = ModuleReader(folder, reader, report, kept).module((), ".", declarations)
    return Source(module, name, reader, given, report.texts)


def _read_stack(folder: Path, report: Report, kept: Path | None) -> dict[str, syntax.Body]:
    try:
        bodies = read_folder(folder, report, kept)
    except OSError as problem:
        report.add(error("E0506", f"the folder {folder} cannot be read: {problem.strerror}", "Give another folder."))
        return {}
    if not bodies and not report.has_errors:
        detail = "Make a small stack to start from with `reconciler init`, or give the folder with --stack."
        report.add(error("E0507", f"there are no *.hcl files in {folder}", detail))
    return bodies


def _given(
    folder: Path, sources: VariableSources, report: Report, kept: Path | None, declarations: Declarations
) -> dict[str, Given]:
    """Collect the values given for variables, a later source overriding an earlier one."""
    given: dict[str, Given] = {}
    for name in declarations.variables:
        text = sources.environment.get(VARIABLE_PREFIX + name)
        if text is not None:
            given[name] = Given(VARIABLE_PREFIX + name, text)
    for file in (*values_files(folder), *sources.files):
        _given_in_file(file, given, report, kept, declarations)
    for name, text in sources.pairs:
        if name not in declarations.variables:
            if declarations.is_lost(Key("var", name)):
                continue
            detail = similar(name, declarations.variables) or f'Declare it: variable "{name}" {{}}'
            report.add(error("E0505", f'--var sets "{name}", which no block declares', detail))
            continue
        given[name] = Given(f"--var {name}", text)
    return given


def _given_in_file(
    file: Path, given: dict[str, Given], report: Report, kept: Path | None, declarations: Declarations
) -> None:
    blocks = {name: each.block for name, each in declarations.variables.items()}
    sensitive = [name for name, block in blocks.items() if block is not None and is_sensitive(block)]
    body = read_file(file, report, kept, VALUES, sensitive)
    name = file.as_posix()
    for lost in report.lost[name]:
        names = declarations.variables if lost.word else (lost.label,)
        given.update({each: Given(name, is_lost=True) for each in names})
    if body is None:
        return
    for block in body.blocks:
        detail = "A file of values holds `name = value` lines only."
        report.error("E0505", f'a file of values holds no "{block.type}" block', detail, name, block.place)
    for attribute in body.attributes:
        if attribute.name in declarations.variables:
            given[attribute.name] = Given(name, "", attribute.value, name, attribute.value.place)
            continue
        if declarations.is_lost(Key("var", attribute.name)):
            continue
        detail = similar(attribute.name, declarations.variables) or "Remove the line, or declare the variable."
        summary = f'"{attribute.name}" is set here, and no block declares it'
        report.warning("E0505", summary, detail, name, attribute.name_place)
