"""Scheduled tasks as they are declared: which task runs when, and what if it still runs, fails, or was missed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.noun import Noun, Seconds


class Schedule(Noun):
    """When something is due: `cron(0 3 * * ? *)`, `0 3 * * *`, `@daily`, `rate(5 minutes)`, `at(...)`; in a zone."""

    expression: str
    timezone: str = "UTC"


class Overlap(StrEnum):
    """What happens when a run is due while the one before still runs."""

    SKIP = "skip"
    ALLOW = "allow"
    REPLACE = "replace"


class ContainerOverride(Noun):
    """What is other in one container of a run than in its definition (ECS ContainerOverride)."""

    name: str
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = {}
    cpu: int | None = None
    memory: int | None = None


class ScheduledTask(Noun):
    """Runs `task_count` tasks of a definition (an address) whenever its schedule says so.

    `timeout` bounds one attempt; after a failed one there are `retries` more. A run that nobody started in time is
    caught up once when it is not older than `catch_up_window`.
    """

    address: str
    name: str
    task_definition: str
    schedule: Schedule
    task_count: int = 1
    overlap: Overlap = Overlap.SKIP
    retries: int = 0
    timeout: Seconds = 3600
    catch_up_window: Seconds = 0
    overrides: tuple[ContainerOverride, ...] = ()
