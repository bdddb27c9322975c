"""`reconciler test`: runs the stack's test files, on an engine that is simulated. Needs no Docker."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import find_stack, json_option, stack_option, variable_options
from reconciler.cli.output import say, say_lines, tell, tell_warnings
from reconciler.cli.test_runs import run_suite
from reconciler.cli.variables import variable_sources
from reconciler.clock import SystemClock
from reconciler.errors import ReconcilerError, StackError
from reconciler.language.expressions.access import similar
from reconciler.language.source_files import TEST_SUFFIX, test_files
from reconciler.language.testing.bench import Bench, set_up
from reconciler.language.testing.files import Suite
from reconciler.model.test_result import FileResult, RunResult, Status
from reconciler.render import test_lines
from reconciler.render.junit import junit_xml
from reconciler.render.plan import plan_text
from reconciler.render.test_results import file_text, run_text, summary_text


@click.command("test")
@stack_option
@variable_options
@click.option("--filter", "filters", metavar="FILE", multiple=True, help="Run this test file only; repeatable.")
@click.option(
    "--test-directory",
    metavar="DIR",
    help="Folder of test files inside the stack's, beside those in it [default: tests].",
)
@click.option("--junit-xml", "--junit", "junit_file", metavar="FILE", help="Write the results as JUnit XML too.")
@click.option("--verbose", is_flag=True, help="Show the plan of every run.")
@json_option
def command(
    stack_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    filters: tuple[str, ...],
    test_directory: str | None,
    junit_file: str | None,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run the stack's tests: *.test.hcl files in its folder and in tests/. Needs no Docker.

    Each run plans the stack with values of its own, or applies it on a simulated engine, and checks what it asserts.
    Exits with 1 when a run failed.

    \b
    Examples:
      reconciler test
      reconciler test --filter tests/limits.test.hcl --junit-xml results.xml
    """
    folder = find_stack(stack_folder)
    inner = folder / (test_directory or "tests")
    if test_directory is not None and not inner.is_dir():
        tell(f"Warning: there is no folder {inner}: --test-directory names one inside the stack's.")
    files = _chosen([*test_files(folder), *test_files(inner)], filters, folder)
    bench = set_up(folder, files, variable_sources(variables, var_files))
    if any(each.severity == "error" for each in bench.diagnostics):
        raise StackError(bench.diagnostics)
    tell_warnings(bench.diagnostics)
    if not files:
        tell(f"There are no test files: *{TEST_SUFFIX} in {folder} or {inner}.")
    results = _run(bench, _Printer(as_json, verbose))
    if junit_file is not None:
        _write(junit_file, junit_xml(results))
    return 1 if any(each.status in (Status.FAIL, Status.ERROR) for each in results) else 0


def _chosen(files: list[Path], filters: tuple[str, ...], folder: Path) -> list[Path]:
    """Return the files that are asked for, named from here or from the stack's folder; all when none is."""
    chosen = []
    for name in filters:
        wanted = {Path(name).resolve(), (folder / name).resolve()}
        found = [file for file in files if file.resolve() in wanted]
        if not found:
            names = [file.relative_to(folder).as_posix() for file in files]
            hint = similar(name, names) or f"There is: {', '.join(names) or 'none'}."
            raise ReconcilerError(f"there is no test file {name}\n{hint}")
        chosen += found
    return [file for file in files if file in chosen] if filters else files


class _Printer:
    """Tells what happens while it happens: text, or JSON lines."""

    def __init__(self, as_json: bool, verbose: bool) -> None:
        self.as_json, self.verbose, self.clock = as_json, verbose, SystemClock()

    def began(self, suites: tuple[Suite, ...]) -> None:
        """Tell what there is to run."""
        if self.as_json:
            names = {suite.file: [run.name for run in suite.runs] for suite in suites}
            say_lines([test_lines.abstract_line(names, self.clock.now())])

    def entered(self, file: str) -> None:
        """Tell that a file begins."""
        if not self.as_json:
            tell(f"{file}... in progress")

    def ended(self, file: str, run: RunResult) -> None:
        """Tell how a run ended."""
        if self.as_json:
            say_lines(test_lines.run_lines(file, run, self.clock.now()))
            return
        say(run_text(run))
        if self.verbose and run.plan is not None:
            say(plan_text(run.plan))

    def left(self, file: FileResult) -> None:
        """Tell how a file ended."""
        say_lines([test_lines.file_line(file, self.clock.now())]) if self.as_json else say(file_text(file))

    def finished(self, files: tuple[FileResult, ...]) -> None:
        """Tell how many runs ended in which way."""
        say_lines([test_lines.summary_line(files, self.clock.now())]) if self.as_json else say(summary_text(files))


def _run(bench: Bench, printer: _Printer) -> tuple[FileResult, ...]:
    printer.began(bench.suites)
    results = []
    for suite in bench.suites:
        printer.entered(suite.file)
        runs = []
        for run in run_suite(bench, suite, printer.clock):
            printer.ended(suite.file, run)
            runs.append(run)
        results.append(FileResult(suite.file, tuple(runs)))
        printer.left(results[-1])
    printer.finished(tuple(results))
    return tuple(results)


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ReconcilerError(f"{name} cannot be written: {problem.strerror}") from problem
