"""Whom events are sent to, as `status` shows them: as JSON, and those that fail as lines from the same values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.state import State
from reconciler.render.safe import one_line
from reconciler.render.words import count, duration, timestamp


def notifications_json(state: State) -> list[dict[str, Any]]:
    """Return every notification of what was applied last: while it fails since when, why, and what follows."""
    return [
        {
            "address": each.notification,
            "failing": each.failures > 0,
            "failures": each.failures,
            "failing_since": _timestamp(each.failing_since),
            "reason": each.reason or None,
            "retry_at": _timestamp(each.retry_at),
            "given_up": each.given_up,
        }
        for each in state.notified
    ]


def failing_lines(state: State, now: float) -> Iterator[str]:
    """Yield a line for each notification that fails. Its reason names no more of a URL than the host."""
    for each in state.notified:
        if each.failures == 0:
            continue
        since = f" since {timestamp(each.failing_since)}" if each.failing_since is not None else ""
        lost = f"; {count(each.given_up, 'event')} given up" if each.given_up else ""
        how = f"unable to deliver events{since} ({count(each.failures, 'failure')}): {one_line(each.reason)}"
        yield f"{each.notification}: {how}{lost}{_again(each.retry_at, now)}"


def _again(retry_at: float | None, now: float) -> str:
    """A try that is overdue waits for somebody who acts on the stack."""
    if retry_at is None or retry_at <= now:
        return "; it is tried again by whoever acts on the stack next"
    return f"; it is tried again in {duration(retry_at - now)}"


def _timestamp(at: float | None) -> str | None:
    return None if at is None else timestamp(at)
