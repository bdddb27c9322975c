"""Asks somebody at the terminal for a yes."""

from __future__ import annotations

import click

from reconciler.cli.output import tell
from reconciler.cli.workplace import is_interactive
from reconciler.errors import ReconcilerError, StoppedBySignalError


def approve(operation: str, question: str) -> None:
    """Ask for approval; raises ReconcilerError when it is not given, or nobody is there to give it."""
    if not is_interactive():
        raise ReconcilerError(
            f"nobody is there to approve the {operation}: give --auto-approve. Nothing was changed."
        )
    tell("")
    try:
        answer = click.prompt(
            f"{question} Only 'yes' is accepted", default="no", show_default=False, prompt_suffix=": ", err=True
        )
    except click.Abort:
        tell("")  # the terminal still stands behind the question
        raise StoppedBySignalError(f"{operation} was interrupted. Nothing was changed.") from None
    if answer != "yes":
        raise ReconcilerError(f"{operation} was not approved. Nothing was changed.")
