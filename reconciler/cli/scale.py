"""`reconciler scale`: how many tasks a service has, beside what the files say."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, How, how_options, place_options
from reconciler.cli.output import say, tell
from reconciler.cli.requests import Answered, Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.workplace import open_recorded
from reconciler.errors import UsageError
from reconciler.model.request import Request, RequestKind
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.render.autoscaling import bounds_in_effect

FILE = "file"


@click.command("scale")
@click.argument("counts", nargs=-1, required=True, metavar="SERVICE=N...")
@place_options
@how_options
def command(counts: tuple[str, ...], given: Given, how: How) -> None:
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
    state = place.store.load(place.stack.name)
    stack = applied_stack(state)
    requests = tuple(_request(each, stack) for each in counts)
    _refuse_twice(requests)
    for each in requests:
        _warn(each, state)
    answered = ask(place, Asked("scale", requests, how))
    for each in requests:
        say(_told(each, answered))


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


def _warn(request: Request, state: State) -> None:
    """Tell when autoscaling will not leave a count as it is: it is out of the bounds that are in effect."""
    owner = state.target.autoscaling_of(request.service) if state.target else None
    record = state.scaling_of(request.service)
    if owner is None or record is None or request.count is None:
        return
    bounds = bounds_in_effect(owner, record)
    lowest, highest = bounds["min_capacity"], bounds["max_capacity"]
    for is_outside, bound, then in (
        (request.count > highest, f"above max_capacity {highest}", f"in, to {highest} at most"),
        (request.count < lowest, f"below min_capacity {lowest}", f"out, to {lowest} at least"),
    ):
        if is_outside:
            until = f"it stays so until {owner.address} scales {then}"
            tell(f"Warning: {request.service}: {request.count} is {bound}; {until}")


def _told(request: Request, answered: Answered) -> str:
    state = answered.state
    service = state.target.service(request.service) if state.target else None
    count = service.desired_count if service else request.count
    verb = "has" if answered.is_done else "is being scaled to"
    scaled = next((each for each in state.scaled if each.service == request.service), None)
    who = f"set here; the file says {scaled.declared}" if scaled else "as the file says"
    owner = state.target.autoscaling_of(request.service) if state.target else None
    if owner is not None:
        is_ours = count == request.count
        who = f"set here; {owner.address} goes on from there" if is_ours else f"set by {owner.address} meanwhile"
    return f"{request.service} {verb} {count} desired tasks, {who}."
