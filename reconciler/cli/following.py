"""`watch --follow`: plans and applies the stack's files whenever they change, beside the watch of the same stack.

It does what somebody would who types `apply --auto-approve` at every change: the watch makes way for it, and goes on
afterwards. What destroys something is refused, unless it is allowed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.cli.apply import Request, carry_out
from reconciler.cli.options import Given, find_stack, find_state
from reconciler.cli.output import tell, tell_diagnostics, tell_error
from reconciler.cli.stopping import Stop
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.errors import ReconcilerError, StackError, StoppedBySignalError
from reconciler.model.plan import Action

DEBOUNCE_MILLISECONDS = 800
"""An editor writes a file in several moves, and a checkout many files: they are one change."""

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
        superseded = Stop()

        def supersede() -> None:
            superseded.ask(self._stop.number)

        with self._stop.waking(supersede):
            applying = pool.submit(self._apply, superseded)
            self._await_change()
            supersede()
            applying.result()

    def _await_change(self) -> None:
        """Wait until a file in the stack's folder, or of a module outside of it, has changed."""
        from watchfiles import DefaultFilter, watch

        folder = find_stack(self._given.stack_folder).resolve()
        state = find_state(self._given.state_folder, folder).resolve()
        changes = watch(
            folder,
            *self._outside,
            *(Path(each).resolve() for each in self._given.var_files),
            watch_filter=DefaultFilter(ignore_paths=[state]),
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=self._stop.event,
            raise_interrupt=False,
        )
        next(iter(changes), None)

    def _apply(self, stop: Stop) -> None:
        try:
            place = open_workplace(self._given)
            place.stop = stop
            self._outside = _folders_outside(place)
            if self._is_wanted(place):
                carry_out(place, _request(place))
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


def _folders_outside(place: Workplace) -> tuple[Path, ...]:
    """Return the folders of modules that are not inside the stack's."""
    root = place.folder.resolve()
    folders = {(root / each).resolve().parent for each in place.loaded.files}
    return tuple(sorted(each for each in folders if not each.is_relative_to(root)))


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
