"""Bad input: a diagnostic with a place and a next step, exit 1, and nothing changed. The engine is never asked."""

from __future__ import annotations

import pytest

from .conftest import NO_ENGINE, WEB, Place

TASK = """\
task_definition "web" {
  container "app" {
    image  = "a:1"
    memory = 16
MORE
  }
}
"""
SERVICE = """\
service "web" {
  task_definition = task_definition.web
  desired_count   = 3
MORE
}
"""


def task(more: str = "") -> str:
    return TASK.replace("MORE", more)


def service(more: str = "") -> str:
    return SERVICE.replace("MORE", more)


ESSENTIAL_TARGET = """\
task_definition "web" {
  container "app" {
    image  = "a:1"
    memory = 16

    depends_on {
      container = "db"
      condition = "SUCCESS"
    }
  }

  container "db" {
    image  = "a:1"
    memory = 16
  }
}
"""

PERCENTS = """\
  deployment_configuration {
    minimum_healthy_percent = 100
    maximum_percent         = 125
  }
"""

PORT = """\
    port_mapping {
      container_port = 80
      host_port      = 8080
    }
"""

BAD = {
    "unknown attribute": (task('    imgae = "x"'), "main.hcl:5:5", 'Did you mean "image"?'),
    "wrong type": (task() + service().replace("= 3", '= "many"'), "main.hcl:10:21", "number"),
    "missing variable": ('variable "need" {}\n' + task(), "main.hcl:1:1", "--var need="),
    "cycle": ("locals {\n  a = local.b\n  b = local.a\n}\n", "main.hcl:2", "local.b"),
    "duplicate block": (task() + task(), "main.hcl:8:1", "main.hcl:1"),
    "duplicate attribute": (task("    memory = 32"), "main.hcl:5:5", "memory"),
    "no essential container": (task("    essential = false"), "main.hcl:", "essential"),
    "success of an essential container": (ESSENTIAL_TARGET, "main.hcl:", "essential"),
    "stuck percents": (task() + service(PERCENTS), "main.hcl:", "maximum_percent"),
    "host port clash": (
        (task(PORT) + service()).replace("= 3", "= 1") + (task(PORT) + service()).replace('"web"', '"two"'),
        "main.hcl:",
        "8080",
    ),
    "a block that comes later": ('data "web" {}\n', "main.hcl:1:1", "not supported yet"),
}
"""What is wrong -> the files, where it is told to be, and what is said beside it."""


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_with_place_and_next_step(place: Place, kind: str) -> None:
    text, where, hint = BAD[kind]
    place.write(text)
    applied = place.run("apply", "--auto-approve", **NO_ENGINE)
    assert applied.code == 1, applied.err
    assert applied.out == ""
    assert where in applied.err
    assert hint in applied.err
    assert "Traceback" not in applied.err
    assert sorted(each.name for each in place.folder.iterdir()) == ["main.hcl"]


def test_all_errors_of_a_stack_are_told_at_once(place: Place) -> None:
    place.write(task('    imgae = "x"\n    memroy = 1') + "service {}\n")
    validated = place.run("validate", "--json")
    assert validated.code == 1
    assert validated.value["valid"] is False
    assert validated.value["error_count"] == len(validated.value["diagnostics"]) >= 3
    assert all(each["range"]["filename"] == "main.hcl" for each in validated.value["diagnostics"])


@pytest.mark.parametrize("words", [("plan", "--json"), ("apply", "--json", "--auto-approve"), ("status", "--json")])
def test_with_json_errors_are_diagnostics_on_stdout(place: Place, words: tuple[str, ...]) -> None:
    place.write(task('    imgae = "x"'))
    ended = place.run(*words)
    assert ended.code == 1
    assert len(ended.errors) == 1
    assert "imgae" in ended.errors[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "--var", "greeting"), "--var wants NAME=VALUE"),
        (("plan", "--nope"), "No such option"),
        (("plam",), 'Did you mean "plan"?'),
        (("logs",), "Missing argument 'ADDRESS'"),
        (("logs", "web", "--since", "5x"), '"5x" is no duration'),
        (("logs", "web", "--tail", "-1"), "--tail"),
        (("run", "web", "-e", "A"), "--env wants NAME=VALUE"),
        (("run", "web", "--count", "11"), "--count"),
        (("apply", "--lock-timeout", "-1"), "--lock-timeout"),
        (("plan", "--color", "sometimes"), "--color"),
        ((), "Usage:"),
    ],
)
def test_a_wrong_command_line_exits_with_64(place: Place, words: tuple[str, ...], says: str) -> None:
    place.write(WEB)
    ended = place.run(*words, **NO_ENGINE)
    assert (ended.code, ended.out) == (64, "")
    assert says in ended.err


def test_a_variable_that_no_block_declares_is_told(place: Place) -> None:
    place.write(WEB)
    ended = place.run("validate", "--var", "nope=1")
    assert (ended.code, 'Declare it: variable "nope" {}' in ended.err) == (1, True)


def test_a_folder_without_files_says_what_to_type(place: Place) -> None:
    ended = place.run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "reconciler init" in ended.err
    assert place.run("plan", "--stack", "nowhere").err.startswith("Error: there is no folder nowhere")
    place.write(WEB)
    assert place.run("plan", "--stack", "main.hcl").err.startswith(
        "Error: main.hcl is a file; give --stack the folder"
    )


def test_init_tells_of_a_folder_that_cannot_be_made(place: Place) -> None:
    place.write(WEB)
    ended = place.run("init", "main.hcl/new", **NO_ENGINE)
    assert (ended.code, ended.out, ended.err) == (1, "", "Error: main.hcl/new cannot be written: Not a directory\n")


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("apply", "--auto-approve"),
        ("destroy", "--auto-approve"),
        ("status",),
        ("ps",),
        ("logs", "web"),
        ("exec", "web", "--", "ls"),
        ("run", "web"),
        ("stop", "web"),
    ],
)
def test_an_engine_out_of_reach_is_one_error_with_a_next_step(place: Place, words: tuple[str, ...]) -> None:
    place.write(WEB)
    ended = place.run(*words, **NO_ENGINE)
    assert (ended.code, ended.out) == (1, "")
    assert "Cannot reach the Docker engine at unix:///nowhere/docker.sock" in ended.err
    assert "DOCKER_HOST" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_an_engine_that_refuses_the_connection_is_told_in_the_words_of_the_system(place: Place) -> None:
    place.write(WEB)
    ended = place.run("ps", DOCKER_HOST="tcp://127.0.0.1:1")
    said = "Cannot reach the Docker engine at tcp://127.0.0.1:1 (DOCKER_HOST): Connection refused. Is it running"
    assert (ended.code, said in ended.err, "Pool" in ended.err) == (1, True, False)


def test_what_a_terminal_cannot_show_is_escaped(place: Place) -> None:
    place.write('output "x" {\n  value = größe\n}\n')
    ended = place.run("validate", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert ended.code == 1
    assert 'there is nothing called "gr\\xf6\\xdfe"' in ended.err
