"""Small stacks, tasks and snapshots for tests; `tests/site.py` has a place where they are applied.

Everything has a default that makes it valid; a test says only what matters to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.container_definition import (
    Condition,
    ContainerDefinition,
    ContainerDependency,
    HealthCheck,
    PortMapping,
)
from reconciler.model.deployment import Deployment
from reconciler.model.load_balancer import Action, Forward, Listener, LoadBalancer, Rule, TargetGroup
from reconciler.model.request import Request, RequestKind
from reconciler.model.service import (
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    Service,
    TargetRegistration,
    Threshold,
)
from reconciler.model.snapshot import (
    Container,
    ContainerHealth,
    ContainerStatus,
    ObservedImage,
    ObservedNetwork,
    ObservedTask,
    Owner,
    Snapshot,
)
from reconciler.model.stack import Network, Stack, Volume
from reconciler.model.state import Revision, State
from reconciler.model.task import Task, TaskRecord, TaskStatus
from reconciler.model.task_definition import TaskDefinition, TaskVolume
from reconciler.scheduler.task_view import TaskView

NOW = 1_000_000.0
OWNER = "0123456789abcdef0123456789abcdef"
CHECK = HealthCheck(command=("CMD", "true"), interval=5)

Declared = tuple[Service, TaskDefinition]


def container(
    name: str = "app", image: str = "app:1", *, after: Mapping[str, str] | None = None, **fields: Any
) -> ContainerDefinition:
    """A container; `after={"db": "HEALTHY"}` is its depends_on."""
    depends_on = tuple(
        ContainerDependency(container=each, condition=Condition(condition))
        for each, condition in (after or {}).items()
    )
    return ContainerDefinition(name=name, image=image, depends_on=depends_on, **fields)


def definition(*containers: ContainerDefinition, family: str = "web", **fields: Any) -> TaskDefinition:
    """A task definition, of one container `app` unless told."""
    ordered = tuple(sorted(containers or (container(),), key=lambda each: each.name))
    return TaskDefinition(family=family, containers=ordered, **fields)


def percents(minimum: int = 100, maximum: int = 200, **fields: Any) -> DeploymentConfiguration:
    """Bounds of a deployment; tasks without a check are healthy ten seconds after their start."""
    return DeploymentConfiguration(minimum_healthy_percent=minimum, maximum_percent=maximum, **fields)


def breaker(count: int, **fields: Any) -> DeploymentCircuitBreaker:
    """A circuit breaker of a literal count."""
    return DeploymentCircuitBreaker(threshold=Threshold(type="COUNT", value=count), **fields)


def service(
    name: str = "web", count: int = 1, configuration: DeploymentConfiguration | None = None, **fields: Any
) -> Service:
    """A service `service.NAME` that runs `task_definition.NAME`; `after=("db",)` are the services it depends on."""
    after = fields.pop("after", ())
    return Service(
        address=f"service.{name}",
        name=name,
        task_definition=f"task_definition.{name}",
        desired_count=count,
        deployment_configuration=configuration or percents(),
        depends_on=tuple(f"service.{each}" for each in after),
        **fields,
    )


def declared(name: str = "web", count: int = 1, *containers: ContainerDefinition, **fields: Any) -> Declared:
    """A service and the definition it runs."""
    volumes: tuple[TaskVolume, ...] = fields.pop("volumes", ())
    return service(name, count, **fields), definition(*containers, family=name, volumes=volumes)


def target_group(name: str = "web", **fields: Any) -> TargetGroup:
    """A target group `target_group.NAME`, checked every five seconds."""
    return TargetGroup(address=f"target_group.{name}", name=name, **fields)


def listener(name: str, port: int, *groups: str, of: str = "edge", **fields: Any) -> Listener:
    """A listener that forwards to the target group of that name; `/NAME*` goes to each further one."""
    forwards = [Action(forwards=(Forward(target_group=f"target_group.{each}"),)) for each in groups]
    rules = tuple(
        Rule(name=each, priority=priority, path_pattern=(f"/{each}*",), action=action)
        for priority, (each, action) in enumerate(zip(groups[1:], forwards[1:], strict=True), 1)
    )
    chosen = {"action": forwards[0], "rules": rules} if groups else {}
    return Listener(name=name, address=f"load_balancer.{of}.listener.{name}", port=port, **{**chosen, **fields})


def load_balancer(name: str = "edge", *listeners: Listener, **fields: Any) -> LoadBalancer:
    """A load balancer `load_balancer.NAME`; without listeners, of one on port 80 for the target group `web`."""
    found = listeners or (listener("http", 80, "web", of=name),)
    ordered = tuple(sorted(found, key=lambda each: each.name))
    return LoadBalancer(address=f"load_balancer.{name}", name=name, listeners=ordered, **fields)


def balanced(
    name: str = "web", count: int = 1, *containers: ContainerDefinition, tested: bool = False, **fields: Any
) -> Declared:
    """A service whose container `app` (port 8080) is a target of the group of the service's name.

    `stack(...)` adds the parts it needs; with `tested`, a test listener too.
    """
    registration = TargetRegistration(
        target_group=f"target_group.{name}",
        container_name="app",
        container_port=8080,
        test_listener="load_balancer.edge.listener.test" if tested else None,
    )
    found = containers or (container(port_mappings=(PortMapping(container_port=8080),)),)
    return declared(name, count, *found, load_balancers=(registration,), **fields)


def stack(
    *services: Declared,
    name: str = "shop",
    networks: Iterable[str] = (),
    volumes: Iterable[Volume] = (),
    balancers: Iterable[LoadBalancer] | None = None,
    target_groups: Iterable[TargetGroup] = (),
) -> Stack:
    """A stack of services. What registrations need and is not given is there: target groups, and one balancer.

    That balancer is `load_balancer.edge`, with a listener `http` on port 80 and, if any service wants one, `test` on
    port 81.
    """
    registrations = tuple(each for found, _ in services for each in found.load_balancers)
    edge = _edge(registrations) if registrations else ()
    groups = {each.target_group: target_group(_last(each.target_group)) for each in registrations}
    groups |= {each.address: each for each in target_groups}
    return Stack(
        name=name,
        networks=tuple(Network(address=f"network.{each}", name=f"{name}-{each}") for each in sorted(networks)),
        volumes=tuple(sorted(volumes, key=lambda each: each.address)),
        definitions={each.task_definition: found for each, found in services},
        services=tuple(sorted((each for each, _ in services), key=lambda each: each.address)),
        load_balancers=edge if balancers is None else tuple(sorted(balancers, key=lambda each: each.address)),
        target_groups=tuple(groups[address] for address in sorted(groups)),
    )


def _edge(registrations: tuple[TargetRegistration, ...]) -> tuple[LoadBalancer, ...]:
    all_of_them = tuple(dict.fromkeys(_last(each.target_group) for each in registrations))
    tested = tuple(dict.fromkeys(_last(each.target_group) for each in registrations if each.test_listener))
    listeners = (listener("http", 80, *all_of_them), *((listener("test", 81, *tested),) if tested else ()))
    return (load_balancer("edge", *listeners),)


def _last(address: str) -> str:
    return address.rpartition(".")[2]


EMPTY = Stack(name="shop")
"""What a destroy applies."""


def task(ordinal: int = 1, of: TaskDefinition | None = None, **fields: Any) -> Task:
    """A task of `service.web`, revision 1, deployment d1."""
    values: dict[str, Any] = {
        "id": f"{ordinal:032x}",
        "stack": "shop",
        "owner": OWNER,
        "group": "service.web",
        "service_name": "web",
        "family": "web",
        "revision": 1,
        "deployment": "d1",
        "ordinal": ordinal,
        "fingerprint": "v1:1",
        "definition": of or definition(),
    }
    return Task(**{**values, **fields})


def record(ordinal: int = 1, **fields: Any) -> TaskRecord:
    """What is recorded of such a task: just created, unless told."""
    values: dict[str, Any] = {
        "id": f"{ordinal:032x}",
        "group": "service.web",
        "service_name": "web",
        "family": "web",
        "revision": 1,
        "deployment": "d1",
        "ordinal": ordinal,
        "created_at": NOW,
    }
    return TaskRecord(**{**values, **fields})


def running(ordinal: int = 1, *, healthy: bool = True, **fields: Any) -> TaskRecord:
    """The record of a task that runs."""
    values: dict[str, Any] = {
        "seen": True,
        "started": ("app",),
        "last_status": TaskStatus.RUNNING,
        "running_at": NOW,
        "healthy_at": NOW if healthy else None,
    }
    return record(ordinal, **{**values, **fields})


def shown(name: str = "app", status: str = "running", **fields: Any) -> Container:
    """A container as the engine shows it: started a minute ago."""
    values: dict[str, Any] = {"id": f"c-{name}", "name": name, "status": ContainerStatus(status)}
    if status != "created":
        values["started_at"] = NOW - 60
    if status == "exited":
        values |= {"exit_code": 0, "finished_at": NOW - 1}
    return Container(**{**values, **fields})


def observed(*containers: Container, of: Task | None = None, volumes: tuple[str, ...] = ()) -> ObservedTask:
    """A task as the engine shows it."""
    return ObservedTask(task=of or task(), containers=containers or (shown(),), volumes=volumes)


def view(
    ordinal: int = 1,
    *,
    health: str | None = None,
    of: TaskDefinition | None = None,
    is_shown: bool = True,
    **fields: Any,
) -> TaskView:
    """A running task, healthy unless `health` (or `healthy_at=None`) says otherwise."""
    found = of or definition(container(health_check=CHECK) if health else container())
    seen = shown(health=ContainerHealth(health) if health else None)
    mine = task(ordinal, found)
    return TaskView(running(ordinal, **fields), found, observed(seen, of=mine) if is_shown else None)


def deployment(**fields: Any) -> Deployment:
    """The primary deployment d1 of `service.web`, in progress, with the image pinned."""
    values: dict[str, Any] = {
        "id": "d1",
        "service": "service.web",
        "number": 1,
        "family": "web",
        "revision": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "progress_at": NOW,
        "desired_count": 1,
        "images": {"app:1": "sha256:app:1"},
    }
    return Deployment(**{**values, **fields})


def state(target: Stack | None = None, **fields: Any) -> State:
    """A State with an owner, whose target is `target`; revision 1 of `web` is registered."""
    found = target.definitions.get("task_definition.web") if target else None
    revision = Revision(family="web", number=1, fingerprint="v1:1", definition=found or definition())
    values: dict[str, Any] = {
        "stack_name": "shop",
        "serial": 1,
        "owner": OWNER,
        "digest_key": "key",
        "target": target,
        "revisions": (revision,),
        "deployments": (deployment(),),
    }
    return State(**{**values, **fields})


def snapshot(*tasks: ObservedTask, **fields: Any) -> Snapshot:
    """What the engine shows: our owner volume, the stack's network, the image, and these tasks."""
    values: dict[str, Any] = {
        "owners": (Owner(id=OWNER, digest_key="key", volume="shop-owner"),),
        "tasks": tuple(sorted(tasks, key=lambda each: each.task.id)),
        "networks": (ObservedNetwork(id="shop", name="shop", is_ours=True),),
        "images": (ObservedImage(reference="app:1", id="sha256:app:1"),),
    }
    return Snapshot(**{**values, **fields})


def run_request(
    wanted: TaskDefinition, overridden: TaskDefinition | None = None, count: int = 1, token: str = "run"
) -> Request:
    """Ask for one-off tasks of a definition."""
    return Request(kind=RequestKind.RUN, definition=wanted, overridden=overridden, count=count, token=token)


def stop_request(task_id: str, reason: str) -> Request:
    """Ask for the end of one task."""
    return Request(kind=RequestKind.STOP_TASK, tasks=(task_id,), message=reason)
