"""URLs that are asked: a hook's, and a Prometheus query."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

LONGEST_SECONDS = 30.0
"""How long one answer is waited for at most."""

LONGEST_BODY = 65_536


class Answer(NamedTuple):
    """An answer: its status and the beginning of its body. Status 0: there was none, and the body says why."""

    status: int
    body: str

    @property
    def is_good(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300


class NoValueError(ValueError):
    """A query gave no single number; the text says what it gave."""


def ask(url: str, headers: Mapping[str, str], timeout: float) -> Answer:
    """GET a URL."""
    try:
        request = urllib.request.Request(url, headers=dict(headers))
        with urllib.request.urlopen(request, timeout=min(timeout, LONGEST_SECONDS)) as answer:
            return Answer(answer.status, answer.read(LONGEST_BODY).decode(errors="replace"))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read(LONGEST_BODY).decode(errors="replace"))
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return Answer(0, str(getattr(problem, "reason", problem)))


def query(url: str, text: str, timeout: float) -> float:
    """Return the one number that a Prometheus query gives (HTTP API v1, instant query); raises NoValueError."""
    target = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': text})}"
    answer = ask(target, {}, timeout)
    if not answer.is_good:
        raise NoValueError(f"{url} answered {answer.status or answer.body}")
    try:
        result = json.loads(answer.body)["data"]
        sample = result["result"] if result["resultType"] == "scalar" else result["result"][0]["value"]
        return float(sample[1])
    except (ValueError, KeyError, IndexError, TypeError):
        raise NoValueError(f"{url} gave no single number for the query") from None
