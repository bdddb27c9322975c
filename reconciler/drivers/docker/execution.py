"""A command in a running container, with our standard streams; a terminal of ours becomes its terminal."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.logs import frames
from reconciler.errors import EngineError


def execute(client: Client, container_id: str, command: Sequence[str], *, interactive: bool, terminal: bool) -> int:
    """Run a command and return its exit code; raises EngineError when the container does not take it."""
    body = {
        "AttachStdin": interactive,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": terminal,
        "Cmd": list(command),
    }
    try:
        exec_id = client.post(f"/containers/{container_id}/exec", body)["Id"]
        duplex = client.upgrade(f"/exec/{exec_id}/start", {"Detach": False, "Tty": terminal})
        with ExitStack() as cleanup:
            cleanup.callback(duplex.close)
            if terminal:
                cleanup.enter_context(_same_size(client, exec_id))
            if interactive:
                cleanup.enter_context(_input_to(duplex, is_raw=terminal))
            _output_of(duplex, is_multiplexed=not terminal)
        return int(client.get(f"/exec/{exec_id}/json")["ExitCode"])
    except ApiError as refusal:
        raise EngineError(f"Cannot run {command[0]!r} in {container_id[:12]}: {refusal.message}") from refusal


def _output_of(duplex: Duplex, *, is_multiplexed: bool) -> None:
    chunks = iter(duplex.receive, b"")
    for number, content in frames(chunks) if is_multiplexed else ((1, chunk) for chunk in chunks):
        stream = sys.stderr if number == 2 else sys.stdout
        stream.buffer.write(content)
        stream.flush()


@contextmanager
def _input_to(duplex: Duplex, *, is_raw: bool) -> Iterator[None]:
    """Send what we are given, until it ends or the command does."""
    source = sys.stdin.fileno()
    wake_up, wake = os.pipe()
    thread = threading.Thread(target=_forward, args=(duplex, source, wake_up), name="exec-input", daemon=True)
    with _raw_terminal(source) if is_raw and os.isatty(source) else ExitStack():
        thread.start()
        try:
            yield
        finally:
            os.close(wake)
            thread.join(timeout=2)
            os.close(wake_up)


def _forward(duplex: Duplex, source: int, wake_up: int) -> None:
    with suppress(OSError):
        while True:
            ready, _, _ = select.select([source, wake_up], [], [])
            if wake_up in ready:
                return
            content = os.read(source, 65536)
            if not content:
                duplex.end_of_input()
                return
            duplex.send(content)


@contextmanager
def _raw_terminal(terminal: int) -> Iterator[None]:
    """Every key goes to the command, Ctrl-C too; afterwards the terminal is as it was."""
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal, termios.TCSADRAIN)  # what was typed ahead stays
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _same_size(client: Client, exec_id: str) -> Iterator[None]:
    """Keep the command's terminal as large as ours."""

    def resize(*_: object) -> None:
        with suppress(OSError, ApiError):
            size = os.get_terminal_size(sys.stdout.fileno())
            client.post(f"/exec/{exec_id}/resize", query={"h": size.lines, "w": size.columns})

    resize()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
