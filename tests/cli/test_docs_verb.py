"""`reconciler docs`: everything in the table is told of, offline."""

from __future__ import annotations

import pytest

from reconciler.language.functions.table import TABLE
from reconciler.language.reference import about, did_you_mean
from reconciler.language.schema import paths

from .conftest import NO_ENGINE, Place
from .terminal import Terminal


def test_an_attribute_has_its_kind_default_bounds_and_an_example(place: Place) -> None:
    told = place.run("docs", "service.desired_count", **NO_ENGINE)
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "service.desired_count\n\nHow many tasks to keep running.\n\n"
        "desired_count = whole number; default 1; 0 to 10000\n\nExample:\n\n    desired_count = 4\n"
    )


def test_the_end_of_a_path_is_enough_and_what_is_meant_in_several_places_is_listed(place: Place) -> None:
    assert place.run("docs", "container.image").out.startswith("task_definition.container.image\n")
    assert place.run("docs", "container").out.startswith("task_definition.container\n\nOne container of the task.\n")
    listed = place.run("docs", "depends_on").out
    assert listed.startswith("depends_on stands in several places:\n\n")
    assert "\n  service.depends_on " in listed


def test_without_a_path_it_lists_what_stands_at_the_top(place: Place) -> None:
    told = place.run("docs").out
    assert '  service "name" ' in told and "reconciler docs functions" in told


def test_functions_are_told_of_with_their_parameters(place: Place) -> None:
    assert place.run("docs", "join").out == (
        "join(separator: string, lists: list(string)...): string\n\nJoin the strings of one or more lists.\n"
    )
    listed = place.run("docs", "functions").out
    assert [name for name in (*TABLE, "try", "can") if f"\n  {name} " not in listed] == []


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("container.imge", 'Did you mean "container.image"?'),
        ("sevrice", 'Did you mean "service"?'),
        ("jsonencod", 'Did you mean "jsonencode"?'),
        ("zzz", "`reconciler docs` lists what there is."),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error_with_a_proposal(place: Place, path: str, hint: str) -> None:
    told = place.run("docs", path)
    assert (told.code, told.out) == (1, "")
    assert told.err == f'Error: there is no block, attribute or function "{path}"\n{hint}\n'


def test_every_path_of_the_reference_is_answered() -> None:
    assert [path for path in paths() if (about(path, {}, 100) or "").splitlines()[0] != path] == []
    assert did_you_mean("servic") == 'Did you mean "service"?'


def test_what_shares_a_block_is_named_and_the_title_is_what_was_asked_for(place: Place) -> None:
    told = place.run("docs", "service.lifecycle").out
    assert told.startswith("service.lifecycle\n\nHow changes of the block are treated.")
    assert told.endswith(
        "The same: network.lifecycle, volume.lifecycle, secret.lifecycle, task_definition.lifecycle,\n"
        "load_balancer.lifecycle, target_group.lifecycle, autoscaling.lifecycle, scheduled_task.lifecycle,\n"
        "notification.lifecycle.\n"
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("terraform", "terraform\n\nOf ECS or Terraform only. Remove it. Instead: a stack block."),
        ("tls.nope", None),
        ("import", "import\n\nNot there yet: adopting what runs."),
        (
            "ephemeral",
            "variable.ephemeral\n\nNot there yet: values that are never recorded.\n\n"
            "output.ephemeral\n\nNot there yet: values that are never recorded.",
        ),
    ],
)
def test_what_only_others_have_and_what_comes_later_is_told_of(path: str, told: str | None) -> None:
    assert about(path, {}, 100) == told


def test_dynamic_is_told_of_with_an_example_that_is_valid(place: Place) -> None:
    told = about("dynamic", {}, 100) or ""
    example = told.partition("Example:\n\n")[2]
    place.write(f'task_definition "t" {{\n  container "c" {{\n    image = "i:1"\n{example}\n  }}\n}}\n')
    assert place.run("validate").code == 0


def test_the_title_is_bold_on_a_terminal_only(place: Place) -> None:
    assert "\x1b" not in place.run("docs", "service").out
    shown = Terminal(place.folder, place.environment, "docs", "service.desired_count")
    shown.expect("Example")
    assert shown.end() == 0
    assert "\x1b[1mservice.desired_count\x1b[0m" in shown.shown
