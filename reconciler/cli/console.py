"""`reconciler console`: expressions evaluated in the stack, typed one by one or read from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from reconciler.cli.options import find_stack, json_option, stack_files, stack_option, variable_options
from reconciler.cli.output import is_terminal, say, tell_diagnostics, tell_warnings
from reconciler.cli.variables import variable_sources
from reconciler.errors import StackError
from reconciler.language.console_input import Continuation

if TYPE_CHECKING:
    from reconciler.language.stack_console import Console

LEAVE = ("exit", "quit")
HELP = """\
Type an expression to see its value: upper(var.name), local.ports, service.web.name, type(var.x).
Tab completes names. exit, or Ctrl-D, leaves; Ctrl-C clears the line."""


@click.command("console")
@stack_option
@variable_options
@json_option
def command(stack_folder: str | None, variables: tuple[str, ...], var_files: tuple[str, ...], as_json: bool) -> int:
    """Evaluate expressions with the names of a stack; needs no engine, and no stack either.

    \b
    Typed one by one, or read from standard input:
      reconciler console
      echo 'upper(var.name)' | reconciler console --json

    With --json every value is one line of JSON.
    """
    from reconciler.language.stack_console import open_console

    folder = find_stack(stack_folder) if stack_folder or _is_stack_near() else Path()
    console, diagnostics = open_console(folder, variable_sources(variables, var_files))
    if any(each.severity == "error" for each in diagnostics):
        raise StackError(diagnostics)
    tell_warnings(diagnostics)
    if is_terminal(sys.stdin):
        from reconciler.cli.console_line import lines

        _converse(console, lines(console), as_json)
        return 0
    return _work_off(console, as_json)


def _is_stack_near() -> bool:
    return bool(stack_files(Path())) or bool(list(Path().glob("stacks/*/*.hcl*")))


class Typed(NamedTuple):
    """An expression, and the line that it begins in."""

    text: str
    line: int


def _work_off(console: Console, as_json: bool) -> int:
    """Answer everything on standard input; what fails is told, and the rest goes on."""
    failed = False
    given: TextIO | None = sys.stdin
    text = given.buffer.read().decode("utf-8", "replace").removesuffix("\n") if given else ""
    for typed in _expressions([line.removesuffix("\r") for line in text.split("\n")]):
        if typed.text.strip() in LEAVE:
            break
        failed = not _answer(console, typed, as_json) or failed
    return 1 if failed else 0


def _expressions(lines: list[str]) -> Iterator[Typed]:
    """Yield the expressions in lines: one a line, but that open brackets and heredocs go on in the next."""
    kept: list[str] = []
    following = Continuation()
    for number, line in enumerate(lines, start=1):
        kept.append(line)
        following.add(line)
        if following.is_open and number < len(lines):
            continue
        if any(each.strip() and not each.lstrip().startswith(("#", "//")) for each in kept):
            yield Typed("\n".join(kept), number - len(kept) + 1)
        kept, following = [], Continuation()


def _converse(console: Console, typed: Iterator[str], as_json: bool) -> None:
    for text in typed:
        if text.strip() in LEAVE:
            return
        if text.strip() in ("help", "?"):
            say(HELP)
        elif text.strip():
            _answer(console, Typed(text, 1), as_json)


def _answer(console: Console, typed: Typed, as_json: bool) -> bool:
    """Print the value of an expression, or what is wrong with it; say whether it has one."""
    from reconciler.language.console_text import answer_text, json_answer
    from reconciler.render.json_text import escaped
    from reconciler.render.safe import safe

    try:
        found = console.answer(typed.text, typed.line)
    except StackError as problem:
        tell_diagnostics(problem.diagnostics)
        return False
    text = escaped(json_answer(found)) if as_json else answer_text(found)
    say(safe(text) if is_terminal(sys.stdout) else text)
    return True
