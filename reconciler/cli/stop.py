"""`reconciler stop`: stop one task, with a reason."""

from __future__ import annotations

import click

from reconciler.cli.addresses import one_task
from reconciler.cli.delegation import Errand, delegate
from reconciler.cli.locking import locked, watch_that_holds
from reconciler.cli.options import Given, lock_option, place_options
from reconciler.cli.output import say
from reconciler.cli.progress import QuietProgress
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.engine.present import Present, TaskNow, present
from reconciler.engine.session import have_stopped, stop_task
from reconciler.errors import DeploymentFailedError
from reconciler.model.deployment import RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.store.store import Lease


@click.command("stop")
@click.argument("address")
@place_options
@lock_option
@click.option("--reason", default="stopped by the user", metavar="TEXT", help="Shown as the task's stopped reason.")
def command(
    address: str,
    given: Given,
    lock_timeout: float,
    reason: str,
) -> None:
    """Stop one task: ADDRESS is service.web/TASK or a task's id.

    A task of a service is replaced; exits with 3 when its replacement does not get healthy. A one-off task stays
    stopped.
    """
    place = open_recorded(given)
    stopped = _stopped_by_watch if watch_that_holds(place) else _stopped_here
    task = stopped(place, address, reason, lock_timeout)
    _check_replaced(place, task)
    done = "is stopped" if task.record.is_one_off else "is stopped and replaced"
    say(f"Task {task.record.short_id} of {task.record.group} {done}.")


def _stopped_here(place: Workplace, address: str, reason: str, lock_timeout: float) -> TaskNow:
    with locked(place, "stop", lock_timeout) as lease:
        task, wanted = _asked(place, address, reason)
        _stop(place, wanted, lease)
    return task


def _stopped_by_watch(place: Workplace, address: str, reason: str, lock_timeout: float) -> TaskNow:
    task, wanted = _asked(place, address, reason)

    def is_done(state: State) -> bool:
        primary = state.primary(task.record.group)
        is_replaced = primary is None or primary.rollout_state is not RolloutState.IN_PROGRESS
        return have_stopped(state, wanted.tasks) and is_replaced

    delegate(place, Errand("stop", (wanted,), lambda lease, left: _stop(place, wanted, lease), is_done))
    return task


def _check_replaced(place: Workplace, task: TaskNow) -> None:
    """Raise DeploymentFailedError when the deployment of a stopped task's service has failed."""
    group = task.record.group
    primary = place.store.load(place.stack.name).primary(group)
    if primary is not None and primary.rollout_state is RolloutState.FAILED:
        raise DeploymentFailedError(
            f"task {task.record.short_id} of {group} is stopped, and its service is not as it should be: "
            f"{primary.reason}.\nSee: reconciler deployment show {primary.id}{place.given.options}"
        )


def _asked(place: Workplace, address: str, reason: str) -> tuple[TaskNow, Request]:
    task = one_task(_present(place).tasks, address)
    kind, record = RequestKind.STOP_TASK, task.record
    return task, Request(kind=kind, service=record.group, tasks=(record.id,), message=reason)


def _stop(place: Workplace, wanted: Request, lease: Lease) -> None:
    stack = _present(place).stack
    with place.world(QuietProgress().observe) as world:
        stop_task(place.session, world, stack, wanted, lease)


def _present(place: Workplace) -> Present:
    return present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
