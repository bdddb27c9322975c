"""`reconciler apply`: make what runs what is declared, and wait until each service is steady or failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click

from reconciler.cli.failures import tell_failures
from reconciler.cli.options import json_option, lock_option, stack_options, variable_options
from reconciler.cli.output import say, tell
from reconciler.cli.plan import show
from reconciler.cli.progress import progress
from reconciler.cli.workplace import Workplace, is_interactive, open_workplace
from reconciler.engine.session import Applied, Options, Outputs, Prepared, apply, prepare
from reconciler.errors import DeploymentFailedError, ReconcilerError
from reconciler.model.stack import Stack
from reconciler.render import json_lines
from reconciler.render.outputs import outputs_text
from reconciler.render.words import duration
from reconciler.store.store import Lease


@click.command("apply")
@stack_options
@variable_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="Starts in flight at once [default: 4].")
@click.option(
    "--allow-volume-destroy", is_flag=True, help="Remove shared volumes that left the stack, with their data."
)
@click.option(
    "--progress",
    "progress_mode",
    type=click.Choice(["auto", "tty", "plain", "quiet"]),
    default="auto",
    envvar="RECONCILER_PROGRESS",
    help="How to show progress on standard error [default: auto].",
)
@json_option
def command(
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    lock_timeout: float,
    auto_approve: bool,
    parallelism: int | None,
    allow_volume_destroy: bool,
    progress_mode: str,
    as_json: bool,
) -> int:
    """Make what runs what is declared, and wait until it is steady.

    Shows the plan and asks first, unless --auto-approve. Exits with 3 when a deployment failed, with the cause and
    the last lines of the log; interrupted or killed, it goes on where it was when it is called again.
    """
    place = open_workplace(stack_folder, state_folder, variables, var_files)
    options = Options(doom_volumes=allow_volume_destroy)
    request = Request(
        operation="apply",
        stack=place.stack,
        outputs=place.outputs,
        options=options,
        lock_timeout=lock_timeout,
        auto_approve=auto_approve,
        parallelism=parallelism,
        progress_mode="quiet" if as_json and progress_mode == "auto" else progress_mode,
        as_json=as_json,
    )
    return carry_out(place, request)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be carried out, and how it was asked for."""

    operation: str
    stack: Stack
    outputs: Outputs
    options: Options
    lock_timeout: float
    auto_approve: bool
    parallelism: int | None = None
    progress_mode: str = "auto"
    as_json: bool = False


def carry_out(place: Workplace, request: Request) -> int:
    """Plan, ask, lock, and converge; returns the exit code.

    With --auto-approve the lock comes first, so that the plan is fresh. Otherwise nothing is locked while somebody
    thinks, and an apply that came between makes the plan stale.
    """
    if request.auto_approve:
        lease = place.store.acquire(place.stack.name, request.operation, request.lock_timeout)
        return _released(lease, lambda: _planned_and_applied(place, request, lease))
    if request.as_json:
        raise ReconcilerError(
            f"{request.operation} --json needs --auto-approve: nothing can be asked on a JSON stream"
        )
    prepared = _prepared(place, request)
    if prepared.plan.is_empty:
        return 0
    _ask(request.operation)
    lease = place.store.acquire(place.stack.name, request.operation, request.lock_timeout)
    return _released(lease, lambda: _applied(place, request, prepared, lease))


def _released(lease: Lease, act: Callable[[], int]) -> int:
    try:
        return act()
    finally:
        lease.release()


def _planned_and_applied(place: Workplace, request: Request, lease: Lease) -> int:
    prepared = _prepared(place, request)
    return 0 if prepared.plan.is_empty else _applied(place, request, prepared, lease)


def _prepared(place: Workplace, request: Request) -> Prepared:
    prepared = prepare(place.session, request.stack, request.outputs, request.options)
    show(prepared, as_json=request.as_json, full=False, now=place.clock.now())
    return prepared


def _ask(operation: str) -> None:
    if not is_interactive():
        raise ReconcilerError(
            f"nobody is there to approve the {operation}: give --auto-approve. Nothing was changed."
        )
    tell("")
    answer = click.prompt(
        f"Do you want to {operation} this? Only 'yes' is accepted", default="no", show_default=False, err=True
    )
    if answer != "yes":
        raise ReconcilerError(f"{operation} was not approved. Nothing was changed.")


def _applied(place: Workplace, request: Request, prepared: Prepared, lease: Lease) -> int:
    began = place.clock.now()
    with (
        progress(request.progress_mode, place.clock) as shown,
        place.world(shown.observe, request.parallelism) as world,
    ):
        applied = apply(place.session, world, prepared, request.outputs, lease)
    took = duration(place.clock.now() - began)
    if applied.converged.decision.failed:
        tell_failures(place.driver, applied.converged)
        failed = ", ".join(applied.converged.decision.failed)
        raise DeploymentFailedError(f"the deployment of {failed} failed after {took}")
    _tell_done(request, prepared, applied, took, place.clock.now())
    return 0


def _tell_done(request: Request, prepared: Prepared, applied: Applied, took: str, now: float) -> None:
    if request.as_json:
        say(json_lines.applied_line(prepared.plan, now))
        return
    tell("")
    word = "Apply" if request.operation == "apply" else "Destroy"
    say(f"{word} complete after {took}.")
    text = outputs_text(applied.outputs)
    if text:
        say(f"\nOutputs:\n\n{text}")
