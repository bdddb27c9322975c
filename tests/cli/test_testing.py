"""`reconciler test`, as people and CI use it. No engine is there."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import NO_ENGINE, WEB, Place

REPOSITORY = Path(__file__).resolve().parents[2]
PORTS = """
    port_mapping {
      container_port = 80
      host_port      = 0
    }
  }
}

service "web" {"""

GOOD = """\
run "planned" {
  assert {
    condition     = service.web.desired_count == var.desired
    error_message = "As many as asked for."
  }
}
"""

BAD = """\
run "wrong" {
  assert {
    condition     = output.greeting == "bye"
    error_message = "A farewell."
  }
}
"""

APPLIED = """\
run "first" {
  command = apply

  assert {
    condition     = length(service.web.host_ports["80"]) == var.desired
    error_message = "A port for each task."
  }
}

run "nothing_to_do" {
  assert {
    condition     = service.web.host_ports == { "80" = [20000, 20001] }
    error_message = "What runs is known to a plan that changes nothing."
  }
}

run "more" {
  command = apply

  variables {
    desired = 3
  }

  assert {
    condition     = output.greeting == run.first.greeting && length(service.web.host_ports["80"]) == 3
    error_message = "Three tasks."
  }
}
"""


@pytest.fixture
def tested(place: Place) -> Place:
    """A stack with a folder for tests, where no engine can be reached."""
    place.write(WEB.replace('\n  }\n}\n\nservice "web" {', f"\n{PORTS}"))
    (place.folder / "tests").mkdir()
    place.environment.update(NO_ENGINE)
    return place


def test_runs_are_told_as_they_end_and_the_last_line_counts_them(tested: Place) -> None:
    tested.write(GOOD, "b.test.hcl")
    tested.write(APPLIED, "tests/a.test.hcl")
    ended = tested.run("test")
    assert (ended.code, ended.out, ended.err) == (
        0,
        """\
  run "planned"... pass
b.test.hcl... pass
  run "first"... pass
  run "nothing_to_do"... pass
  run "more"... pass
tests/a.test.hcl... pass

Success! 4 passed, 0 failed.
""",
        "b.test.hcl... in progress\ntests/a.test.hcl... in progress\n",
    )
    assert sorted(each.name for each in tested.folder.iterdir()) == ["b.test.hcl", "main.hcl", "tests"]


def test_a_failed_run_shows_its_condition_and_ends_the_command_with_1(tested: Place) -> None:
    tested.write(BAD + GOOD, "a.test.hcl")
    ended = tested.run("test")
    assert (ended.code, ended.out) == (
        1,
        """\
  run "wrong"... fail

Error: A farewell   [E0710]
  a.test.hcl:3:21
    1 | run "wrong" {
    2 |   assert {
    3 |     condition     = output.greeting == "bye"
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^
      | output.greeting is "hello"

  run "planned"... pass
a.test.hcl... fail

Failure! 1 passed, 1 failed.
""",
    )
    assert tested.run("test", "--var", "greeting=bye").code == 0


def test_after_an_error_the_rest_of_the_file_is_skipped(tested: Place) -> None:
    tested.write('run "none" {\n  variables {\n    desired = "x"\n  }\n}\n' + GOOD, "a.test.hcl")
    tested.write(GOOD, "b.test.hcl")
    ended = tested.run("test")
    assert ended.code == 1
    assert [line for line in ended.out.splitlines() if "..." in line or "!" in line] == [
        '  run "none"... fail',
        '  run "planned"... skip',
        "a.test.hcl... fail",
        '  run "planned"... pass',
        "b.test.hcl... pass",
        "Failure! 1 passed, 1 failed, 1 skipped.",
    ]


def test_what_is_wrong_with_any_test_file_is_told_before_anything_runs(tested: Place) -> None:
    tested.write(GOOD, "a.test.hcl")
    tested.write('run "a" {\n  comand = apply\n}\n', "b.test.hcl")
    ended = tested.run("test")
    assert (ended.code, ended.out) == (1, "")
    assert 'unknown attribute "comand" in run "a"   [E0202]\n  b.test.hcl:2:3\n' in ended.err
    assert 'Did you mean "command"?' in ended.err


def test_a_filter_names_files_from_here_or_from_the_stack(tested: Place) -> None:
    tested.write(GOOD, "a.test.hcl")
    tested.write(BAD, "tests/b.test.hcl")
    assert tested.run("test", "--filter", "a.test.hcl").out.endswith("Success! 1 passed, 0 failed.\n")
    other = Place(tested.name, tested.folder.parent, tested.environment)
    for name in ("tests/b.test.hcl", f"{tested.name}/tests/b.test.hcl"):
        ended = other.run("test", "--stack", tested.name, "--filter", name)
        assert (ended.code, f"{tested.name}/tests/b.test.hcl... fail" in ended.out) == (1, True)
    missing = tested.run("test", "--filter", "tests/c.test.hcl")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == 'Error: there is no test file tests/c.test.hcl\nDid you mean "tests/b.test.hcl"?\n'


def test_no_test_file_is_a_success_that_says_so(tested: Place) -> None:
    (tested.folder / "checks").mkdir()
    ended = tested.run("test", "--test-directory", "checks")
    assert (ended.code, ended.out, ended.err) == (
        0,
        "\nSuccess! 0 passed, 0 failed.\n",
        "There are no test files: *.test.hcl in . or checks.\n",
    )


def test_a_folder_of_tests_that_is_named_and_not_there_is_warned_of(tested: Place) -> None:
    told = tested.run("test", "--test-directory", "nowhere")
    warned = "Warning: there is no folder nowhere: --test-directory names one inside the stack's.\n"
    assert (told.code, told.err.startswith(warned)) == (0, True)


def test_json_is_one_object_a_line_and_nothing_else(tested: Place) -> None:
    tested.write(GOOD + BAD, "a.test.hcl")
    ended = tested.run("test", "--json")
    assert (ended.code, ended.err) == (1, "")
    kinds = ["version", "test_abstract", "test_run", "test_run", "diagnostic", "test_file", "test_summary"]
    assert [each["type"] for each in ended.lines] == kinds
    assert ended.lines[4]["diagnostic"]["snippet"]["values"] == [
        {"traversal": "output.greeting", "statement": 'is "hello"'}
    ]
    broken = tested.run("test", "--json", "--filter", "x")
    assert (broken.code, broken.errors) == (1, ["there is no test file x"])


def test_junit_is_written_beside_the_text_and_a_failure_to_write_it_is_told(tested: Place) -> None:
    tested.write(GOOD + BAD, "a.test.hcl")
    ended = tested.run("test", "--junit-xml", "out.xml")
    assert (ended.code, ended.out.splitlines()[0]) == (1, '  run "planned"... pass')
    (suite,) = ElementTree.parse(tested.folder / "out.xml").getroot()
    assert [(case.get("name"), [each.tag for each in case]) for case in suite] == [
        ("planned", []),
        ("wrong", ["failure"]),
    ]
    refused = tested.run("test", "--junit", "nowhere/out.xml")
    assert (refused.code, refused.err.splitlines()[-1]) == (
        1,
        "Error: nowhere/out.xml cannot be written: No such file or directory",
    )


def test_verbose_shows_the_plan_of_every_run(tested: Place) -> None:
    tested.write(GOOD, "a.test.hcl")
    ended = tested.run("test", "--verbose")
    assert ended.out.startswith('  run "planned"... pass\n')
    assert "\nPlan: 3 to create, 0 to update, 0 to destroy.\n" in ended.out


def test_an_apply_that_cannot_end_is_an_error_of_its_run(tested: Place) -> None:
    """A container that is not essential never ends, and another waits for its end."""
    tested.write(
        """\
task_definition "stuck" {
  container "app" {
    image  = "a"
    memory = 16
    depends_on {
      container = "gone"
      condition = "HEALTHY"
    }
  }
  container "gone" {
    image     = "a"
    memory    = 16
    essential = false
    health_check {
      command       = ["CMD", "true"]
      interval      = "300s"
    }
    start_timeout = "5s"
  }
}
service "stuck" {
  task_definition = task_definition.stuck
  desired_count   = 1
}
""",
        "stuck.hcl",
    )
    tested.write('run "a" {\n  command = apply\n}\n', "a.test.hcl")
    ended = tested.run("test")
    assert ended.code == 1
    assert "Error: the deployment of service.stuck failed on the simulated engine   [E0715]\n  a.test.hcl:1:1\n" in (
        ended.out
    )


def test_the_samples_of_the_reference_pass(place: Place) -> None:
    ended = place.run("test", "--stack", str(REPOSITORY / "docs" / "samples"))
    assert ended.out.endswith("\n\nSuccess! 3 passed, 0 failed.\n"), ended.out


def test_the_tests_of_the_example_pass_as_the_documentation_shows(place: Place) -> None:
    shutil.copytree(REPOSITORY / "stacks" / "shop", place.folder / "stacks" / "shop")
    ended = Place(place.name, place.folder, {**place.environment, **NO_ENGINE}).run("test", "--stack", "stacks/shop")
    shown = (REPOSITORY / "docs" / "testing.md").read_text()
    assert ended.code == 0, ended.out
    assert f"```\n$ reconciler test --stack stacks/shop\n{ended.out}```\n" in shown
