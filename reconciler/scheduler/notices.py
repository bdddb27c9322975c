"""Notifications: each gets the events of its kinds, one after the other, in order, at least once.

What was sent is recorded once an outcome says so, so whoever goes on after a crash sends that one again. A failure
is retried with back-off; an event older than an hour is given up after a failure, so that nothing piles up behind a
receiver that is gone. Events about notifications themselves are sent to none: that could go round in circles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from reconciler.model.beside import NotificationRecord
from reconciler.model.event_json import ecs_event
from reconciler.model.notification import EventKind, EventType, Notification
from reconciler.model.stack import Stack
from reconciler.model.state import Event, State
from reconciler.model.step import Notify, Outcome
from reconciler.model.timestamp import timestamp
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.back_off import delay
from reconciler.scheduler.history import Told, with_events

GIVEN_UP_SECONDS = 3600.0
"""An event that old is given up when it cannot be sent (ours; EventBridge tries for 24 hours)."""

FAILURES_TOLD = 3
"""After so many failures in a row it is told that a receiver fails: seconds after the first one, unless it hangs."""

MOST_SKIPPED = 200
"""After so many events of other kinds it is recorded that they were passed over: they are not read at every look."""


def notify(ground: AsideGround, state: State) -> Attended:
    """Record what became of what was sent, and send every notification its next event."""
    if not ground.stack.receivers:
        return Attended(state)
    state = _recorded(ground, state)
    steps, times = [], []
    for each in ground.stack.receivers:
        record = _record(each, state)
        event = next_event(each, record, state)
        if event is None:
            state = _skipped(record, state)
        elif record.retry_at is not None and ground.now < record.retry_at:
            times.append(record.retry_at)
        else:
            steps.append(_step(each, event, ground.stack, state))
    return Attended(state, tuple(steps), min(times, default=None))


def is_all_sent(stack: Stack, state: State) -> bool:
    """Whether nothing is left to be sent, but to receivers that failed last time: those are tried again later."""
    records = ((each, _record(each, state)) for each in stack.receivers)
    return not any(record.failures == 0 and next_event(each, record, state) for each, record in records)


def next_event(notification: Notification, record: NotificationRecord, state: State) -> Event | None:
    """Return the oldest event that a notification is to get and has not got."""
    found = None
    for event in reversed(state.events):
        if event.number <= record.sent:
            break
        if event.kind is not EventKind.NOTIFICATION and event.kind in (notification.events or EventKind):
            found = event
    return found


def _skipped(record: NotificationRecord, state: State) -> State:
    """Return the State with a notification past what it is not to get, once that is much; else the same one."""
    last = state.events[-1].number if state.events else 0
    if last - record.sent <= MOST_SKIPPED:
        return state
    return _with(state, {record.notification: record.changed(sent=last)})


def _with(state: State, after: Mapping[str, NotificationRecord]) -> State:
    others = (each for each in state.notified if each.notification not in after)
    return state.changed(notified=tuple(sorted((*others, *after.values()), key=lambda each: each.notification)))


def _recorded(ground: AsideGround, state: State) -> State:
    """Return the State with the outcomes of this look; the same one when there are none."""
    outcomes = {each.step.address: each for each in ground.snapshot.outcomes if isinstance(each.step, Notify)}
    wanted = [each for each in ground.stack.receivers if each.address in outcomes]
    if not wanted:
        return state
    before = {each.address: _record(each, state) for each in wanted}
    events = {each.number: each for each in state.events}
    after = {address: _after(record, outcomes[address], events, ground.now) for address, record in before.items()}
    told = [words for address in after for words in _told(before[address], after[address])]
    return with_events(_with(state, after), told, ground.now)


def _record(notification: Notification, state: State) -> NotificationRecord:
    """Return what is recorded of a notification; of one that is not known yet, that all up to now is old."""
    known = next((each for each in state.notified if each.notification == notification.address), None)
    last = state.events[-1].number if state.events else 0
    return known or NotificationRecord(notification=notification.address, sent=last)


def _after(record: NotificationRecord, outcome: Outcome, events: dict[int, Event], now: float) -> NotificationRecord:
    step = outcome.step
    assert isinstance(step, Notify)
    if step.event <= record.sent:
        return record  # an outcome of what was done already
    if outcome.ok:
        return NotificationRecord(notification=record.notification, sent=step.event)
    failures = record.failures + 1
    event = events.get(step.event)
    is_over = event is None or now - event.at >= GIVEN_UP_SECONDS
    return record.changed(
        sent=step.event if is_over else record.sent,
        failures=failures,
        failing_since=now if record.failing_since is None else record.failing_since,
        retry_at=now + delay(failures, record.notification),
        reason=outcome.reason,
        given_up=record.given_up + is_over,
    )


def _told(before: NotificationRecord, after: NotificationRecord) -> Iterable[Told]:
    """Say that a receiver fails, that the first event is given up, and that it is back: once each."""
    address = after.notification
    if before.failures < FAILURES_TOLD <= after.failures:
        yield Told(address, _failing(after), EventKind.NOTIFICATION, type=EventType.WARN)
    if after.given_up and not before.given_up:
        message = f"is unable to deliver events, and gives up those that are older than an hour: {after.reason}"
        yield Told(address, message, EventKind.NOTIFICATION, type=EventType.ERROR)
    if after.failures == 0 and (before.failures >= FAILURES_TOLD or before.given_up):
        lost = f"; {before.given_up} were given up" if before.given_up else ""
        yield Told(address, f"delivers events again{lost}.", EventKind.NOTIFICATION)


def _failing(record: NotificationRecord) -> str:
    assert record.failing_since is not None and record.retry_at is not None
    again = f"It is tried again at {timestamp(record.retry_at)}, and at growing distances."
    return (
        f"is unable to deliver events since {timestamp(record.failing_since)}: {record.reason.rstrip('.')}. {again}"
    )


def _step(notification: Notification, event: Event, stack: Stack, state: State) -> Notify:
    return Notify(
        address=notification.address,
        reason=f"event {event.number} is sent",
        event=event.number,
        url=notification.url,
        url_from=notification.url_from,
        command=notification.command,
        body=json.dumps(ecs_event(event, state.stack_name)),
        folder=stack.folder,
    )
