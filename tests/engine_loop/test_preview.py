"""What a rollout will look like: the same loop, on an engine made from the Snapshot (B4)."""

from __future__ import annotations

from reconciler.engine.preview import preview
from reconciler.model.plan import Rollout
from reconciler.model.stack import Stack
from tests.builders import CHECK, container, declared, percents, stack
from tests.site import Site


def web(count: int, tag: int, minimum: int = 100, maximum: int = 200) -> Stack:
    app = container(image=f"app:{tag}")
    return stack(declared("web", count, app, configuration=percents(minimum, maximum)))


def previewed(site: Site, wanted: Stack) -> dict[str, Rollout]:
    prepared = site.prepare(wanted)
    addresses = [each.address for each in wanted.services]
    return preview(wanted, prepared.planned.target, prepared.snapshot, addresses, site.clock.now())


def test_a_first_rollout_only_starts() -> None:
    found = previewed(Site(), web(3, 1))["service.web"]
    assert (found.phases, found.peak, found.downtime) == (("start 3",), 3, None)
    assert found.duration is not None and 10 < found.duration < 20


def test_a_rolling_update_says_how_it_alternates_and_never_goes_below_the_floor() -> None:
    site = Site()
    site.apply(web(4, 1, 50, 150))
    found = previewed(site, web(4, 2, 50, 150))["service.web"]
    assert found.phases == ("start 2", "stop 2", "start 2", "stop 2")
    assert (found.peak, found.minimum_healthy, found.downtime) == (6, 2, None)


def test_recreate_says_how_long_nothing_runs() -> None:
    site = Site()
    site.apply(web(2, 1, 0, 100))
    found = previewed(site, web(2, 2, 0, 100))["service.web"]
    assert (found.phases, found.peak, found.minimum_healthy) == (("stop 2", "start 2"), 2, 0)
    assert found.downtime is not None and 10 < found.downtime < 12


def test_what_happened_before_is_no_part_of_it() -> None:
    site = Site()
    site.apply(web(2, 1))
    site.apply(web(2, 2))
    assert previewed(site, web(3, 2))["service.web"].phases == ("start 1",)


def test_a_service_is_done_when_nothing_of_it_changes_any_more() -> None:
    slow = container(image="db:2", health_check=CHECK.changed(interval=120))
    both = (declared("db", 1, container(image="db:1")), declared("web", 1, container(image="app:1")))
    site = Site()
    site.apply(stack(*both))
    wanted = stack(declared("db", 1, slow), declared("web", 1, container(image="app:2")))
    found = previewed(site, wanted)
    assert found["service.web"].duration is not None and found["service.web"].duration < 20
    assert found["service.db"].duration is not None and found["service.db"].duration > 120


def test_a_preview_changes_nothing() -> None:
    site = Site()
    site.apply(web(2, 1))
    before = (site.engine.look(site.request()), site.store.load("shop"), len(site.engine.steps), site.clock.now())
    previewed(site, web(2, 2))
    assert before == (
        site.engine.look(site.request()),
        site.store.load("shop"),
        len(site.engine.steps),
        site.clock.now(),
    )


def test_a_task_that_ended_by_itself_is_replaced_but_was_not_stopped_by_us() -> None:
    site = Site()
    site.apply(web(2, 1))
    site.engine.kill(site.engine.look(site.request()).tasks[0].containers[0].id)
    found = previewed(site, web(2, 1))["service.web"]
    assert (found.phases, found.minimum_healthy, found.peak) == (("start 1",), 1, 2)
