"""Results of tests for people, as `terraform test` prints them."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.test_result import FileResult, RunResult, Status
from reconciler.render.diagnostics import diagnostic_text

WORDS = {Status.PASS: "pass", Status.SKIP: "skip", Status.FAIL: "fail", Status.ERROR: "fail"}
BAD = (Status.FAIL, Status.ERROR)


def run_text(run: RunResult) -> str:
    """Return one line, and below it what is wrong.

      run "two tasks"... fail

    Error: there are too few tasks   [E0710]
      shop.test.hcl:9:17
        9 |     condition = service.web.desired_count == 2
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          | service.web.desired_count is 3
    """
    lines = [f'  run "{run.name}"... {WORDS[run.status]}']
    lines += [f"\n{diagnostic_text(each)}" for each in run.diagnostics]
    return "\n".join(lines) + ("\n" if run.diagnostics else "")


def file_text(file: FileResult) -> str:
    """Return how a file ended."""
    return f"{file.file}... {WORDS[file.status]}"


def summary_text(files: Iterable[FileResult]) -> str:
    """Return the last line: `Success! 3 passed, 0 failed.`"""
    passed, failed, skipped = (tally(files, *each) for each in ((Status.PASS,), BAD, (Status.SKIP,)))
    rest = f", {skipped} skipped" if skipped else ""
    return f"\n{'Failure' if failed else 'Success'}! {passed} passed, {failed} failed{rest}."


def tally(files: Iterable[FileResult], *statuses: Status) -> int:
    """Return how many runs of all files ended in one of these ways."""
    return sum(each.count(*statuses) for each in files)
