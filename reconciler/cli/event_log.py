"""The log of a `watch`: what happens to its stacks, and what it says of itself, as lines on standard error."""

from __future__ import annotations

from itertools import takewhile

from reconciler.cli.output import tell
from reconciler.clock import Clock
from reconciler.model.decision import Decision
from reconciler.model.state import Event
from reconciler.render.event_lines import event_json, event_text, log_json, log_text


class EventLog:
    """The lines of one stack: as text for people, or as JSON, the events in the shape of `events --json`."""

    def __init__(self, stack: str, clock: Clock, *, as_json: bool = False) -> None:
        self._stack = stack
        self._clock = clock
        self._as_json = as_json
        self._since = clock.now()
        self._last: int | None = None

    def tell(self, message: str) -> None:
        """Print what the watch says of itself."""
        said = log_json if self._as_json else log_text
        tell(said(message, at=self._clock.now(), stack=self._stack))

    def take(self, text: str) -> None:
        """Print what is meant for people as one line, however many it has; nothing of a blank one."""
        if text.strip():
            self.tell(text.strip("\n"))

    def observe(self, decision: Decision) -> None:
        """Print the events that are new; of those of the first look, what happened since the watch began."""
        events = decision.state.events
        for event in reversed(tuple(takewhile(self._is_new, reversed(events)))):
            tell(event_json(event, self._stack) if self._as_json else event_text(event, stack=self._stack))
        self._last = events[-1].number if events else 0

    def _is_new(self, event: Event) -> bool:
        return event.at >= self._since if self._last is None else event.number > self._last
