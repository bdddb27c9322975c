"""systemd: its notification protocol (sd_notify) and a unit for `watch`."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.cli.options import Given, find_stack, find_state


class Systemd:
    """Tells systemd how we are, when it started us; else says nothing.

    `watchdog_seconds` is how often it wants to hear from us, None when it does not.
    """

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] = os.environ) -> Systemd:
        """Read NOTIFY_SOCKET and WATCHDOG_USEC (sd_notify(3), sd_watchdog_enabled(3))."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        seconds = int(microseconds) / 1e6 if microseconds.isdigit() and is_ours else None
        return cls(environ.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self, status: str) -> None:
        """Say that we do what we are there for."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """Say that we are not stuck."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that we are about to end."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.sendto(message.encode(), self._address)


def unit_text(stacks: Iterable[Given]) -> str:
    """Return a unit that watches stacks: started at boot, restarted when it dies or is stuck."""
    places = [(find_stack(each.stack_folder).resolve(), each) for each in stacks]
    folders = " ".join(_quoted(folder) for folder, _ in places)
    state = find_state(places[0][1].state_folder, places[0][0]).resolve()
    return _UNIT.format(
        names=", ".join(folder.name for folder, _ in places),
        command=f"{_command()} watch {folders} --state {_quoted(state)}",
        folder=_quoted(places[0][0]),
    )


def _command() -> str:
    """Return how this program is called: with its whole path, for systemd looks nowhere else."""
    program = Path(sys.argv[0]).resolve()
    return _quoted(program) if program.name == "reconciler" else f"{_quoted(Path(sys.executable))} -m reconciler"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path)).replace("%", "%%")


_UNIT = """\
[Unit]
Description=reconciler keeps {names}
After=network-online.target docker.service
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WorkingDirectory={folder}
Restart=always
RestartSec=2
WatchdogSec=120
TimeoutStopSec=15
KillMode=mixed

[Install]
WantedBy=multi-user.target
"""
