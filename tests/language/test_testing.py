"""Test files: what they may say, and how their runs are judged. Nothing is planned here: no engine is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.language.expressions.values import Value
from reconciler.language.loader import VariableSources
from reconciler.language.schema import Block
from reconciler.language.testing.bench import Bench, set_up, without_keys
from reconciler.language.testing.schema import TEST_FILE
from reconciler.language.testing.trial import Trial
from reconciler.model.diagnostic import Diagnostic

STACK = """
variable "n" {
  type    = number
  default = 1
  validation {
    condition     = var.n > 0
    error_message = "At least one."
  }
}
variable "image" { default = "app:1" }
variable "password" {
  default   = "hush"
  sensitive = true
}
locals { images = { for each in ["a", "b"] : each => "${each}-${var.image}" } }
task_definition "web" {
  container "app" {
    image  = var.image
    memory = 16
  }
}
service "web" {
  count           = var.n
  task_definition = task_definition.web
  desired_count   = 2
  lifecycle {
    precondition {
      condition     = var.image != "bad:1"
      error_message = "A good image."
    }
    postcondition {
      condition     = length(self.host_ports) == 0
      error_message = "No ports."
    }
  }
}
check "few" {
  assert {
    condition     = var.n < 4
    error_message = "Too many."
  }
}
output "image" {
  value = var.image
  precondition {
    condition     = var.n != 3
    error_message = "Not three."
  }
}
output "ports" { value = service.web[0].host_ports }
output "password" {
  value     = var.password
  sensitive = true
}
module "mail" {
  source   = "./mail"
  for_each = toset(["eu"])
  tag      = "1"
}
"""

MAIL = """
variable "tag" {
  validation {
    condition     = var.tag != "none"
    error_message = "A tag."
  }
}
variable "image" { default = "mail" }
locals { image = "${var.image}:${var.tag}" }
output "image" { value = local.image }
"""

DOCS = Path(__file__).resolve().parents[2] / "docs" / "testing.md"


def bench(folder: Path, text: str, *, name: str = "a.test.hcl", **variables: str) -> Bench:
    """Set up the stack above with one test file."""
    files = {"main.hcl": STACK, "mail/main.hcl": MAIL, name: text}
    for file, content in files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content)
    return set_up(folder, [folder / name], VariableSources(pairs=tuple(variables.items())))


def said(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """What is wrong, as `line:column code summary`."""
    return [f"{each.span.line}:{each.span.column} {each.code} {each.summary}" for each in diagnostics if each.span]


def judged(folder: Path, text: str, ports: Mapping[str, object] | None = None, **variables: str) -> list[object]:
    """Judge every run: its status, followed by what is wrong with it."""
    found = bench(folder, text, **variables)
    assert found.diagnostics == ()
    (suite,) = found.suites
    results: list[object] = []
    earlier: dict[str, Value] = {}
    for run in suite.runs:
        trial = Trial(found.sources[run.source], suite, run, earlier)
        if ports is not None:
            trial.outputs({"service.web[0]": {"host_ports": ports}})
        verdict = trial.verdict()
        earlier[run.name] = trial.values
        results += [verdict.status.value, *said(verdict.diagnostics)]
    return results


def run(*conditions: str, head: str = "", name: str = "a") -> str:
    """A run that asserts conditions."""
    blocks = "".join(f'assert {{\ncondition = {each}\nerror_message = "No."\n}}\n' for each in conditions)
    return f'run "{name}" {{\n{head}\n{blocks}}}\n'


@pytest.mark.parametrize(
    "condition",
    [
        "var.n == 1",
        'local.images["a"] == "a-app:1"',
        "service.web[0].desired_count == 2",
        'task_definition.web.container["app"].image == output.image',
        'module.mail["eu"].image == "mail:1"',
        'path.root == "." && stack.name != ""',
        "alltrue([for each in service.web : each.desired_count == 2])",
        "output.password == var.password",
    ],
)
def test_a_condition_may_refer_to_everything_in_the_stack(tmp_path: Path, condition: str) -> None:
    assert judged(tmp_path, run(condition)) == ["pass"]


def test_every_assertion_that_does_not_hold_is_told_with_what_its_parts_come_to(tmp_path: Path) -> None:
    text = run(
        "var.n == 2 || service.web[0].desired_count == var.n",
        'var.password == "x"',
        "length([for each in local.images : each if each == var.image]) == 1",
        "service.web[0] == null || can(service.web[0].host_ports.x.y) && false",
        "var.n == 1",
    )
    found = bench(tmp_path, text)
    (suite,) = found.suites
    verdict = Trial(found.sources["."], suite, suite.runs[0], {}).verdict()
    assert verdict.status == "fail"
    assert [(each.code, each.summary, each.parts) for each in verdict.diagnostics] == [
        ("E0710", "No", (("service.web[0].desired_count", "2"), ("var.n", "1"))),
        ("E0710", "No", (("var.password", "(sensitive value)"),)),
        ("E0710", "No", (("local.images", '{"a": "a-app:1", "b": "b-app:1"}'), ("var.image", '"app:1"'))),
        (
            "E0710",
            "No",
            (
                ("service.web[0]", "object with 8 attributes, some of it known only after apply"),
                ("service.web[0].host_ports.x.y", "known only after apply"),
            ),
        ),
    ]


def test_a_message_with_a_sensitive_value_is_not_shown(tmp_path: Path) -> None:
    text = 'run "a" {\nassert {\ncondition = var.n == 2\nerror_message = "It is ${var.password}."\n}\n}\n'
    assert judged(tmp_path, text) == [
        "fail",
        "3:13 E0710 a rule is not met (its message holds a sensitive value)",
    ]


def test_values_of_the_run_win_over_those_of_the_file_and_these_over_the_command_line(tmp_path: Path) -> None:
    head = 'variables {\nn = 2\nimage = "file:1"\n}\n'
    text = (
        head
        + run("var.n == 2", 'var.image == "file:1"', name="file")
        + run(
            'var.image == "run-file:1"', "var.n == 2", head='variables {\nimage = "run-${var.image}"\n}', name="run"
        )
    )
    assert judged(tmp_path, text, image="cli:1", n="7") == ["pass", "pass"]
    assert judged(tmp_path, run('var.image == "cli:1"'), image="cli:1") == ["pass"]


def test_a_file_may_have_names_of_its_own(tmp_path: Path) -> None:
    text = 'variables { wanted = "app:1" }\n' + run(
        "var.image == var.wanted", "var.both == var.wanted", head="variables { both = var.wanted }"
    )
    assert judged(tmp_path, text) == ["pass"]


def test_a_later_run_may_refer_to_the_outputs_of_an_earlier_one(tmp_path: Path) -> None:
    text = run(name="first", head='variables { image = "first:1" }') + run(
        'var.image == "first:1-b"',
        "run.first.image != output.image",
        head='variables { image = "${run.first.image}-b" }',
    )
    assert judged(tmp_path, text) == ["pass", "pass"]


def test_what_an_earlier_run_knew_only_after_apply_cannot_be_given(tmp_path: Path) -> None:
    text = run(name="first") + run(head="variables { image = jsonencode(run.first.ports) }")
    assert judged(tmp_path, text) == [
        "pass",
        "error",
        '5:21 E0706 the value of "image" is known only after apply',
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("n = 0", "var.n"),
        ('image = "bad:1"', "service.web"),
        ('image = "bad:1"', "service.web[0]"),
        ("n = 4", "check.few"),
        ("n = 3", "output.image"),
    ],
)
def test_a_run_passes_when_what_is_to_fail_does(tmp_path: Path, values: str, expected: str) -> None:
    text = run(head=f"variables {{ {values} }}\nexpect_failures = [{expected}]")
    assert judged(tmp_path, text) == ["pass"]


def test_a_rule_of_what_runs_may_be_what_is_to_fail(tmp_path: Path) -> None:
    text = run(head="command = apply\nexpect_failures = [service.web]")
    assert judged(tmp_path, text, {"80": [20000]}) == ["pass"]
    assert judged(tmp_path, text, {}) == ["fail", "3:20 E0712 service.web was to fail, and did not"]


def test_each_of_what_is_to_fail_must_and_nothing_else(tmp_path: Path) -> None:
    text = run(head="variables { n = 4 }\nexpect_failures = [check.few, var.n]")
    assert judged(tmp_path, text) == ["fail", "3:31 E0712 var.n was to fail, and did not"]
    text = run(head='variables {\nn = 4\nimage = "bad:1"\n}\nexpect_failures = [service.web]')
    assert judged(tmp_path, text) == ["error", "39:21 E0409 check.few: Too many"]
    text = run(head='variables {\nn = 0\nimage = "bad:1"\n}\nexpect_failures = [service.web]')
    assert judged(tmp_path, text) == ["error", '6:21 E0503 the value of "n" will not do: At least one']


def test_assertions_count_though_something_fails_as_it_is_to(tmp_path: Path) -> None:
    head = 'variables { image = "bad:1" }\nexpect_failures = [service.web]'
    assert judged(tmp_path, run('var.image == "bad:1"', head=head)) == ["pass"]
    assert judged(tmp_path, run('var.image == "good:1"', head=head)) == ["fail", "5:13 E0710 No"]
    head = "variables { n = 3 }\nexpect_failures = [output.image]"
    assert judged(tmp_path, run('output.image == ""', head=head)) == [
        "error",
        "5:13 E0714 this failed, as it was to",
    ]


def test_what_fails_in_the_plan_of_an_apply_leaves_nothing_to_apply(tmp_path: Path) -> None:
    text = run(head="command = apply\nvariables { n = 0 }\nexpect_failures = [var.n]")
    assert judged(tmp_path, text) == [
        "error",
        "1:1 E0713 what was to fail ended the plan, so nothing was applied",
        '6:21 E0503 the value of "n" will not do: At least one',
    ]


def test_a_condition_that_is_known_only_after_apply_says_so(tmp_path: Path) -> None:
    text = run("length(service.web[0].host_ports) == 0")
    assert judged(tmp_path, text) == ["error", "4:13 E0711 the condition is known only after apply"]
    assert judged(tmp_path, text, {}) == ["pass"]


def test_a_condition_that_has_no_value_is_an_error_with_its_place(tmp_path: Path) -> None:
    conditions = ("service.wbe == null", "output.imgae == null", "run == var.n", "var.n", "service.web[1] == null")
    assert judged(tmp_path, run(*conditions)) == [
        "error",
        '4:13 E0402 there is no service "wbe"',
        '8:13 E0402 there is no output "imgae"',
        '12:13 E0401 "run" alone is no value',
        "16:13 E0306 the condition does not fit: a bool is required, not a number",
        "20:24 E0304 there is no element [1]",
    ]


def test_values_are_constants_but_for_what_is_given_outside_and_earlier_runs(tmp_path: Path) -> None:
    def problem(values: str) -> object:
        return judged(tmp_path, run(head=f"variables {{ image = {values} }}"))[1]

    assert problem("local.images.a") == '2:21 E0401 "local" cannot be used here'
    assert problem("var.imgae") == '2:21 E0402 there is no variable "imgae"'
    assert problem('1 + "x"') == "2:25 E0302 the right operand of + does not fit: a number is required"
    assert judged(tmp_path, run(head='variables { n = "many" }'))[1] == (
        '2:17 E0502 this value does not fit the variable "n": a number is required'
    )


def test_a_module_is_tested_by_itself(tmp_path: Path) -> None:
    """With what the stack's variables of the same name are given."""
    head = 'module { source = "./mail" }\nvariables { tag = "%s" }\n%s'
    text = run('output.image == "cli:9"', head=head % ("9", "")) + run(
        head=head % ("none", "expect_failures = [var.tag]"), name="b"
    )
    assert judged(tmp_path, text, image="cli") == ["pass", "pass"]


WRONG = {
    'run "a" {\ncommand = "apply"\n}': ["2:11 E0701 command is plan or apply"],
    'run "a" {\ncommand = aply\n}': ["2:11 E0701 command is plan or apply"],
    'run "a" {\nexpect_failures = var.n\n}': ["2:19 E0702 expect_failures is a list of addresses"],
    'run "a" {\nexpect_failures = [local.images, service.web.name, module.mail]\n}': [
        "2:20 E0702 this is nothing that can fail",
        "2:34 E0702 this is nothing that can fail",
        "2:52 E0702 this is nothing that can fail",
    ],
    'run "a" {\nexpect_failures = [var.m, service.web[9], module.mail.var.tag, module.mail["x"].var.t]\n}': [
        "2:20 E0702 there is no var.m",
        '2:64 E0702 there is no module.mail["x"].var.t',
    ],
    'run "a" {\nassert {\ncondition = 1 == 1\nerror_message = ""\n}\n}': [
        "3:13 E0703 the condition refers to nothing, so it would check nothing"
    ],
    'run "a" {\nassert {\ncondition = var.n == 1\n}\n}': ['2:1 E0205 assert needs the attribute "error_message"'],
    'variables {\nn = run.a.x\n}\nrun "a" {\nvariables { n = run.a.x + run.b.x + run.c.x }\n}\nrun "b" {}': [
        '2:5 E0704 run "a" has not ended by then',
        '5:17 E0704 run "a" has not ended by then',
        '5:27 E0704 run "b" has not ended by then',
        '5:37 E0704 there is no run "c"',
    ],
    'run "a" {}\nrun "a" {}\nrun {}\nrun {}\nrun "b c" {}': [
        '2:1 E0204 run "a" is declared twice',
        "3:1 E0203 a run block has one label, here are 0",
        "4:1 E0203 a run block has one label, here are 0",
        '5:5 E0203 "b c" cannot be a label',
    ],
    'run "a" {\nvariables {}\nvariables {}\nasert {}\ncomand = plan\n}': [
        "3:1 E0204 the block variables is declared twice",
        '4:1 E0201 unknown block "asert" in run "a"',
        '5:1 E0202 unknown attribute "comand" in run "a"',
    ],
    'run "a" {\nplan_options {}\ndynamic "assert" {}\n}\nrnu "b" {}\nn = 1': [
        '2:1 E0210 "plan_options" in run "a" is not supported yet',
        '3:1 E0201 unknown block "dynamic" in a test file',
        '5:1 E0201 unknown block "rnu" in test file',
        '6:1 E0202 unknown attribute "n" in test file',
    ],
    'run "a" {\nmodule { source = "./nowhere" }\n}': ['2:19 E0217 there is no folder "nowhere"'],
    'run "a" {\nmodule { source = "mail" }\n}': ['2:19 E0217 "mail" is no local folder'],
    'run "a" {\nvariables { imgae = "" }\n}': ['2:13 E0705 no block declares the variable "imgae"'],
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    assert said(bench(tmp_path, text).diagnostics) == WRONG[text]


def test_a_test_file_may_have_the_json_form(tmp_path: Path) -> None:
    text = """{
      "variables": {"n": 4},
      "run": {
        "a": {
          "command": "plan",
          "variables": {"image": "json-${var.image}"},
          "assert": [
            {"condition": "${var.image == \\"json-app:1\\"}", "error_message": "No."},
            {"condition": "${var.n == 5}", "error_message": "Not ${var.n}."}
          ],
          "expect_failures": ["check.few"]
        },
        "b": {"command": "aply", "expect_failures": ["var.m"]}
      }
    }"""
    assert said(bench(tmp_path, text, name="a.test.hcl.json").diagnostics) == [
        "13:27 E0701 command is plan or apply",
        "13:55 E0702 there is no var.m",
    ]
    right = text.replace("aply", "apply").replace("var.m", "check.few")
    assert judged(tmp_path, right, name="a.test.hcl.json") == ["fail", "9:27 E0710 Not 4", "pass"]


def test_what_is_wrong_with_the_stack_is_told_with_what_is_wrong_with_the_tests(tmp_path: Path) -> None:
    (tmp_path / "more.hcl").write_text("service {\n")
    found = bench(tmp_path, 'run "a" {')
    places = [(Path(each.span.file).name, each.span.line, each.code) for each in found.diagnostics if each.span]
    assert places == [("a.test.hcl", 1, "E0103"), ("more.hcl", 1, "E0103")]


def test_an_address_without_keys_is_that_of_the_block() -> None:
    assert without_keys('module.a["x.\\"]"].service.b[12]') == "module.a.service.b"


def test_everything_that_a_test_file_may_hold_is_documented() -> None:
    words = set(re.findall(r"`(\w+)", DOCS.read_text()))

    def names(block: Block) -> set[str]:
        inner = {name for each in block.blocks for name in ({each.word} | names(each))}
        return {each.name for each in block.attributes} | set(block.later) | inner

    assert names(TEST_FILE) - words - {"condition", "error_message", "source"} == set()
