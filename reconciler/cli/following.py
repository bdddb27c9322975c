"""`watch --follow`: plans and applies the stack's files whenever they change, beside the watch of the same stack.

It does what somebody would who types `apply --auto-approve` at every change: the watch makes way for it, and goes on
afterwards. What destroys something is refused, unless it is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.cli.apply import Request, carry_out
from reconciler.cli.options import Given, find_stack, find_state
from reconciler.cli.output import tell, tell_diagnostics, tell_error
from reconciler.cli.stopping import Stop
from reconciler.cli.variables import variable_sources
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.errors import ReconcilerError, StackError, StoppedBySignalError
from reconciler.language.loader import load
from reconciler.model.plan import Action

DEBOUNCE_MILLISECONDS = 800
"""An editor writes a file in several moves, and a checkout many files: they are one change."""

NOTICE_MILLISECONDS = 500
"""Files are looked at from so long after the beginning at the latest."""

LOCK_SECONDS = 60.0


class Follower:
    """Follows one stack's files."""

    def __init__(self, given: Given, stop: Stop, *, allow_destroy: bool) -> None:
        self._given = given
        self._stop = stop
        self._allow_destroy = allow_destroy
        self._outside: tuple[Path, ...] = ()

    def follow(self) -> None:
        """Apply what differs now, and whatever changes later, until it is time to stop.

        A change while an apply is under way ends that one after the steps in hand: the next goes on from there, with
        what the files say then.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="follow") as pool:
            while not self._stop.is_asked:
                self._apply_until_change(pool)

    def _apply_until_change(self, pool: ThreadPoolExecutor) -> None:
        """Apply the files as they are once changes are noticed: none may come between the two."""
        superseded = Stop()

        def supersede() -> None:
            superseded.ask(self._stop.number)

        with self._stop.waking(supersede):
            changes = self._changes()
            next(changes, None)
            applying = pool.submit(self._apply, superseded)
            next((each for each in changes if each), None)
            supersede()
            applying.result()

    def _changes(self) -> Iterator[Set[tuple[object, str]]]:
        """Yield changes of files in the stack's folder, or of a module outside of it; nothing now and then.

        What is noticed is noticed from the first of them on. Ends when it is time to stop.
        """
        from watchfiles import DefaultFilter, watch

        folder = find_stack(self._given.stack_folder).resolve()
        state = find_state(self._given.state_folder, folder).resolve()
        var_files = tuple(Path(each).resolve() for each in self._given.var_files)
        self._note_outside(folder)
        return watch(
            *(each for each in (folder, *self._outside, *var_files) if each.exists()),
            watch_filter=DefaultFilter(ignore_paths=[f"{state}/"]),
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

    def _apply(self, stop: Stop) -> None:
        try:
            place = open_workplace(self._given)
            place.stop = stop
            try:
                if self._is_wanted(place):
                    carry_out(place, _request(place))
            finally:
                place.close()
        except StoppedBySignalError:
            return
        except StackError as problem:
            tell_diagnostics(problem.diagnostics)
            tell("The files have errors: what was applied last is kept.")
        except ReconcilerError as problem:
            tell_error(str(problem))

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
