"""What is asked beside the files ends the same way, whether a watch does it or the command itself (C7, C10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.cli import course
from reconciler.cli.options import How
from reconciler.drivers.simulated import Behaviour, expected_behaviour
from reconciler.errors import DeploymentFailedError, EngineError, PartialError, ReconcilerError, StoppedBySignalError
from reconciler.model.service import LifecycleHook, LifecycleStage
from reconciler.model.step import StartContainer
from tests.builders import container, declared, percents, stack
from tests.scenarios.traffic import BLUE_GREEN, ROLLING, web

from .conftest import Place
from .watched_site import WatchedSite, watched_site

WAYS = pytest.mark.parametrize("is_watched", [False, True])
HANDED_OVER = 'Stack "shop" is watched by ada on '


@pytest.fixture
def site(place: Place, monkeypatch: pytest.MonkeyPatch) -> WatchedSite:
    """A stack that nobody watches, with nothing applied."""
    return watched_site(place, monkeypatch)


def fails(image: str) -> Callable[[StartContainer], Behaviour]:
    """Let tasks of an image end at once."""
    ends = Behaviour(exits_after=1, exit_code=3)
    return lambda step: ends if step.image.endswith(image) else expected_behaviour(step)


def told_failure(site: WatchedSite, kind: str, **fields: object) -> str:
    """Ask for something that does not come about; returns the error."""
    with pytest.raises(DeploymentFailedError) as caught:
        site.ask(kind, **fields)
    return str(caught.value)


@WAYS
def test_a_restart_is_waited_for(site: WatchedSite, capsys: pytest.CaptureFixture[str], is_watched: bool) -> None:
    site.site.apply(web(2, 1, ROLLING))
    if is_watched:
        site.watch()
    before = {each.id for each in site.site.store.load("shop").tasks}
    answered = site.ask("restart")
    running = {each.id for each in answered.state.tasks if not each.is_stopped}
    assert (answered.is_done, len(running), running & before) == (True, 2, set())
    err = capsys.readouterr().err
    assert (HANDED_OVER in err, "service.web               rolling" in err) == (is_watched, True)


@WAYS
def test_a_restart_that_fails_is_told_with_its_cause(
    site: WatchedSite, capsys: pytest.CaptureFixture[str], is_watched: bool
) -> None:
    site.site.apply(web(2, 1, BLUE_GREEN))
    if is_watched:
        site.watch()
    site.site.engine.behave = lambda step: Behaviour(serves_after=None)
    assert told_failure(site, "restart").startswith("the deployment of service.web failed after ")
    err = capsys.readouterr().err
    assert "service.web  FAILED  " in err
    assert "it was rolled back: web:1 runs, as before" in err
    assert "reconciler deployment show " in err


@WAYS
def test_a_rollback_ends_with_the_earlier_revision(site: WatchedSite, is_watched: bool) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.site.apply(web(2, 2, ROLLING))
    if is_watched:
        site.watch()
    answered = site.ask("rollback")
    assert (answered.is_done, site.site.live) == (True, ("web:1", "web:1"))


@WAYS
def test_a_rollback_that_fails_and_is_undone_has_failed(site: WatchedSite, is_watched: bool) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.site.apply(web(2, 2, ROLLING))
    if is_watched:
        site.watch()
    site.site.engine.behave = fails("app:1")
    assert told_failure(site, "rollback").startswith("the deployment of service.web failed after ")
    assert site.site.live == ("web:2", "web:2")


def paused(site: WatchedSite) -> str:
    """Deploy another revision up to its pause, by a watch; returns its deployment."""
    stages = (LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT,)
    hook = LifecycleHook(name="approval", stages=stages, pause=True)
    site.site.apply(web(2, 1, BLUE_GREEN, lifecycle_hooks=(hook,)))
    prepared = site.site.prepare(web(2, 2, BLUE_GREEN, lifecycle_hooks=(hook,)))
    site.watch()
    assert site.lease is not None
    site.site.store.save(prepared.planned.target, site.lease)
    for _ in range(30):
        site.go_on(0)
    primary = site.site.store.load("shop").primary("service.web")
    assert primary is not None
    assert [each.status.value for each in primary.hooks] == ["AWAITING_ACTION"]
    return primary.id


def test_the_answer_to_a_pause_is_followed_to_the_end_of_the_deployment(site: WatchedSite) -> None:
    deployment = paused(site)
    site.ask("continue", deployment=deployment)
    assert site.site.live == ("web:2", "web:2")


def test_the_answer_no_is_followed_until_what_worked_is_back(site: WatchedSite) -> None:
    deployment = paused(site)
    site.ask("continue", deployment=deployment, rolls_back=True)
    assert site.site.live == ("web:1", "web:1")


def test_a_rollback_of_a_deployment_in_progress_is_followed(site: WatchedSite) -> None:
    paused(site)
    answered = site.ask("rollback")
    assert (answered.is_done, site.site.live) == (True, ("web:1", "web:1"))


def test_whoever_waits_at_a_pause_is_told_how_it_goes_on(
    site: WatchedSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.post("continue", deployment=paused(site))

    def answer() -> None:
        ours = site.site.store.load("shop").primary("service.web")
        assert ours is not None
        site.post("continue", deployment=ours.id)

    site.meanwhile = [*[lambda: None] * 40, answer]
    site.ask("restart")
    assert "waits for `reconciler deployment continue " in capsys.readouterr().err


def test_what_gave_way_to_a_newer_revision_is_not_done(site: WatchedSite) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.meanwhile = [lambda: None, lambda: site.apply(web(2, 2, ROLLING))]
    said = told_failure(site, "restart")
    assert said.startswith("the restart was superseded after ")
    assert ": service.web has a newer deployment, of web:2.\nSee: reconciler deployment show " in said


def test_a_restart_that_gave_way_to_another_one_is_done_with_that(site: WatchedSite) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.meanwhile = [lambda: None, lambda: site.post("restart")]
    answered = site.ask("restart")
    last = answered.state.primary("service.web")
    assert last is not None
    assert (last.number, last.rollout_state.value) == (3, "COMPLETED")


@WAYS
def test_a_count_is_waited_for_until_the_tasks_are_there(site: WatchedSite, is_watched: bool) -> None:
    site.site.apply(web(2, 1, ROLLING))
    if is_watched:
        site.watch()
    site.ask("scale", count=5)
    assert site.site.live == ("web:1",) * 5


def test_a_count_that_somebody_changed_meanwhile_is_told(site: WatchedSite) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.meanwhile = [lambda: site.post("scale", count=3)]
    said = told_failure(site, "scale", count=5)
    assert said.endswith(": service.web was set to 3 desired tasks meanwhile")


def test_a_service_that_left_the_stack_meanwhile_is_told(site: WatchedSite) -> None:
    site.site.apply(stack(declared("api"), declared("web", 2)))
    site.watch()
    site.meanwhile = [lambda: None, lambda: site.apply(stack(declared("api")))]
    assert told_failure(site, "restart").endswith(": service.web left the stack")


@WAYS
def test_a_service_that_waits_for_one_that_failed_is_no_success(site: WatchedSite, is_watched: bool) -> None:
    site.site.engine.behave = fails("db:1")
    wanted = stack(declared("db", 1, container(image="db:1")), declared("web", 1, after=("db",)))
    site.site.apply(wanted)
    if is_watched:
        site.watch()
    said = told_failure(site, "scale", count=2)
    assert said.startswith("service.web does not get there, after ")
    assert ": it waits for service.db" in said


@WAYS
def test_maintenance_is_waited_for_until_the_load_balancer_knows(site: WatchedSite, is_watched: bool) -> None:
    site.site.apply(web(2, 1, ROLLING))
    if is_watched:
        site.watch()
    site.ask("maintenance", message="Back at noon.")
    (edge,) = site.site.engine.observed_balancers()
    assert "Back at noon." in edge.model_dump_json()


@WAYS
def test_without_a_wait_it_is_only_recorded(
    site: WatchedSite, capsys: pytest.CaptureFixture[str], is_watched: bool
) -> None:
    site.site.apply(web(2, 1, ROLLING))
    if is_watched:
        site.watch()
    answered = site.ask("restart", How(waits=False))
    found = answered.state.primary("service.web")
    assert found is not None
    assert (answered.is_done, found.number, found.rollout_state.value) == (False, 2, "IN_PROGRESS")
    told = "Nobody watches this stack: the next `reconciler apply"
    assert (told in capsys.readouterr().err) is not is_watched


def test_when_the_watch_ends_the_command_carries_on(site: WatchedSite) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.meanwhile = [lambda: None, site.let_go]
    answered = site.ask("restart")
    found = answered.state.primary("service.web")
    assert found is not None
    assert (answered.is_done, found.number, found.rollout_state.value) == (True, 2, "COMPLETED")


def test_a_watch_that_makes_way_for_an_apply_has_the_stack_again(site: WatchedSite) -> None:
    """The command must not take the stack in that moment: the apply would have to wait for it."""
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    tokens = []

    def come_back() -> None:
        site.watch()
        assert site.lease is not None
        tokens.append(site.lease.token)

    with site.site.store.watching("shop"):
        site.meanwhile = [lambda: None, site.let_go, lambda: None, come_back]
        site.ask("restart")
    assert tokens == [3]


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("slices", "became"),
    [
        (0, "the request is withdrawn, nothing was changed."),
        (1, "nobody waits for it any more, and whoever holds the stack goes on with it. To look: reconciler status"),
    ],
)
def test_ctrl_c_says_what_becomes_of_what_was_asked_for(site: WatchedSite, slices: int, became: str) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.meanwhile = [*[lambda: None] * slices, interrupt]
    with pytest.raises(StoppedBySignalError) as caught:
        site.ask("restart")
    assert str(caught.value).startswith(f"restart was interrupted: {became}")
    assert (caught.value.exit_code, site.site.store.posted("shop")) == (130, ())


def test_only_ones_own_refusal_is_told(site: WatchedSite) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    site.post("rollback", revision=7, token="theirs")
    site.ask("restart")
    with pytest.raises(ReconcilerError, match=r"^there is no revision web:8; there are: 1$"):
        site.ask("rollback", revision=8)


class LostEngine:
    """An engine that is out of reach."""

    def look(self, request: object) -> None:
        raise EngineError("no engine")


def test_an_engine_that_stays_out_of_reach_ends_the_wait(site: WatchedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.site.apply(web(2, 1, ROLLING))
    site.watch()
    monkeypatch.setattr(course, "PATIENCE_SECONDS", -1.0)
    site.meanwhile = [lambda: None, lambda: setattr(site.place, "driver", LostEngine())]
    with pytest.raises(PartialError) as caught:
        site.ask("restart")
    assert str(caught.value).startswith("no engine\nWhat was asked for is recorded, and done once it answers: see ")


@WAYS
def test_what_becomes_of_tasks_after_the_restart_is_not_waited_for(site: WatchedSite, is_watched: bool) -> None:
    """They end once they were healthy: it would be ten minutes until the service is given up."""
    wanted = stack(declared("web", 2, configuration=percents(minimum_healthy_time=0)))
    site.site.apply(wanted)
    site.site.engine.behave = lambda step: Behaviour(exits_after=20, exit_code=3)
    if is_watched:
        site.watch()
    began = site.site.clock.now()
    assert site.ask("restart").is_done
    assert site.site.clock.now() - began < 60
