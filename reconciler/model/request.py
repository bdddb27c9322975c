"""What somebody asks of a stack beside its files: to go on, stop, roll back, restart, scale, or to be left in peace.

A command that holds the stack's lock carries a request out itself; else it is left for whoever holds the lock.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.beside import Suspended
from reconciler.model.noun import Noun
from reconciler.model.task_definition import TaskDefinition


class RequestKind(StrEnum):
    """What is asked for."""

    CONTINUE = "continue"
    STOP = "stop"
    ROLLBACK = "rollback"
    RESTART = "restart"
    SCALE = "scale"
    MAINTENANCE = "maintenance"
    RUN = "run"
    STOP_TASK = "stop task"
    PROTECT = "protect"
    SUSPEND = "suspend"
    RUN_SCHEDULE = "run schedule"
    HAND_OVER = "hand over"


class Request(Noun):
    """One request. `service` is an address; `deployment` an id, for CONTINUE and STOP.

    `rolls_back`: of STOP, whether the last revision that worked comes back; of CONTINUE, whether the answer is no.
    `revision` is the one that a ROLLBACK wants, None for the last that worked. `count` is what SCALE sets, None to
    give the count back to the files. `message` is what MAINTENANCE answers with, None to end it.

    `tasks` are task ids, of STOP_TASK (for `message`) and PROTECT (for `seconds`, None to end it). RUN starts `count`
    tasks of `definition`, as `overridden`, marked with `token`; RUN_SCHEDULE starts one run of the scheduled task
    `service`, now, marked with `token`. SUSPEND sets what of the autoscaling of `service` rests. HAND_OVER asks a
    watch for the stack. The event that tells what became of a request that was handed over has its token too.
    """

    kind: RequestKind
    service: str = ""
    deployment: str = ""
    rolls_back: bool = False
    revision: int | None = None
    count: int | None = None
    message: str | None = None
    tasks: tuple[str, ...] = ()
    seconds: float | None = None
    token: str = ""
    definition: TaskDefinition | None = None
    overridden: TaskDefinition | None = None
    suspended: Suspended | None = None
