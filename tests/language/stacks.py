"""Stacks of several files, written, loaded, and told about in short."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.language.loader import load
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
