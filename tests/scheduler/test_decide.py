"""`decide` as a whole: pure, level-triggered, and right after a loss (C1, D12, D16, E4, H6, R5)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.engine.session import run
from reconciler.model.container_definition import RestartPolicy
from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.service import SchedulingStrategy
from reconciler.model.snapshot import ContainerHealth, Drift, SecretReading, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import RemoveTask, StartContainer
from reconciler.model.task import DesiredStatus, TaskStatus
from reconciler.scheduler.scheduler import decide
from reconciler.store.memory import MemoryStore
from reconciler.store.store import Lease
from tests.builders import (
    CHECK,
    EMPTY,
    NOW,
    container,
    declared,
    definition,
    deployment,
    observed,
    percents,
    run_request,
    running,
    shown,
    snapshot,
    stack,
    state,
    task,
)
from tests.site import Site


@dataclass
class RememberingStore(MemoryStore):
    """A store with a backup of every save."""

    backups: list[State] = field(default_factory=list)

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        saved = super().save(state, lease, answered)
        self.backups.append(saved)
        return saved


def web(count: int, tag: int = 1, name: str = "web") -> Stack:
    return stack(declared(name, count, container(image=f"app:{tag}")))


def starts(site: Site) -> list[StartContainer]:
    return [step for step in site.engine.steps if isinstance(step, StartContainer)]


def steady(**fields: object) -> State:
    """The state of a `web` of two tasks that all is well with."""
    done = deployment(
        desired_count=2, rollout_state=RolloutState.COMPLETED, next_ordinal=3, told=("SERVICE_STEADY_STATE",)
    )
    return state(web(2), **{"deployments": (done,), "tasks": (running(1), running(2)), **fields})


TWO = (observed(of=task(1)), observed(of=task(2)))


def test_nothing_to_do_is_an_empty_decision_and_the_same_state() -> None:
    assert decide(web(2), steady(), snapshot(*TWO), NOW) == Decision(state=steady(), is_steady=True, is_over=True)


def test_the_same_question_has_the_same_answer() -> None:
    site, before = Site(), [State(stack_name="shop")]

    def ask_again(decision: Decision, seen: Snapshot) -> None:
        wanted = site.store.load("shop").target
        assert wanted is not None
        once, twice = (decide(wanted, before[-1], seen, site.clock.now()) for _ in range(2))
        assert once == twice
        before.append(decision.state)

    site.observe = ask_again
    site.apply(web(3))
    site.apply(web(3, 2))
    assert len(before) > 10


def test_replacements_run_the_pinned_image_though_the_tag_moved() -> None:
    site = Site()
    site.apply(web(2))
    site.engine.add_image("app:1", "sha256:another")
    site.engine.remove(site.engine.look(site.request()).tasks[0].containers[0].id)
    site.apply(web(2))
    assert {step.image for step in starts(site)} == {"sha256:app:1"}


def test_a_drifted_task_is_replaced_start_first() -> None:
    drifted = shown(drift=(Drift(attribute="memory", declared="64 MiB", observed="32 MiB"),))
    seen = snapshot(observed(drifted, of=task(1)), TWO[1])
    first = decide(web(2), steady(), seen, NOW)
    assert [(each.ordinal, each.desired_status) for each in first.state.tasks] == [
        (1, "RUNNING"),
        (2, "RUNNING"),
        (3, "RUNNING"),
    ]
    young = running(3, started=("app",))
    old = tuple(running(ordinal, running_at=NOW - 3600, healthy_at=NOW - 3600) for ordinal in (1, 2))
    later = decide(web(2), steady(tasks=(*old, young)), _with(seen, 3), NOW)
    assert [step.task_id for step in later.steps if isinstance(step, RemoveTask)] == [task(1).id]
    assert later.state.tasks[0].stopped_reason == "app: memory is 32 MiB, declared 64 MiB"


def _with(seen: Snapshot, ordinal: int) -> Snapshot:
    return seen.changed(tasks=(*seen.tasks, observed(of=task(ordinal))))


SECRET = definition(container(secrets={"key": "secret.key"}))


@pytest.mark.parametrize(
    ("reading", "waits"),
    [
        (SecretReading(address="secret.key", digest="d"), ""),
        (SecretReading(address="secret.key", reason="KEY is not set"), "secret.key to be readable: KEY is not set"),
    ],
)
def test_a_task_waits_for_its_secret_to_be_readable(reading: SecretReading, waits: str) -> None:
    wanted = web(1).changed(definitions={"task_definition.web": SECRET})
    found = decide(wanted, state(wanted), snapshot(secrets=(reading,)), NOW)
    assert [each.reason for each in found.waiting_for if waits] == ([waits] if waits else [])
    assert [step.task.secret_digests for step in found.steps if isinstance(step, StartContainer)] == (
        [] if waits else [{"secret.key": "d"}]
    )


def test_a_daemon_is_one_task_on_the_one_engine() -> None:
    site = Site()
    service, found = declared("web", 7, scheduling_strategy=SchedulingStrategy.DAEMON)
    wanted = stack((service.changed(deployment_configuration=percents(0, 100)), found))
    assert site.apply(wanted).decision.is_steady
    assert site.live == ("web:1",)


@pytest.mark.parametrize("age", [1, 2, 3, 5, 8, 13])
def test_an_older_backup_of_the_state_changes_nothing_that_runs(age: int) -> None:
    site = Site(store=RememberingStore())
    site.apply(web(3))
    site.apply(web(3, 2))
    backups = site.store.backups  # type: ignore[attr-defined]
    site.store = MemoryStore(states={"shop": backups[max(0, len(backups) - 1 - age)]})
    before = len(site.engine.steps)
    assert site.apply(web(3, 2)).decision.is_steady
    assert site.engine.steps[before:] == []


def test_a_new_task_takes_no_number_that_an_older_state_forgot() -> None:
    old = steady(deployments=(steady().deployments[0].changed(next_ordinal=2, desired_count=3),), tasks=(running(1),))
    found = decide(web(3), old, snapshot(*TWO), NOW)
    assert [each.ordinal for each in found.state.tasks] == [1, 2, 3]


def test_a_volume_that_is_all_that_is_left_of_a_task_is_removed() -> None:
    left = observed(of=task(9), volumes=("shop-web-scratch",)).changed(containers=())
    found = decide(web(2), steady(), snapshot(*TWO, left), NOW)
    assert [step.volumes for step in found.steps if isinstance(step, RemoveTask)] == [("shop-web-scratch",)]
    assert found.state.tasks[-1].last_status is TaskStatus.STOPPED


def test_a_failed_deployment_begins_none_of_the_tasks_it_had_in_mind() -> None:
    failing = deployment(desired_count=2, failures=3, reason="exit 1")
    unborn = running(2, seen=False, started=(), last_status=TaskStatus.PROVISIONING, running_at=None, healthy_at=None)
    before = state(web(2), deployments=(failing,), tasks=(running(1), unborn))
    found = decide(web(2), before, snapshot(TWO[0]), NOW + 5)
    assert found.failed == ("service.web",)
    assert found.steps == ()
    assert found.state.tasks[1].last_status is TaskStatus.STOPPED


def test_a_task_that_no_look_has_shown_yet_counts_for_a_moment_though_it_is_to_stop() -> None:
    """An engine may lag behind its own answers: the task may run already, and nothing is started in its place."""
    failing = deployment(desired_count=2, failures=3, reason="exit 1")
    unseen = running(2, seen=False, started=(), last_status=TaskStatus.PROVISIONING, running_at=None, healthy_at=None)
    before = state(web(2), deployments=(failing,), tasks=(running(1), unseen))
    found = decide(web(2), before, snapshot(TWO[0]), NOW + 1)
    assert found.state.tasks[1].desired_status is DesiredStatus.STOPPED
    assert found.state.tasks[1].last_status is TaskStatus.STOPPING
    assert found.wake_at == NOW + 5


def test_a_one_off_task_is_never_restarted_and_ends_with_the_stack() -> None:
    site = Site()
    site.apply(web(1))
    site.engine.behave = lambda step: Behaviour(exits_after=5) if step.task.is_one_off else Behaviour()
    job = definition(family="job")
    lease = site.store.acquire("shop", "run", 0)
    ids, _ = run(site.session(), site.world(), web(1), run_request(job, count=2), lease)
    lease.release()
    assert len(ids) == 2
    site.clock.advance_to(site.clock.now() + 60)
    site.go_on()
    assert len([step for step in starts(site) if step.task.is_one_off]) == 2
    assert {site.store.load("shop").task(each).last_status for each in ids} == {TaskStatus.STOPPED}  # type: ignore[union-attr]


def test_destroy_stops_one_off_tasks_too() -> None:
    site = Site()
    site.apply(web(1))
    lease = site.store.acquire("shop", "run", 0)
    run(site.session(), site.world(), web(1), run_request(definition(family="job")), lease)
    lease.release()
    assert site.apply(EMPTY).decision.is_steady
    assert (site.engine._containers, site.engine._networks, site.engine._owners) == ({}, {}, {})


def test_a_completed_service_that_breaks_for_good_does_not_hold_the_apply_for_ever() -> None:
    site = Site()
    slow = container("app", "db:1", health_check=CHECK)
    wanted = stack(
        declared("db", 1, slow, configuration=percents(timeout=5000)),
        declared("web", 1, configuration=percents(minimum_healthy_time=1)),
    )
    births: list[str] = []

    def behave(step: StartContainer) -> Behaviour:
        if step.task.service_name == "db":
            return Behaviour(healthy_after=900)
        births.append(step.key)
        return Behaviour(exits_after=5 if len(births) == 1 else 0.1, exit_code=1)

    site.engine.behave = behave
    ended = site.apply(wanted)
    assert ended.decision.is_over and ended.decision.failed == ("service.web",)
    assert ended.state.primary("service.db").rollout_state is RolloutState.COMPLETED  # type: ignore[union-attr]


def test_the_containers_of_the_newest_failed_task_stay_for_their_logs_and_no_others() -> None:
    site = Site()
    site.engine.behave = lambda step: Behaviour(exits_after=1, exit_code=1)
    site.apply(web(1))
    kept = [each.task.ordinal for each in site.engine.look(site.request()).tasks]
    assert kept == [3]
    site.clock.advance_to(site.clock.now() + 3 * 3600)
    site.go_on()
    assert site.engine.look(site.request()).tasks == ()


def test_a_service_that_left_and_came_back_has_a_new_deployment() -> None:
    site = Site()
    site.apply(stack(declared("db"), declared("web")))
    site.apply(stack(declared("db")))
    (left,) = _of_web(site)
    assert (left.status, left.rollout_state) == (DeploymentStatus.INACTIVE, RolloutState.COMPLETED)
    site.apply(stack(declared("db"), declared("web")))
    assert [each.number for each in _of_web(site)] == [1, 2]


def _of_web(site: Site) -> list[Deployment]:
    return [each for each in site.store.load("shop").deployments if each.service == "service.web"]


def test_no_image_is_fetched_for_a_service_that_is_settled() -> None:
    wanted = stack(declared("web", 2, container(pull="always")))
    unpinned = steady().deployments[0].changed(images={})
    lost = steady(deployments=(unpinned,), revisions=state(wanted).revisions)
    assert decide(wanted, lost, snapshot(*TWO), NOW).steps == ()


def test_an_ill_task_is_stopped_first_where_the_engine_has_no_place_for_another() -> None:
    large = container(memory=1500, health_check=CHECK)
    wanted = stack(declared("web", 2, large, configuration=percents(50, 200)))
    ill = observed(shown(health=ContainerHealth.UNHEALTHY), of=task(1, definition(large)))
    well = observed(shown(health=ContainerHealth.HEALTHY), of=task(2, definition(large)))
    recorded = steady().changed(revisions=state(wanted).revisions)
    found = decide(wanted, recorded, snapshot(ill, well), NOW)
    assert [(each.ordinal, each.desired_status, each.failed) for each in found.state.tasks] == [
        (1, "STOPPED", True),
        (2, "RUNNING", False),
    ]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_only_what_was_seen_to_have_exited_may_be_started_a_second_time(is_restarted: bool) -> None:
    policy = RestartPolicy(restart_attempt_period=10)
    target = stack(declared("web", 1, container(restart_policy=policy)))
    seen = shown(status="exited" if is_restarted else "created")
    there = snapshot(observed(seen, of=task(of=target.definitions["task_definition.web"])))
    decided = decide(target, state(target, tasks=(running(),)), there, NOW)
    (step,) = [each for each in decided.steps if isinstance(each, StartContainer)]
    assert step.may_restart is is_restarted
