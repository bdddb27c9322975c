"""Test files as they are written: runs, what each plans or applies, and what it asserts; nothing is evaluated."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.language.blocks.addresses import read_address
from reconciler.language.blocks.decode import Decoder
from reconciler.language.blocks.modules import local_folder
from reconciler.language.blocks.references import Key, body_references, references
from reconciler.language.blocks.unknown_names import unknown_name
from reconciler.language.blocks.variables import constant_scope
from reconciler.language.expressions.access import similar
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.schema_stack import RESOURCES
from reconciler.language.source_files import read_file
from reconciler.language.testing.schema import RUN, TEST_FILE

RUNS = "run"
"""What the outputs of earlier runs are found below: `run.NAME.OUTPUT`."""

COMMANDS = ("plan", "apply")
CAN_FAIL = ("var", "output", "check", *RESOURCES)
"""What may have rules of its own."""

STACK = "."
"""The folder of the stack itself, among those that are tested."""


class Expected(NamedTuple):
    """The address of something that must fail, and where the run says so."""

    address: str
    place: Place


class Run(NamedTuple):
    """One run of a test file. `source` is the folder that it tests, relative to the stack's."""

    name: str
    place: Place
    applies: bool
    source: str
    source_place: Place
    variables: tuple[syntax.Attribute, ...]
    assertions: tuple[syntax.Block, ...]
    expected: tuple[Expected, ...]


class Suite(NamedTuple):
    """A test file."""

    file: str
    variables: tuple[syntax.Attribute, ...]
    runs: tuple[Run, ...]


def read_suite(file: Path, report: Report, kept: Path | None) -> Suite | None:
    """Return what a test file says; None when it cannot be read. Everything wrong is reported."""
    body = read_file(file, report, kept, TEST_FILE)
    return _Reader(file.as_posix(), report).suite(body) if body is not None else None


class _Reader:
    """Reads the tree of one file."""

    def __init__(self, file: str, report: Report) -> None:
        self.file, self.report = file, report

    def suite(self, body: syntax.Body) -> Suite:
        """Return the whole file."""
        self._check(body)
        blocks = [each for each in body.blocks if each.type == RUN.word and each.labels]
        runs = tuple(self._run(each) for each in blocks)
        names = [each.name for each in runs]
        shared = _values(body)
        self._refuse_runs((each for value in shared for each in references(value.value)), (), names)
        for position, block in enumerate(blocks):
            self._refuse_runs(body_references(block.body), names[:position], names)
        return Suite(self.file, shared, runs)

    def _check(self, body: syntax.Body) -> None:
        """Check a file against the table. Its blocks are written out: there is nothing to repeat them by."""
        for block in (each for outer in (body, *(inner.body for inner in body.blocks)) for each in outer.blocks):
            if block.type == "dynamic":
                unknown_name(self.report, self.file, (block.type, block.place, "block"), "in a test file", RUN)
        whole = syntax.Block(body.place, TEST_FILE.word, (), _written_out(body))
        Decoder(self.report, self.file, constant_scope()).block(whole, TEST_FILE)

    def _run(self, block: syntax.Block) -> Run:
        assertions = tuple(each for each in block.body.blocks if each.type == "assert")
        for each in assertions:
            self._check_condition(each)
        source, source_place = self._source(block)
        return Run(
            name=block.labels[0].text,
            place=block.place,
            applies=self._command(block) == "apply",
            source=source,
            source_place=source_place,
            variables=_values(block.body),
            assertions=assertions,
            expected=tuple(self._expected(block)),
        )

    def _command(self, block: syntax.Block) -> str:
        node = attribute(block, "command")
        if node is None:
            return "plan"
        if isinstance(node, syntax.Variable) and node.name in COMMANDS:
            return node.name
        detail = "Write command = plan or command = apply, without quotes."
        self._error("E0701", "command is plan or apply", detail, node.place)
        return "plan"

    def _source(self, block: syntax.Block) -> tuple[str, Place]:
        """Return the folder that the run tests, and where it says so."""
        for inner in block.body.blocks:
            node = attribute(inner, "source") if inner.type == "module" else None
            folder = local_folder(node, self.file, self.report) if node is not None else None
            if node is not None and folder is not None:
                return posixpath.normpath(folder), node.place
        return STACK, block.place

    def _check_condition(self, block: syntax.Block) -> None:
        node = attribute(block, "condition")
        if node is not None and not any(references(node)):
            detail = "Refer to something of the stack, such as service.web.desired_count or output.url."
            self._error("E0703", "the condition refers to nothing, so it would check nothing", detail, node.place)

    def _expected(self, block: syntax.Block) -> Iterator[Expected]:
        node = attribute(block, "expect_failures")
        if node is None:
            return
        if not isinstance(node, syntax.TupleConstructor):
            detail = "Write it as [var.tag, service.web], for example."
            self._error("E0702", "expect_failures is a list of addresses", detail, node.place)
            return
        for item in node.items:
            try:
                yield Expected(read_address(item, CAN_FAIL), item.place)
            except EvaluationError:
                detail = f"These have rules of their own: {', '.join(f'{kind}.NAME' for kind in CAN_FAIL)}."
                self._error("E0702", "this is nothing that can fail", detail, item.place)

    def _refuse_runs(
        self, found: Iterable[tuple[Key, Place]], earlier: Collection[str], names: Collection[str]
    ) -> None:
        """Report references to runs that have not ended when they are asked for."""
        for key, place in found:
            if key.root != RUNS or key.name in earlier:
                continue
            if key.name in names:
                detail = "Only runs above can be referred to; an output of the same run is output.NAME."
                self._error("E0704", f'run "{key.name}" has not ended by then', detail, place)
            else:
                detail = similar(key.name, names) or "A run may refer to those above it in the same file."
                self._error("E0704", f'there is no run "{key.name}"', detail, place)

    def _error(self, code: str, summary: str, detail: str, place: Place) -> None:
        self.report.error(code, summary, detail, self.file, place)


def _written_out(body: syntax.Body) -> syntax.Body:
    """Return a body without its dynamic blocks."""
    kept = (each._replace(body=_written_out(each.body)) for each in body.blocks if each.type != "dynamic")
    return body._replace(blocks=tuple(kept))


def attribute(block: syntax.Block, name: str) -> syntax.Expression | None:
    """Return the value of an attribute of a block."""
    return next((each.value for each in block.body.attributes if each.name == name), None)


def _values(body: syntax.Body) -> tuple[syntax.Attribute, ...]:
    """Return what the `variables` block directly inside says."""
    return tuple(each for block in body.blocks if block.type == "variables" for each in block.body.attributes)
