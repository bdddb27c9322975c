"""Addresses: as they are written, and blocks that say of another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.lifecycle import Move, Removal
from tests.language.stacks import SMTP, outputs, problems, stack, write


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
