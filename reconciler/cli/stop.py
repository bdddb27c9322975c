"""`reconciler stop`: stop one task, with a reason."""

from __future__ import annotations

import click

from reconciler.cli.addresses import one_task
from reconciler.cli.options import Given, lock_option, place_options
from reconciler.cli.output import say
from reconciler.cli.progress import QuietProgress
from reconciler.cli.workplace import open_recorded
from reconciler.engine.present import present
from reconciler.engine.session import stop_task


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

    A task of a service is replaced. A one-off task stays stopped.
    """
    place = open_recorded(given)
    lease = place.store.acquire(place.stack.name, "stop", lock_timeout)
    try:
        now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
        task = one_task(now.tasks, address)
        with place.world(QuietProgress().observe) as world:
            stop_task(place.session, world, now.stack, task.record.id, reason, lease)
    finally:
        lease.release()
    done = "is stopped" if task.record.is_one_off else "is stopped and replaced"
    say(f"Task {task.record.short_id} of {task.record.group} {done}.")
