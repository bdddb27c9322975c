"""The files of a folder, read as syntax trees; which of them belong to a stack."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from reconciler.language import hiding
from reconciler.language.limits import MAXIMUM_FILE_BYTES
from reconciler.language.reading import parser, syntax
from reconciler.language.reading.recovery import ANY, Lost
from reconciler.language.report import Report
from reconciler.language.schema import Block
from reconciler.language.schema_stack import ROOT
from reconciler.model.diagnostic import error

TWIN = ".json"
"""What the name of a file in the JSON form has at its end."""

AUTO_SUFFIX, TEST_SUFFIX = ".auto.vars.hcl", ".test.hcl"


def read_folder(folder: Path, report: Report, kept: Path | None) -> dict[str, syntax.Body]:
    """Return the tree of each file of a stack or module, by name; raise OSError when there is no such folder."""
    files = stack_files(folder)
    return {file.as_posix(): body for file in files if (body := read_file(file, report, kept)) is not None}


def stack_files(folder: Path) -> list[Path]:
    """Return the files of a folder that make a stack or module; raise OSError when there is no such folder."""
    found = _visible(folder, ".hcl")
    return [each for each in found if not _plain(each).endswith((AUTO_SUFFIX, TEST_SUFFIX))]


def values_files(folder: Path) -> list[Path]:
    """Return the files of a folder that give values to variables by themselves, the one that wins last."""
    return _visible(folder, AUTO_SUFFIX)


def test_files(folder: Path) -> list[Path]:
    """Return the test files of a folder, sorted; of one that is not there, none."""
    return _visible(folder, TEST_SUFFIX) if folder.is_dir() else []


def _visible(folder: Path, suffix: str) -> list[Path]:
    """Return the files of that ending, sorted. Hidden ones belong to editors, as in Terraform."""
    found = (each for each in folder.iterdir() if not each.name.startswith("."))
    return sorted(each for each in found if _plain(each).endswith(suffix) and each.is_file())


def _plain(file: Path) -> str:
    return file.name.removesuffix(TWIN)


def read_file(
    file: Path, report: Report, kept: Path | None, schema: Block = ROOT, sensitive: Collection[str] = ()
) -> syntax.Body | None:
    """Return the tree of a file, in the JSON form by its name; None after reporting that it cannot be read.

    What a file of values gives for the `sensitive` variables is in no diagnostic.
    """
    name = file.as_posix()
    report.lost[name] = (Lost(ANY, ANY),)
    text = _text(file, name, report)
    if text is None:
        return None
    parsed = _parsed(text, kept, schema) if name.endswith(TWIN) else parser.parse(text, kept)
    report.texts[name] = hiding.shown(text, parsed.body, not parsed.problems, sensitive)
    report.lost[name] = parsed.lost
    for each in parsed.problems:
        report.problem(each, name)
    return parsed.body


def _text(file: Path, name: str, report: Report) -> str | None:
    """Return what a file holds; None after reporting that it holds no text."""
    try:
        if file.stat().st_size > MAXIMUM_FILE_BYTES:
            report.error("E0508", f"{name} is larger than 1 MiB", "Split it in several files.", name, (1, 1, 1, 2))
            return None
        content = file.read_bytes()
    except OSError as problem:
        report.add(error("E0508", f"{name} cannot be read: {problem.strerror}", "Check the path and its rights."))
        return None
    try:
        return content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        before = content[: problem.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        report.texts[name] = content.decode(errors="replace")
        summary = f"{name} is not UTF-8 text: byte {content[problem.start]:#04x}"
        report.error("E0508", summary, "Save it as UTF-8.", name, (line, column, line, column + 1))
        return None


def _parsed(text: str, kept: Path | None, schema: Block) -> parser.Parsed:
    from reconciler.language.reading.json_twin import parse_json  # few stacks have files of that form

    return parse_json(text, kept, schema)
