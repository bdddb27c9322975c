"""What became of each request that a load sent, as the load writes it down and as a test judges it.

Failed is every request without an answer of 200: refused, reset, closed without a whole answer, timed out, another
status. Not failed, but counted apart, is a GET on a connection that had served a request before, when the connection
ended without a single byte of an answer: RFC 9112, 9.3.1, lets any client repeat it on a new connection, and this
one does, once; what becomes of the repetition counts. A POST is never repeated: one sent and not answered has failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple


class Result(StrEnum):
    """How an attempt ended."""

    ANSWERED = "answered"
    RETRIED = "retried"
    REFUSED = "refused"
    RESET = "reset"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    STATUS = "status"


class Attempt(NamedTuple):
    """One request on one connection. Times are seconds since 1970 by the clock that tasks on this host have too.

    `status` is 0 without an answer. `version`, `host` and `service` are words of scripts/demo/target.py.
    """

    request: str
    method: str
    path: str
    keeps_alive: bool
    sent_at: float
    ended_at: float
    result: Result
    status: int = 0
    version: str = ""
    host: str = ""
    service: str = ""

    @property
    def is_failed(self) -> bool:
        """Whether the request got no answer of 200, and is not repeated."""
        return self.result not in (Result.ANSWERED, Result.RETRIED)

    def line(self) -> str:
        """Return it as a line of text."""
        return "\t".join(map(str, self)) + "\n"

    @classmethod
    def read(cls, line: str) -> Attempt:
        """Return the attempt of a line."""
        request, method, path, keeps_alive, sent_at, ended_at, result, status, *who = line.rstrip("\n").split("\t")
        times = float(sent_at), float(ended_at)
        return cls(request, method, path, keeps_alive == "True", *times, Result(result), int(status), *who)

    def __str__(self) -> str:
        how = f"{self.result} {self.status}" if self.status else str(self.result)
        kind = "keep-alive" if self.keeps_alive else "closing"
        taken = self.ended_at - self.sent_at
        return (
            f"{self.request} {self.method} {self.path} ({kind}) sent at {self.sent_at:.3f}: {how} after {taken:.3f} s"
        )


class Attempts(tuple[Attempt, ...]):
    """All attempts of a load, or some of them, in the order in which they ended."""

    __slots__ = ()

    @property
    def requests(self) -> int:
        """How many requests ended: answered and failed."""
        return sum(each.result is not Result.RETRIED for each in self)

    @property
    def failed(self) -> Attempts:
        """Those that failed."""
        return self.only(lambda each: each.is_failed)

    @property
    def retried(self) -> Attempts:
        """Those that a client repeated, as it may."""
        return self.only(lambda each: each.result is Result.RETRIED)

    @property
    def answered(self) -> Attempts:
        """Those with an answer of 200."""
        return self.only(lambda each: each.result is Result.ANSWERED)

    def only(self, wanted: Callable[[Attempt], bool]) -> Attempts:
        """Return those of which something holds."""
        return Attempts(each for each in self if wanted(each))

    def by(self, key: Callable[[Attempt], str]) -> Counter[str]:
        """Count them by something."""
        return Counter(key(each) for each in self)

    def summary(self) -> str:
        """Return the counts in words: `6,012 requests, 0 failed, 3 repeated (2,001 POST, 512 slow)`."""
        ended = self.only(lambda each: each.result is not Result.RETRIED)
        posts = sum(each.method == "POST" for each in ended)
        slow = sum(each.path.endswith("/slow") for each in ended)
        kept = sum(each.keeps_alive for each in ended)
        return (
            f"{len(ended):,} requests, {len(self.failed)} failed, {len(self.retried)} repeated "
            f"({posts:,} POST, {slow:,} slow, {kept:,} on kept connections)"
        )


def shown(attempts: Iterable[Attempt], most: int = 10) -> list[str]:
    """Return attempts in words, the first ones only."""
    every = [str(each) for each in attempts]
    return [*every[:most], *([f"... and {len(every) - most} more"] if len(every) > most else [])]
