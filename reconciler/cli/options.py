"""Options that several verbs share, and where the stack and the state are found."""

from __future__ import annotations

import functools
import getpass
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.output import mode
from reconciler.errors import ReconcilerError

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says about where the stack is and what its variables are."""

    stack_folder: str | None = None
    state_folder: str | None = None
    variables: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()

    @property
    def options(self) -> str:
        """Return ` --stack DIR --state DIR` as given, for commands that we suggest."""
        found = (("--stack", self.stack_folder), ("--state", self.state_folder))
        return "".join(f" {name} {shlex.quote(folder)}" for name, folder in found if folder)


def place_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add --stack, --state, --var and --var-file, handed over together as `given`."""

    @functools.wraps(command)
    def gathered(
        *,
        stack_folder: str | None,
        state_folder: str | None,
        variables: tuple[str, ...],
        var_files: tuple[str, ...],
        **rest: Any,
    ) -> Result:
        return command(given=Given(stack_folder, state_folder, variables, var_files), **rest)

    state = click.option(
        "--state", "state_folder", metavar="DIR", envvar="RECONCILER_STATE", help="Folder of the recorded state."
    )
    return stack_option(state(variable_options(gathered)))


def stack_option(command: Command) -> Command:
    """Add --stack."""
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
        "--lock-timeout",
        type=click.FloatRange(0),
        default=0.0,
        metavar="SECONDS",
        help="Wait this long for the lock [default: 0].",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json: with it nothing but JSON is on standard output, errors too."""

    def note(context: click.Context, option: click.Parameter, is_wanted: bool) -> bool:
        mode.as_json = is_wanted
        return is_wanted

    return click.option("--json", "as_json", is_flag=True, callback=note, help="Print JSON for scripts.")(command)


def progress_option(command: Command) -> Command:
    """Add --progress."""
    return click.option(
        "--progress",
        "progress_mode",
        type=click.Choice(["auto", "tty", "plain", "quiet"]),
        default="auto",
        envvar="RECONCILER_PROGRESS",
        help="How to show progress on standard error [default: auto].",
    )(command)


@dataclass(frozen=True, slots=True)
class How:
    """How a command goes about what it asks of a stack. `waits`: until the outcome is known."""

    lock_timeout: float = 0.0
    progress_mode: str = "auto"
    waits: bool = True


def how_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add --lock-timeout, --no-wait and --progress, handed over together as `how`."""

    @functools.wraps(command)
    def gathered(*, lock_timeout: float, progress_mode: str, no_wait: bool, **rest: Any) -> Result:
        return command(how=How(lock_timeout, progress_mode, not no_wait), **rest)

    no_wait = click.option(
        "--no-wait",
        is_flag=True,
        help="Return once it is recorded: a watch does it, or the next apply. What comes of it is not told.",
    )
    return lock_option(no_wait(progress_option(gathered)))


def output_options() -> list[click.Parameter]:
    """Return the options that every command takes, before its name or after: --color and --debug."""

    def note_colour(context: click.Context, option: click.Parameter, colour: str | None) -> None:
        mode.colour = colour or mode.colour

    def note_debug(context: click.Context, option: click.Parameter, is_wanted: bool) -> None:
        mode.debug = mode.debug or is_wanted

    return [
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            expose_value=False,
            callback=note_colour,
            help="When to colour [default: auto; NO_COLOR and FORCE_COLOR are heeded].",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=note_debug,
            help="Show the traceback of a bug instead of writing a report.",
        ),
    ]


def find_stack(given: str | None) -> Path:
    """Return the stack's folder: as given, this folder when it holds *.hcl, or the only one in ./stacks."""
    if given:
        folder = Path(given)
        if not folder.is_dir():
            wrong = f"{given} is a file" if folder.exists() else f"there is no folder {given}"
            raise ReconcilerError(f"{wrong}; give --stack the folder that holds the *.hcl files")
        return folder
    if stack_files(Path()):
        return Path()
    found = sorted({path.parent for folder in Path().glob("stacks/*") for path in stack_files(folder)})
    if len(found) == 1:
        return found[0]
    names = f"; ./stacks holds {', '.join(folder.name for folder in found)}" if found else ""
    raise ReconcilerError(
        f"this folder holds no *.hcl files{names}.\nGive --stack DIR, or write a first stack with: reconciler init"
    )


def stack_files(folder: Path) -> list[Path]:
    """Return the files of a folder that a stack may be read from."""
    return sorted((*folder.glob("*.hcl"), *folder.glob("*.hcl.json")))


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
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return str(os.getuid())
