"""What this machine shows of a process that holds a stack: enough to tell people whether it lives."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from reconciler.store.store import Holder


def this_process(operation: str, user: str, now: float) -> Holder:
    """Describe ourselves."""
    return Holder(
        operation=operation,
        user=user,
        host=socket.gethostname(),
        pid=os.getpid(),
        since=now,
        boot=_boot(),
        started=_stat(os.getpid())[1],
    )


def is_here(holder: Holder) -> bool:
    """Say whether it is, or was, a process of this machine: then its locks on files tell the truth about it."""
    return (bool(holder.boot) and holder.boot == _boot()) or holder.host == socket.gethostname()


def is_paused(holder: Holder) -> bool:
    """Say whether a process of this machine is stopped by a signal or a debugger. Only Linux tells."""
    state, started = _stat(holder.pid)
    return started == holder.started and state in ("T", "t")


def _boot() -> str:
    """Return what is another after each start of the machine; empty where nobody says."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _stat(pid: int) -> tuple[str, str]:
    """Return a process's state and when it started, in ticks since the boot; empty when that cannot be seen."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    return "", ""
