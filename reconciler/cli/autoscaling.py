"""`reconciler autoscaling`: what scales which service, what it did and why, and to let it rest."""

from __future__ import annotations

import click

from reconciler.cli.delegation import have_noted
from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.unwatched import tell_unwatched
from reconciler.cli.workplace import open_recorded
from reconciler.errors import ReconcilerError
from reconciler.model.beside import Suspended
from reconciler.model.request import Request, RequestKind
from reconciler.model.scaling import Autoscaling
from reconciler.model.stack import Stack
from reconciler.render.autoscaling import (
    activities_json,
    activities_text,
    autoscalings_json,
    autoscalings_text,
    suspended_names,
)
from reconciler.render.json_text import indented

_FIELDS = {"in": "scale_in", "out": "scale_out", "scheduled": "scheduled"}

parts_argument = click.argument("parts", nargs=-1, type=click.Choice(list(_FIELDS)), metavar="[in|out|scheduled]...")


@click.group("autoscaling")
def command() -> None:
    """Show what scales services, what it did and why; suspend it, and resume it.

    A `watch` measures and scales; without one nothing happens.

    \b
    Examples:
      reconciler autoscaling list
      reconciler autoscaling history web
      reconciler autoscaling suspend web in
      reconciler autoscaling resume web
    """


@command.command("list")
@place_options
@json_option
def list_autoscalings(given: Given, as_json: bool) -> None:
    """List autoscalings: the count that each wants, its bounds, and the last value of each policy."""
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    say(indented(autoscalings_json(state)) if as_json else autoscalings_text(state))
    if state.scaling and not as_json:
        tell_unwatched(place, "nothing is measured, and no count follows")


@command.command("history")
@click.argument("service", required=False)
@place_options
@json_option
def history(service: str | None, given: Given, as_json: bool) -> None:
    """Show what was decided for SERVICE, or for all, the newest first: also why nothing was changed."""
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    wanted = _autoscaling(applied_stack(state), service).address if service else None
    found = tuple(each for each in reversed(state.activities) if wanted in (None, each.autoscaling))
    say(indented(activities_json(found)) if as_json else activities_text(found, place.clock.now()))


@command.command("suspend")
@click.argument("service")
@parts_argument
@place_options
def suspend(service: str, parts: tuple[str, ...], given: Given) -> None:
    """Suspend scaling SERVICE in, out, or at scheduled times [default: all of it]. It holds until `resume`.

    What is measured goes on being measured. A scheduled action that falls into that time is not made up for.
    """
    _set(service, parts, given, rests=True)


@command.command("resume")
@click.argument("service")
@parts_argument
@place_options
def resume(service: str, parts: tuple[str, ...], given: Given) -> None:
    """Let SERVICE be scaled again: in, out, or at scheduled times [default: all of it]."""
    _set(service, parts, given, rests=False)


def _set(service: str, parts: tuple[str, ...], given: Given, *, rests: bool) -> None:
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    autoscaling = _autoscaling(applied_stack(state), service)
    record = state.scaling_of(autoscaling.service)
    before = record.suspended if record else Suspended()
    wanted = before.changed(**{_FIELDS[each]: rests for each in parts or _FIELDS})
    request = Request(kind=RequestKind.SUSPEND, service=autoscaling.service, suspended=wanted)
    have_noted(place, "autoscaling", (request,))
    resting = ", ".join(suspended_names(wanted))
    say(
        f"{autoscaling.address}: suspended: {resting}."
        if resting
        else f"{autoscaling.address}: nothing is suspended."
    )


def _autoscaling(stack: Stack, text: str) -> Autoscaling:
    """Return the autoscaling with that address, or that of the service that is meant."""
    named = next((each for each in stack.autoscalings if each.address == text), None)
    if named is not None:
        return named
    service = service_named(stack, text)
    found = stack.autoscaling_of(service.address)
    if found is None:
        known = ", ".join(each.service for each in stack.autoscalings) or "none"
        raise ReconcilerError(f"{service.address} has no autoscaling; these services have one: {known}")
    return found
