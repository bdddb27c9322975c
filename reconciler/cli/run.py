"""`reconciler run`: a one-off task of a task definition. It runs to its end and is never restarted (ECS RunTask)."""

from __future__ import annotations

import secrets
import threading
import time

import click

from reconciler.cli.delegation import Errand, delegate
from reconciler.cli.locking import free_lease, locked, released, watch_that_holds
from reconciler.cli.logs import follow_lines
from reconciler.cli.options import Given, json_option, lock_option, place_options
from reconciler.cli.output import say, tell
from reconciler.cli.overrides import given_override
from reconciler.cli.progress import QuietProgress
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.engine.present import TaskNow, present
from reconciler.engine.session import finish_tasks, have_begun, run, runnable
from reconciler.errors import ReconcilerError
from reconciler.model.address import short_name
from reconciler.model.overrides import overridden
from reconciler.model.request import Request, RequestKind
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import StopCode
from reconciler.model.task_definition import HOLDER, SharedVolume, TaskDefinition
from reconciler.planner.task_requests import tasks_of
from reconciler.render.json_text import compact
from reconciler.render.safe import one_line, safe
from reconciler.store.store import Lease

OUR_FAILURE, INTERRUPTED = 125, 130
POLL_SECONDS = 0.5
LAST_LINES_SECONDS = 5.0
"""How long the last lines of a log are waited for once all containers have ended."""


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("name")
@click.argument("command_line", nargs=-1, type=click.UNPROCESSED)
@place_options
@lock_option
@click.option("--count", type=click.IntRange(1, 10), default=1, metavar="N", help="How many tasks [default: 1].")
@click.option(
    "--wait", "wait_for_end", is_flag=True, help="Wait for the end; exit with the essential container's code."
)
@click.option("--logs", "show_logs", is_flag=True, help="Print what the tasks write; waits for their end.")
@click.option("-c", "--container", default="", metavar="NAME", help="The container that overrides are for.")
@click.option(
    "-e", "--env", "environment", metavar="NAME=VALUE", multiple=True, help="Override a variable; repeatable."
)
@click.option("--cpu", type=click.IntRange(0), metavar="UNITS", help="Override the container's CPU units.")
@click.option("--memory", type=click.IntRange(6), metavar="MIB", help="Override the container's memory in MiB.")
@json_option
def command(
    name: str,
    command_line: tuple[str, ...],
    given: Given,
    lock_timeout: float,
    count: int,
    wait_for_end: bool,
    show_logs: bool,
    container: str,
    environment: tuple[str, ...],
    cpu: int | None,
    memory: int | None,
    as_json: bool,
) -> int:
    """Run one-off tasks of the task definition NAME; prints their ids.

    COMMAND_LINE replaces the command of the essential container. With --wait the exit code is that container's, or
    125 when the task could not be run.

    \b
    Examples:
      reconciler run report --wait --logs
      reconciler run report -e DAY=monday -- ./report --all
    """
    place = open_workplace(given, quiet=True)
    place.rename(place.store.load(place.stack.name).names)
    definition = find_definition(place.stack, name)
    words = command_line[1:] if command_line[:1] == ("--",) else command_line
    override = given_override(definition, container, words, environment, cpu=cpu, memory=memory)
    changed = overridden(definition, (override,))
    wanted = Request(
        kind=RequestKind.RUN,
        service=f"family:{definition.family}",
        definition=definition,
        overridden=changed,
        count=count,
        token=secrets.token_hex(8),
    )
    ids = _start(place, wanted, lock_timeout)
    say(compact({"tasks": list(ids)}) if as_json else "\n".join(ids))
    if not (wait_for_end or show_logs):
        return _started(place, ids)
    return _watch(place, ids, show_logs=show_logs, propagate=wait_for_end)


def find_definition(stack: Stack, name: str) -> TaskDefinition:
    """Return the definition of that address or family, or the only one of that label in all modules."""
    items = stack.definitions.items()
    found = {address: each for address, each in items if name in (address, each.family)}
    plain = name.replace('"', "")  # as a shell leaves an address
    found = found or {
        address: each
        for address, each in items
        if plain in (address.replace('"', ""), short_name(address).replace('"', ""))
    }
    if len(found) > 1:
        raise ReconcilerError(f'"{name}" means several: {", ".join(found)}; give one of these addresses')
    for definition in found.values():
        return definition
    known = ", ".join(sorted(each.family for each in stack.definitions.values())) or "none"
    raise ReconcilerError(f'there is no task definition "{name}"; there are: {known}')


def _start(place: Workplace, wanted: Request, lock_timeout: float) -> tuple[str, ...]:
    """Start the tasks and wait until they have begun; returns their ids. A watch that has the stack does it."""

    def act(lease: Lease, left: tuple[Request, ...] = ()) -> None:
        with place.world(QuietProgress().observe) as world:
            run(place.session, world, _beside_target(place), wanted, lease)

    def is_done(state: State) -> bool:
        ids = tasks_of(wanted.token, state)
        return bool(ids) and have_begun(state, ids)

    if watch_that_holds(place):
        _refuse_unapplied(place, wanted)
        runnable(place.session, _beside_target(place))
        state = delegate(place, Errand("run", (wanted,), act, is_done))
    else:
        with locked(place, "run", lock_timeout) as lease:
            act(lease)
        state = place.store.load(place.stack.name)
    return tasks_of(wanted.token, state)


def _refuse_unapplied(place: Workplace, wanted: Request) -> None:
    """Refuse a task that needs what only the files have: a watch knows what was applied."""
    target = place.store.load(place.stack.name).target
    definition = wanted.overridden
    if target is None or definition is None:
        return
    volumes = [each.source for each in definition.volumes if isinstance(each, SharedVolume)]
    missing = sorted({*volumes, *definition.secret_addresses} - target.addresses)
    if missing:
        raise ReconcilerError(f"{wanted.service} needs {', '.join(missing)}: `reconciler apply` it first")


def _beside_target(place: Workplace) -> Stack:
    """Run beside the recorded target: what the files say otherwise is for `apply`."""
    declared, target = place.stack, place.store.load(place.stack.name).target
    if target is None:
        return declared.only_definitions()
    definitions = {**declared.definitions, **target.definitions}
    return target.changed(definitions=definitions, secrets=declared.secrets, folder=declared.folder)


def _started(place: Workplace, ids: tuple[str, ...]) -> int:
    failed = [each for each in _look(place, ids) if each.record.stop_code is StopCode.TASK_FAILED_TO_START]
    for each in failed:
        tell(f"task {each.record.short_id} failed to start: {one_line(each.record.stopped_reason)}")
    return OUR_FAILURE if failed else 0


def _watch(place: Workplace, ids: tuple[str, ...], *, show_logs: bool, propagate: bool) -> int:
    """Wait for the end of all tasks; returns the exit code of the first that failed."""
    printer = threading.Thread(target=_print_logs, args=(place, _look(place, ids)), name="logs", daemon=True)
    if show_logs:
        printer.start()
    try:
        tasks = _look(place, ids)
        while any(each.record.stop_code is None for each in tasks):
            time.sleep(POLL_SECONDS)
            tasks = _look(place, ids)
    except KeyboardInterrupt:
        names = ", ".join(each[:8] for each in ids)
        tell(f"Nobody waits any more, and {names} goes on; `reconciler stop ID{place.given.options}` stops it.")
        return INTERRUPTED
    codes = [_exit_code(each) for each in tasks]
    _finish(place, ids)
    if show_logs:
        printer.join(LAST_LINES_SECONDS)
    return next((code for code in codes if code), 0) if propagate else 0


def _print_logs(place: Workplace, tasks: list[TaskNow]) -> None:
    streams = [
        (f"{each.record.short_id}/{found.name}", found.id)
        for each in tasks
        if each.observed is not None
        for found in each.observed.containers
        if found.name != HOLDER and found.started_at is not None
    ]
    for prefix, line in follow_lines(place.driver, streams, None, None):
        text = safe(line.partition(" ")[2])
        tell(text if len(streams) == 1 else f"{prefix}  {text}")


def _finish(place: Workplace, ids: tuple[str, ...]) -> None:
    """Stop what is left of tasks whose essential container ended. Whoever holds the lock meanwhile does the same."""
    lease = free_lease(place, "run")
    if lease is None:
        return
    with released(lease), place.world(QuietProgress().observe) as world:
        finish_tasks(place.session, world, _beside_target(place), ids, lease)


def _look(place: Workplace, ids: tuple[str, ...]) -> list[TaskNow]:
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    return [each for each in now.tasks if each.record.id in ids]


def _exit_code(task: TaskNow) -> int:
    """Return the essential container's exit code; 125 when the task failed to start."""
    record = task.record
    if record.stop_code is StopCode.TASK_FAILED_TO_START:
        tell(f"task {record.short_id} failed to start: {one_line(record.stopped_reason)}")
        return OUR_FAILURE
    essential = {each.name for each in (task.definition.essential if task.definition else ())}
    seen = {each.name: each.exit_code for each in record.containers}
    if task.observed is not None:
        seen |= {each.name: each.exit_code for each in task.observed.containers if each.has_exited}
    codes = [code for name, code in seen.items() if name in essential and code is not None]
    return next((code for code in codes if code), 0 if codes else OUR_FAILURE)
