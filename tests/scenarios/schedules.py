"""Scenarios of scheduled tasks: overlap, failures, a watch that was away, one that dies, and a new revision."""

from __future__ import annotations

from typing import Any

from reconciler.drivers.simulated import Behaviour
from reconciler.model.request import Request, RequestKind
from reconciler.model.schedule import Overlap, Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.step import StartContainer
from tests.builders import container, definition, stack
from tests.scenarios.play import Play
from tests.scenarios.registry import scenario

MINUTE = 60.0


def scheduled(expression: str, tag: int = 1, **fields: Any) -> Stack:
    """A stack of one scheduled task. A play begins at 13:46:40."""
    task = ScheduledTask(
        address="scheduled_task.report",
        name="report",
        task_definition="task_definition.report",
        schedule=Schedule(expression=expression),
        **fields,
    )
    found = {"task_definition.report": definition(container(image=f"app:{tag}"), family="report")}
    return stack().changed(definitions=found, scheduled_tasks=(task,))


@scenario
def a_job_that_takes_too_long_is_skipped_once(play: Play) -> None:
    play.will(lambda step: True, Behaviour(exits_after=70))
    play.apply(scheduled("* * * * *"), "every minute, takes 70 s")
    play.watch(3 * MINUTE, "three minutes")


@scenario
def a_job_that_takes_too_long_is_replaced(play: Play) -> None:
    play.will(lambda step: True, Behaviour(exits_after=70, stop_seconds=3))
    play.apply(scheduled("* * * * *", overlap=Overlap.REPLACE), "every minute, takes 70 s")
    play.watch(1.5 * MINUTE, "a minute and a half")


@scenario
def a_job_that_fails_is_tried_again_and_one_that_hangs_is_stopped(play: Play) -> None:
    play.will(lambda step: step.task.deployment.endswith("Z"), Behaviour(exits_after=2, exit_code=3))
    play.will(lambda step: True, Behaviour(exits_after=None))
    play.apply(scheduled("47 13 * * *", retries=1, timeout=10), "once a day, 2 attempts of 10 s")
    play.watch(1.5 * MINUTE, "a minute and a half")


@scenario
def a_watch_that_was_away_for_a_day_catches_up_once(play: Play) -> None:
    play.apply(scheduled("0 * * * *", catch_up_window=3600), "every hour, caught up for an hour")
    play.happens("nobody watches for a day")
    play.wait(24 * 60 * MINUTE)
    play.watch(MINUTE, "a minute")


@scenario
def a_watch_that_dies_before_it_starts_a_due_job_leaves_it_to_the_next(play: Play) -> None:
    play.apply(scheduled("* * * * *"), "every minute")
    play.dies_before = lambda step: isinstance(step, StartContainer)
    play.watch(MINUTE, "it dies")
    play.dies_before = lambda step: False
    play.wait(20)
    play.watch(30, "another one")


@scenario
def a_new_revision_lets_a_running_job_finish(play: Play) -> None:
    play.will(lambda step: True, Behaviour(exits_after=40))
    play.apply(scheduled("* * * * *"), "every minute, takes 40 s")
    play.watch(30, "half a minute")
    play.apply(scheduled("* * * * *", tag=2), "another image")
    play.watch(1.2 * MINUTE, "a minute and more")


@scenario
def a_run_by_hand_is_asked_for_beside_a_watch(play: Play) -> None:
    play.apply(scheduled("0 3 * * *"), "every night")
    play.ask(Request(kind=RequestKind.RUN_SCHEDULE, service="scheduled_task.report", token="by hand"))
    play.watch(20, "a while")
