"""A pool that has traffic and loses its last healthy task: the deployment goes back at once."""

from __future__ import annotations

from reconciler.model.routing import Color
from reconciler.model.service import DeploymentStrategy
from tests.builders import balanced, container, percents, stack
from tests.site import Site


def test_a_new_revision_whose_last_healthy_task_dies_in_the_bake_is_undone() -> None:
    site = Site()
    configuration = percents(strategy=DeploymentStrategy.BLUE_GREEN, bake_time=60)

    def wanted(tag: int) -> object:
        return stack(balanced("web", 1, container(image=f"app:{tag}"), configuration=configuration))

    site.apply(wanted(1))  # type: ignore[arg-type]
    killed: list[str] = []

    def kill_in_the_bake(decision: object, shown: object) -> None:
        primary = site.store.load("shop").primary("service.web")
        if primary is not None and primary.stage == "BAKE_TIME" and primary.color is Color.GREEN and not killed:
            killed.append(next(key for key, each in site.engine._containers.items() if each.task.revision == 2))
            site.engine.kill(killed[0])

    site.observe = kill_in_the_bake
    ended = site.apply(wanted(2))  # type: ignore[arg-type]
    assert ended.decision.failed == ("service.web",)
    assert site.live == ("web:1",)
    failed, undone = ended.state.deployments[-2:]
    assert (failed.reason, undone.rolls_back) == ("none of its tasks is healthy any more", failed.id)
    (balancer,) = site.engine.observed_balancers()
    assert balancer.shares("target_group.web") == (0, 0)
