"""What overrides change of a task definition."""

from __future__ import annotations

from reconciler.model.overrides import length, overridden
from reconciler.model.schedule import ContainerOverride
from tests.builders import container, definition

APP = container("app", command=("serve",), environment={"PORT": "1", "DAY": "today"}, cpu=256, memory=128)
SIDE = container("side")
WEB = definition(APP, SIDE)


def test_each_override_changes_the_container_of_its_name_and_nothing_else() -> None:
    found = overridden(
        WEB, (ContainerOverride(name="app", command=("report",), environment={"DAY": "monday"}, cpu=0, memory=64),)
    )
    wanted = APP.changed(command=("report",), environment={"PORT": "1", "DAY": "monday"}, cpu=0, memory=64)
    assert found == WEB.changed(containers=(wanted, SIDE))


def test_what_an_override_does_not_say_stays_as_it_is() -> None:
    assert overridden(WEB, (ContainerOverride(name="app"), ContainerOverride(name="gone", cpu=1))) == WEB


def test_the_length_of_overrides_is_that_of_what_they_say_as_json() -> None:
    assert length(()) == 0
    assert length((ContainerOverride(name="app", command=("a",)),)) == len(
        '[{"name": "app", "command": ["a"], "environment": {}}]'
    )
