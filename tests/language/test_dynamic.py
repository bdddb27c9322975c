"""Blocks inside of blocks, repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.stacks import problems, stack


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


def test_a_dynamic_block_of_an_unknown_kind_is_refused_also_when_it_makes_none(tmp_path: Path) -> None:
    text = 'network "n" {\n  dynamic "ports" {\n    for_each = []\n    content {}\n  }\n}\n'
    assert problems(tmp_path, {"main.hcl": text}) == ['main.hcl:2 E0201 unknown block "ports" in network "n"']
