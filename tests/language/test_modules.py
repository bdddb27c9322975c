"""Modules: what is inside, what goes in and comes out, and what they cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.language.loader import load
from tests.language.stacks import SMTP, outputs, problems, stack, write


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


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    found = stack(
        tmp_path, {"main.hcl": 'output "x" { value = 1 }\n', ".main.hcl": "broken {", ".x.auto.vars.hcl": "{"}
    )
    assert outputs(found) == {"x": 1}
