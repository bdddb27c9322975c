"""What the console prints is what `terraform console` printed for the same expressions (golden_console.json)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import StackError
from reconciler.language.console_input import Continuation
from reconciler.language.console_text import answer_text, json_answer
from reconciler.language.loader import NO_SOURCES
from reconciler.language.stack_console import Console, open_console

GOLDENS = json.loads(Path(__file__).with_name("golden_console.json").read_text())

STACK = """\
variable "tag" {
  type = string
}
variable "key" {
  default   = "hunter2"
  sensitive = true
}
locals {
  ports = [80, 81]
}
network "back" {
}
task_definition "web" {
  container "app" {
    image  = "web:1"
    memory = 8
  }
}
service "web" {
  task_definition = task_definition.web
}
"""


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A console in a stack."""
    (tmp_path / "main.hcl").write_text(STACK)
    found, diagnostics = open_console(tmp_path, NO_SOURCES)
    assert diagnostics == ()
    return found


@pytest.mark.parametrize(("expression", "expected"), GOLDENS, ids=[each[0] for each in GOLDENS])
def test_values_and_types_are_written_as_terraform_writes_them(
    expression: str, expected: str, tmp_path: Path
) -> None:
    found, _ = open_console(tmp_path, NO_SOURCES)
    assert answer_text(found.answer(expression)) + "\n" == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("var.tag", "(known after apply)"),
        ("type(var.tag)", "string"),
        ("var.key", "(sensitive value)"),
        ("[var.key, local.ports[0]]", "[\n  (sensitive value),\n  80,\n]"),
        ("service.web.name", '"web"'),
        ("service.web.host_ports", "(known after apply)"),
        ("task_definition.web.container.app.image", '"web:1"'),
        ("network.back.internal", "false"),
        ("path.module", '"."'),
    ],
)
def test_the_names_of_a_stack_have_their_values(expression: str, expected: str, console: Console) -> None:
    assert answer_text(console.answer(expression)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('{ b = [1, null], a = "x\\ny" }', '{"a":"x\\ny","b":[1,null]}'),
        ("10 / 4", "2.5"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("[var.key, var.tag]", '["(sensitive value)","(known after apply)"]'),
        ("toset([2, 1])", "[1,2]"),
        ("type([1])", '"tuple([number])"'),
    ],
)
def test_as_json_a_value_is_one_line_and_exact(expression: str, expected: str, console: Console) -> None:
    assert json_answer(console.answer(expression)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local.port", ("E0402", "7:1", 'Did you mean "ports"?')),
        ("1 +\n2 + ", ("E0101", "8:4", "Finish it.")),
        ("upper(\n[])", ("E0321", "8:1", "`reconciler docs upper` tells what it takes.")),
    ],
)
def test_an_error_has_its_place_in_what_is_read(text: str, expected: tuple[str, str, str], console: Console) -> None:
    with pytest.raises(StackError) as caught:
        console.answer(text, line=7)
    (found,) = caught.value.diagnostics
    assert found.span is not None and found.source[-1][0] == found.span.line
    assert (found.code, f"{found.span.line}:{found.span.column}", found.detail) == expected


def test_type_stands_only_around_a_whole_expression(console: Console) -> None:
    with pytest.raises(StackError):
        console.answer("[type(1)]")


def test_names_can_be_completed_and_attributes_of_what_has_a_value(console: Console) -> None:
    assert {"var.tag", "local.ports", "service.web", "stack.name", "upper(", "try("} <= set(console.names)
    assert "task_definition" in console.attributes("service.web")
    assert console.attributes("service.none") == ()


@pytest.mark.parametrize(
    ("lines", "is_open"),
    [
        (["1"], False),
        (["[1,"], True),
        (["[1,", "2]"], False),
        (['"("'], False),
        (["f(# )"], True),
        (["<<EOT", "("], True),
        (["<<EOT", "(", "  EOT"], False),
        (["[<<-E", "x", "E", ""], True),
        (["/* ("], True),
        (["/* (", "*/ 1"], False),
        (["1)"], False),
    ],
)
def test_an_open_bracket_heredoc_or_comment_goes_on_in_the_next_line(lines: list[str], is_open: bool) -> None:
    following = Continuation()
    for line in lines:
        following.add(line)
    assert following.is_open == is_open
