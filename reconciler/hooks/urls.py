"""URLs that are asked: a hook's, and a Prometheus query; and those that are told something."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

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
    return _answer(lambda: urllib.request.Request(url, headers=dict(headers)), urllib.request.urlopen, timeout)


def post(url: str, body: str, timeout: float) -> Answer:
    """POST JSON. An answer that leads elsewhere is not followed: what is sent would be lost on the way."""
    return _answer(lambda: _posting(url, body), _UNDIVERTED.open, timeout, longest=0)  # an answer says nothing more


def _posting(url: str, body: str) -> urllib.request.Request:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(url)
    headers = {"Content-Type": "application/json", "User-Agent": "reconciler"}
    return urllib.request.Request(url, data=body.encode(), headers=headers, method="POST")


def _answer(
    request: Callable[[], urllib.request.Request],
    send: Callable[..., Any],
    timeout: float,
    longest: int = LONGEST_BODY,
) -> Answer:
    try:
        with send(request(), timeout=min(timeout, LONGEST_SECONDS)) as answer:
            return Answer(answer.status, answer.read(longest).decode(errors="replace"))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read(longest).decode(errors="replace"))
    except (http.client.InvalidURL, ValueError):  # their texts quote the URL, which may be as secret as a password
        return Answer(0, "its URL is not valid: it begins with http:// or https://, and has a host and no spaces")
    except (OSError, http.client.HTTPException) as problem:
        return Answer(0, str(getattr(problem, "reason", problem)))


class _Undiverted(urllib.request.HTTPRedirectHandler):
    """Takes an answer that leads elsewhere for a refusal."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


_UNDIVERTED = urllib.request.build_opener(_Undiverted)


def origin(url: str) -> str:
    """Return scheme and host of a URL, for people: its path and query may be as secret as a password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"


def query(url: str, text: str, timeout: float) -> float:
    """Return the one number that a Prometheus query gives (HTTP API v1, instant query); raises NoValueError."""
    target = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': text})}"
    answer = ask(target, {}, timeout)
    if not answer.is_good:
        said = f"answered {answer.status}" if answer.status else f"could not be reached: {answer.body}"
        raise NoValueError(f"{origin(url)} {said}")
    try:
        answered = json.loads(answer.body)["data"]
        result = answered["result"]
        samples = [result] if answered["resultType"] == "scalar" else [each["value"] for each in result]
        numbers = [float(each[1]) for each in samples]
    except (ValueError, KeyError, IndexError, TypeError):
        raise NoValueError(f"{origin(url)} gave no number for the query") from None
    if len(numbers) != 1:  # which of several would be meant?
        raise NoValueError(f"{origin(url)} gave {len(numbers) or 'no'} series for the query, where it needs one")
    return numbers[0]
