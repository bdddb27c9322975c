"""What a check found: a value, so that checks are plain generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.language.blocks.decode import Decoded
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report


class Finding(NamedTuple):
    """Something wrong: where, what, and what to do."""

    decoded: Decoded
    place: Place
    summary: str
    detail: str
    code: str = "E0220"
    warn: bool = False


Findings = Iterator[Finding]
"""What a check yields."""


def tell(findings: Findings, report: Report) -> bool:
    """Report what checks found; say whether no error was among it."""
    good = True
    for each in findings:
        report_as = report.warning if each.warn else report.error
        report_as(each.code, each.summary, each.detail, each.decoded.file, each.place)
        good = good and each.warn
    return good


def containers_of(task: Decoded) -> dict[str, Decoded]:
    """Return the containers of a task definition by name."""
    return {each.label: each for each in task.all("container")}
