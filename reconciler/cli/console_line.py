"""The line that is typed in `reconciler console`: history, completion of names, and Ctrl-C."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output import tell
from reconciler.language.console_input import Continuation

if TYPE_CHECKING:
    from reconciler.language.stack_console import Console

PROMPT, CONTINUED = "> ", "  "
KEPT_LINES = 1000
DELIMITERS = " \t\n\"'`@$><=;|&{}()[],:?!+-*/%"
"""What ends a name; a dot does not."""


def lines(console: Console) -> Iterator[str]:
    """Yield what is typed, expression by expression, until Ctrl-D; Ctrl-C clears what was begun."""
    history = _history_file()
    _prepare(console, history)
    try:
        yield from _typed()
    finally:
        _keep(history)


def _typed() -> Iterator[str]:
    kept: list[str] = []
    following = Continuation()
    while True:
        try:
            line = input(CONTINUED if kept else PROMPT)
        except KeyboardInterrupt:
            tell("")
            kept, following = [], Continuation()
            continue
        except EOFError:
            tell("")
            return
        kept.append(line)
        following.add(line)
        if not following.is_open:
            yield "\n".join(kept)
            kept, following = [], Continuation()


def _prepare(console: Console, history: Path | None) -> None:
    try:
        import readline
    except ImportError:
        return
    readline.set_completer_delims(DELIMITERS)
    readline.set_completer(Completer(console))
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    if history is not None:
        with suppress(OSError):
            readline.read_history_file(history)


class Completer:
    """Names that begin as the word before the cursor does, one a call, as readline asks for them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._found: list[str] = []

    def __call__(self, word: str, state: int) -> str | None:
        """Return the name number `state`; None behind the last."""
        if state == 0:
            self._found = self.names(word)
        return self._found[state] if state < len(self._found) else None

    def names(self, word: str) -> list[str]:
        """Return the names that begin with `word`: those of the stack, and attributes of what has a value."""
        found = {each for each in self._console.names if each.startswith(word)}
        base, dot, begun = word.rpartition(".")
        if dot and base.count(".") >= 1:
            found |= {f"{base}.{each}" for each in self._console.attributes(base) if each.startswith(begun)}
        return sorted(found)


def _history_file() -> Path | None:
    """Return the file of the history in the user's state folder, for the user alone; None when there is none."""
    home = os.environ.get("HOME", "")
    base = os.environ.get("XDG_STATE_HOME") or (f"{home}/.local/state" if home else "")
    if not base or not Path(base).is_absolute():
        return None
    folder = Path(base) / "reconciler"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / "console_history"
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        file.chmod(0o600)
    except OSError:
        return None
    return file


def _keep(history: Path | None) -> None:
    readline = sys.modules.get("readline")
    if history is None or readline is None:
        return
    readline.set_history_length(KEPT_LINES)
    before = os.umask(0o077)
    with suppress(OSError):
        readline.write_history_file(history)
        history.chmod(0o600)
    os.umask(before)
