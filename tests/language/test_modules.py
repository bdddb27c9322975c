"""Modules, repeated and nested blocks, and what a stack says about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.lifecycle import Lifecycle, Move, Removal
from reconciler.model.stack import Stack

SMTP = """
variable "tag" {
  type = string
  validation {
    condition     = var.tag != ""
    error_message = "It has a tag."
  }
}
variable "amount" {
  type    = number
  default = 1
}
task_definition "smtp" {
  memory = 32
  container "app" { image = "mail:${var.tag}" }
}
service "smtp" {
  task_definition = task_definition.smtp
  desired_count   = var.amount
}
output "name" { value = service.smtp.name }
output "tag" { value = var.tag }
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def stack(folder: Path, files: Mapping[str, str]) -> Stack:
    """Load a stack that must be right."""
    loaded = load(write(folder, files))
    assert loaded.stack is not None, loaded.diagnostics
    return loaded.stack


def problems(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a stack, as `file:line code summary`."""
    loaded = load(write(folder, files))
    return [
        f"{Path(each.span.file).relative_to(folder)}:{each.span.line} {each.code} {each.summary}"
        for each in loaded.diagnostics
        if each.span is not None
    ]


def outputs(found: Stack) -> dict[str, object]:
    return {each.name: each.value for each in found.outputs}


def test_what_a_module_holds_is_addressed_and_named_after_the_call(tmp_path: Path) -> None:
    call = 'module "mail" {\n  source = "./mail"\n  tag = "1"\n}\noutput "name" { value = module.mail.name }\n'
    found = stack(tmp_path, {"main.hcl": call, "mail/main.hcl": SMTP})
    assert [(each.address, each.name, each.task_definition) for each in found.services] == [
        ("module.mail.service.smtp", "mail-smtp", "module.mail.task_definition.smtp")
    ]
    assert found.definitions["module.mail.task_definition.smtp"].family == "mail-smtp"
    assert outputs(found) == {"name": "mail-smtp"}


def test_a_module_is_repeated_by_for_each_and_by_count(tmp_path: Path) -> None:
    text = """
    module "by_key" {
      source   = "./mail"
      for_each = { eu = 2, us = 3 }
      tag      = each.key
      amount   = each.value
    }
    module "by_number" {
      source = "./mail"
      count  = 2
      tag    = "v${count.index}"
    }
    output "tags" { value = { for key, each_one in module.by_key : key => each_one.tag } }
    output "names" { value = module.by_number[*].name }
    output "first" { value = module.by_number[0].tag }
    """
    found = stack(tmp_path, {"main.hcl": text, "mail/main.hcl": SMTP})
    assert {each.address: each.desired_count for each in found.services} == {
        'module.by_key["eu"].service.smtp': 2,
        'module.by_key["us"].service.smtp': 3,
        "module.by_number[0].service.smtp": 1,
        "module.by_number[1].service.smtp": 1,
    }
    assert outputs(found) == {
        "tags": {"eu": "eu", "us": "us"},
        "names": ["by_number-0-smtp".replace("_", "-"), "by-number-1-smtp"],
        "first": "v0",
    }


def test_modules_nest_and_their_folders_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    files = {
        "stack/main.hcl": 'module "a" { source = "../common/a" }\noutput "x" { value = module.a.x }\n',
        "common/a/main.hcl": 'module "b" { source = "./b" }\noutput "x" { value = module.b.x }\n',
        "common/a/b/main.hcl": 'output "x" { value = trimspace(file("${path.module}/x.txt")) }\n',
        "common/a/b/x.txt": "deep\n",
    }
    write(tmp_path, files)
    loaded = load(tmp_path / "stack")
    assert loaded.stack is not None, loaded.diagnostics
    assert outputs(loaded.stack) == {"x": "deep"}


def test_a_value_may_go_into_a_module_and_out_of_it_and_into_it_again(tmp_path: Path) -> None:
    """Only what is really needed orders the evaluation: this is no circle."""
    inner = (
        'variable "a" {}\nvariable "b" { default = "" }\n'
        'output "a" { value = "${var.a}!" }\noutput "b" { value = "${var.b}?" }\n'
    )
    outer = (
        'module "m" {\n  source = "./m"\n  a = "1"\n  b = local.b\n}\n'
        "locals { b = upper(module.m.a) }\n"
        'output "o" { value = module.m.b }\n'
    )
    assert outputs(stack(tmp_path, {"main.hcl": outer, "m/main.hcl": inner})) == {"o": "1!?"}


def test_references_and_marks_pass_through_a_module(tmp_path: Path) -> None:
    files = {
        "main.hcl": """
        variable "password" {
          default   = "hunter2"
          sensitive = true
        }
        network "back" {}
        module "m" {
          source   = "./m"
          network  = network.back
          password = var.password
        }
        output "secret" { value = module.m.password }
        """,
        "m/main.hcl": """
        variable "network" { type = any }
        variable "password" { type = string }
        task_definition "t" {
          memory   = 32
          networks = [var.network]
          container "app" { image = "x" }
        }
        output "password" { value = var.password }
        """,
    }
    assert problems(tmp_path, files) == ['main.hcl:12 E0406 the output "secret" would show a sensitive value']
    open_output = files["main.hcl"].replace("value = module.m.password", "value = nonsensitive(module.m.password)")
    found = stack(tmp_path, files | {"main.hcl": open_output})
    assert found.definitions["module.m.task_definition.t"].networks == ("network.back",)


def test_depends_on_of_a_module_holds_for_each_service_in_it(tmp_path: Path) -> None:
    text = """
    module "db" {
      source = "./mail"
      tag    = "1"
    }
    module "web" {
      source     = "./mail"
      tag        = "1"
      depends_on = [module.db]
    }
    """
    found = stack(tmp_path, {"main.hcl": text, "mail/main.hcl": SMTP})
    assert {each.address: each.depends_on for each in found.services} == {
        "module.db.service.smtp": (),
        "module.web.service.smtp": ("module.db.service.smtp",),
    }


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('source = "./mail"', 'main.hcl:1 E0205 module "mail" needs the argument "tag"'),
        ('source = "./mail"\ntag = "1"\ntga = "1"', 'main.hcl:4 E0202 module "mail" has no variable "tga"'),
        (
            'source = "./mail"\ntag = "1"\namount = "many"',
            'main.hcl:4 E0502 the argument "amount" does not fit the variable "amount": a number is required',
        ),
        ('source = "./mail"\ntag = "1"\nversion = "1"', 'main.hcl:4 E0202 module "mail" has no variable "version"'),
        ('source = "./mail"\ntag = module.mail.tag', "main.hcl:3 E0403 "),
        ('source = "./mail"\ntag = "1"\ndepends_on = [module.mail]', "main.hcl:4 E0403 module.mail refers to itself"),
        ('source = "./mail"\ntag = ""', 'main.hcl:3 E0503 the value of "tag" will not do: It has a tag'),
        ('source = "."', "main.hcl:2 E0217 a module calls itself"),
    ],
)
def test_a_call_that_does_not_fit_is_an_error_at_the_call(call: str, expected: str, tmp_path: Path) -> None:
    found = problems(tmp_path, {"main.hcl": f'module "mail" {{\n{call}\n}}\n', "mail/main.hcl": SMTP})
    assert [each for each in found if each.startswith(expected)] == found[:1] and len(found) == 1, found


def test_modules_that_call_each_other_are_a_circle_also_by_way_of_links(tmp_path: Path) -> None:
    files = {
        "main.hcl": 'module "a" { source = "./a" }\n',
        "a/main.hcl": 'module "b" { source = "../b" }\nmodule "c" { source = "../b" }\n',
        "b/main.hcl": 'module "a" { source = "./link" }\n',
    }
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "link").symlink_to(tmp_path / "a")
    (found,) = load(write(tmp_path, files)).diagnostics
    assert (found.summary, found.detail) == (
        "a module calls itself",
        'Remove one of the calls: "a" -> "b" -> "b/link".',
    )


@pytest.mark.parametrize("source", ["./circle", "./a\\u0000b", f"./{'a' * 5000}", "./main.hcl"])
def test_what_is_no_folder_is_said_to_be_none(source: str, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (found,) = problems(tmp_path, {"main.hcl": f'module "m" {{ source = "{source}" }}\n'})
    assert found.startswith("main.hcl:1 E0217 there is no folder")


def test_modules_that_multiply_are_refused_before_they_are_read(tmp_path: Path) -> None:
    calls = "".join(f'module "m{each}" {{ source = "../d{{}}" }}\n' for each in range(10))
    files = {f"d{each}/main.hcl": calls.replace("{}", str(each + 1)) for each in range(6)}
    files |= {"main.hcl": calls.replace("../d{}", "./d0"), "d6/main.hcl": ""}
    found = problems(tmp_path, files)
    assert found and {each.partition(" ")[2] for each in found} == {
        "E0217 modules call each other more than 2000 times"
    }


def test_a_mistake_in_a_module_is_told_once_however_often_it_is_called(tmp_path: Path) -> None:
    text = 'module "mail" {\n  source = "./mail"\n  count = 3\n  tag = "1"\n}\n'
    broken = SMTP.replace("memory = 32", "memory = 32\n  memry = 1")
    assert problems(tmp_path, {"main.hcl": text, "mail/main.hcl": broken}) == [
        'mail/main.hcl:15 E0202 unknown attribute "memry" in task_definition "smtp"'
    ]


def test_a_stack_whose_modules_multiply_is_refused(tmp_path: Path) -> None:
    files = {
        "main.hcl": 'module "a" {\n  source = "./a"\n  count = 1000\n}\n',
        "a/main.hcl": 'network "n" { count = 1000 }\n',
    }
    assert problems(tmp_path, files) == ["a/main.hcl:1 E0207 the stack has more than 10000 objects"]


def test_a_dynamic_block_makes_one_block_for_each_element(tmp_path: Path) -> None:
    text = """
    locals { ports = { http = 80, admin = 81 } }
    task_definition "web" {
      memory = 32
      dynamic "container" {
        for_each = ["app", "side"]
        iterator = each_one
        labels   = [each_one.value]
        content {
          image = "web:${each_one.key}"
          dynamic "port_mapping" {
            for_each = each_one.key == 0 ? local.ports : {}
            content {
              name           = port_mapping.key
              container_port = port_mapping.value
            }
          }
        }
      }
    }
    """
    definition = stack(tmp_path, {"main.hcl": text}).definitions["task_definition.web"]
    assert [(each.name, each.image, [(one.name, one.container_port) for one in each.port_mappings])
            for each in definition.containers] == [
        ("app", "web:0", [("http", 80), ("admin", 81)]),
        ("side", "web:1", []),
    ]  # fmt: skip


def test_a_block_may_be_repeated_for_each_of_another(tmp_path: Path) -> None:
    text = """
    task_definition "job" {
      for_each = toset(["a", "b"])
      memory   = 32
      container "app" { image = each.key }
    }
    service "job" {
      for_each        = task_definition.job
      task_definition = each.value
    }
    """
    assert [each.task_definition for each in stack(tmp_path, {"main.hcl": text}).services] == [
        'task_definition.job["a"]',
        'task_definition.job["b"]',
    ]


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


@pytest.mark.parametrize(
    "text",
    [
        'network "n" {\n  dynamic "lifecycle" {',
        'network "n" {\n  lifecycle {\n    dynamic "precondition" {',
        'variable "n" {\n  dynamic "validation" {',
        'check "n" {\n  dynamic "assert" {',
    ],
)
def test_what_is_looked_at_apart_cannot_be_dynamic(text: str, tmp_path: Path) -> None:
    rest = "\n    for_each = [1]\n    content {}" + "\n}" * text.count("{") + "\n"
    (found,) = problems(tmp_path, {"main.hcl": text + rest})
    line = 1 + text.count("\n")
    assert found.startswith(f"main.hcl:{line} E0211 ") and found.endswith(" cannot be dynamic")


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


def test_moves_and_removals_are_addresses_of_the_whole_stack(tmp_path: Path) -> None:
    files = {
        "main.hcl": """
        module "mail" {
          source   = "./mail"
          for_each = toset(["eu"])
        }
        moved {
          from = module.post
          to   = module.mail["eu"]
        }
        removed {
          from = module.gone.service.x
          lifecycle { destroy = false }
        }
        """,
        "mail/main.hcl": """
        network "b" {}
        moved {
          from = network.a
          to   = network.b
        }
        removed { from = service.old }
        """,
    }
    found = stack(tmp_path, files)
    assert found.moves == (
        Move(before="module.post", after='module.mail["eu"]'),
        Move(before='module.mail["eu"].network.a', after='module.mail["eu"].network.b'),
    )
    assert found.removals == (
        Removal(address="module.gone.service.x", destroy=False),
        Removal(address="module.mail.service.old", destroy=True),
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("module.one.service", 'E0303 the module has no output "service"'),
        ("module.one.nam", 'E0303 the module has no output "nam"'),
        ("module.each.name", 'E0303 "name" is asked of a block that has for_each'),
        ("module.each[0].name", "E0304 the block is not counted"),
        ("each", 'E0401 "each" alone is no value'),
        ("self.name", 'E0405 "self" is not known here'),
    ],
)
def test_what_cannot_be_seen_from_here_is_said(expression: str, expected: str, tmp_path: Path) -> None:
    calls = 'module "one" { source = "./m" }\nmodule "each" {\n  source = "./m"\n  for_each = toset(["a"])\n}\n'
    text = f'{calls}output "o" {{ value = {expression} }}\n'
    files = {"main.hcl": text, "m/main.hcl": 'network "n" {}\noutput "name" { value = 1 }\n'}
    assert problems(tmp_path, files) == [f"main.hcl:6 {expected}"]


def test_a_dynamic_block_of_an_unknown_kind_is_refused_also_when_it_makes_none(tmp_path: Path) -> None:
    text = 'network "n" {\n  dynamic "ports" {\n    for_each = []\n    content {}\n  }\n}\n'
    assert problems(tmp_path, {"main.hcl": text}) == ['main.hcl:2 E0201 unknown block "ports" in network "n"']


def moved(before: str, after: str) -> str:
    return f"moved {{\n  from = {before}\n  to   = {after}\n}}\n"


COUNTED = 'network "a" { count = 2 }\nmodule "m" {\n  source = "./m"\n  for_each = toset(["x"])\n}\n'


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (moved("network.a", "network.b"), "network.a has moved, and is still declared"),
        (moved("network.a[0]", "network.b"), "network.a[0] has moved, and is still declared"),
        (moved("module.m", "module.n"), "module.m has moved, and is still declared"),
        (moved("network.a", "network.a[0]"), ""),
        (moved("network.a[2]", "network.b"), ""),
        (moved("module.m", 'module.m["x"]'), ""),
        (moved("network.x", "network.y") * 2, ""),
        (moved("network.x", "network.y") + moved("network.x", "network.z"), "network.x moves to two addresses"),
        ("removed { from = network.a }\n", "network.a is removed here, and still declared"),
        ("removed { from = module.m }\n", "module.m is removed here, and still declared"),
        ("removed { from = module.m.network.n }\n", "module.m.network.n is removed here, and still declared"),
        ("removed { from = network.x[0] }\n", "what is removed has no key"),
    ],
)
def test_what_has_moved_or_left_is_not_declared_as_in_terraform(blocks: str, expected: str, tmp_path: Path) -> None:
    found = problems(tmp_path, {"main.hcl": COUNTED + blocks, "m/main.hcl": 'network "n" {}\n'})
    assert [each.partition(" ")[2].partition(" ")[2] for each in found] == ([expected] if expected else [])


def test_keys_are_written_as_a_file_may_say_them(tmp_path: Path) -> None:
    keys = ["a b", 'q"q', "${x}", "%{y}", "c.d]", "line\nline", ""]
    literals = [json.dumps(each).replace("${", "$${").replace("%{", "%%{") for each in keys]
    text = f'network "n" {{ for_each = toset([{", ".join(literals)}]) }}\n'
    addresses = sorted(each.address for each in stack(tmp_path, {"main.hcl": text}).networks)
    assert addresses == sorted(f"network.n[{each}]" for each in literals)
    back = "".join(moved(each.replace(".n", ".old"), each) for each in addresses)
    assert [each.after for each in stack(tmp_path, {"main.hcl": text + back}).moves] == addresses


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


def test_names_that_moved_objects_keep_reach_expressions_and_models(tmp_path: Path) -> None:
    text = SMTP.replace("service.smtp.name", '"${service.smtp.name} ${task_definition.smtp.family}"')
    loaded = load(write(tmp_path, {"main.hcl": text, "x.auto.vars.hcl": 'tag = "1"\n'}))
    kept = loaded.renamed({"service.smtp": "post", "task_definition.smtp": "old-post"}).stack
    assert kept is not None
    assert (kept.services[0].name, kept.definitions["task_definition.smtp"].family) == ("post", "old-post")
    assert outputs(kept)["name"] == "post old-post"


def test_a_name_that_a_moved_object_keeps_cannot_be_had_by_another(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, {"main.hcl": 'network "a" {}\nnetwork "b" {}\n'})).renamed({"network.b": "a"})
    assert [(each.summary, each.detail) for each in loaded.diagnostics] == [
        (
            'network.b would have the name "a" a second time',
            "network.b keeps it since it moved: give network.a another label.",
        )
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


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    found = stack(
        tmp_path, {"main.hcl": 'output "x" { value = 1 }\n', ".main.hcl": "broken {", ".x.auto.vars.hcl": "{"}
    )
    assert outputs(found) == {"x": 1}
