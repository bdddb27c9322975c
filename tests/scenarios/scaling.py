"""Scenarios of autoscaling: a burst of load, and requests that come when nothing runs."""

from __future__ import annotations

from reconciler.drivers.simulated import Load
from reconciler.model.scaling import ScalingMetric, TargetTracking
from reconciler.model.stack import Stack
from reconciler.model.task import Task
from tests.builders import Declared, balanced, container, declared, stack
from tests.scenarios.play import Play
from tests.scenarios.registry import scenario
from tests.scheduler.scaling.scene import autoscaling

MINUTE = 60.0


def scaled(service: Declared, policy: TargetTracking, minimum: int) -> Stack:
    """A stack of one service between `minimum` and 4 tasks."""
    owner = autoscaling(policy, min_capacity=minimum, max_capacity=4)
    return stack(service).changed(autoscalings=(owner,))


@scenario
def a_burst_of_load_scales_out_and_fifteen_quiet_minutes_scale_in(play: Play) -> None:
    work = 0.25

    def load(task: Task) -> Load:
        return Load(cpus=work / len(play.site.live))

    play.site.engine.load = load
    policy = TargetTracking(name="cpu", metric=ScalingMetric.CPU, target_value=60)
    play.apply(scaled(declared("web", 1, container(cpu=512)), policy, minimum=1), "1 task that may have half a CPU")
    play.watch(2 * MINUTE, "a quarter of a CPU of work")
    work = 1.2
    play.watch(5 * MINUTE, "1.2 CPUs of work")
    work = 0.25
    play.watch(17 * MINUTE, "a quarter of a CPU again")


@scenario
def requests_that_come_while_no_task_runs_start_one(play: Play) -> None:
    rate = 0.0
    play.site.engine.traffic = lambda group, color: (rate, 0.0)
    policy = TargetTracking(
        name="requests",
        metric=ScalingMetric.REQUESTS_PER_TARGET,
        target_value=600,
        scale_in_periods=3,
        scale_in_cooldown=60,
    )
    play.apply(scaled(balanced("web", 0), policy, minimum=0), "no task, behind a load balancer")
    play.watch(2 * MINUTE, "nobody comes")
    rate = 1.0
    play.watch(2 * MINUTE, "a request each second")
    rate = 25.0
    play.watch(9 * MINUTE, "25 each second")
    rate = 0.0
    play.watch(5 * MINUTE, "nobody comes any more")
