"""How a time is written."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(at: float, precision: str = "seconds") -> str:
    """Return seconds since the epoch as RFC 3339 in UTC, to the second, or to `milliseconds`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
