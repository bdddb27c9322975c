"""Which image a deployment runs: pull modes, pins, build contexts (D16, D17)."""

from __future__ import annotations

import pytest

from reconciler.model.container_definition import Build
from reconciler.model.snapshot import ObservedImage, Snapshot
from reconciler.model.step import BuildImage, Outcome, PullImage
from reconciler.scheduler.images import fetch_failures, fetch_steps, pin, unpinned
from reconciler.scheduler.task_view import TaskView
from tests.builders import container, definition, deployment, observed, running, shown

NEW = deployment(images={})
PULL = PullImage(address="service.web", reason="image app:1 is to be pulled", reference="app:1")
PULLED = Outcome(step=PULL, image_id="sha256:fresh")


def present(context: str = "") -> ObservedImage:
    return ObservedImage(reference="app:1", id="sha256:here", context_digest=context)


@pytest.mark.parametrize(
    ("pull", "image", "outcomes", "pinned"),
    [
        ("missing", None, (), {}),
        ("missing", present(), (), {"app:1": "sha256:here"}),
        ("missing", None, (PULLED,), {"app:1": "sha256:fresh"}),
        ("always", present(), (), {}),
        ("always", present(), (PULLED,), {"app:1": "sha256:fresh"}),
        ("never", None, (), {}),
        ("never", present(), (), {"app:1": "sha256:here"}),
    ],
)
def test_an_image_is_pinned_when_its_pull_mode_is_content(
    pull: str, image: ObservedImage | None, outcomes: tuple[Outcome, ...], pinned: dict[str, str]
) -> None:
    shows = Snapshot(images=(image,) if image else (), outcomes=outcomes)
    assert pin(NEW, definition(container(pull=pull)), shows) == NEW.changed(images=pinned)


def test_a_pin_stays_though_the_tag_moves() -> None:
    pinned = deployment(images={"app:1": "sha256:old"})
    assert pin(pinned, definition(), Snapshot(images=(present(),))) is pinned


def test_without_version_consistency_the_tag_itself_is_run() -> None:
    found = pin(NEW, definition(version_consistency=False), Snapshot(images=(present(),)))
    assert found.images == {"app:1": "app:1"}


def test_what_the_deployment_runs_already_is_pinned_first() -> None:
    task = TaskView(running(), definition(container(pull="always")), observed(shown(image_id="sha256:running")))
    assert pin(NEW, task.definition, Snapshot(images=(present(),)), (task,)).images == {"app:1": "sha256:running"}


def test_what_another_deployment_runs_is_not_pinned() -> None:
    task = TaskView(running(deployment="d0"), definition(), observed(shown(image_id="sha256:running")))
    assert pin(NEW, task.definition, Snapshot(), (task,)) == NEW


def test_a_build_is_stale_when_the_context_has_changed() -> None:
    built = definition(container(build=Build(context=".", context_digest="2")))
    assert pin(NEW, built, Snapshot(images=(present("1"),))) == NEW
    assert pin(NEW, built, Snapshot(images=(present("2"),))).images == {"app:1": "sha256:here"}


def test_what_is_not_pinned_is_pulled_or_built_each_image_once() -> None:
    build = Build(context=".")
    found = definition(
        container("a"),
        container("b"),
        container("c", "own:1", build=build),
        container("d", "kept:1"),
        container("e", "local:1", pull="never"),
    )
    built = BuildImage(address="service.web", reason="image own:1 is to be built", reference="own:1", build=build)
    assert fetch_steps("service.web", found, {"kept:1": "sha256:k"}) == (PULL, built)
    assert unpinned(found, {"kept:1": "sha256:k"}) == ("app:1", "local:1", "own:1")


def test_why_an_image_could_not_be_had_is_told_to_those_who_want_it() -> None:
    refused = Outcome(step=PULL, ok=False, code="CannotPullContainerError", reason="no such image")
    assert fetch_failures(definition(), (refused,)) == ("CannotPullContainerError: no such image",)
    assert fetch_failures(definition(container(image="other:1")), (refused,)) == ()
