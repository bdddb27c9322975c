"""Carry out what is asked of task protection (ECS UpdateTaskProtection)."""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.model.task import TaskRecord

SHORTEST_SECONDS = 60.0
LONGEST_SECONDS = 48 * 3600.0
"""ECS: one minute to 48 hours."""

MOST_TASKS = 10
"""Tasks in one request (ECS)."""


def protect(request: Request, state: State, now: float) -> State:
    """Protect the tasks for `seconds` from now on, whatever was left of it before; end that when it is None.

    Raises ReconcilerError for what cannot be: then none of them is another than before.
    """
    seconds = request.seconds
    if seconds is not None and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise ReconcilerError(f"a task is protected for 1 minute to 48 hours, not for {seconds:g} s")
    if len(set(request.tasks)) > MOST_TASKS:
        raise ReconcilerError(f"{MOST_TASKS} tasks at most in one request, not {len(set(request.tasks))}")
    until = None if seconds is None else now + seconds
    changed = {each: _named(state, each).changed(protected_until=until) for each in request.tasks}
    return state.changed(tasks=tuple(changed.get(each.id, each) for each in state.tasks))


def _named(state: State, task_id: str) -> TaskRecord:
    record = state.task(task_id)
    if record is None or record.is_stopped:
        raise ReconcilerError(f"there is no task {task_id[:8]} any more: see `reconciler ps`")
    if record.is_one_off:
        raise ReconcilerError(f"task {record.short_id} belongs to no service: nothing but `stop` and its end stop it")
    return record
