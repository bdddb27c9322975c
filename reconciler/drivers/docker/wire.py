"""How requests to an engine's API are written, and its answers read: queries, JSON, archives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from reconciler.drivers.docker.transport import Body

Query = Mapping[str, Any]


def target(path: str, query: Query | None) -> str:
    """Return a path with its query."""
    if not query:
        return path
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = value if isinstance(value, tuple) else (value,)
        pairs.extend((name, _query_text(each)) for each in values)
    return f"{path}?{urlencode(pairs)}"


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def encode(body: object, headers: Mapping[str, str]) -> tuple[Body, dict[str, str]]:
    """Return a body with its headers: bytes and files are archives, everything else is JSON."""
    if body is None:
        return None, dict(headers)
    if isinstance(body, bytes) or hasattr(body, "read"):
        return cast(Body, body), {"Content-Type": "application/x-tar", **headers}
    return json.dumps(body).encode(), {"Content-Type": "application/json", **headers}


def decode(body: bytes) -> Any:
    """Return what an answer says: JSON, or text where it is none; None when it is empty."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def message_of(body: bytes) -> str:
    """Return the words of a refusal, on one line."""
    answer = decode(body)
    text = answer.get("message", "") if isinstance(answer, dict) else str(answer or "")
    return " ".join(str(text).split())
