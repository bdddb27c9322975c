"""Everything that `reconciler test` reads: the stack, the modules tested by themselves, and the test files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reconciler.language import cache
from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.modules import Module
from reconciler.language.blocks.references import MODULE
from reconciler.language.expressions.access import similar
from reconciler.language.loader import Source, VariableSources, read
from reconciler.language.module_reader import ModuleReader
from reconciler.language.report import Report
from reconciler.language.testing.files import STACK, Expected, Run, Suite, read_suite
from reconciler.model.diagnostic import Diagnostic

_KEYS = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


class Bench(NamedTuple):
    """What is tested, by folder, and the tests."""

    sources: Mapping[str, Source]
    suites: tuple[Suite, ...]
    diagnostics: tuple[Diagnostic, ...]


def set_up(folder: Path, files: Iterable[Path], variables: VariableSources) -> Bench:
    """Read the stack of a folder and these test files; nothing is evaluated yet."""
    report = Report()
    kept = cache.cache_folder(variables.environment)
    stack = read(folder, variables, report)
    if stack is None:
        return Bench({}, (), report.diagnostics())
    suites = tuple(suite for file in files if (suite := read_suite(file, report, kept)) is not None)
    reader = ModuleReader(folder, stack.files, report, kept)
    sources = {STACK: stack}
    for suite in suites:
        for run in suite.runs:
            if run.source not in sources:
                module = _module(run, suite.file, stack, reader)
                if module is None:
                    continue
                sources[run.source] = module
            _check_expected(run, suite.file, sources[run.source].module, report)
        _check_variables(suite, sources, report)
    return Bench(sources, suites, report.diagnostics())


def _module(run: Run, file: str, stack: Source, reader: ModuleReader) -> Source | None:
    """Return a folder of modules as if it were the stack. Variables of the same name get the stack's values."""
    base = "The path is relative to the stack's folder."
    declarations = reader.declarations(run.source, file, run.source_place, base)
    if declarations is None:
        return None
    given = {name: value for name, value in stack.given.items() if name in declarations.variables}
    return stack._replace(module=reader.module((), run.source, declarations), given=given)


def _check_expected(run: Run, file: str, module: Module, report: Report) -> None:
    for each in run.expected:
        if not _is_declared(without_keys(each.address), module):
            detail = similar(each.address, _addresses(module)) or "Name something that the stack declares."
            report.error("E0702", f"there is no {each.address}", detail, file, each.place)


def _is_declared(address: str, module: Module) -> bool:
    kind, name, *rest = address.split(".")
    if kind == MODULE:
        child = module.children.get(name)
        return child is not None and _is_declared(".".join(rest), child)
    return f"{kind}.{name}" in set(_addresses(module))


def _addresses(module: Module) -> Iterator[str]:
    """Yield what may have rules of its own in a module."""
    found = module.declarations
    tables: Mapping[str, Mapping[str, Declaration]] = {
        "var": found.variables,
        "output": found.outputs,
        "check": found.checks,
    }
    for kind, table in tables.items():
        yield from (f"{kind}.{name}" for name in table)
    yield from map(str, found.resources)


def _check_variables(suite: Suite, sources: Mapping[str, Source], report: Report) -> None:
    """Warn of what looks like a slip of the pen: other names are for the conditions of the file itself."""
    found = [sources[run.source].module.declarations.variables for run in suite.runs if run.source in sources]
    levels = [(suite.variables, {name for known in found for name in known})]
    levels += [
        (run.variables, set(sources[run.source].module.declarations.variables))
        for run in suite.runs
        if run.source in sources
    ]
    for attributes, known in levels:
        for each in attributes:
            if each.name not in known and similar(each.name, known):
                summary = f'no block declares the variable "{each.name}"'
                report.warning("E0705", summary, similar(each.name, known), suite.file, each.name_place)


def is_meant(subject: str, expected: Expected) -> bool:
    """Say whether an object is what a run expects to fail; without a key in its address, any copy of it is."""
    return expected.address in (subject, without_keys(subject)) or subject.startswith(f"{expected.address}[")


def without_keys(address: str) -> str:
    """Return an address without the keys of count and for_each.

    >>> without_keys('module.mail["eu"].service.smtp[0]')
    'module.mail.service.smtp'
    """
    return _KEYS.sub("", address)
