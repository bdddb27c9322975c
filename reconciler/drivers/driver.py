"""The protocol of all drivers: one look at the engine, one effect on it, and a word when something happened.

A driver never decides. A failure of one step is an Outcome; an engine out of reach raises EngineError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from reconciler.model.noun import Noun
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import Outcome, Step


class LookRequest(Noun):
    """What to look at. Names are names on the engine.

    `owner` is empty when nothing is recorded: then the tasks of the stack's only owner are shown, if there is
    exactly one. `images`, `networks` and `volumes` are looked up beside what carries our labels. `detailed` asks
    for drift of settings, which costs one more call for each container not yet known; `moved_networks` are names by
    address where the networks' own labels say another address.
    """

    stack: str
    owner: str = ""
    images: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    detailed: bool = False
    moved_networks: Mapping[str, str] = {}
    only_reads: bool = False
    """Whether balancers' processes are presumed to do what their volumes say: to ask them takes a command."""
    latency_periods: Mapping[str, float] = {}
    """Balancer's name -> seconds: for how long back its access log is read for latencies."""


class Driver(Protocol):
    """An engine that tasks run on."""

    def look(self, request: LookRequest) -> Snapshot:
        """Return what the engine shows now; raises EngineError when it is out of reach."""
        ...

    def perform(self, step: Step) -> Outcome:
        """Do one thing. Safe to repeat; raises EngineError when the engine is out of reach."""
        ...

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` from another thread after anything happened to our containers; returns what ends it."""
        ...

    def why_unobtainable(self, reference: str) -> str:
        """Return why an image that is absent cannot be pulled, or an empty text. Changes nothing."""
        ...

    def logs(
        self, container_id: str, *, tail: int | None = None, follow: bool = False, since: float | None = None
    ) -> Iterator[str]:
        """Yield lines of a container's output, oldest first, each beginning with its RFC 3339 time and a blank."""
        ...

    def execute(
        self, container_id: str, command: Sequence[str], *, interactive: bool = False, terminal: bool = False
    ) -> int:
        """Run a command in a container with our standard streams; returns its exit code."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
