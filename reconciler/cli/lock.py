"""`reconciler lock`: who holds the stack, whether that process lives, and who watches or stands by."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.apply import UNWATCHED
from reconciler.cli.force_unlock import held_by
from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_recorded
from reconciler.render.json_text import indented
from reconciler.render.safe import one_line
from reconciler.render.words import timestamp
from reconciler.store.store import Holder, Standing


@click.group("lock")
def command() -> None:
    """Show who holds the stack, and who watches it."""


@command.command("status")
@place_options
@json_option
def status(given: Given, as_json: bool) -> None:
    """Show who holds the stack, since when, whether that process lives, and which watches hold it or stand by.

    Watches are shown of this machine. It needs no engine.
    """
    place = open_recorded(given)
    name = place.stack.name
    found, watches = place.store.standing(name), place.store.watchers(name)
    if as_json:
        say(indented(_json(name, found, watches)))
    else:
        say(_text(name, found, watches))


def _json(name: str, found: Standing | None, watches: tuple[Holder, ...]) -> dict[str, Any]:
    return {
        "stack": name,
        "holder": None
        if found is None
        else {**_holder(found.holder), "token": found.token, "life": found.life.value},
        "watches": [{**_holder(each), "holds": _holds(each, found)} for each in watches],
    }


def _holder(holder: Holder) -> dict[str, Any]:
    shown = holder.model_dump(include={"operation", "user", "host", "pid"})
    return {**shown, "since": timestamp(holder.since)}


def _text(name: str, found: Standing | None, watches: tuple[Holder, ...]) -> str:
    held = f"held by {held_by(found)}" if found is not None else "held by nobody"
    lines = [f'Stack "{name}" is {held}.']
    for each in watches:
        does = "holds it" if _holds(each, found) else "stands by"
        lines.append(f"{each}, since {timestamp(each.since)}, {does}.")
    if not watches:
        lines.append(f"Nobody on this machine watches it: {UNWATCHED}")
    return "\n".join(map(one_line, lines))


def _holds(watch: Holder, found: Standing | None) -> bool:
    """Whether a watch has the stack: one that stands by has another process, or lives beside another verb of it."""
    if found is None or found.holder.operation != watch.operation:
        return False
    return (watch.host, watch.pid, watch.started) == (found.holder.host, found.holder.pid, found.holder.started)
