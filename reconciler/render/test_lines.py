"""Results of tests as JSON, one object a line, in the shape of `terraform test -json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.test_result import FileResult, RunResult, Status, worst
from reconciler.render.diagnostics import diagnostic_json
from reconciler.render.json_lines import line
from reconciler.render.test_results import WORDS, summary_text, tally
from reconciler.render.words import count


def abstract_line(runs: Mapping[str, Sequence[str]], now: float) -> str:
    """Return the names of all runs, by file."""
    message = f"{count(len(runs), 'test file')}, {count(sum(map(len, runs.values())), 'run')}"
    return line("test_abstract", message, now, test_abstract=runs)


def run_lines(file: str, run: RunResult, now: float) -> Iterator[str]:
    """Yield how a run ended, then what is wrong with it."""
    where = {"@testfile": file, "@testrun": run.name}
    shape = {
        "path": file,
        "run": run.name,
        "progress": "complete",
        "status": run.status.value,
        "elapsed": round(run.seconds * 1000),
    }
    yield line("test_run", f'run "{run.name}"... {WORDS[run.status]}', now, test_run=shape, **where)
    for each in run.diagnostics:
        shown = diagnostic_json(each)
        yield line("diagnostic", each.summary, now, "error", diagnostic=shown, **where)


def file_line(file: FileResult, now: float) -> str:
    """Return how a file ended."""
    shape = {"path": file.file, "progress": "complete", "status": file.status.value}
    return line("test_file", f"{file.file}... {WORDS[file.status]}", now, test_file=shape, **{"@testfile": file.file})


def summary_line(files: Sequence[FileResult], now: float) -> str:
    """Return how many runs ended in which way."""
    names = {Status.PASS: "passed", Status.FAIL: "failed", Status.ERROR: "errored", Status.SKIP: "skipped"}
    counts = {name: tally(files, status) for status, name in names.items()}
    shape = {"status": worst(each.status for each in files).value, **counts}
    return line("test_summary", summary_text(files).strip(), now, test_summary=shape)
