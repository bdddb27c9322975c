"""Lifecycle blocks, and the rules that a stack states about itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.lifecycle import Lifecycle
from tests.language.stacks import problems, stack, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('variable "source" {}', 'main.hcl:1 E0203 a variable cannot be called "source"'),
        (
            'variable "n" {\n  type    = number\n  default = "x"\n}',
            'main.hcl:3 E0502 the default does not fit the variable "n": a number is required',
        ),
        (
            'variable "n" {\n  validation {\n    condition     = true\n    error_message = "x"\n  }\n}',
            "main.hcl:3 E0306 the condition does not ask for var.n",
        ),
    ],
)
def test_a_variable_is_checked_whatever_value_it_is_given(text: str, expected: str, tmp_path: Path) -> None:
    assert problems(tmp_path, {"main.hcl": text, "x.auto.vars.hcl": "source = 1\nn = 1\n"})[0] == expected


def test_a_precondition_stands_in_the_lifecycle(tmp_path: Path) -> None:
    text = 'network "n" {\n  precondition {\n    condition = false\n    error_message = "x"\n  }\n}\n'
    (found,) = problems(tmp_path, {"main.hcl": text})
    assert found == 'main.hcl:2 E0201 unknown block "precondition" in network "n"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ignore_changes = [lifecycle]", 'E0213 a service has no attribute "lifecycle"'),
        ("ignore_changes = [for_each]", 'E0213 a service has no attribute "for_each"'),
        ("ignore_changes = [desired]", 'E0213 a service has no attribute "desired"'),
        ("ignore_changes = desired_count", "E0213 ignore_changes is a list"),
        ("replace_triggered_by = var.x", "E0214 replace_triggered_by is a list"),
    ],
)
def test_a_lifecycle_that_names_nothing_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    service = f"task_definition = task_definition.t\n  lifecycle {{\n    {text}\n  }}"
    stack_text = 'task_definition "t" {\n  memory = 32\n  container "app" { image = "x" }\n}\n'
    stack_text += f'variable "x" {{ default = 1 }}\nservice "s" {{\n  {service}\n}}\n'
    assert problems(tmp_path, {"main.hcl": stack_text}) == [f"main.hcl:9 {expected}"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ('["80/tcp"].host_port', []),
        ("[0].host_port", ['main.hcl:9 E0213 there is no port_mapping "0"']),
        ('["http"]', ['main.hcl:9 E0213 there is no port_mapping "http"']),
    ],
)
def test_repeated_blocks_are_ignored_by_what_tells_them_apart(key: str, expected: list[str], tmp_path: Path) -> None:
    text = 'task_definition "t" {\n  memory = 32\n  container "app" {\n    image = "x"\n    port_mapping {\n'
    text += "      container_port = 80\n    }\n  }\n"
    text += f"  lifecycle {{ ignore_changes = [container.app.port_mapping{key}] }}\n}}\n"
    assert problems(tmp_path, {"main.hcl": text}) == expected


def test_everything_in_a_lifecycle_takes_expressions(tmp_path: Path) -> None:
    text = """
    variable "guarded" { default = true }
    locals { ignored = ["deployment_configuration.maximum_percent"] }
    task_definition "web" {
      memory = 32
      container "app" { image = "x" }
      lifecycle { ignore_changes = var.guarded ? [container["app"].image] : all }
    }
    service "web" {
      task_definition = task_definition.web
      lifecycle {
        prevent_destroy = var.guarded
        ignore_changes  = concat(local.ignored, ["desired_count"])
      }
    }
    network "back" {
      lifecycle { ignore_changes = all }
    }
    """
    assert stack(tmp_path, {"main.hcl": text}).lifecycles == {
        "task_definition.web": Lifecycle(ignore_changes=("container.app.image",)),
        "service.web": Lifecycle(
            prevent_destroy=True, ignore_changes=("deployment_configuration.maximum_percent", "desired_count")
        ),
        "network.back": Lifecycle(ignore_changes=("all",)),
    }


def test_what_triggers_a_replacement_is_known_by_a_digest_of_its_value(tmp_path: Path) -> None:
    def triggers(internal: str, tag: str) -> Mapping[str, str]:
        text = f"""
        locals {{ tag = "{tag}" }}
        network "back" {{ internal = {internal} }}
        task_definition "web" {{
          memory = 32
          container "app" {{ image = "x" }}
        }}
        service "web" {{
          task_definition = task_definition.web
          lifecycle {{ replace_triggered_by = [network.back, upper(local.tag)] }}
        }}
        """
        return stack(tmp_path, {"main.hcl": text}).lifecycles["service.web"].replace_triggered_by

    before = triggers("true", "a")
    assert list(before) == ["network.back", "[1]"] and before == triggers("true", "A")
    assert triggers("false", "a")["network.back"] != before["network.back"]
    assert triggers("false", "a")["[1]"] == before["[1]"] != triggers("true", "b")["[1]"]


def test_a_check_that_fails_is_a_warning_and_stops_nothing(tmp_path: Path) -> None:
    text = 'check "size" {\n  assert {\n    condition     = 1 > 2\n    error_message = "one is small"\n  }\n}\n'
    loaded = load(write(tmp_path, {"main.hcl": text}))
    assert loaded.stack is not None
    assert [(each.severity, each.code, each.summary) for each in loaded.diagnostics] == [
        ("warning", "E0409", "check.size: one is small")
    ]


def test_a_rule_of_a_variable_may_ask_for_other_variables_and_locals(tmp_path: Path) -> None:
    text = """
    locals { most = 3 }
    variable "least" { default = 2 }
    variable "amount" {
      default = 5
      validation {
        condition     = var.amount >= var.least && var.amount <= local.most
        error_message = "It is not between ${var.least} and ${local.most}."
      }
    }
    """
    assert problems(tmp_path, {"main.hcl": text}) == [
        'main.hcl:7 E0503 the value of "amount" will not do: It is not between 2 and 3'
    ]


def test_a_rule_that_does_not_hold_says_whose_it_is_and_nothing_follows_from_it(tmp_path: Path) -> None:
    text = """
    variable "n" {
      default = -1
      validation {
        condition     = var.n >= 0
        error_message = "It is a number of tasks."
      }
    }
    task_definition "web" {
      count = var.n
    }
    output "o" {
      value = 1
      precondition {
        condition     = false
        error_message = "Never."
      }
    }
    check "c" {
      assert {
        condition     = false
        error_message = "Never."
      }
    }
    network "n" {
      for_each = { a = false }
      internal = each.value
      lifecycle {
        postcondition {
          condition     = self.internal
          error_message = "Never."
        }
      }
    }
    """
    found = load(write(tmp_path, {"main.hcl": text})).diagnostics
    assert [(each.code, each.subject) for each in found] == [
        ("E0503", "var.n"),
        ("E0407", "output.o"),
        ("E0409", "check.c"),
        ("E0408", 'network.n["a"]'),
    ]
