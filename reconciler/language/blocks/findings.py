"""What a check found: a value, so that checks are plain generators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import NamedTuple, ParamSpec

from reconciler.language.blocks.decode import Decoded, UnsureError
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


Asked = ParamSpec("Asked")


def as_far_as_sure(check: Callable[Asked, Findings]) -> Callable[Asked, Findings]:
    """Let a check end where it asks for what was written wrong: what would follow is no error of its own.

    Whoever calls it goes on, so a check of one block among others is a function of its own.
    """

    @wraps(check)
    def checked(*args: Asked.args, **named: Asked.kwargs) -> Findings:
        with suppress(UnsureError):
            yield from check(*args, **named)

    return checked


def tell(findings: Findings, report: Report) -> bool:
    """Report what checks found; say whether no error was among it."""
    good = True
    for each in findings:
        report_as = report.warning if each.warn else report.error
        report_as(each.code, each.summary, each.detail, each.decoded.file, each.place)
        good = good and each.warn
    return good


def containers_of(task: Decoded) -> dict[str, Decoded]:
    """Return the containers of a task definition by name; raise UnsureError when there may be others."""
    return {each.label: each for each in task.all("container")}
