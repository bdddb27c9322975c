"""Performs RunHook, ProbeAlarm, ProbeMetric and Notify. Every failure is an Outcome; nothing here decides on it.

Of the URL that is told something no more than its host is ever said, of one in a secret nothing at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from reconciler.errors import ReconcilerError
from reconciler.hooks.commands import Commands
from reconciler.hooks.urls import NoValueError, ask, origin, post, query
from reconciler.model.deployment import HookStatus
from reconciler.model.service import Prometheus
from reconciler.model.step import Notify, Outcome, ProbeAlarm, ProbeMetric, RunHook

FAILED = "HookFailed"
NO_VALUE = "NoValue"
NOT_DELIVERED = "NotDelivered"

Hooked = RunHook | ProbeAlarm | ProbeMetric | Notify
"""The steps that are performed here."""


class Hooks:
    """Runs what deployments ask for beside the engine. `secret` reads the value of a secret, by its address."""

    def __init__(self, secret: Callable[[str], str]) -> None:
        self._secret = secret
        self._commands = Commands()

    def perform(self, step: Hooked) -> Outcome:
        """Do one thing. Safe to repeat as far as the user's command or URL is."""
        if isinstance(step, ProbeAlarm):
            return self._probe(step)
        if isinstance(step, ProbeMetric):
            return _queried(step, step.prometheus)
        if isinstance(step, Notify):
            return self._hand_over(step) if step.command else self._post(step)
        return self._ask(step) if step.http is not None else self._run(step)

    def close(self) -> None:
        """End the commands that still run."""
        self._commands.close()

    def _run(self, step: RunHook) -> Outcome:
        ended = self._commands.run(step.command, step.folder, step.environment, step.timeout)
        if ended.code == 0:
            return Outcome(step=step)
        how = f"it ended with {ended.code}" if ended.code is not None else ""
        return Outcome(step=step, ok=False, code=FAILED, reason=": ".join(filter(None, (how, ended.words))))

    def _ask(self, step: RunHook) -> Outcome:
        assert step.http is not None
        headers = {f"X-{name.replace('_', '-').title()}": value for name, value in step.environment.items()}
        answer = ask(step.http.url, headers, step.timeout)
        if answer.is_good and HookStatus.IN_PROGRESS in answer.body:
            return Outcome(step=step, code=HookStatus.IN_PROGRESS, reason=f"{step.http.url} says IN_PROGRESS")
        if answer.is_good:
            return Outcome(step=step)
        said = f"{step.http.url} answered {answer.status}" if answer.status else f"{step.http.url}: {answer.body}"
        return Outcome(step=step, ok=False, code=FAILED, reason=said)

    def _post(self, step: Notify) -> Outcome:
        """Send an event to a URL."""
        try:
            url = self._secret(step.url_from).strip() if step.url_from else step.url
        except ReconcilerError as problem:
            return Outcome(step=step, ok=False, code=NOT_DELIVERED, reason=str(problem))
        answer = post(url, step.body, step.timeout)
        if answer.is_good:
            return Outcome(step=step)
        said = f"answered {answer.status}" if answer.status else f"could not be reached: {answer.body}"
        whose = f"the URL of {step.url_from}" if step.url_from else origin(url)
        return Outcome(step=step, ok=False, code=NOT_DELIVERED, reason=f"{whose} {said}")

    def _hand_over(self, step: Notify) -> Outcome:
        """Give an event to a command. One that does not end with 0 has not taken it."""
        ended = self._commands.run(step.command, step.folder, {}, step.timeout, step.body)
        if ended.code == 0:
            return Outcome(step=step)
        how = f"{step.command[0]} ended with {ended.code}" if ended.code is not None else ""
        reason = ": ".join(filter(None, (how, ended.words)))
        return Outcome(step=step, ok=False, code=NOT_DELIVERED, reason=reason)

    def _probe(self, step: ProbeAlarm) -> Outcome:
        """Ask an alarm. A command that does not end with 0 is above any limit."""
        if step.prometheus is None:
            ended = self._commands.run(step.command, step.folder, {}, step.timeout)
            if ended.code is None:
                return Outcome(step=step, ok=False, code=NO_VALUE, reason=ended.words)
            return Outcome(step=step, value=step.greater_than + 1 if ended.code else step.greater_than - 1)
        return _queried(step, step.prometheus)


def _queried(step: ProbeAlarm | ProbeMetric, prometheus: Prometheus) -> Outcome:
    """Ask Prometheus for a value; NaN is none."""
    try:
        value = query(prometheus.url, prometheus.query, step.timeout)
    except NoValueError as problem:
        return Outcome(step=step, ok=False, code=NO_VALUE, reason=str(problem))
    if math.isnan(value):
        return Outcome(step=step, ok=False, code=NO_VALUE, reason="the query gave NaN")
    return Outcome(step=step, value=value)
