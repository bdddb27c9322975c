"""`reconciler watch`: keeps what was applied: replaces what fails, scales, runs schedules."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.event_log import EventLog
from reconciler.cli.following import Follower
from reconciler.cli.options import Given, place_options, user_name
from reconciler.cli.output import say, tell, told_to
from reconciler.cli.stopping import Stop
from reconciler.cli.systemd import Systemd
from reconciler.cli.systemd_unit import unit_text
from reconciler.cli.tenure import Keeper, Manner, keep_all
from reconciler.cli.workplace import settings_from
from reconciler.clock import SystemClock
from reconciler.errors import StoppedBySignalError, UsageError
from reconciler.observe.observatory import Observatory


@click.command("watch")
@click.argument("folders", nargs=-1, metavar="[STACK_DIR]...")
@place_options
@click.option("--follow", is_flag=True, help="Also plan and apply the stack's files whenever they change.")
@click.option("--allow-destroy", is_flag=True, help="With --follow: also apply what destroys something.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="Starts in flight at once [default: 4].")
@click.option("--listen", default="", metavar="HOST:PORT", help="Serve /metrics and /healthz there.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to print what happens, on standard error [default: text].",
)
@click.option("--systemd-unit", is_flag=True, help="Print a unit file for systemd, and end.")
def command(
    folders: tuple[str, ...],
    given: Given,
    follow: bool,
    allow_destroy: bool,
    parallelism: int | None,
    listen: str,
    log_format: str,
    systemd_unit: bool,
) -> None:
    """Keep what was applied, until it is stopped.

    Replaces tasks that end or are unhealthy, carries deployments on, scales, runs scheduled tasks. It pursues what
    was applied last, not the files: to edit a file deploys nothing, unless with --follow. `apply` and the other
    commands work beside it. A second watch of the same stack stands by and takes over when the first one dies.

    SIGTERM ends it within 10 seconds, with exit code 0; tasks go on running. (Compose's `watch` is another thing: it
    copies files into containers.)

    \b
    Examples:
      reconciler watch
      reconciler watch shop mail --listen 127.0.0.1:9321
      reconciler watch --follow
      reconciler watch --systemd-unit | sudo tee /etc/systemd/system/reconciler-shop.service
    """
    stacks = _stacks(folders, given)
    if allow_destroy and not follow:
        raise UsageError("--allow-destroy says what --follow may do: give both")
    if systemd_unit:
        asked = {"--parallelism": parallelism, "--listen": listen, "--log-format": log_format.replace("text", "")}
        flags = [name for name, is_given in (("--follow", follow), ("--allow-destroy", allow_destroy)) if is_given]
        words = [word for name, value in asked.items() if value for word in (name, str(value))]
        say(unit_text(stacks, [*flags, *words], os.environ, user_name()).rstrip("\n"))
        return
    stop = Stop()
    clock = SystemClock()
    observatory = Observatory(clock, settings_from(os.environ).relist)
    manner = Manner(parallelism, log_as_json=log_format == "json")
    keepers = [Keeper(each, stop, observatory, manner) for each in stacks]
    followers = [
        Follower(each, stop, allow_destroy=allow_destroy, log_as_json=manner.log_as_json) for each in stacks if follow
    ]
    said = EventLog("", clock, as_json=True).take if manner.log_as_json else None
    with told_to(said), stop.on_signals(), _listening(listen, observatory):
        keep_all(keepers, [each.follow for each in followers], stop, Systemd.of_environment())
    if stop.number == signal.SIGINT:
        problem = StoppedBySignalError("stopped; tasks go on running, and nobody watches them")
        problem.exit_code = 128 + stop.number
        raise problem


@contextmanager
def _listening(listen: str, observatory: Observatory) -> Iterator[None]:
    if not listen:
        yield
        return
    from reconciler.observe.server import serve

    with serve(listen, observatory) as place:
        tell(f"/metrics and /healthz: http://{place}")
        yield


def _stacks(folders: tuple[str, ...], given: Given) -> tuple[Given, ...]:
    """Return one Given for each stack; raises UsageError when one is named twice, or in two ways."""
    if not folders:
        return (given,)
    if given.stack_folder:
        raise UsageError("give folders of stacks as arguments or one by --stack, not both")
    if len({Path(each).resolve() for each in folders}) < len(folders):
        raise UsageError("a stack is given twice")
    return tuple(replace(given, stack_folder=each) for each in folders)
