"""Results of tests for people, for scripts, and for CI."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

from reconciler.model.diagnostic import Span, error
from reconciler.model.test_result import FileResult, RunResult, Status
from reconciler.render.junit import junit_xml
from reconciler.render.test_lines import abstract_line, file_line, run_lines, summary_line
from reconciler.render.test_results import file_text, run_text, summary_text

UNMET = replace(
    error("E0710", "There are too few", "", Span("a.test.hcl", 3, 17, 3, 27)),
    source=((3, "    condition = var.n == 2"),),
    parts=(("var.n", "1"),),
)
PASSED, SKIPPED = RunResult("good", Status.PASS, (), 0.25), RunResult("later", Status.SKIP)
FAILED = RunResult("bad", Status.FAIL, (UNMET,), 0.5)
ERROR = RunResult("ugly", Status.ERROR, (error("E0402", "nothing there"), UNMET), 0.5)
GOOD = FileResult("a.test.hcl", (PASSED,))
BAD = FileResult("tests/b.test.hcl", (PASSED, FAILED, ERROR, SKIPPED))


def test_a_run_is_a_line_and_below_it_what_is_wrong() -> None:
    assert run_text(PASSED) == '  run "good"... pass'
    assert run_text(SKIPPED) == '  run "later"... skip'
    assert (
        run_text(FAILED)
        == """\
  run "bad"... fail

Error: There are too few   [E0710]
  a.test.hcl:3:17
    3 |     condition = var.n == 2
      |                 ^^^^^^^^^^
      | var.n is 1
"""
    )


def test_a_file_is_as_bad_as_its_worst_run() -> None:
    assert [file_text(each) for each in (GOOD, BAD)] == ["a.test.hcl... pass", "tests/b.test.hcl... fail"]
    statuses = [FileResult("", (PASSED, each)).status for each in (PASSED, SKIPPED, FAILED, ERROR)]
    assert statuses == [Status.PASS, Status.SKIP, Status.FAIL, Status.ERROR]


def test_the_summary_counts_errors_as_failures_and_names_skipped_runs_only_if_there_are_any() -> None:
    assert summary_text([]) == "\nSuccess! 0 passed, 0 failed."
    assert summary_text([GOOD, GOOD]) == "\nSuccess! 2 passed, 0 failed."
    assert summary_text([GOOD, BAD]) == "\nFailure! 2 passed, 2 failed, 1 skipped."


def test_json_lines_name_the_file_and_the_run() -> None:
    def bare(line: str) -> dict[str, object]:
        shape = json.loads(line)
        return {name: value for name, value in shape.items() if name not in ("@timestamp", "@module", "diagnostic")}

    where = {"@testfile": "a.test.hcl", "@testrun": "bad"}
    assert [bare(line) for line in run_lines("a.test.hcl", FAILED, 0.0)] == [
        {
            "@level": "info",
            "@message": 'run "bad"... fail',
            "type": "test_run",
            "test_run": {
                "path": "a.test.hcl",
                "run": "bad",
                "progress": "complete",
                "status": "fail",
                "elapsed": 500,
            },
            **where,
        },
        {"@level": "error", "@message": "There are too few", "type": "diagnostic", **where},
    ]
    assert bare(abstract_line({"a.test.hcl": ["good", "bad"]}, 0.0)) == {
        "@level": "info",
        "@message": "1 test file, 2 runs",
        "type": "test_abstract",
        "test_abstract": {"a.test.hcl": ["good", "bad"]},
    }
    assert bare(file_line(BAD, 0.0))["test_file"] == {
        "path": "tests/b.test.hcl",
        "progress": "complete",
        "status": "error",
    }
    assert bare(summary_line([GOOD, BAD], 0.0))["test_summary"] == {
        "status": "error",
        "passed": 2,
        "failed": 1,
        "errored": 1,
        "skipped": 1,
    }


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_run() -> None:
    root = ElementTree.fromstring(junit_xml([GOOD, BAD]))
    assert root.attrib == {
        "name": "reconciler test",
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "1.500",
    }
    assert [(each.tag, each.get("name"), each.get("tests"), each.get("failures")) for each in root] == [
        ("testsuite", "a.test.hcl", "1", "0"),
        ("testsuite", "tests/b.test.hcl", "4", "1"),
    ]
    cases = [
        (case.get("name"), case.get("time"), [(each.tag, each.get("message")) for each in case]) for case in root[1]
    ]
    assert cases == [
        ("good", "0.250", []),
        ("bad", "0.500", [("failure", "There are too few")]),
        ("ugly", "0.500", [("error", "nothing there")]),
        ("later", "0.000", [("skipped", "a run before it in the file ended in an error")]),
    ]
    assert "var.n is 1" in (root[1][1][0].text or "")


def test_junit_is_well_formed_whatever_a_message_holds() -> None:
    wild = replace(UNMET, summary='a <b> & "c" ]]> \x00\x08\x1b[31mred\ud800\uffff \U0001f600')
    text = junit_xml([FileResult("a&b.test.hcl", (RunResult("r", Status.FAIL, (wild,)),))])
    (case,) = ElementTree.fromstring(text.encode())[0]
    assert case[0].get("message") == 'a <b> & "c" ]]> red \U0001f600'
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
