"""Who may write a stack's State: takes leases, waits for them, takes them away, and tells who holds them.

A holder that was given up, or is seen to be dead, is followed at once. One that is elsewhere or stopped is followed
once its row was seen unchanged for a whole lease, by our own clock. The token of the new one makes every later write
of the former one be refused.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from reconciler.errors import LockError, StoppedBySignalError
from reconciler.store import lock_files
from reconciler.store.database import Database, is_busy
from reconciler.store.lease import Grip, SqliteLease, Timing
from reconciler.store.lease_rows import Row, read_row, write_taken, write_unlocked
from reconciler.store.processes import is_here, is_paused, this_process
from reconciler.store.store import Holder, Life, Standing

POLL_SECONDS = 0.1

COURTESY_SECONDS = 1.0
"""Who stands by takes a stack that was given up only after so long: whoever waits for it comes first."""


def never() -> bool:
    """Nobody interrupts."""
    return False


class Locks:
    """The leases of all stacks of one state file."""

    def __init__(self, database: Database, user: str, now: Callable[[], float], timing: Timing) -> None:
        self._database = database
        self._folder = database.path.parent
        self._user = user
        self._now = now
        self._timing = timing
        self._seen: dict[str, tuple[tuple[int, int], float]] = {}
        self._watching: dict[str, _Watch] = {}

    def acquire(
        self, stack: str, operation: str, timeout_seconds: float, is_interrupted: Callable[[], bool] = never
    ) -> SqliteLease:
        """Take the lease; raises LockError naming the holder after the timeout, StoppedBySignalError before it."""
        clock = self._timing.observing
        deadline = clock() + timeout_seconds
        while True:
            lease = self._taken(stack, operation) if self._is_free(stack, self._look(stack)) else None
            if lease is not None:
                return lease
            if clock() >= deadline:
                raise LockError(self._who_holds(stack))
            if is_interrupted():
                raise StoppedBySignalError(f'interrupted while waiting for stack "{stack}"; nothing was changed')
            self._timing.sleep(min(POLL_SECONDS, max(0.0, deadline - clock())))

    def stand_by(self, stack: str, operation: str, is_interrupted: Callable[[], bool]) -> SqliteLease:
        """Wait for ever for the lease, and let everybody else have it first; raises StoppedBySignalError."""
        clock = self._timing.observing
        free_since = math.inf
        while True:
            row = self._look(stack)
            if stack in self._watching:
                with self._database.errors("locked"):
                    self._watching[stack].show()
            is_given_up = row is not None and row.holder is None
            free_since = min(free_since, clock()) if is_given_up else math.inf
            is_our_turn = not is_given_up or clock() - free_since >= COURTESY_SECONDS
            lease = self._taken(stack, operation) if is_our_turn and self._is_free(stack, row) else None
            if lease is not None:
                return lease
            if is_interrupted():
                raise StoppedBySignalError(f'interrupted while standing by for stack "{stack}"')
            self._timing.sleep(POLL_SECONDS)

    def standing(self, stack: str) -> Standing | None:
        """Return who holds a stack, and whether that process lives; None when nobody does."""
        if not self._database.exists:
            return None
        with self._database.errors("read"):
            row = read_row(self._database.open(), stack)
        if row.holder is None:
            return None
        return Standing(holder=row.holder, token=row.token, life=self._life(stack, row, row.holder))

    def unlock(self, stack: str, token: int) -> bool:
        """Take the stack from whoever holds it under that token; False when it is theirs no longer."""
        with self._database.errors("written"), self._database.transaction() as database:
            return write_unlocked(database, stack, token)

    @contextmanager
    def watching(self, stack: str) -> Iterator[None]:
        """Let everybody see that a watch of this stack lives, whether it holds the stack or stands by.

        Where that cannot be written it is not seen, and not stopped: to stand by says what is wrong.
        """
        watch = _Watch(
            self._folder / f"{stack}.{os.urandom(6).hex()}.watch", this_process("watch", self._user, self._now())
        )
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._remove_dead(self._folder.glob(f"{stack}.*.watch"))
            watch.show()
        self._watching[stack] = watch
        try:
            yield
        finally:
            self._watching.pop(stack).end()

    def watchers(self, stack: str) -> tuple[Holder, ...]:
        """Return the watches of a stack that live on this machine, oldest first."""
        return self._living(self._folder.glob(f"{stack}.*.watch"))

    def _living(self, paths: Iterator[Path]) -> tuple[Holder, ...]:
        found = []
        for path in paths:
            with suppress(OSError, ValueError):  # it has just ended, or has just begun
                if lock_files.is_held(path):
                    found.append(Holder.model_validate_json(path.read_text()))
        return tuple(sorted(found, key=lambda each: (each.since, each.pid)))

    def _look(self, stack: str) -> Row | None:
        """Read the row, and note since when it has been as it is; None while a write of somebody does not end."""
        with self._database.errors("locked"):
            try:
                row = read_row(self._database.open(), stack)
            except sqlite3.OperationalError as problem:
                if is_busy(problem):
                    return None
                raise
        if self._seen.get(stack, (None, 0.0))[0] != row.version:
            self._seen[stack] = (row.version, self._timing.observing())
        return row

    def _is_free(self, stack: str, row: Row | None) -> bool:
        if row is None:
            return False
        if row.holder is None or self._life(stack, row, row.holder) is Life.DEAD:
            return True
        version, since = self._seen[stack]
        return version == row.version and self._timing.observing() - since >= self._timing.lease_seconds

    def _life(self, stack: str, row: Row, holder: Holder) -> Life:
        """Say whether a holder lives. Elsewhere nobody can tell, nor when its file was removed by hand."""
        is_held = lock_files.is_held(self._lock_path(stack, row.token)) if is_here(holder) else None
        if is_held is None:
            return Life.UNKNOWN
        if not is_held:
            return Life.DEAD
        return Life.PAUSED if is_paused(holder) else Life.ALIVE

    def _taken(self, stack: str, operation: str) -> SqliteLease | None:
        """Take the stack, unless somebody was quicker, or a write of somebody does not end."""
        with self._database.errors("locked"):
            try:
                grip = self._grip(stack, this_process(operation, self._user, self._now()))
            except sqlite3.OperationalError as problem:
                if is_busy(problem):
                    return None
                raise
        if grip is None:
            return None
        self._seen.pop(stack, None)
        return SqliteLease(grip, self._timing)

    def _grip(self, stack: str, holder: Holder) -> Grip | None:
        with ExitStack() as undo:
            with self._database.transaction() as database:
                row = read_row(database, stack)
                if not self._is_free(stack, row):
                    return None
                self._remove_dead(self._folder.glob(f"{stack}.*.lock"))
                token, file = self._locked_file(stack, row.token + 1, holder)
                undo.callback(os.close, file)
                write_taken(database, stack, token, holder)
            undo.pop_all()
        return Grip(self._database.path, stack, token, self._lock_path(stack, token), file)

    def _locked_file(self, stack: str, token: int, holder: Holder) -> tuple[int, int]:
        """Return the first token from there whose file nobody holds: one that is held is of a lost state file."""
        while (file := lock_files.put(self._lock_path(stack, token), holder.model_dump_json())) is None:
            token += 1
        return token, file

    def _remove_dead(self, paths: Iterator[Path]) -> None:
        for path in paths:
            if lock_files.is_held(path) is False:
                path.unlink(missing_ok=True)

    def _lock_path(self, stack: str, token: int) -> Path:
        return self._folder / f"{stack}.{token}.lock"

    def _who_holds(self, stack: str) -> str:
        if self._look(stack) is None:
            return self._who_writes(stack)
        found = self.standing(stack)
        if found is None:
            return f'stack "{stack}" is locked by another process, which has just ended; try again'
        holder, seconds = found.holder, f"{self._timing.lease_seconds:g}"
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(holder.since))
        text = _LIVES[found.life].format(pid=holder.pid, seconds=seconds, host=holder.host)
        return f'stack "{stack}" is locked: {holder}, since {since}; {text}'

    def _who_writes(self, stack: str) -> str:
        """Say whose write does not end. Processes that hold any stack of the same file are seen by their files."""
        told = "; ".join(f"{each} is stopped: kill -CONT {each.pid}" for each in self._stopped())
        hint = told or "Wait for it. When it does not end, look for a process that is stopped."
        return f'stack "{stack}" is locked: another process is writing {self._database.path} all the time.\n{hint}'

    def _stopped(self) -> list[Holder]:
        return [each for each in self._living(self._folder.glob("*.lock")) if is_paused(each)]


_LIVES = {
    Life.ALIVE: "that process is alive.\nWait for it, give --lock-timeout SECONDS to wait here, or take the stack "
    "from it: reconciler force-unlock",
    Life.PAUSED: "that process is alive but stopped.\nLet it go on (kill -CONT {pid}), give --lock-timeout of more "
    "than {seconds} to take the stack when it is still stopped then, or take it now: reconciler force-unlock",
    Life.DEAD: "that process is dead.\nTry again.",
    Life.UNKNOWN: "whether that process lives shows on {host} only.\nIf it does, wait for it; if it is dead, give "
    "--lock-timeout of more than {seconds}, or take the stack now: reconciler force-unlock",
}
"""What is said of a holder, and what to do about it."""


class _Watch:
    """The file that shows that a watch lives."""

    def __init__(self, path: Path, holder: Holder) -> None:
        self._path = path
        self._holder = holder
        self._file: int | None = None

    def show(self) -> None:
        """Make the file, also anew when somebody removed it, with the state folder or alone."""
        if self._path.exists():
            return
        self._close()
        self._file = lock_files.put(self._path, self._holder.model_dump_json())

    def end(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None
