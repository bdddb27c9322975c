"""What containers of the simulated engine do."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.container_definition import Condition
from reconciler.model.step import StartContainer
from reconciler.model.task_definition import HOLDER


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a container does once started. Times are seconds after its start; None is never.

    `output` is written at the start. `stop_seconds` is how long it takes to end once it is asked to: with less time
    than that it is killed. It answers what is sent to its ports from `serves_after` until `stops_serving_after`, and
    a request takes it `request_seconds`: one that gets traffic is busy for so long after it began to drain.
    """

    start_failure: str = ""
    exits_after: float | None = None
    exit_code: int = 0
    healthy_after: float | None = None
    unhealthy_after: float | None = None
    serves_after: float | None = 0.5
    stops_serving_after: float | None = None
    request_seconds: float = 0.0
    stop_seconds: float = 0.2
    output: tuple[str, ...] = ()


def expected_behaviour(step: StartContainer) -> Behaviour:
    """Return what a container does when all goes well: it gets healthy, or ends if others wait for its end.

    Those of a task of no service end too: it has something to do, and does it.
    """
    if step.container == HOLDER:
        return Behaviour()
    definition = step.task.definition
    waits = {
        dependency.condition
        for each in definition.containers
        for dependency in each.depends_on
        if dependency.container == step.container
    }
    container = definition.container(step.container)
    is_waited_for = not container.essential and waits & {Condition.COMPLETE, Condition.SUCCESS}
    ends = is_waited_for or step.task.is_one_off
    return Behaviour(
        exits_after=1.0 if ends else None,
        healthy_after=container.health_check.interval if container.health_check else None,
    )
