"""`reconciler force-unlock`: take the stack from a process that holds it and cannot be waited for."""

from __future__ import annotations

import click

from reconciler.cli.asking import approve
from reconciler.cli.options import Given, place_options
from reconciler.cli.output import say, tell
from reconciler.cli.workplace import open_recorded
from reconciler.render.words import timestamp
from reconciler.store.store import Life, Standing


@click.command("force-unlock")
@place_options
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
def command(given: Given, auto_approve: bool) -> None:
    """Take the stack from a process that holds it and cannot be waited for.

    It is seldom needed: the lock of a dead process is free at once on its machine, and after 30 seconds elsewhere.
    Whatever the former holder still writes is refused, and it makes no further call of the engine; the one that it
    is in is not undone. Containers are not touched. A watch stands by afterwards.

    \b
    Example:
      reconciler lock status
      reconciler force-unlock
    """
    place = open_recorded(given)
    name = place.stack.name
    found = place.store.standing(name)
    if found is None:
        say(f'Nobody holds stack "{name}".')
        return
    if not auto_approve:
        tell(f'Stack "{name}" is held by {held_by(found)}.')
        approve("force-unlock", f"Do you want to take stack {name} from it?")
    if not place.store.unlock(name, found.token):
        say(f'Stack "{name}" was given up meanwhile, or somebody else has taken it: nothing was changed.')
        return
    say(
        f'Stack "{name}" was taken from {found.holder}: whatever it still writes is refused. '
        "What it began is seen by the next look: `reconciler plan` shows it."
    )


def held_by(found: Standing) -> str:
    """Return who holds a stack, since when, and whether that process lives."""
    return f"{found.holder}, since {timestamp(found.holder.since)}; {_LIVES[found.life].format(found.holder)}"


_LIVES = {
    Life.ALIVE: "that process is alive",
    Life.PAUSED: "that process is alive but stopped (kill -CONT {0.pid} lets it go on)",
    Life.DEAD: "that process is dead",
    Life.UNKNOWN: "whether that process lives shows on {0.host} only",
}
