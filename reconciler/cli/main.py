"""The `reconciler` command: finds the verb, and turns every way to end into an exit code.

Verbs are imported when they are called, so that `--help` and `--version` cost nothing.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import threading
from typing import NoReturn

import click

from reconciler import __version__
from reconciler.cli.options import output_options
from reconciler.cli.output import begin
from reconciler.cli.stopping import stop_at_once
from reconciler.errors import ReconcilerError

USAGE_EXIT_CODE = 64

VERBS: dict[str, str] = {
    "init": "Write a small stack that applies as it is.",
    "fmt": "Lay the files out as Terraform would.",
    "validate": "Check the files; needs no engine.",
    "test": "Run the stack's tests; needs no engine.",
    "plan": "Show what an apply would change. Changes nothing.",
    "apply": "Make what runs what is declared, and wait until it is steady.",
    "watch": "Keep what was applied: heal, scale, run schedules.",
    "destroy": "Stop and remove everything of the stack.",
    "status": "Show services, deployments and recent events.",
    "ps": "List tasks.",
    "events": "Show what happened; with -f what happens.",
    "deployment": "List deployments, show one, answer its pause, or stop it.",
    "rollback": "Bring a service back to an earlier revision.",
    "restart": "Replace every task of a service.",
    "scale": "Set how many tasks services have.",
    "autoscaling": "Show what scales services, and why; suspend it.",
    "maintenance": "Answer every request for a service with 503.",
    "logs": "Print the output of tasks.",
    "exec": "Run a command in a container of a running task.",
    "run": "Run a one-off task of a task definition.",
    "stop": "Stop a task.",
    "schedule": "List scheduled tasks, show their runs, or run one by hand.",
    "protect": "Keep tasks from being stopped by a scale-in or a deployment.",
    "lock": "Show who holds the stack, and who watches it.",
    "force-unlock": "Take the stack from a process that holds it.",
    "output": "Print output values.",
    "console": "Evaluate expressions in the stack; needs no engine.",
    "docs": "Print the reference of the language, offline.",
    "version": "Print the version.",
}
"""Verb -> its line in the help. Its module is `reconciler.cli.VERB`, but for those in `_MODULES`."""

_MODULES = {"exec": "exec_command", "output": "output_command", "test": "test_command"}


class Verbs(click.Group):
    """The verbs, imported one at a time."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = importlib.import_module(f"reconciler.cli.{_MODULES.get(name, name.replace('-', '_'))}")
        command: click.Command = module.command
        for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            known = {option.name for option in each.params}
            each.params += [option for option in output_options() if option.name not in known]
        return command

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        begin()
        return super().parse_args(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            context.fail(_unknown_verb(args[0]))
        return super().resolve_command(context, args)


def _unknown_verb(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, VERBS, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return f'There is no command "{name}".{hint}'


@click.command(
    cls=Verbs,
    params=output_options(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def cli() -> None:
    """Run services on your own Docker engine: declared in HCL, planned and applied like Terraform, kept like ECS.

    \b
    Start here:
      reconciler init shop      write a small stack into the folder shop
      cd shop
      reconciler plan           see what would happen
      reconciler apply          make it so

    Exit codes: 0 done, 1 error, 2 changes (plan --detailed-exitcode), 3 deployment failed, 4 locked,
    5 plan is stale, 6 partly applied, 64 usage, 130 and 143 interrupted.
    """


def main() -> NoReturn:
    """Run the command and exit with its code."""
    from reconciler.cli.ending import leave, report_crash, report_thread

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes a tenth of a `plan`
    sys.excepthook = report_crash
    threading.excepthook = report_thread
    signal.signal(signal.SIGTERM, stop_at_once)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 is no reason to crash
    leave(run())


def run() -> int:
    """Run the command line; returns the exit code that stands for how it ended."""
    from reconciler.cli.ending import tell_problem

    try:
        result = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        return 130
    except click.ClickException as problem:
        problem.show()
        return USAGE_EXIT_CODE
    except ReconcilerError as problem:
        tell_problem(problem)
        return problem.exit_code
    return result if isinstance(result, int) else 0
