"""`reconciler apply`: make what runs what is declared, and wait until each service is steady or failed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click

from reconciler.cli.asking import approve
from reconciler.cli.failures import failures
from reconciler.cli.locking import locked
from reconciler.cli.options import Given, How, how_options, json_option, place_options
from reconciler.cli.output import say, say_lines, say_meanwhile, tell
from reconciler.cli.plan import show
from reconciler.cli.progress import progress
from reconciler.cli.unwatched import tell_unwatched
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.engine.attributes import known_after_apply
from reconciler.engine.session import Applied, Options, Outputs, Prepared, apply, prepare, record
from reconciler.errors import DeploymentFailedError, ReconcilerError, StaleError
from reconciler.model.plan import Plan
from reconciler.model.stack import Stack
from reconciler.render import json_lines
from reconciler.render.failures import failure_text
from reconciler.render.outputs import outputs_text
from reconciler.render.words import duration
from reconciler.store.store import Lease

UNWATCHED = "tasks that end are not replaced, scheduled ones do not start. To keep it: reconciler watch"


@click.command("apply")
@place_options
@how_options
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="Starts in flight at once [default: 4].")
@click.option(
    "--allow-volume-destroy", is_flag=True, help="Remove shared volumes that left the stack, with their data."
)
@json_option
def command(
    given: Given,
    how: How,
    auto_approve: bool,
    parallelism: int | None,
    allow_volume_destroy: bool,
    as_json: bool,
) -> int:
    """Make what runs what is declared, and wait until it is steady.

    Shows the plan and asks first, unless --auto-approve. Exits with 3 when a deployment failed, with the cause and
    the last lines of the log; interrupted or killed, it goes on where it was when it is called again. With --no-wait
    nothing is started here; outputs that are only known of what runs are told by the next apply.
    """
    place = open_workplace(given)
    options = Options(doom_volumes=allow_volume_destroy)
    request = Request(
        operation="apply",
        stack=place.stack,
        outputs=place.outputs,
        options=options,
        lock_timeout=how.lock_timeout,
        auto_approve=auto_approve,
        parallelism=parallelism,
        progress_mode="json" if as_json else how.progress_mode,
        as_json=as_json,
        waits=how.waits,
    )
    return carry_out(place, request)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be carried out, and how it was asked for. Without `waits` it is only recorded."""

    operation: str
    stack: Stack
    outputs: Outputs
    options: Options
    lock_timeout: float
    auto_approve: bool
    parallelism: int | None = None
    progress_mode: str = "auto"
    as_json: bool = False
    waits: bool = True


def carry_out(place: Workplace, request: Request) -> int:
    """Plan, ask, lock, and converge; returns the exit code.

    With --auto-approve the lock comes first, so that the plan is fresh. Otherwise nothing is locked while somebody
    thinks; what came between makes the plan stale when something else would be done now.
    """
    if request.auto_approve:
        with locked(place, request.operation, request.lock_timeout) as lease:
            return _applied(place, request, _prepared(place, request), lease)
    if request.as_json:
        raise ReconcilerError(
            f"{request.operation} --json needs --auto-approve: nothing can be asked on a JSON stream"
        )
    prepared = _prepared(place, request)
    if prepared.is_idle:
        return 0
    if not prepared.plan.is_empty:
        approve(request.operation, f"Do you want to {request.operation} this?")
    with locked(place, request.operation, request.lock_timeout) as lease:
        return _applied(place, request, _as_approved(place, request, prepared), lease)


def _as_approved(place: Workplace, request: Request, approved: Prepared) -> Prepared:
    """Return the plan as it is now: a watch records something every few seconds, which alone makes no other plan.

    Raises StaleError when other changes would be made than those that were approved.
    """
    if place.store.load(place.stack.name).serial == approved.recorded.serial:
        return approved
    rename = None if request.stack.is_empty else place.rename
    options = replace(request.options, with_preview=False)
    fresh = prepare(place.session, request.stack, request.outputs, options, rename)
    if _what_changes(fresh.plan) != _what_changes(approved.plan):
        raise StaleError("what would be changed is not what it was when this plan was made; plan again")
    return fresh


def _what_changes(plan: Plan) -> object:
    return plan.changes, plan.moves, plan.forgotten


def _prepared(place: Workplace, request: Request) -> Prepared:
    rename = None if request.stack.is_empty else place.rename
    prepared = prepare(place.session, request.stack, request.outputs, request.options, rename)
    show(prepared, as_json=request.as_json, full=False, now=place.clock.now())
    return prepared


def _applied(place: Workplace, request: Request, prepared: Prepared, lease: Lease) -> int:
    """Carry out a plan. An empty one still records a lost state, and removes what one-off tasks left."""
    if prepared.is_idle:
        return 0
    if not request.waits:
        record(place.session, prepared, lease)
        _tell_recorded(place, request, prepared)
        return 0
    began = place.clock.now()
    with (
        progress(request.progress_mode, place.clock) as shown,
        place.world(shown.observe, request.parallelism) as world,
    ):
        applied = apply(place.session, world, prepared, request.outputs, lease)
    took = duration(place.clock.now() - began)
    if applied.converged.decision.failed:
        _tell_failures(place, request, applied)
        failed = ", ".join(applied.converged.decision.failed)
        raise DeploymentFailedError(f"the deployment of {failed} failed after {took}")
    _tell_done(request, prepared, applied, took, place.clock.now())
    wants_watch = request.stack.services or request.stack.scheduled_tasks
    if wants_watch and not request.as_json and not place.store.is_watched(place.stack.name):
        tell(f"Nobody on this machine watches the stack: {UNWATCHED}{place.given.options}")
    if not request.stack.is_empty:
        place.check_conditions(known_after_apply(applied.state, applied.converged.snapshot))
    return 0


def _tell_recorded(place: Workplace, request: Request, prepared: Prepared) -> None:
    """Say who carries on what is only recorded."""
    options = place.given.options
    if request.as_json:
        say_lines(json_lines.recorded_lines(prepared.plan, request.operation, place.clock.now()))
    else:
        who = ", and the watch does it" if place.store.is_watched(place.stack.name) else ""
        say(f"\nThe {request.operation} is recorded{who}. What comes of it: reconciler status{options}")
    tell_unwatched(
        place, f"nothing is started until `reconciler watch{options}` or the next `reconciler apply{options}`"
    )


def _tell_failures(place: Workplace, request: Request, applied: Applied) -> None:
    for failure in failures(place.driver, applied.converged):
        tell("\n" + failure_text(failure, place.given.options) + "\n")
        if request.as_json:
            say_meanwhile([json_lines.failure_line(failure, place.clock.now())])


def _tell_done(request: Request, prepared: Prepared, applied: Applied, took: str, now: float) -> None:
    if request.as_json:
        say_lines(json_lines.applied_lines(prepared.plan, applied.outputs, request.operation, now))
        return
    if prepared.plan.is_empty:
        say(_tidied(prepared))
        return
    say(f"\n{request.operation.capitalize()} complete after {took}.")
    text = outputs_text(applied.outputs)
    if text:
        say(f"\nOutputs:\n\n{text}")


def _tidied(prepared: Prepared) -> str:
    """Say what an apply did though nothing of what runs was to be changed."""
    if prepared.messages:
        return "What runs is recorded again."
    return "Removed what ended one-off tasks left." if prepared.is_recorded else "What is declared is recorded again."
