"""Options that several verbs share, and where the stack and the state are found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.errors import ReconcilerError

Command = TypeVar("Command", bound=Callable[..., Any])


def stack_options(command: Command) -> Command:
    """Add --stack and --state."""
    command = click.option(
        "--state", "state_folder", metavar="DIR", envvar="RECONCILER_STATE", help="Folder of the recorded state."
    )(command)
    return click.option(
        "--stack",
        "stack_folder",
        metavar="DIR",
        envvar="RECONCILER_STACK",
        help="Folder of the stack [default: this folder, else ./stacks when it holds one stack].",
    )(command)


def variable_options(command: Command) -> Command:
    """Add --var and --var-file."""
    command = click.option(
        "--var-file", "var_files", metavar="FILE", multiple=True, help="File of `name = value` lines; repeatable."
    )(command)
    return click.option(
        "--var", "variables", metavar="NAME=VALUE", multiple=True, help="Set a variable; repeatable, wins over files."
    )(command)


def lock_option(command: Command) -> Command:
    """Add --lock-timeout."""
    return click.option(
        "--lock-timeout", type=float, default=0.0, metavar="SECONDS", help="Wait this long for the lock [default: 0]."
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(command)


def find_stack(given: str | None) -> Path:
    """Return the stack's folder: as given, this folder when it holds *.hcl, or the only one in ./stacks."""
    if given:
        folder = Path(given)
        if not folder.is_dir():
            raise ReconcilerError(f"there is no folder {given}; give --stack the folder that holds the *.hcl files")
        return folder
    if any(Path().glob("*.hcl")):
        return Path()
    found = sorted({path.parent for path in Path("stacks").glob("*/*.hcl")})
    if len(found) == 1:
        return found[0]
    names = f"; ./stacks holds {', '.join(folder.name for folder in found)}" if found else ""
    raise ReconcilerError(
        f"this folder holds no *.hcl files{names}.\nGive --stack DIR, or write a first stack with: reconciler init"
    )


def find_state(given: str | None, stack_folder: Path) -> Path:
    """Return the state's folder: as given, the nearest `state/` up to the git root, or one inside the stack."""
    if given:
        return Path(given)
    start = stack_folder.resolve()
    for folder in (start, *start.parents):
        if (folder / "state").is_dir():
            return folder / "state"
        if (folder / ".git").exists():
            break
    return start / "state"


def user_name() -> str:
    """Return who runs this, for the lock's message."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())
