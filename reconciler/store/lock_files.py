"""Files that say that their process lives: it holds a lock on each, which the kernel takes back when it ends.

Whoever can lock such a file knows that whoever made it is dead. A stopped process (SIGSTOP) keeps its locks.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def put(path: Path, content: str = "") -> int | None:
    """Make the file, or take one that a dead process left, and lock it; None when a living process has it.

    Returns the descriptor that holds the lock until it is closed.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(file, 0)
        os.write(file, content.encode())
    except BlockingIOError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return file


def is_held(path: Path) -> bool | None:
    """Say whether the process that made the file lives; None when there is no such file to be seen."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
