"""Stacks that are read and make no sense: every error of a folder with its place, in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.diagnostic import Diagnostic

_CASE = re.compile(r"=== (?P<name>.*)\n(?P<expected>(?:(?!---).*\n)*)---\n(?P<text>(?:(?!=== ).*\n)*)")
CASES = [
    pytest.param(found["text"], found["expected"], id=found["name"])
    for found in _CASE.finditer(Path(__file__).with_name("broken_stacks.txt").read_text(encoding="utf-8"))
]


def told(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = f"{span.line}:{span.column}" if span else "-"
    return f"{place} {diagnostic.code} {diagnostic.summary}\n    {diagnostic.detail}\n"


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_mistake_has_its_place_and_says_one_thing(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(text)
    shown = "".join(map(told, load(tmp_path).diagnostics)).replace(f"{tmp_path}/", "w/")
    assert shown == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_stack_with_errors_is_no_stack_and_each_error_shows_its_line(
    text: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "main.hcl").write_text(text)
    loaded = load(tmp_path)
    lines = text.split("\n")
    assert (loaded.stack is None) == any(each.severity == "error" for each in loaded.diagnostics)
    for each in loaded.diagnostics:
        assert each.span is not None and each.source[-1] == (each.span.line, lines[each.span.line - 1])
        assert not each.summary.endswith(".") and each.detail


def test_errors_of_all_files_come_in_one_run_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "b.hcl").write_text('network "x" {\n  a = 1\n}\n')
    (tmp_path / "a.hcl").write_text('network "y" {\n  b = 1\n}\nnetwork "z" {\n  internal = \n}\n')
    spans = [str(each.span) for each in load(tmp_path).diagnostics]
    assert spans == [f"{tmp_path}/a.hcl:2:3", f"{tmp_path}/a.hcl:5:14", f"{tmp_path}/b.hcl:2:3"]


def test_a_folder_without_stack_files_points_to_init(tmp_path: Path) -> None:
    (found,) = load(tmp_path).diagnostics
    assert found.code == "E0507" and "reconciler init" in found.detail


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("# " + "x" * 1024 * 1024)
    assert [each.summary for each in load(tmp_path).diagnostics] == [f"{tmp_path}/main.hcl is larger than 1 MiB"]


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_bytes('# é\nlocals {\n  a = "é'.encode() + b'\xff"\n}\n')
    (found,) = load(tmp_path).diagnostics
    assert (found.code, str(found.span), found.source[-1]) == (
        "E0508",
        f"{tmp_path}/main.hcl:3:9",
        (3, '  a = "é\ufffd"'),
    )


def test_a_sensitive_value_is_in_no_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(
        'variable "p" {\n  type      = number\n  sensitive = true\n}\n'
        'variable "q" {\n  sensitive = true\n  validation {\n    condition     = var.q == ""\n'
        '    error_message = "bad: ${var.q}"\n  }\n}\n'
    )
    from reconciler.language.loader import VariableSources

    loaded = load(tmp_path, VariableSources(pairs=(("p", "hunter2"), ("q", "hunter3"))))
    assert [each.code for each in loaded.diagnostics] == ["E0502", "E0503"]
    assert "hunter" not in repr([(each.summary, each.detail) for each in loaded.diagnostics])


LOST = {
    "a block without its brace": 'service "db" {\n  x = [1 2]\n\nservice "web" {\n  depends_on = [service.db]\n}\n',
    "a variable": 'variable "v" {\n  type = = 1\n}\noutput "o" {\n  value = var.v\n}\n',
    "a locals block": 'locals {\n  a = 1\n  b = (\n}\noutput "o" {\n  value = local.a + local.b\n}\n',
    "a label without its quote": 'network "n {\n}\noutput "o" {\n  value = network.n.name\n}\n',
    "a block without its type": '"n" {\n}\noutput "o" {\n  value = network.n.name\n}\n',
    "a block behind a stray sign": ':network "n" {\n}\noutput "o" {\n  value = network.n.name\n}\n',
    "a block with an equals sign": 'network = "n" {\n}\noutput "o" {\n  value = network.n.name\n}\n',
    "locals without a brace": 'locals\n  a = 1\n}\noutput "o" {\n  value = local.a\n}\n',
    "a local without its name": 'locals {\n  = 1\n}\noutput "o" {\n  value = local.a\n}\n',
    "locals on one line": 'locals { a = 1, b = 2 }\noutput "o" {\n  value = local.a + local.b\n}\n',
    "a brace too early": 'network "n" {\n  }\n  internal = 1\n}\noutput "o" {\n  value = network.n.name\n}\n',
    "a module": 'module "m" {\n  source = ./m\n}\noutput "o" {\n  value = module.m.x\n}\n',
}


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_what_a_broken_block_declares_is_not_missed_elsewhere(text: str, tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(text)
    (tmp_path / "more.hcl").write_text('output "p" {\n  value = network.none\n}\n')
    found = [(each.code, each.span.line if each.span else 0) for each in load(tmp_path).diagnostics]
    assert [code[:3] for code, _ in found] == ["E01", *(["E02"] if 'service "web"' in text else []), "E04"]


def test_a_file_that_cannot_be_read_may_declare_anything(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_bytes(b"\xff")
    (tmp_path / "more.hcl").write_text('output "p" {\n  value = network.none\n}\n')
    assert [each.code for each in load(tmp_path).diagnostics] == ["E0508"]


def test_a_broken_file_of_values_gives_no_value_and_no_second_error(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('variable "a" {}\nvariable "b" {}\noutput "o" {\n  value = var.a\n}\n')
    (tmp_path / "x.auto.vars.hcl").write_text("a = = 1\nb = 2\n")
    assert [each.code for each in load(tmp_path).diagnostics] == ["E0105"]


def test_a_module_s_broken_variable_and_output_are_not_missed_by_its_call(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "m.hcl").write_text('variable "v" {\n  type = = x\n}\noutput "o" {\n  value = [1 2]\n}\n')
    text = 'module "m" {\n  source = "./m"\n  v = 1\n}\noutput "o" {\n  value = module.m.o\n}\n'
    (tmp_path / "main.hcl").write_text(text)
    assert [each.code for each in load(tmp_path).diagnostics] == ["E0105", "E0106"]


SECRETS = {
    "a default of another type": (
        'variable "p" {\n  type = number\n  default = "hunter2"\n  sensitive = true\n}\n',
        "",
    ),
    "a default near a mistake": (
        'variable "p" {\n  default = "hunter2"\n  sensitive = true\n  tpye = string\n}\n',
        "",
    ),
    "a default in a broken block": ('variable "p" {\n  default = "hunter2"\n  sensitive = true\n  a = = 1\n}\n', ""),
    "a default over lines": ('variable "p" {\n  default = <<E\nhunter2\nE\n  sensitive = true\n  tpye = 1\n}\n', ""),
    "a value of another type": ('variable "p" {\n  type = number\n  sensitive = true\n}\n', 'p = "hunter2"\n'),
    "a value that is broken": ('variable "p" {\n  sensitive = true\n}\n', 'p = "hunter2\n'),
    "a value beside a mistake": ('variable "p" {\n  sensitive = true\n}\n', 'p = "hunter2"\nq = = 1\n'),
}


@pytest.mark.parametrize(("text", "values"), SECRETS.values(), ids=SECRETS)
def test_a_sensitive_value_is_in_no_source_line_either(text: str, values: str, tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(text)
    (tmp_path / "x.auto.vars.hcl").write_text(values)
    found = load(tmp_path).diagnostics
    assert found and "hunter2" not in repr(found)


def test_a_message_of_a_function_covers_what_is_sensitive_in_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(
        'variable "k" {\n  sensitive = true\n}\nlocals {\n  a = lookup({}, var.k)\n}\n'
    )
    from reconciler.language.loader import VariableSources

    (found,) = load(tmp_path, VariableSources(pairs=(("k", "hunter2"),))).diagnostics
    assert found.summary == 'lookup(): there is no element "(sensitive value)"'


def test_a_thousand_errors_are_told_and_the_others_counted(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("".join(f"a{number} = 1\n" for number in range(1200)))
    found = load(tmp_path).diagnostics
    assert (len(found), found[-1].code, found[-1].summary) == (1001, "E0119", "there are 200 more errors")


def test_what_every_copy_of_a_block_has_wrong_is_told_once_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('network "a" {\n  count = 3000\n  x = 1\n}\nnetwork "b" {\n  y = 1\n}\n')
    assert [each.summary for each in load(tmp_path).diagnostics] == [
        'unknown attribute "x" in network "a"',
        'unknown attribute "y" in network "b"',
    ]
