"""The order inside a task: which container may start or stop now, and when a task can never become whole.

Sources: ECS ContainerDependency and the ECS agent's dependency graph; restart policy of the ECS agent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.container_definition import Condition, ContainerDefinition, ContainerDependency
from reconciler.model.snapshot import Container, ContainerHealth, ObservedTask
from reconciler.model.task_definition import HOLDER, TaskDefinition


@dataclass(frozen=True, slots=True)
class StartOrder:
    """What starts now. `failure` says why the task can never become whole; `wake_at` when a wait runs out."""

    ready: tuple[str, ...] = ()
    failure: str = ""
    waiting: str = ""
    wake_at: float | None = None


def start_order(
    definition: TaskDefinition, observed: ObservedTask | None, now: float, started: Sequence[str] = ()
) -> StartOrder:
    """Say which containers of a task may start now.

    The holder goes first. Then every container whose dependencies have met their conditions. `started` names those
    that were ever seen started: one of them that is gone is not started again (a migration must not run twice).
    """
    if definition.needs_holder and not _is_live(observed, HOLDER):
        return StartOrder(ready=(HOLDER,))
    ready: list[str] = []
    waits: list[_Verdict] = []
    for container in definition.containers:
        present = observed.container(container.name) if observed else None
        if not _may_start(container, present, started):
            continue
        if present is not None and present.has_exited:
            ready.append(container.name)  # restarted in place: dependencies count at the first start only
            continue
        verdict = _judge_all(definition, container, observed, now, started)
        if verdict.failure:
            return StartOrder(failure=verdict.failure)
        if verdict.waiting:
            waits.append(verdict)
        else:
            ready.append(container.name)
    wake_at = min((each.until for each in waits if each.until is not None), default=None)
    return StartOrder(tuple(ready), waiting="; ".join(each.waiting for each in waits), wake_at=wake_at)


def stop_order(definition: TaskDefinition, observed: ObservedTask) -> tuple[tuple[str, ...], bool]:
    """Return the containers that may stop now, and whether nothing else (but the holder) still runs.

    Shutdown is the reverse of the start: a container stops only after all that depend on it.
    """
    live = {each.name for each in observed.containers if each.is_live and each.name != HOLDER}
    needed = {
        dependency.container
        for container in definition.containers
        if container.name in live
        for dependency in dependencies(container)
    }
    ready = tuple(sorted(live - needed)) or tuple(sorted(live))
    return ready, len(ready) == len(live)


def dependencies(container: ContainerDefinition) -> tuple[ContainerDependency, ...]:
    """Return what a container waits for: its `depends_on`, and a START for whose volumes or links it uses."""
    implied = [each.source_container for each in container.volumes_from]
    implied += [link.partition(":")[0] for link in container.links]
    named = {each.container for each in container.depends_on}
    starts = (
        ContainerDependency(container=name, condition=Condition.START)
        for name in dict.fromkeys(implied)
        if name not in named
    )
    return (*container.depends_on, *starts)


def will_restart(definition: ContainerDefinition, container: Container) -> bool:
    """Say whether an exited container is restarted in place.

    Only when its policy is on, the exit code counts, and it ran for at least the attempt period (ECS restartPolicy).
    """
    policy = definition.restart_policy
    if policy is None or not policy.enabled or container.exit_code in policy.ignored_exit_codes:
        return False
    if container.started_at is None or container.finished_at is None or container.exit_code is None:
        return False
    return container.finished_at - container.started_at >= policy.restart_attempt_period


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Of one dependency: met when both texts are empty."""

    failure: str = ""
    waiting: str = ""
    until: float | None = None


_MET = _Verdict()


def _may_start(container: ContainerDefinition, present: Container | None, started: Sequence[str]) -> bool:
    """Whether the container has not started yet, or has exited and is to be restarted."""
    if present is None:
        return container.name not in started
    if present.started_at is None:
        return not present.is_live
    return present.has_exited and will_restart(container, present)


def _judge_all(
    definition: TaskDefinition,
    container: ContainerDefinition,
    observed: ObservedTask | None,
    now: float,
    started: Sequence[str],
) -> _Verdict:
    verdicts = [
        _judge(definition.container(each.container), each, observed, now, started) for each in dependencies(container)
    ]
    return next((each for each in verdicts if each.failure), None) or next(
        (each for each in verdicts if each.waiting), _MET
    )


def _judge(
    target: ContainerDefinition,
    dependency: ContainerDependency,
    observed: ObservedTask | None,
    now: float,
    started: Sequence[str],
) -> _Verdict:
    present = observed.container(target.name) if observed else None
    if present is None and target.name in started:
        return _once_removed(target, dependency.condition)
    if present is None or present.started_at is None:
        return _Verdict(waiting=f"container {target.name} to start")
    if _is_met(dependency.condition, present):
        return _MET
    if _is_hopeless(target, dependency.condition, present):
        ended = f"exited with code {present.exit_code}"
        return _Verdict(failure=f"container {target.name} {ended} before {dependency.condition.value}")
    return _within_start_timeout(target, dependency.condition, present.started_at, now)


def _is_met(condition: Condition, present: Container) -> bool:
    if condition is Condition.START:
        return True
    if condition is Condition.COMPLETE:
        return present.has_exited
    if condition is Condition.SUCCESS:
        return present.has_exited and present.exit_code == 0
    return present.is_live and present.health is ContainerHealth.HEALTHY


def _is_hopeless(target: ContainerDefinition, condition: Condition, present: Container) -> bool:
    is_over = present.has_exited and not will_restart(target, present)
    return is_over and condition in (Condition.SUCCESS, Condition.HEALTHY)


def _once_removed(target: ContainerDefinition, condition: Condition) -> _Verdict:
    """A dependency that started and was removed since is not started again, so how it ended stays unknown."""
    if condition is Condition.START:
        return _MET
    return _Verdict(failure=f"container {target.name} was removed from outside before {condition.value}")


def _within_start_timeout(
    target: ContainerDefinition, condition: Condition, started_at: float, now: float
) -> _Verdict:
    """The dependency's own start_timeout, from its own start (ECS startTimeout)."""
    waiting = f"container {target.name} to reach {condition.value}"
    if target.start_timeout is None:
        return _Verdict(waiting=waiting)
    until = started_at + target.start_timeout
    if now >= until:
        took = f"within its start_timeout of {target.start_timeout:g} s"
        return _Verdict(failure=f"container {target.name} did not reach {condition.value} {took}")
    return _Verdict(waiting=waiting, until=until)


def _is_live(observed: ObservedTask | None, name: str) -> bool:
    present = observed.container(name) if observed else None
    return present is not None and present.is_live


def exited_essential(definition: TaskDefinition, observed: ObservedTask) -> Iterable[Container]:
    """Yield the essential containers that ended for good."""
    for container in definition.essential:
        present = observed.container(container.name)
        if present is not None and present.has_exited and not will_restart(container, present):
            yield present
