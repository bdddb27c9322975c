"""The use cases on the simulated engine: what they refuse, adopt, run and stop."""

from __future__ import annotations

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.engine.converge import Converged
from reconciler.engine.session import Options, prepare, run, stop_task
from reconciler.errors import ReconcilerError, StackError, StaleError
from reconciler.model.snapshot import Owner
from reconciler.model.step import CreateOwner
from reconciler.model.task import StopCode, TaskStatus
from reconciler.model.task_definition import TaskDefinition
from reconciler.store.memory import MemoryStore
from tests.builders import container, declared, definition, run_request, stack, stop_request
from tests.site import Site, no_outputs

JOB = definition(container(image="job:1"), family="job")


def run_job(site: Site, overridden: TaskDefinition = JOB, count: int = 1) -> tuple[tuple[str, ...], Converged]:
    wanted = stack().changed(definitions={"task_definition.job": JOB})
    lease = site.store.acquire("shop", "run", 0)
    try:
        return run(site.session(), site.world(), wanted, run_request(JOB, overridden, count), lease)
    finally:
        lease.release()


def test_an_image_that_cannot_be_had_is_refused_before_anything_stops() -> None:
    site = Site()
    site.apply(stack(declared("web", 2)))
    site.engine.obtainable = lambda reference: False
    before = len(site.engine.steps)
    with pytest.raises(StackError) as refusal:
        site.prepare(stack(declared("web", 2, container(image="nowhere:1"))))
    (found,) = refusal.value.diagnostics
    assert (found.code, found.summary) == ("E0610", "image nowhere:1 cannot be had")
    assert len(site.engine.steps) == before


def test_a_plan_performs_nothing() -> None:
    site = Site()
    site.prepare(stack(declared("web", 2)))
    assert site.engine.steps == []
    assert site.store.load("shop").serial == 0


def test_an_apply_whose_plan_was_overtaken_changes_nothing() -> None:
    from reconciler.engine.session import apply

    site = Site()
    prepared = site.prepare(stack(declared("web", 1)))
    site.apply(stack(declared("web", 3)))
    lease = site.store.acquire("shop", "apply", 0)
    before = len(site.engine.steps)
    with pytest.raises(StaleError):
        apply(site.session(), site.world(), prepared, no_outputs, lease)
    assert len(site.engine.steps) == before


def test_several_owners_and_no_state_is_an_error_that_names_them() -> None:
    site = Site()
    for owner in ("a" * 32, "b" * 32):
        site.engine.perform(CreateOwner(address="stack", stack="shop", owner=owner, digest_key="k"))
    with pytest.raises(ReconcilerError, match="several owners: shop-owner-aaaaaaaa, shop-owner-bbbbbbbb"):
        site.prepare(stack(declared("web")))


def test_the_only_owner_is_taken_over_and_that_is_said() -> None:
    site = Site()
    site.engine.perform(CreateOwner(address="stack", stack="shop", owner="a" * 32, digest_key="k"))
    prepared = prepare(site.session(), stack(declared("web")), no_outputs, Options())
    assert (prepared.recorded.owner, prepared.recorded.digest_key) == ("a" * 32, "k")
    assert prepared.messages == ("no state is recorded: what runs is adopted from its labels (owner aaaaaaaa)",)


def test_a_one_off_task_runs_to_its_end_and_is_never_restarted() -> None:
    site = Site()
    site.engine.behave = lambda step: Behaviour(exits_after=5, exit_code=3)
    (task_id,), _ = run_job(site)
    site.clock.advance_to(site.clock.now() + 60)
    site.apply(stack(declared("web", 1)).changed())
    record = site.store.load("shop").task(task_id)
    assert record is not None
    assert (record.last_status, record.stop_code, record.containers[0].exit_code) == (
        TaskStatus.STOPPED,
        StopCode.ESSENTIAL_CONTAINER_EXITED,
        3,
    )
    assert [each.key for each in site.engine.steps].count(f"start_container {task_id} app") == 1


def test_a_one_off_task_whose_image_may_not_be_pulled_fails_at_once() -> None:
    never = definition(container(image="nowhere:1", pull="never"), family="job")
    (task_id,), ended = run_job(Site(), never)
    record = ended.state.task(task_id)
    assert record is not None
    assert (record.stop_code, record.stopped_reason) == (
        StopCode.TASK_FAILED_TO_START,
        "CannotPullContainerError: the engine does not have nowhere:1, and pull = never",
    )


def test_overrides_are_the_tasks_own_and_no_revision() -> None:
    site = Site()
    overridden = JOB.changed(containers=(container(image="job:1", command=("report",)),))
    (task_id,), ended = run_job(site, overridden)
    seen = next(each for each in ended.snapshot.tasks if each.task.id == task_id)
    assert seen.task.definition.container("app").command == ("report",)
    assert [str(each) for each in ended.state.revisions] == ["job:1"]


def test_several_one_off_tasks_start_at_once() -> None:
    ids, ended = run_job(Site(), count=3)
    assert len(set(ids)) == 3
    assert {each.last_status for each in ended.state.tasks} == {TaskStatus.RUNNING}


def test_a_stopped_task_of_a_service_is_replaced_and_keeps_the_reason() -> None:
    site = Site()
    wanted = stack(declared("web", 2))
    site.apply(wanted)
    victim = site.store.load("shop").tasks[0].id
    lease = site.store.acquire("shop", "stop", 0)
    ended = stop_task(site.session(), site.world(), wanted, stop_request(victim, "maintenance"), lease)
    lease.release()
    record = ended.state.task(victim)
    assert record is not None
    assert (record.stop_code, record.stopped_reason, record.failed) == (StopCode.USER_INITIATED, "maintenance", False)
    assert ended.decision.is_steady
    assert site.live == ("web:1", "web:1")


def test_nothing_is_run_nor_stopped_beside_services_of_a_lost_state() -> None:
    site = Site()
    wanted = stack(declared("web", 2))
    site.apply(wanted)
    victim = site.store.load("shop").tasks[0].id
    site.store, before = MemoryStore(), len(site.engine.steps)
    with pytest.raises(ReconcilerError, match="no state is recorded of what runs: `reconciler apply` records it"):
        run_job(site)
    lease = site.store.acquire("shop", "stop", 0)
    with pytest.raises(ReconcilerError, match="no state is recorded of what runs: `reconciler apply` records it"):
        stop_task(site.session(), site.world(), wanted, stop_request(victim, "maintenance"), lease)
    lease.release()
    assert (site.live, len(site.engine.steps), site.store.load("shop").serial) == (("web:1", "web:1"), before, 0)
    site.apply(wanted)
    assert (site.live, site.store.load("shop").task(victim) is None) == (("web:1", "web:1"), False)


def test_an_owner_is_remembered_by_the_engine() -> None:
    site = Site()
    site.apply(stack(declared("web", 1)))
    recorded = site.store.load("shop")
    assert site.engine.look(site.request()).owners == (
        Owner(id=recorded.owner, digest_key=recorded.digest_key, volume=f"shop-owner-{recorded.owner[:8]}"),
    )
