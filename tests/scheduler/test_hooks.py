"""Lifecycle hooks: what must go well before a deployment leaves a stage (J7, I13)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.container_definition import PortMapping, RestartPolicy
from reconciler.model.deployment import Deployment, DeploymentStatus, HookRun, RolloutState
from reconciler.model.service import HttpHook, LifecycleHook, LifecycleStage, TaskHook
from reconciler.model.step import Outcome, RunHook
from reconciler.model.task import DesiredStatus, StopCode, TaskRecord, TaskStatus
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler.hooks import Hooked, abandoned, run_hooks, run_id
from reconciler.scheduler.scheduler import decide
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import task_id
from tests.builders import CHECK, NOW, OWNER, balanced, container, definition, observed, service, stack, task
from tests.scheduler.balancing import balanced_state, blue_green, first, ground, look, second

STAGE = LifecycleStage.POST_SCALE_UP
SMOKE = LifecycleHook(name="smoke", stages=(STAGE,), command=("smoke",), timeout=60)
PAUSE = LifecycleHook(name="approval", stages=(STAGE,), pause=True, timeout=60)
MIGRATE = LifecycleHook(name="migrate", stages=(STAGE,), task=TaskHook(command=("migrate",)), timeout=60)
RUN_ID = "d2/POST_SCALE_UP/0/smoke"


def run_of(hook: LifecycleHook = SMOKE, **fields: Any) -> HookRun:
    return HookRun(**{"name": hook.name, "stage": STAGE, "started_at": NOW, **fields})


def ask(
    *hooks: LifecycleHook, of: TaskDefinition | None = None, after: Deployment | None = None, **fields: Any
) -> Hooked:
    """Ask for what the hooks of the stage want now; `after` is the deployment as the last look left it."""
    deployment = after or second(STAGE)
    web = service("web", 2, blue_green(lifecycle_hooks=hooks))
    return run_hooks(deployment, web, of or definition(), ground(**fields))


def answer(**fields: Any) -> tuple[Outcome, ...]:
    """What the hook `smoke` said."""
    return (Outcome(step=RunHook(address="service.web", run=RUN_ID), **fields),)


def test_a_command_is_run_with_what_it_is_about() -> None:
    found = ask(SMOKE)
    step = RunHook(
        address="service.web",
        reason="lifecycle hook smoke of POST_SCALE_UP",
        run=RUN_ID,
        command=("smoke",),
        environment={
            "RECONCILER_STACK": "shop",
            "RECONCILER_SERVICE": "web",
            "RECONCILER_DEPLOYMENT": "d2",
            "RECONCILER_REVISION": "web:2",
            "RECONCILER_STAGE": "POST_SCALE_UP",
        },
        timeout=60,
        folder="folder",
    )
    assert found == Hooked(
        deployment=second(STAGE, hooks=(run_of(),)),
        steps=(step,),
        waiting="lifecycle hook smoke to finish",
        wake_at=NOW + 60,
        until=NOW + 60,
    )


def test_a_url_is_asked() -> None:
    (step,) = ask(LifecycleHook(name="url", stages=(STAGE,), http=HttpHook(url="http://ci/ok"))).steps
    assert isinstance(step, RunHook)
    assert (step.http, step.command) == (HttpHook(url="http://ci/ok"), ())


def test_hooks_of_other_stages_are_not_run() -> None:
    other = SMOKE.changed(stages=(LifecycleStage.PRE_SCALE_UP,))
    assert ask(other) == Hooked(second(STAGE))


def test_a_rollback_runs_no_hooks() -> None:
    back = second(STAGE, rolls_back="d1")
    assert ask(SMOKE, after=back) == Hooked(back)


def test_a_hook_that_went_well_lets_the_deployment_go_on() -> None:
    found = ask(SMOKE, after=second(STAGE, hooks=(run_of(),)), outcomes=answer(), now=NOW + 2)
    done = run_of(status="SUCCEEDED", ended_at=NOW + 2)
    assert found == Hooked(second(STAGE, hooks=(done,)))
    assert ask(SMOKE, after=found.deployment, now=NOW + 9) == found


def test_a_hook_that_failed_says_why() -> None:
    found = ask(SMOKE, after=second(STAGE, hooks=(run_of(),)), outcomes=answer(ok=False, reason="exit code 1"))
    assert (found.failure, found.steps) == ("lifecycle hook smoke at POST_SCALE_UP failed: exit code 1", ())


def test_one_in_progress_is_asked_again_after_five_seconds() -> None:
    asked = ask(
        SMOKE,
        after=second(STAGE, hooks=(run_of(),)),
        outcomes=answer(code="IN_PROGRESS", reason="3 of 9 done"),
        now=NOW + 2,
    )
    assert asked.deployment.hooks == (run_of(asked_at=NOW + 2, reason="3 of 9 done"),)
    assert (asked.steps, asked.wake_at) == ((), NOW + 7)
    assert ask(SMOKE, after=asked.deployment, now=NOW + 6.9).steps == ()
    assert len(ask(SMOKE, after=asked.deployment, now=NOW + 7).steps) == 1


def test_one_whose_answer_was_lost_is_asked_again() -> None:
    before = second(STAGE, hooks=(run_of(),))
    assert ask(SMOKE, after=before, now=NOW + 1).steps == ask(SMOKE).steps


def test_an_answer_to_an_earlier_stage_counts_for_nothing() -> None:
    stale = (Outcome(step=RunHook(address="service.web", run="d2/PRE_SCALE_UP/0/smoke"), ok=False),)
    assert ask(SMOKE, after=second(STAGE, hooks=(run_of(),)), outcomes=stale).failure == ""


@pytest.mark.parametrize(
    ("on_timeout", "failure"),
    [("ROLLBACK", "lifecycle hook smoke at POST_SCALE_UP did not end within 60 s"), ("CONTINUE", "")],
)
def test_what_a_time_limit_leads_to(on_timeout: str, failure: str) -> None:
    hook = SMOKE.changed(on_timeout=on_timeout)
    before = second(STAGE, hooks=(run_of(),))
    assert ask(hook, after=before, now=NOW + 59.9).waiting == "lifecycle hook smoke to finish"
    found = ask(hook, after=before, now=NOW + 60)
    assert found == Hooked(second(STAGE, hooks=(run_of(status="TIMED_OUT", ended_at=NOW + 60),)), failure=failure)


def test_an_answer_in_time_counts_though_the_limit_is_over_when_it_is_seen() -> None:
    found = ask(SMOKE, after=second(STAGE, hooks=(run_of(),)), outcomes=answer(), now=NOW + 61)
    assert (found.failure, found.deployment.hooks[0].status) == ("", "SUCCEEDED")


def test_a_pause_waits_for_an_answer_and_names_the_command() -> None:
    found = ask(PAUSE)
    assert found == Hooked(
        deployment=second(STAGE, hooks=(run_of(PAUSE, status="AWAITING_ACTION"),)),
        waiting="`reconciler deployment continue d2`: it pauses at POST_SCALE_UP (approval)",
        wake_at=NOW + 60,
        until=NOW + 60,
    )


def test_all_hooks_of_a_stage_run_at_once_and_one_failure_is_enough() -> None:
    found = ask(SMOKE, PAUSE)
    assert len(found.steps) == 1
    assert found.waiting == (
        "lifecycle hook smoke to finish; `reconciler deployment continue d2`: it pauses at POST_SCALE_UP (approval)"
    )
    failed = ask(SMOKE, PAUSE, after=found.deployment, outcomes=answer(ok=False))
    assert failed.failure == "lifecycle hook smoke at POST_SCALE_UP failed"


def test_runs_of_earlier_stages_are_kept() -> None:
    earlier = HookRun(name="smoke", stage="PRE_SCALE_UP", status="SUCCEEDED", started_at=NOW - 9)
    assert ask(SMOKE, after=second(STAGE, hooks=(earlier,))).deployment.hooks == (earlier, run_of())


HOOK_TASK = task_id(OWNER, "hook:d2/POST_SCALE_UP/0/migrate", "d2", 1)


def test_a_task_hook_is_one_task_of_the_new_revision_with_another_command() -> None:
    app = container(
        command=("serve",),
        port_mappings=(PortMapping(container_port=80, host_port=80),),
        health_check=CHECK,
        restart_policy=RestartPolicy(),
    )
    side = container("side", essential=False, port_mappings=(PortMapping(container_port=9, host_port=9),))
    found = ask(MIGRATE, of=definition(app, side))
    (record,) = found.records
    assert record == TaskRecord(
        id=HOOK_TASK,
        group="family:web",
        family="web",
        revision=2,
        deployment="d2",
        ordinal=0,
        created_at=NOW,
        definition=definition(
            container(command=("migrate",), port_mappings=(PortMapping(container_port=80),)),
            container("side", essential=False, port_mappings=(PortMapping(container_port=9),)),
        ),
    )
    assert (found.steps, found.waiting) == ((), "lifecycle hook migrate to finish")


def hook_task(**fields: Any) -> dict[str, TaskView]:
    record = TaskRecord(
        id=HOOK_TASK,
        group="family:web",
        family="web",
        revision=2,
        deployment="d2",
        ordinal=0,
        created_at=NOW,
        **fields,
    )
    return {HOOK_TASK: TaskView(record, definition())}


@pytest.mark.parametrize(
    ("failed", "failure"),
    [
        (False, ""),
        (True, "lifecycle hook migrate at POST_SCALE_UP failed: essential container app exited with code 1"),
    ],
)
def test_a_task_hook_ends_as_its_task_does(failed: bool, failure: str) -> None:
    before = ask(MIGRATE).deployment
    assert ask(MIGRATE, after=before, tasks=hook_task()).records == ()
    ended = hook_task(
        last_status=TaskStatus.STOPPED,
        failed=failed,
        stopped_reason="essential container app exited with code 1" if failed else "",
    )
    assert ask(MIGRATE, after=before, tasks=ended).failure == failure


def test_a_task_hook_that_takes_too_long_fails() -> None:
    found = ask(MIGRATE, after=ask(MIGRATE).deployment, tasks=hook_task(), now=NOW + 60)
    assert found.failure == "lifecycle hook migrate at POST_SCALE_UP did not end within 60 s"


def test_the_task_of_a_hook_is_stopped_when_its_deployment_is_over() -> None:
    over = ask(MIGRATE).deployment.changed(rollout_state=RolloutState.FAILED)
    (record,) = abandoned({"d2": over}, hook_task(), NOW + 9)
    assert (record.id, record.desired_status, record.stop_code, record.stopped_reason) == (
        HOOK_TASK,
        DesiredStatus.STOPPED,
        StopCode.SERVICE_SCHEDULER_INITIATED,
        "its deployment is over",
    )
    assert abandoned({"d2": over.changed(rollout_state=RolloutState.IN_PROGRESS)}, hook_task(), NOW + 9) == []
    assert abandoned({"d2": over}, {HOOK_TASK: TaskView(record, definition())}, NOW + 9) == []


def test_the_id_of_a_run_names_deployment_stage_step_and_hook() -> None:
    assert run_id(second("PRE_PRODUCTION_TRAFFIC_SHIFT", shift=2), "ok") == "d2/PRE_PRODUCTION_TRAFFIC_SHIFT/2/ok"


def test_the_task_of_a_hook_of_a_superseded_deployment_is_stopped() -> None:
    wanted = stack(balanced("web", 2))
    over = ask(MIGRATE).deployment.changed(rollout_state=RolloutState.FAILED, status=DeploymentStatus.ACTIVE)
    (record,) = ask(MIGRATE).records
    newest = second(id="d3", number=3)
    before = balanced_state(wanted, first(), over, newest, tasks=(record.changed(seen=True, started=("app",)),))
    its_task = task(0, record.definition, id=record.id, group=record.group, service_name=None, deployment="d2")
    decision = decide(wanted, before, look(observed(of=its_task)), NOW + 9)
    assert [each.stopped_reason for each in decision.state.tasks if each.id == record.id] == [
        "its deployment is over"
    ]
