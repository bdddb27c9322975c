"""Which images are removed, when, and which never are (E8, c5)."""

from __future__ import annotations

from typing import Any

from reconciler.drivers.simulated import Behaviour
from reconciler.model.beside import CleanUpRecord
from reconciler.model.deployment import RolloutState
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import ListImages, Outcome, PullImage, RemoveImage, Step, StoredImage
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.clean_up import clean_up, needed, noted
from tests.builders import NOW, container, declared, deployment, snapshot, stack, state
from tests.site import Site

WEB = stack(declared())
LIST = ListImages(address="images", reason="images that nothing needs are looked for")
OLD = StoredImage(id="sha256:old", references=("app:0",))
OURS = {"sha256:old": ("app:0",)}


def attended(found: State, *outcomes: Outcome, now: float = NOW, target: Stack = WEB) -> Attended:
    return clean_up(AsideGround(target, snapshot(outcomes=outcomes), now), found)


def recorded(**fields: Any) -> State:
    values: dict[str, Any] = {"collected_at": NOW - 1800, "ours": OURS, "unused_since": {"sha256:old": NOW - 3600}}
    return state(WEB, clean_up=CleanUpRecord(**{**values, **fields}))


def listing(*images: StoredImage) -> Outcome:
    return Outcome(step=LIST, images=images)


def removed(found: Attended) -> list[str]:
    return [each.image_id for each in found.steps if isinstance(each, RemoveImage)]


def pulled(reference: str, *, is_new: bool = True) -> Outcome:
    step = PullImage(address="service.web", reference=reference)
    return Outcome(step=step, image_id=f"sha256:{reference}", is_new=is_new)


def test_nothing_is_listed_while_no_image_is_ours() -> None:
    nothing = state(WEB)
    assert attended(nothing) == Attended(nothing)


def test_an_image_that_a_pull_brought_is_ours_and_one_that_was_there_is_not() -> None:
    shown = snapshot(outcomes=(pulled("app"), pulled("theirs:1", is_new=False)))
    record = CleanUpRecord(collected_at=NOW, ours={"sha256:app": ("app:latest",)})
    assert noted(CleanUpRecord(), shown, NOW) == record
    assert noted(record, shown, NOW + 9) is record


def test_another_name_of_one_of_ours_is_ours_too() -> None:
    step = PullImage(address="service.web", reference="app:2")
    again = snapshot(outcomes=(Outcome(step=step, image_id="sha256:app"),))
    record = CleanUpRecord(collected_at=NOW, ours={"sha256:app": ("app:1",)})
    assert noted(record, again, NOW).ours == {"sha256:app": ("app:1", "app:2")}


def test_images_are_listed_every_half_hour() -> None:
    early = attended(recorded(), now=NOW - 1)
    assert (early.steps, early.wake_at) == ((), NOW)
    assert attended(recorded()) == Attended(recorded(), (LIST,))


def test_one_of_ours_that_nothing_needed_for_an_hour_goes() -> None:
    found = attended(recorded(), listing(OLD))
    (step,) = found.steps
    assert step == RemoveImage(
        address="images",
        reason="it is ours, and nothing has needed it for an hour",
        image_id="sha256:old",
        references=("app:0",),
    )
    assert found.wake_at == NOW + 1800


def test_the_hour_begins_when_it_was_first_seen_unneeded() -> None:
    first = attended(recorded(unused_since={}), listing(OLD))
    assert (removed(first), first.state.clean_up.unused_since) == ([], {"sha256:old": NOW})
    young = attended(recorded(unused_since={"sha256:old": NOW - 3599}), listing(OLD))
    assert removed(young) == []


def test_what_is_used_again_begins_its_hour_anew() -> None:
    found = attended(recorded(), listing(OLD.changed(used_by=1)))
    assert (removed(found), found.state.clean_up.unused_since) == ([], {})


def test_somebody_elses_image_is_never_removed() -> None:
    theirs = StoredImage(id="sha256:theirs", references=("postgres:16",))
    since = {"sha256:theirs": NOW - 9999}
    found = attended(recorded(ours={"sha256:gone": ("gone:1",)}, unused_since=since), listing(theirs))
    assert removed(found) == []


def test_an_image_that_somebody_gave_a_name_of_their_own_stays() -> None:
    assert removed(attended(recorded(), listing(OLD.changed(references=("app:0", "mine:1"))))) == []


def test_one_without_any_name_left_goes_too() -> None:
    assert removed(attended(recorded(), listing(OLD.changed(references=())))) == ["sha256:old"]


def test_five_images_at_most_go_at_once_those_unneeded_longest_first() -> None:
    many = [StoredImage(id=f"sha256:{each}", references=(f"app:{each}",)) for each in range(10, 17)]
    ours = {each.id: each.references for each in many}
    since = {each.id: NOW - 3600 - index for index, each in enumerate(many)}
    found = attended(recorded(ours=ours, unused_since=since), listing(*many))
    assert removed(found) == [f"sha256:{each}" for each in (16, 15, 14, 13, 12)]


def test_a_list_that_failed_is_asked_for_again_in_half_an_hour() -> None:
    found = attended(recorded(), Outcome(step=LIST, ok=False, code="DockerTimeoutError"))
    assert (found.steps, found.wake_at, found.state.clean_up.ours) == ((), NOW + 1800, OURS)


def test_what_was_removed_is_told() -> None:
    step = RemoveImage(address="images", reason="why", image_id="sha256:old", references=("app:0",))
    (event,) = attended(recorded(collected_at=NOW), Outcome(step=step)).state.events
    assert (event.address, event.message) == ("images", "image app:0 was removed: why")


def test_the_target_and_the_last_two_revisions_that_worked_keep_their_images() -> None:
    done = {"rollout_state": RolloutState.COMPLETED, "completed_at": NOW, "status": "INACTIVE"}
    failed = {"rollout_state": RolloutState.FAILED, "status": "INACTIVE"}
    history = [
        deployment(id=f"d{each}", number=each, revision=each, images={f"app:{each}": f"sha256:{each}"}, **fields)
        for each, fields in enumerate((done, done, failed, done), 1)
    ]
    target = stack(declared("web", 1, container(image="app")))
    assert needed(target, state(target, deployments=history)) == {"app:latest", "sha256:2", "sha256:4"}


def tagged(tag: int) -> Stack:
    return stack(declared("web", 1, container(image=f"app:{tag}")))


def test_after_three_deployments_a_watch_removes_the_image_of_the_first() -> None:
    site = Site(looks=20000)
    site.engine.add_image("app:0", "sha256:app:0")
    for tag in (0, 1, 2, 3, 4):
        site.apply(tagged(tag))
    steps: list[Step] = site.engine.steps
    steps.clear()
    site.watch(3 * 3600)
    assert [each.references for each in steps if isinstance(each, RemoveImage)] == [("app:1",), ("app:2",)]
    assert not [each for each in steps if not isinstance(each, RemoveImage | ListImages)]
    assert sum(isinstance(each, ListImages) for each in steps) == 6


def test_the_image_of_a_task_that_is_crashing_stays() -> None:
    site = Site(looks=20000)
    site.apply(tagged(1))
    site.engine.behave = lambda step: Behaviour(exits_after=0.1, exit_code=1)
    site.watch(3 * 3600)
    assert not [each for each in site.engine.steps if isinstance(each, RemoveImage)]


def test_an_engine_that_shows_nothing_of_images_loses_none() -> None:
    shown = Snapshot(outcomes=())
    assert clean_up(AsideGround(WEB, shown, NOW - 1), recorded()).steps == ()
