"""How a command ends otherwise than well: an error for people and scripts, or a bug of ours with its report."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import traceback
from types import TracebackType
from typing import NoReturn

from reconciler.cli.output import mode, say_meanwhile, tell, tell_diagnostics, tell_error
from reconciler.errors import OutputClosedError, ReconcilerError, StackError
from reconciler.model.diagnostic import Diagnostic, error

CRASHED, INTERRUPTED = 1, 130


def tell_problem(problem: ReconcilerError) -> None:
    """Print an error on stderr, and with --json as diagnostic lines on stdout too."""
    if isinstance(problem, OutputClosedError):
        return
    if isinstance(problem, StackError):
        tell_diagnostics(problem.diagnostics)
        _say_diagnostics(problem.diagnostics)
        return
    tell_error(str(problem))
    summary, _, detail = str(problem).partition("\n")
    _say_diagnostics((error(f"E{problem.exit_code:04d}", summary, detail),))


def report_crash(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """End with one line and the path of a report, or with the traceback. It is Python's `sys.excepthook`."""
    if issubclass(kind, KeyboardInterrupt):
        leave(INTERRUPTED)
    _tell_bug(
        f"this is a bug of reconciler ({kind.__name__}). What was recorded is kept; run it again to go on.",
        "".join(traceback.format_exception(kind, problem, trace)),
    )
    _say_diagnostics((error("E0001", f"a bug of reconciler: {kind.__name__}"),))
    leave(CRASHED)


def report_thread(ended: threading.ExceptHookArgs) -> None:
    """Tell of a bug that ended one thread; the others go on without it. It is Python's `threading.excepthook`."""
    name = ended.thread.name if ended.thread is not None else "?"
    _tell_bug(
        f"a bug of reconciler ended its thread {name} ({ended.exc_type.__name__}). It goes on without; start it anew "
        "when you can.",
        "".join(traceback.format_exception(ended.exc_type, ended.exc_value, ended.exc_traceback)),
    )


def leave(code: int) -> NoReturn:
    """End the process at once: a thread that still waits for the engine must not hold it up for half a minute."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            pass  # nobody reads it
    os._exit(code)


def _tell_bug(what: str, report: str) -> None:
    if mode.debug:
        tell(report)
    else:
        tell_error(f"{what}\nThe report is in {_written(report)}; --debug shows it here.")


def _say_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> None:
    if not mode.as_json:
        return
    from reconciler.clock import SystemClock
    from reconciler.render.json_lines import diagnostic_line

    now = SystemClock().now()
    say_meanwhile(diagnostic_line(each, now) for each in diagnostics)


def _written(report: str) -> str:
    """Write the report where only the user can read it: it may hold values."""
    from reconciler import __version__

    head = f"reconciler {__version__}, Python {sys.version}, {sys.platform}\ncommand: {_verb()}\n\n"
    try:
        number, path = tempfile.mkstemp(prefix="reconciler-crash-", suffix=".txt")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(head + report)
    except OSError as problem:
        return f"no file ({problem.strerror})"
    return path


def _verb() -> str:
    """Return what was typed without any values: they may be secret."""
    return " ".join(each.partition("=")[0] for each in sys.argv[1:] if each.startswith("--") or each.isalpha())
