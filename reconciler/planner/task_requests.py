"""Record that somebody wants one-off tasks to run, or tasks to stop. What follows from it is decided later.

Both may be asked twice, by whoever does not know what became of the first time. Sources: ECS RunTask with its client
token, StopTask.
"""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.model.request import Request
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import StopCode
from reconciler.planner.target import reopened, run_tasks
from reconciler.scheduler.recorder import stop

UNRECORDED = "no state is recorded of what runs: `reconciler apply` records it; then say this again"


def start_tasks(request: Request, state: State, now: float) -> State:
    """Record `count` one-off tasks of the request's definition, as overridden, unless its token has its tasks."""
    if request.definition is None or not request.token:
        raise ReconcilerError("a task definition and a token are needed to run tasks")
    if tasks_of(request.token, state):
        return state
    known = {each.id for each in state.tasks}
    state = run_tasks(state, request.definition, request.overridden or request.definition, request.count or 1, now)
    marked = tuple(each if each.id in known else each.changed(started_by=request.token) for each in state.tasks)
    return state.changed(tasks=marked)


def tasks_of(token: str, state: State) -> tuple[str, ...]:
    """Return the ids of the tasks that a request started."""
    return tuple(each.id for each in state.tasks if each.started_by == token)


def stop_tasks(request: Request, state: State, stack: Stack, now: float) -> State:
    """Record that tasks are to stop, for the reason in `message`; those of `stack`'s services are replaced."""
    if any(state.task(each) is None for each in request.tasks):
        raise ReconcilerError(UNRECORDED)
    reason = request.message or ""
    wanted = [each for each in state.tasks if each.id in request.tasks]
    stopped = {each.id: stop(each, StopCode.USER_INITIATED, reason, now) for each in wanted}
    if all(stopped[each.id] is each for each in wanted):
        return state
    tasks = tuple(stopped.get(each.id, each) for each in state.tasks)
    return reopened(stack, state.changed(tasks=tasks), now, frozenset(each.group for each in wanted))
