"""What somebody asks of a stack beside its files: to go on, stop, roll back, restart, scale, or to be left in peace.

A command that holds the stack's lock carries a request out itself; else it is left for whoever holds the lock.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.noun import Noun


class RequestKind(StrEnum):
    """What is asked for."""

    CONTINUE = "continue"
    STOP = "stop"
    ROLLBACK = "rollback"
    RESTART = "restart"
    SCALE = "scale"
    MAINTENANCE = "maintenance"


class Request(Noun):
    """One request. `service` is an address; `deployment` an id, for CONTINUE and STOP.

    `rolls_back`: of STOP, whether the last revision that worked comes back; of CONTINUE, whether the answer is no.
    `revision` is the one that a ROLLBACK wants, None for the last that worked. `count` is what SCALE sets, None to
    give the count back to the files. `message` is what MAINTENANCE answers with, None to end it.
    """

    kind: RequestKind
    service: str = ""
    deployment: str = ""
    rolls_back: bool = False
    revision: int | None = None
    count: int | None = None
    message: str | None = None
