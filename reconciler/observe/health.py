"""Whether a `watch` is well: each of its stacks was looked at lately, or somebody else has it.

A state that cannot be read or written is told at once, an engine that is away once it was not looked at for long.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.timestamp import timestamp
from reconciler.observe.observatory import Observatory, Sight

RELISTS = 2
"""A stack that was not looked at for so many relists is not watched."""


def health(observatory: Observatory) -> tuple[bool, dict[str, Any]]:
    """Return whether all is well, and why or why not, stack by stack."""
    now, limit = observatory.clock.now(), RELISTS * observatory.relist_seconds
    stacks = {sight.stack: _stack(sight, now, limit) for sight in observatory.sights}
    is_well = all(each["status"] != "failing" for each in stacks.values())
    return is_well, {"status": "ok" if is_well else "failing", "stacks": stacks}


def _stack(sight: Sight, now: float, limit: float) -> dict[str, Any]:
    looked_at = None if sight.looked_at is None else timestamp(sight.looked_at)
    if sight.stands_by:
        return {"status": "standing by", "reason": sight.stands_by, "last_look_at": looked_at}
    if sight.needs_mending:
        return {"status": "failing", "reason": sight.trouble, "last_look_at": looked_at}
    age = now - max(sight.role_since, sight.looked_at or 0.0)
    if age <= limit:
        return {"status": "ok", "reason": sight.trouble or None, "last_look_at": looked_at}
    reason = f"no look for {age:.0f} s, the limit is {limit:g} s" + (f": {sight.trouble}" if sight.trouble else "")
    return {"status": "failing", "reason": reason, "last_look_at": looked_at}
