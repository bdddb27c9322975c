"""Results of tests as JUnit XML: one `testsuite` for each file, one `testcase` for each run.

Always well-formed: characters that XML cannot hold are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from reconciler.model.test_result import FileResult, RunResult, Status
from reconciler.render.diagnostics import diagnostic_text
from reconciler.render.safe import safe

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ELEMENTS = {Status.FAIL: "failure", Status.ERROR: "error", Status.SKIP: "skipped"}
"""How a run ended -> the element that says so, and the counter that is named after it."""

COUNTERS = {"failures": Status.FAIL, "errors": Status.ERROR, "skipped": Status.SKIP}


def junit_xml(files: Iterable[FileResult]) -> str:
    """Return the whole document."""
    found = tuple(files)
    root = Element("testsuites", _counts("reconciler test", found))
    for file in found:
        suite = SubElement(root, "testsuite", _counts(file.file, (file,)))
        for run in file.runs:
            _case(suite, file.file, run)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _counts(name: str, files: tuple[FileResult, ...]) -> dict[str, str]:
    counters = {word: str(sum(file.count(status) for file in files)) for word, status in COUNTERS.items()}
    return {
        "name": _text(name),
        "tests": str(sum(len(file.runs) for file in files)),
        **counters,
        "time": _seconds(sum(file.seconds for file in files)),
    }


def _case(suite: Element, file: str, run: RunResult) -> None:
    names = {"name": _text(run.name), "classname": _text(file), "time": _seconds(run.seconds)}
    case = SubElement(suite, "testcase", names)
    if run.status not in ELEMENTS:
        return
    if run.status is Status.SKIP:
        SubElement(case, "skipped", {"message": "a run before it in the file ended in an error"})
        return
    first = run.diagnostics[0]
    problem = SubElement(case, ELEMENTS[run.status], {"message": _text(first.summary), "type": first.code})
    problem.text = _text("\n\n".join(map(diagnostic_text, run.diagnostics)))


def _text(text: str) -> str:
    return _NOT_XML.sub("", safe(text))


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
