"""What a load balancer shows, and deployments that shift: builders for tests of the scheduler.

Task number N has the address 10.0.0.N on the stack's network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.deployment import Deployment
from reconciler.model.noun import fingerprint
from reconciler.model.routing import (
    BalancerConfiguration,
    ObservedBalancer,
    ObservedTarget,
    PoolCounters,
    Route,
    RunningBalancer,
    Target,
)
from reconciler.model.service import DeploymentStrategy, LifecycleStage, TargetRegistration
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.scheduler.balancers import settings_of
from reconciler.scheduler.hooks import Ground
from reconciler.scheduler.task_view import TaskView
from tests.builders import NOW, OWNER, balanced, deployment, observed, percents, shown, snapshot, stack, state, task

WEB = "target_group.web"
REGISTRATION = TargetRegistration(target_group=WEB, container_name="app", container_port=8080)


def listed(
    ordinal: int, state: str = "ready", check: str = "passed", *, color: str = "blue", **fields: Any
) -> ObservedTarget:
    """A task as the running balancer has it."""
    values: dict[str, Any] = {
        "target_group": WEB,
        "task_id": f"{ordinal:032x}",
        "color": color,
        "address": f"10.0.0.{ordinal}",
        "port": 8080,
        "state": state,
        "check": check,
    }
    return ObservedTarget(**{**values, **fields})


def target(ordinal: int, state: str = "ready", *, color: str = "blue", **fields: Any) -> Target:
    """The same on its volume."""
    values: dict[str, Any] = {"task_id": f"{ordinal:032x}", "color": color, "address": f"10.0.0.{ordinal}"}
    return Target(**{**values, "port": 8080, "state": state, **fields})


def shares(green: int = 0, test_green: int | None = None, group: str = WEB) -> dict[str, tuple[int, int]]:
    """What a process gives the green pool of a group; tests too, unless told."""
    return {group: (green, green if test_green is None else test_green)}


def balancer(
    *targets: ObservedTarget,
    green: int = 0,
    test_green: int | None = None,
    of: Stack | None = None,
    counters: Iterable[PoolCounters] = (),
    leaving: int = 0,
    **fields: Any,
) -> ObservedBalancer:
    """The balancer `edge` of a stack, whose process does what its volume says."""
    found = of or stack(balanced())
    edge = found.load_balancers[0]
    routes = tuple(_route(group, targets, shares(green, test_green)[WEB]) for group in edge.target_groups)
    configuration = BalancerConfiguration(
        name=edge.name,
        listeners=edge.listeners,
        target_groups=tuple(each for each in found.target_groups if each.address in edge.target_groups),
        routes=routes,
    )
    running = RunningBalancer(
        structure=configuration.structure,
        leaving=leaving,
        shares={each.target_group: (each.green, each.test_green) for each in routes},
        targets=targets,
        counters=tuple(counters),
    )
    values: dict[str, Any] = {
        "address": edge.address,
        "name": edge.name,
        "container_id": "balancer-1",
        "is_live": True,
        "settings": fingerprint(settings_of(edge, found)),
        "configuration": configuration,
        "running": running,
    }
    return ObservedBalancer(**{**values, **fields})


def _route(group: str, targets: tuple[ObservedTarget, ...], shares: tuple[int, int]) -> Route:
    mine = sorted(
        (each for each in targets if each.target_group == group), key=lambda each: (each.color, each.task_id)
    )
    written = tuple(
        Target(task_id=each.task_id, color=each.color, address=each.address, port=each.port, state=each.state)
        for each in mine
    )
    return Route(target_group=group, green=shares[0], test_green=shares[1], targets=written)


def seen(ordinal: int, address: str = "", **fields: Any) -> ObservedTask:
    """A running task at its address."""
    at = address or f"10.0.0.{ordinal}"
    return observed(shown(id=f"c{ordinal}", addresses={"shop": at}), of=task(ordinal, **fields))


def blue_green(strategy: str = "BLUE_GREEN", **fields: Any) -> Any:
    """A deployment configuration that shifts; its bake takes ten seconds."""
    return percents(strategy=DeploymentStrategy(strategy), **{"bake_time": 10, **fields})


def first(**fields: Any) -> Deployment:
    """The deployment d1, which worked: its tasks are blue."""
    values = {"rollout_state": "COMPLETED", "completed_at": NOW, "stage": "CLEAN_UP", "status": "ACTIVE"}
    return deployment(**{**values, "registrations": (REGISTRATION,), **fields})


def second(stage: str = "RECONCILE_SERVICE", **fields: Any) -> Deployment:
    """The deployment d2 of revision 2, green, that is to take over from d1."""
    values: dict[str, Any] = {
        "id": "d2",
        "number": 2,
        "revision": 2,
        "strategy": DeploymentStrategy.BLUE_GREEN,
        "color": "green",
        "shifts_from": "d1",
        "registrations": (REGISTRATION,),
        "stage": LifecycleStage(stage),
        "stage_at": NOW,
    }
    return deployment(**{**values, **fields})


def ground(*balancers: ObservedBalancer, tasks: Mapping[str, TaskView] | None = None, **fields: Any) -> Ground:
    """What decisions about stages stand on; `outcomes` are those since the last look."""
    now = fields.pop("now", NOW)
    return Ground(snapshot(balancers=balancers, **fields), tasks or {}, "shop", "folder", OWNER, now)


def balanced_state(target: Stack, *deployments: Deployment, **fields: Any) -> State:
    """A State whose revisions 1 and 2 of `web` are both what the target declares."""
    definition = target.definitions["task_definition.web"]
    revisions = tuple(
        Revision(family="web", number=number, fingerprint=f"v1:{number}", definition=definition) for number in (1, 2)
    )
    return state(target, **{"revisions": revisions, "deployments": deployments, **fields})


def look(*tasks: ObservedTask, balancers: tuple[ObservedBalancer, ...] = (), **fields: Any) -> Snapshot:
    """A snapshot with balancers."""
    return snapshot(*tasks, balancers=balancers, **fields)
