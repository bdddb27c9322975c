"""Lifecycle hooks: what must go well before a deployment leaves a stage. Every run of one is recorded.

A command or URL whose answer was lost is asked again: hooks must be safe to repeat. Sources: ECS lifecycle hooks
(statuses, time limit of a day, what a time limit leads to); commands, URLs and tasks are ours, in place of Lambda.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.deployment import Deployment, HookRun, HookStatus, RolloutState
from reconciler.model.service import LifecycleHook, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import RunHook, Step
from reconciler.model.task import StopCode, TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler.recorder import stop
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import task_id

ASK_AGAIN_SECONDS = 5.0
"""How long after an answer IN_PROGRESS the same hook is asked again."""

_OPEN = (HookStatus.IN_PROGRESS, HookStatus.AWAITING_ACTION)


@dataclass(frozen=True, slots=True)
class Ground:
    """What decisions about stages stand on. `tasks` are all tasks by id."""

    snapshot: Snapshot
    tasks: Mapping[str, TaskView]
    stack_name: str
    folder: str
    owner: str
    now: float


@dataclass(frozen=True, slots=True)
class Hooked:
    """The deployment with its runs, what is to be done for them, and what is waited for. `failure` ends it all."""

    deployment: Deployment
    steps: tuple[Step, ...] = ()
    records: tuple[TaskRecord, ...] = ()
    waiting: str = ""
    wake_at: float | None = None
    failure: str = ""
    until: float | None = None
    """When the first time limit of what is waited for is over."""


def run_hooks(deployment: Deployment, service: Service, definition: TaskDefinition, ground: Ground) -> Hooked:
    """Begin the hooks of the stage that the deployment is in, and bring their runs up to what was seen."""
    hooks = [
        each
        for each in service.deployment_configuration.lifecycle_hooks
        if deployment.stage in each.stages and not deployment.rolls_back
    ]
    if not hooks:
        return Hooked(deployment)
    runs = {each.name: _seen(each, _run(each, deployment, ground), deployment, ground) for each in hooks}
    records = tuple(
        _task(each, runs[each.name], deployment, definition, ground)
        for each in hooks
        if each.task is not None and runs[each.name].task_id not in ground.tasks
    )
    mine = {(deployment.stage, deployment.shift, name) for name in runs}
    others = tuple(each for each in deployment.hooks if (each.stage, each.shift, each.name) not in mine)
    return Hooked(
        deployment=deployment.changed(hooks=(*others, *runs.values())),
        steps=tuple(
            _step(each, deployment, service, ground) for each in hooks if _is_due(each, runs[each.name], ground.now)
        ),
        records=records,
        waiting="; ".join(_wait(each, runs[each.name], deployment) for each in hooks if _is_open(runs[each.name])),
        wake_at=min((_wakes_at(each, runs[each.name]) for each in hooks if _is_open(runs[each.name])), default=None),
        until=min((_ends_at(each, runs[each.name]) for each in hooks if _is_open(runs[each.name])), default=None),
        failure=next((why for each in hooks if (why := _why_failed(each, runs[each.name], deployment))), ""),
    )


def abandoned(deployments: Mapping[str, Deployment], tasks: Mapping[str, TaskView], now: float) -> list[TaskRecord]:
    """Return the tasks of hooks whose deployment is over, stopped."""
    return [
        stop(tasks[run.task_id].record, StopCode.SERVICE_SCHEDULER_INITIATED, "its deployment is over", now)
        for deployment in deployments.values()
        if deployment.rollout_state is not RolloutState.IN_PROGRESS
        for run in deployment.hooks
        if run.task_id in tasks and not tasks[run.task_id].is_leaving
    ]


def run_id(deployment: Deployment, name: str) -> str:
    """Return the id of a hook's run in the stage that the deployment is in."""
    return f"{deployment.id}/{deployment.stage}/{deployment.shift}/{name}"


def _run(hook: LifecycleHook, deployment: Deployment, ground: Ground) -> HookRun:
    key = (hook.name, deployment.stage, deployment.shift)
    found = next((each for each in deployment.hooks if (each.name, each.stage, each.shift) == key), None)
    if found is not None:
        return found
    group = f"hook:{run_id(deployment, hook.name)}"
    return HookRun(
        name=hook.name,
        stage=deployment.stage,
        shift=deployment.shift,
        status=HookStatus.AWAITING_ACTION if hook.pause else HookStatus.IN_PROGRESS,
        started_at=ground.now,
        task_id=task_id(ground.owner, group, deployment.id, 1) if hook.task is not None else "",
    )


def _seen(hook: LifecycleHook, run: HookRun, deployment: Deployment, ground: Ground) -> HookRun:
    """Return a run as the last look left it."""
    if not _is_open(run):
        return run
    run = _after_task(run, ground) if hook.task is not None else _after_outcome(hook, run, deployment, ground)
    if _is_open(run) and ground.now >= run.started_at + hook.timeout:
        return run.changed(status=HookStatus.TIMED_OUT, ended_at=ground.now)
    return run


def _after_task(run: HookRun, ground: Ground) -> HookRun:
    view = ground.tasks.get(run.task_id)
    if view is None or not view.record.is_stopped:
        return run
    status = HookStatus.FAILED if view.record.failed else HookStatus.SUCCEEDED
    return run.changed(status=status, reason=view.record.stopped_reason, ended_at=ground.now)


def _after_outcome(hook: LifecycleHook, run: HookRun, deployment: Deployment, ground: Ground) -> HookRun:
    mine = run_id(deployment, hook.name)
    for outcome in ground.snapshot.outcomes:
        if not isinstance(outcome.step, RunHook) or outcome.step.run != mine:
            continue
        if outcome.code == HookStatus.IN_PROGRESS:
            return run.changed(asked_at=ground.now, reason=outcome.reason)
        status = HookStatus.SUCCEEDED if outcome.ok else HookStatus.FAILED
        return run.changed(status=status, reason=outcome.reason, ended_at=ground.now)
    return run


def _is_open(run: HookRun) -> bool:
    return run.status in _OPEN


def _is_due(hook: LifecycleHook, run: HookRun, now: float) -> bool:
    is_asked = bool(hook.command or hook.http) and run.status is HookStatus.IN_PROGRESS
    return is_asked and (run.asked_at is None or now >= run.asked_at + ASK_AGAIN_SECONDS)


def _ends_at(hook: LifecycleHook, run: HookRun) -> float:
    return run.started_at + hook.timeout


def _wakes_at(hook: LifecycleHook, run: HookRun) -> float:
    ends_at = _ends_at(hook, run)
    return ends_at if run.asked_at is None else min(ends_at, run.asked_at + ASK_AGAIN_SECONDS)


def _step(hook: LifecycleHook, deployment: Deployment, service: Service, ground: Ground) -> RunHook:
    return RunHook(
        address=service.address,
        reason=f"lifecycle hook {hook.name} of {deployment.stage}",
        run=run_id(deployment, hook.name),
        command=hook.command,
        http=hook.http,
        environment={
            "RECONCILER_STACK": ground.stack_name,
            "RECONCILER_SERVICE": service.name,
            "RECONCILER_DEPLOYMENT": deployment.id,
            "RECONCILER_REVISION": f"{deployment.family}:{deployment.revision}",
            "RECONCILER_STAGE": deployment.stage.value,
        },
        timeout=hook.timeout,
        folder=ground.folder,
    )


def _task(
    hook: LifecycleHook, run: HookRun, deployment: Deployment, definition: TaskDefinition, ground: Ground
) -> TaskRecord:
    """Return the record of a hook's task: a one-off task of the new revision, with its images."""
    return TaskRecord(
        id=run.task_id,
        group=f"family:{definition.family}",
        family=deployment.family,
        revision=deployment.revision,
        deployment=deployment.id,
        ordinal=0,
        created_at=ground.now,
        definition=_overridden(hook, definition),
    )


def _overridden(hook: LifecycleHook, definition: TaskDefinition) -> TaskDefinition:
    """Return the definition with the hook's command, and without host ports: those are the service's."""
    assert hook.task is not None
    chosen = hook.task.container or definition.essential[0].name

    def changed(container: ContainerDefinition) -> ContainerDefinition:
        ports = tuple(each.changed(host_port=None) for each in container.port_mappings)
        if container.name != chosen:
            return container.changed(port_mappings=ports)
        command = hook.task.command if hook.task is not None and hook.task.command else container.command
        return container.changed(port_mappings=ports, command=command, health_check=None, restart_policy=None)

    return definition.changed(containers=tuple(changed(each) for each in definition.containers))


def _wait(hook: LifecycleHook, run: HookRun, deployment: Deployment) -> str:
    if run.status is HookStatus.AWAITING_ACTION:
        return f"`reconciler deployment continue {deployment.id}`: it pauses at {run.stage} ({hook.name})"
    return f"lifecycle hook {hook.name} to finish"


def _why_failed(hook: LifecycleHook, run: HookRun, deployment: Deployment) -> str:
    what = f"lifecycle hook {hook.name} at {deployment.stage}"
    if run.status is HookStatus.FAILED:
        return f"{what} failed: {run.reason}" if run.reason else f"{what} failed"
    if run.status is HookStatus.TIMED_OUT and hook.on_timeout == "ROLLBACK":
        return f"{what} did not end within {hook.timeout:g} s"
    return ""
