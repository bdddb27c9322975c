"""`watch --follow`: plans and applies the stack's files whenever they change, beside the watch of the same stack.

It does what somebody would who types `apply --auto-approve` at every change: the watch makes way for it, and goes on
afterwards. What destroys something is refused, unless it is allowed. What failed though the files are right is tried
again, at growing distances.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.apply import Request, carry_out
from reconciler.cli.event_log import EventLog
from reconciler.cli.options import Given, find_stack, find_state
from reconciler.cli.output import tell, tell_diagnostics, tell_error, told_to
from reconciler.cli.recorded import recorded_name
from reconciler.cli.stopping import Stop
from reconciler.cli.variables import variable_sources
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.clock import SystemClock
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.errors import DeploymentFailedError, ReconcilerError, StackError, StoppedBySignalError
from reconciler.language.loader import load
from reconciler.model.plan import Action
from reconciler.render.words import duration, timestamp

if TYPE_CHECKING:
    from watchfiles import BaseFilter

DEBOUNCE_MILLISECONDS = 800
"""An editor writes a file in several moves, and a checkout many files: they are one change."""

NOTICE_MILLISECONDS = 500
"""Files are looked at from so long after the beginning at the latest."""

LOCK_SECONDS = 60.0

OWN_LOG = r"\.log$"
"""A watch may write its log beside the files: each line would be a change of theirs, and be told in another line."""

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 5.0, 300.0, 2.0
"""Seconds until what failed is tried again."""

MOST_DEPLOYMENTS = 5
"""So often the same files are deployed at most when every deployment fails (Argo CD's limit of retries)."""

FOLDER_SECONDS = 1.0
"""How often it is looked whether a folder that went away is back."""


class Tries:
    """How often the same files failed, and what follows from that."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._deployments = 0

    def pause_after(self, failure: ReconcilerError) -> float | None:
        """Return after how many seconds to try again; None when not before a file changes.

        An engine that is away comes back; deployments that fail one after the other hurt what runs each time.
        """
        self._deployments += isinstance(failure, DeploymentFailedError)
        if self._deployments >= MOST_DEPLOYMENTS:
            return None
        pause, self._pause = self._pause, min(self._pause * GROWTH, LONGEST_PAUSE)
        return pause


class Follower:
    """Follows one stack's files."""

    def __init__(self, given: Given, stop: Stop, *, allow_destroy: bool, log_as_json: bool = False) -> None:
        self._given = given
        self._stop = stop
        self._allow_destroy = allow_destroy
        self._log_as_json = log_as_json
        self._clock = SystemClock()
        self._outside: tuple[Path, ...] = ()
        self._missing = ""
        self._name = ""

    def follow(self) -> None:
        """Apply what differs now, and whatever changes later, until it is time to stop.

        A change while an apply is under way ends that one after the steps in hand: the next goes on from there, with
        what the files say then.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="follow") as pool, self._speaking():
            while not self._stop.is_asked:
                try:
                    self._apply_until_change(pool)
                    self._missing = ""
                except ReconcilerError as problem:
                    self._wait_for_folder(str(problem))

    def _speaking(self) -> AbstractContextManager[None]:
        """In a log of JSON, what a plan and an apply say are lines of it too."""
        return told_to(self._log if self._log_as_json else None)

    def _log(self, text: str) -> None:
        """Print text as one line of the log. A folder that is away has no name to tell."""
        with suppress(ReconcilerError, OSError):
            self._name = recorded_name(find_stack(self._given.stack_folder))
        EventLog(self._name, self._clock, as_json=True).take(text)

    def _wait_for_folder(self, problem: str) -> None:
        """A folder that is put in the place of another is away for a moment: it is waited for."""
        if problem != self._missing:
            tell_error(f"{problem}\nWhat was applied last is kept; it goes on when the folder is back.")
        self._missing = problem
        self._stop.wait(FOLDER_SECONDS)

    def _apply_until_change(self, pool: ThreadPoolExecutor) -> None:
        """Apply the files as they are once changes are noticed: none may come between the two."""
        superseded = Stop()

        def supersede() -> None:
            superseded.ask(self._stop.number)

        with self._stop.waking(supersede):
            here = self._where()
            changes = self._changes()
            next(changes, None)
            applying = pool.submit(self._apply_until_done, superseded)
            next((each for each in changes if each or _has_crashed(applying) or self._where() != here), None)
            supersede()
            applying.result()

    def _where(self) -> Path:
        """Return where the folder is: a link to it may lead elsewhere from one moment to the next."""
        return Path(self._given.stack_folder or ".").resolve()

    def _changes(self) -> Iterator[Set[tuple[object, str]]]:
        """Yield changes of files in the stack's folder, or of a module outside of it; nothing now and then.

        What is noticed is noticed from the first of them on. Ends when it is time to stop.
        """
        from watchfiles import watch

        folder = find_stack(self._given.stack_folder).resolve()
        state = find_state(self._given.state_folder, folder).resolve()
        var_files = tuple(Path(each).resolve() for each in self._given.var_files)
        self._note_outside(folder)
        return watch(
            *(each for each in (folder, *self._outside, *var_files) if each.exists()),
            watch_filter=files_that_count(state),
            debounce=DEBOUNCE_MILLISECONDS,
            rust_timeout=NOTICE_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=self._stop.event,
            raise_interrupt=False,
        )

    def _note_outside(self, folder: Path) -> None:
        """Note the folders of modules that are not inside the stack's. While files have errors, those of before."""
        try:
            loaded = load(folder, variable_sources(self._given.variables, self._given.var_files))
        except ReconcilerError:
            return
        found = {(folder / each).resolve().parent for each in loaded.files}
        if found:
            self._outside = tuple(sorted(each for each in found if not each.is_relative_to(folder)))

    def _apply_until_done(self, stop: Stop) -> None:
        """Apply the files as they are; what fails is tried again until it works, or a change asks us to stop."""
        with self._speaking():
            tries = Tries()
            while (failure := self._apply(stop)) is not None and not stop.is_asked:
                pause = tries.pause_after(failure)
                self._tell_pause(pause)
                if pause is None:
                    return
                stop.wait(pause)

    def _tell_pause(self, pause: float | None) -> None:
        if pause is None:
            tell(f"It failed {MOST_DEPLOYMENTS} times: these files are not deployed again until one changes.")
            return
        at = timestamp(self._clock.now() + pause)
        tell(f"The files are applied again at {at}, in {duration(pause)}, or as soon as one of them changes.")

    def _apply(self, stop: Stop) -> ReconcilerError | None:
        """Apply the files once; returns what failed though they are right. None: there is nothing to try again."""
        try:
            place = open_workplace(self._given)
        except StackError as problem:
            tell_diagnostics(problem.diagnostics)
            tell("The files have errors: what was applied last is kept.")
            return None
        except ReconcilerError as problem:
            tell_error(str(problem))
            return problem
        place.stop = stop
        try:
            if self._is_wanted(place):
                carry_out(place, _request(place))
        except StoppedBySignalError:
            return None
        except StackError as problem:
            tell_diagnostics(problem.diagnostics)
            return problem
        except ReconcilerError as problem:
            tell_error(str(problem))
            return problem
        finally:
            place.close()
        return None

    def _is_wanted(self, place: Workplace) -> bool:
        prepared = prepare(place.session, place.stack, place.outputs, Options(with_preview=False), place.rename)
        if prepared.is_idle:
            return False
        destroyed = _destroyed(prepared)
        if not destroyed or self._allow_destroy:
            return True
        tell_error(
            f"the files would destroy {', '.join(destroyed)}: what was applied last is kept.\n"
            "Give --allow-destroy to have that applied too, or `reconciler apply` it by hand."
        )
        return False


def files_that_count(state: Path) -> BaseFilter:
    """Return which changes count: not those of the state's folder, of logs, and of what editors leave behind."""
    from watchfiles import DefaultFilter

    ignored = (*DefaultFilter.ignore_entity_patterns, OWN_LOG)
    return DefaultFilter(ignore_entity_patterns=ignored, ignore_paths=[f"{state}/"])


def _has_crashed(applying: Future[None]) -> bool:
    """Whether a bug ended it: that is told now, not at the next change."""
    return applying.done() and applying.exception() is not None


def _destroyed(prepared: Prepared) -> list[str]:
    return [each.address for each in prepared.plan.changes if each.action is Action.DELETE]


def _request(place: Workplace) -> Request:
    return Request(
        operation="apply",
        stack=place.stack,
        outputs=place.outputs,
        options=Options(),
        lock_timeout=LOCK_SECONDS,
        auto_approve=True,
        progress_mode="plain",
    )
