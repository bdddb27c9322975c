"""`reconciler destroy`: apply the empty stack."""

from __future__ import annotations

import click

from reconciler.cli.apply import Request, carry_out
from reconciler.cli.options import Given, json_option, lock_option, place_options, progress_option
from reconciler.cli.workplace import open_recorded
from reconciler.engine.session import Options


@click.command("destroy")
@place_options
@lock_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--volumes", is_flag=True, help="Remove shared volumes too, with their data.")
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="Steps in flight at once [default: 4].")
@progress_option
@json_option
def command(
    given: Given,
    lock_timeout: float,
    auto_approve: bool,
    volumes: bool,
    parallelism: int | None,
    progress_mode: str,
    as_json: bool,
) -> int:
    """Stop and remove everything of the stack: tasks first, in reverse order of their dependencies, then networks.

    Shared volumes are kept unless --volumes. What was recorded (revisions, events) stays readable.
    """
    place = open_recorded(given)
    request = Request(
        operation="destroy",
        stack=place.stack.emptied(),
        outputs=lambda _: (),
        options=Options(doom_volumes=volumes, with_preview=False),
        lock_timeout=lock_timeout,
        auto_approve=auto_approve,
        parallelism=parallelism,
        progress_mode="json" if as_json else progress_mode,
        as_json=as_json,
    )
    return carry_out(place, request)
