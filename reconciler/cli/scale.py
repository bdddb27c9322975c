"""`reconciler scale`: how many tasks a service has, beside what the files say."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, lock_option, place_options, progress_option
from reconciler.cli.output import say
from reconciler.cli.requests import Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.workplace import open_recorded
from reconciler.errors import UsageError
from reconciler.model.request import Request, RequestKind
from reconciler.model.stack import Stack
from reconciler.model.state import State

FILE = "file"


@click.command("scale")
@click.argument("counts", nargs=-1, required=True, metavar="SERVICE=N...")
@place_options
@lock_option
@progress_option
def command(counts: tuple[str, ...], given: Given, lock_timeout: float, progress_mode: str) -> None:
    """Set how many tasks services have, and wait until they are there.

    The count is recorded and holds, also through an apply, as long as the file says the number that it says now;
    `plan` and `status` tell so. SERVICE=file gives the count back to the files. With an autoscaling, the count is
    where that goes on from.

    \b
    Examples:
      reconciler scale web=5
      reconciler scale web=5 api=2
      reconciler scale web=file
    """
    place = open_recorded(given)
    stack = applied_stack(place.store.load(place.stack.name))
    requests = tuple(_request(each, stack) for each in counts)
    _refuse_twice(requests)
    answered = ask(place, Asked("scale", requests, lock_timeout, progress_mode))
    for each in requests:
        say(_told(each, answered.state, is_handed_over=answered.is_handed_over))


def _request(text: str, stack: Stack) -> Request:
    name, separator, count = text.rpartition("=")
    if not separator or not name or not (count == FILE or (count.isascii() and count.isdigit())):
        raise UsageError(f'"{text}" is no SERVICE=N: give a count such as web=3, or web=file')
    service = service_named(stack, name)
    return Request(kind=RequestKind.SCALE, service=service.address, count=None if count == FILE else int(count))


def _refuse_twice(requests: tuple[Request, ...]) -> None:
    for each in requests:
        if sum(other.service == each.service for other in requests) > 1:
            raise UsageError(f"{each.service} is given twice")


def _told(request: Request, state: State, *, is_handed_over: bool) -> str:
    service = state.target.service(request.service) if state.target else None
    count = service.desired_count if service else request.count
    verb = "is being scaled to" if is_handed_over else "has"
    scaled = next((each for each in state.scaled if each.service == request.service), None)
    who = f"set here; the file says {scaled.declared}" if scaled else "as the file says"
    owner = state.target.autoscaling_of(request.service) if state.target else None
    who = f"set here; {owner.address} goes on from there" if owner else who
    return f"{request.service} {verb} {count} desired tasks, {who}."
