"""`reconciler schedule`: list scheduled tasks, show their runs, run one by hand."""

from __future__ import annotations

import secrets
from datetime import datetime

import click

from reconciler.cli.delegation import Errand, delegate
from reconciler.cli.names import meant
from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say, tell
from reconciler.cli.progress import QuietProgress
from reconciler.cli.service_names import applied_stack
from reconciler.cli.unwatched import tell_unwatched
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.engine.requests import run_schedule
from reconciler.engine.session import have_begun
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.request import Request, RequestKind
from reconciler.model.schedule import ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.render.json_text import indented
from reconciler.render.safe import one_line
from reconciler.render.schedules import (
    Clock,
    history_json,
    history_text,
    run_json,
    schedules_json,
    schedules_text,
)
from reconciler.store.store import Lease

OUR_FAILURE = 125


@click.group("schedule")
def command() -> None:
    """List scheduled tasks, show their runs, or run one by hand.

    They run while a `reconciler watch` of the stack does.

    \b
    Examples:
      reconciler schedule list
      reconciler schedule history report
      reconciler schedule run report --wait
    """


@command.command("list")
@place_options
@json_option
def list_schedules(given: Given, as_json: bool) -> None:
    """List scheduled tasks with their next three runs, in their zone and here. It needs no engine."""
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    tasks = applied_stack(state).scheduled_tasks
    clock = _clock(place)
    say(indented(schedules_json(tasks, state, clock)) if as_json else schedules_text(tasks, state, clock))
    if tasks:
        tell_unwatched(place, f"they run while `reconciler watch{given.options}` does")


@command.command("history")
@click.argument("name", required=False)
@place_options
@json_option
def history(name: str | None, given: Given, as_json: bool) -> None:
    """Show the runs of NAME, or of all scheduled tasks, the newest first; 50 of each are kept. It needs no engine.

    A run is SUCCEEDED when all its tasks ended with exit code 0. SKIPPED ones would have overlapped another; MISSED
    ones were due while nobody watched.
    """
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    stack = applied_stack(state)
    tasks = (schedule_named(stack, name),) if name else stack.scheduled_tasks
    wanted = {each.address for each in tasks}
    runs = [each for each in state.runs if not name or each.schedule in wanted]
    runs.sort(key=lambda each: (each.slot, each.id), reverse=True)
    clock = _clock(place)
    if as_json:
        say(indented(history_json(runs, tasks, state, clock.now)))
    else:
        say(history_text(runs, tasks, state, clock))


@command.command("run")
@click.argument("name")
@place_options
@click.option("--wait", "wait_for_end", is_flag=True, help="Wait for the end; exit with the run's code.")
@json_option
def run(name: str, given: Given, wait_for_end: bool, as_json: bool) -> int:
    """Run the scheduled task NAME now, beside its schedule; prints the run's id.

    With --wait the exit code is that of the container that failed, 0 when none did, or 125 when there is no code.
    What overlap says holds here too: with "skip" it is refused while another run is not over.
    """
    place = open_recorded(given)
    task = schedule_named(applied_stack(place.store.load(place.stack.name)), name)
    wanted = Request(kind=RequestKind.RUN_SCHEDULE, service=task.address, token=secrets.token_hex(8))
    begun = _started(place, wanted, wait_for_end=wait_for_end)
    say(indented(run_json(begun)) if as_json else begun.id)
    if not wait_for_end:
        tell_unwatched(place, "its end is recorded by the next command that looks, or give --wait")
        return 0
    if begun.status is RunStatus.SUCCEEDED:
        return 0
    tell(f"{begun.id} {begun.status.value}: {one_line(begun.reason)}")
    return begun.exit_code or OUR_FAILURE


def schedule_named(stack: Stack, text: str) -> ScheduledTask:
    """Return the scheduled task that is meant; raises with the known ones when there is none, or more than one."""
    return meant(stack.scheduled_tasks, text, "scheduled task")


def _started(place: Workplace, wanted: Request, *, wait_for_end: bool) -> ScheduledRun:
    """Have it run, by the watch that holds the stack or here, until it has begun, or ended."""

    def found(state: State) -> ScheduledRun | None:
        return next((each for each in state.runs if each.token == wanted.token), None)

    def is_done(state: State) -> bool:
        mine = found(state)
        if mine is None or mine.ended_at is not None:
            return mine is not None
        return not wait_for_end and bool(mine.tasks) and have_begun(state, mine.tasks)

    def act(lease: Lease, left: tuple[Request, ...]) -> None:
        with place.world(QuietProgress().observe) as world:
            run_schedule(place.session, world, wanted, place.stack, lease, is_done)

    state = delegate(place, Errand("schedule run", (wanted,), act, is_done))
    mine = found(state)
    assert mine is not None  # else it would not be done
    return mine


def _clock(place: Workplace) -> Clock:
    return Clock(place.clock.now(), lambda at: datetime.fromtimestamp(at).astimezone())
