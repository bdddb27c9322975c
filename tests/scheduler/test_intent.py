"""What an apply records: revisions, deployments, services that leave (D1, I6, I11, C1)."""

from __future__ import annotations

from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.service import LifecycleStage
from reconciler.model.state import State
from reconciler.planner.target import adopt_deployments, retarget, run_tasks
from reconciler.scheduler.tasks import task_id
from tests.builders import NOW, OWNER, container, declared, definition, record, snapshot, stack, state

NOTHING = State(stack_name="shop", owner=OWNER)
V1, V2 = (stack(declared("web", 2, container(image=f"app:{tag}"))) for tag in (1, 2))


def summary(found: State) -> list[tuple[str, str, str]]:
    return [(f"{each.family}:{each.revision}", each.status, each.rollout_state) for each in found.deployments]


def with_rollout(found: State, rollout_state: RolloutState) -> State:
    def change(each: Deployment) -> Deployment:
        return each.changed(rollout_state=rollout_state) if each.is_primary else each

    return found.changed(deployments=tuple(change(each) for each in found.deployments))


def test_the_first_apply_opens_a_deployment_of_revision_one() -> None:
    found = retarget(V1, NOTHING, NOW)
    assert [str(each) for each in found.revisions] == ["web:1"]
    assert summary(found) == [("web:1", "PRIMARY", "IN_PROGRESS")]
    assert found.target == V1


def test_the_same_content_is_the_same_revision_and_deployment() -> None:
    once = retarget(V1, NOTHING, NOW)
    assert retarget(V1, once, NOW + 9) == once


def test_other_content_is_a_new_revision_that_supersedes_the_rollout_in_progress() -> None:
    found = retarget(V2, retarget(V1, NOTHING, NOW), NOW + 9)
    assert [str(each) for each in found.revisions] == ["web:1", "web:2"]
    assert summary(found) == [("web:1", "ACTIVE", "FAILED"), ("web:2", "PRIMARY", "IN_PROGRESS")]
    assert found.deployments[0].reason == "superseded by a newer deployment"


def test_a_completed_deployment_stays_completed_when_another_follows() -> None:
    once = with_rollout(retarget(V1, NOTHING, NOW), RolloutState.COMPLETED)
    assert summary(retarget(V2, once, NOW + 9))[0] == ("web:1", "ACTIVE", "COMPLETED")


def test_scaling_is_no_new_deployment() -> None:
    once = with_rollout(retarget(V1, NOTHING, NOW), RolloutState.COMPLETED)
    (scaled,) = retarget(stack(declared("web", 5)), once, NOW + 9).deployments
    assert scaled == once.deployments[0].changed(
        desired_count=5,
        rollout_state=RolloutState.IN_PROGRESS,
        stage=LifecycleStage.CLEAN_UP,
        progress_at=NOW + 9,
        updated_at=NOW + 9,
    )


def test_a_failed_deployment_is_tried_again_as_a_new_one() -> None:
    failed = with_rollout(retarget(V1, NOTHING, NOW), RolloutState.FAILED)
    found = retarget(V1, failed, NOW + 9)
    assert summary(found) == [("web:1", "ACTIVE", "FAILED"), ("web:1", "PRIMARY", "IN_PROGRESS")]
    assert len({each.id for each in found.deployments}) == 2


def test_a_service_that_leaves_the_stack_drains() -> None:
    found = retarget(stack(declared("db")), retarget(stack(declared(), declared("db")), NOTHING, NOW), NOW + 9)
    assert [each.address for each in found.draining] == ["service.web"]
    assert [each.address for each in retarget(V1, found, NOW + 10).draining] == ["service.db"]


def test_task_ids_of_two_deployments_never_meet() -> None:
    found = {task_id(OWNER, "service.web", deployment, ordinal) for deployment in "ab" for ordinal in range(50)}
    assert len(found) == 100 and all(len(each) == 32 for each in found)


def test_one_off_tasks_are_a_deployment_of_their_own() -> None:
    overridden = definition(container(command=("migrate",)))
    found = run_tasks(NOTHING, definition(), overridden, 2, NOW)
    assert summary(found) == [("web:1", "ACTIVE", "IN_PROGRESS")]
    assert [(each.group, each.ordinal, each.definition) for each in found.tasks] == [
        ("family:web", 1, overridden),
        ("family:web", 2, overridden),
    ]


def test_a_lost_deployment_is_adopted_as_completed_with_its_id_and_number() -> None:
    lost = state(deployments=(), tasks=(record(4, deployment="d7"), record(2, deployment="d7")))
    (adopted,) = adopt_deployments(V1, lost, snapshot(), NOW).deployments
    assert (adopted.id, adopted.rollout_state, adopted.next_ordinal) == ("d7", RolloutState.COMPLETED, 5)
    assert adopted.status is DeploymentStatus.PRIMARY
