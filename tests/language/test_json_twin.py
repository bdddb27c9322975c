"""The JSON form: the same stacks, and errors where they stand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler.language.loader import VariableSources, load
from reconciler.language.reading.json_twin import parse_json
from reconciler.language.reading.parser import Parsed
from reconciler.model.stack import Output, Stack

from .json_form import json_form

REPOSITORY = Path(__file__).parents[2]
STACKS = [
    *sorted(each for each in (REPOSITORY / "stacks").iterdir() if each.is_dir()),
    REPOSITORY / "docs" / "samples",
]


def stack(folder: Path) -> Stack:
    """Load a stack that must be right, without what differs by where it is written."""
    loaded = load(folder, VariableSources(pairs=()))
    assert loaded.stack is not None, loaded.diagnostics
    return loaded.stack.changed(origins={}, folder="")


@pytest.mark.parametrize("source", STACKS, ids=lambda each: each.name)
def test_a_stack_in_the_json_form_is_the_same_stack(source: Path, tmp_path: Path) -> None:
    plain, twin = tmp_path / "plain" / source.name, tmp_path / "twin" / source.name
    shutil.copytree(source, plain)
    shutil.copytree(source, twin)
    for file in twin.rglob("*.hcl"):
        file.with_name(f"{file.name}.json").write_text(json_form(file.read_text()))
        file.unlink()
    assert not list(twin.rglob("*.hcl"))
    assert stack(twin) == stack(plain)


def outputs(folder: Path, content: object, **values: object) -> dict[str, object]:
    """Return the outputs of a stack of one file, with a file of values."""
    (folder / "main.hcl.json").write_text(json.dumps(content))
    (folder / "x.auto.vars.hcl.json").write_text(json.dumps(values))
    loaded = load(folder)
    assert loaded.stack is not None, loaded.diagnostics
    found: tuple[Output, ...] = loaded.stack.outputs
    return {each.name: each.value for each in found}


def test_strings_are_templates_but_where_terraform_takes_them_as_they_are(tmp_path: Path) -> None:
    content = {
        "variable": {"v": {"type": "list(string)"}, "d": {"default": "${x}", "description": "${y}"}},
        "locals": {"a": {"${var.v[0]}": ["${1 + 1}", "$${x}", "%{ if true }yes%{ endif }", "n ${2}\n"]}},
        "output": {
            "a": {"value": "${local.a}"},
            "d": {"value": "${var.d}"},
            "v": {"value": "${var.v}"},
        },
    }
    assert outputs(tmp_path, content, v=["k", "${x}"]) == {
        "a": {"k": [2, "${x}", "yes", "n 2\n"]},
        "d": "${x}",
        "v": ["k", "${x}"],
    }


@pytest.mark.parametrize(
    "locals_block", [{"a": 1, "b": 2}, [{"a": 1}, {"b": 2}], [{"a": 1}, {"//": "none", "b": 2}], {"a": 1, "b": 2.0}]
)
def test_a_block_is_an_object_or_an_array_of_them(locals_block: object, tmp_path: Path) -> None:
    content = {"//": "comment", "locals": locals_block, "output": [{"o": {"value": "${local.a + local.b}"}}]}
    assert outputs(tmp_path, content) == {"o": 3}


def test_a_name_that_stands_twice_is_two_blocks_and_no_two_attributes() -> None:
    parsed = parse_json('{"locals": {"a": 1}, "locals": {"b": 1, "b": 2}, "network": {"x": {}, "y": null}}')
    assert [block.type for block in parsed.body.blocks] == ["locals", "locals", "network"]
    assert told(parsed) == ['1:41 E0110 "b" is set twice']


def test_references_and_names_are_texts_with_and_without_braces(tmp_path: Path) -> None:
    container = {"image": "x:1", "memory": 8, "secrets": {"KEY": "secret.key"}}
    content = {
        "secret": {"key": {"env": "KEY"}},
        "task_definition": {"web": {"container": {"app": container}, "lifecycle": {"ignore_changes": "all"}}},
        "service": {
            "db": {"task_definition": "task_definition.web"},
            "web": {
                "task_definition": "${task_definition.web}",
                "depends_on": ["service.db"],
                "lifecycle": {"ignore_changes": ["desired_count"], "replace_triggered_by": ["service.db.name"]},
            },
            "new": {"task_definition": "${task_definition.web}", "depends_on": ["${service.db}"]},
        },
        "moved": [{"from": "service.old", "to": "service.new"}],
    }
    (tmp_path / "main.hcl.json").write_text(json.dumps(content))
    loaded = load(tmp_path)
    assert loaded.stack is not None, loaded.diagnostics
    web = loaded.stack.service("service.web")
    rules = loaded.stack.lifecycles["service.web"]
    assert (web.depends_on, rules.ignore_changes) == (("service.db",), ("desired_count",))
    assert [(each.before, each.after) for each in loaded.stack.moves] == [("service.old", "service.new")]


def test_a_dynamic_block_is_labelled_with_what_it_makes(tmp_path: Path) -> None:
    ports = {
        "for_each": [80, 81],
        "iterator": "port",
        "content": {"container_port": "${port.value}"},
    }
    app = {"image": "x:1", "memory": 8, "dynamic": {"port_mapping": ports}}
    (tmp_path / "main.hcl.json").write_text(json.dumps({"task_definition": {"web": {"container": {"app": app}}}}))
    loaded = load(tmp_path)
    assert loaded.stack is not None, loaded.diagnostics
    (container,) = loaded.stack.definitions["task_definition.web"].containers
    assert [each.container_port for each in container.port_mappings] == [80, 81]


def told(parsed: Parsed) -> list[str]:
    return [f"{each.place[0]}:{each.place[1]} {each.code} {each.summary}" for each in parsed.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 E0117 the file is empty"),
        ("{", '1:1 E0117 "{" is never closed'),
        ('{"a": 1', '1:1 E0117 "{" is never closed'),
        ('{"a": [1, 2}', '1:12 E0117 the "[" is not closed before "}"'),
        ('{"a": 1,}', "1:8 E0117 a comma is too many"),
        ('{"a": [1,]}', "1:9 E0117 a comma is too many"),
        ('{"a": [,1]}', "1:8 E0117 a comma is too many"),
        ('{"a": 1\n "b": 2}', "2:2 E0117 a comma is missing"),
        ('{"a" 1}', "1:6 E0117 a colon is missing behind the name"),
        ('{"a" = 1}', "1:6 E0117 a colon is missing behind the name"),
        ("{a: 1}", "1:2 E0117 a name stands in quotes"),
        ("{'a': 1}", "1:2 E0117 strings are written in double quotes"),
        ("{\"a\": 'x'}", "1:7 E0117 strings are written in double quotes"),
        ('{"a": "x}\n', "1:10 E0117 the string is not closed on its line"),
        ('{"a": "\\x"}', '1:8 E0113 unknown escape "\\x"'),
        ('{"a": "\t"}', "1:8 E0117 a control character stands in the string"),
        ('{"a": True}', '1:7 E0117 "True" is no JSON'),
        ('{"a": 01}', '1:7 E0117 "0" does not fit here'),
        ('{"a": 1e99999}', "1:7 E0112 the number is too large"),
        ("{} {}", "1:4 E0117 something follows the end of the JSON value"),
        ("{ // x\n}", "1:3 E0117 JSON has no comments"),
        ("[" * 65, "1:65 E0104 the brackets are nested too deeply"),
        ("1", "1:1 E0118 the file holds an object"),
        ('{"service": 1}', '1:13 E0118 "service" holds an object'),
        ('{"service": {"web": 1}}', '1:21 E0118 "service" holds an object'),
        ('{"locals": {"a": "x ${"}}', '1:21 E0103 "${" is never closed'),
        ('{"locals": {"a": "\\n\\u00e4 ${1 +* 2}"}}', '1:33 E0101 "*" does not fit here'),
        ('{"variable": {"a": {"type": "list("}}}', '1:30 E0103 "(" is never closed'),
    ],
)
def test_each_error_has_its_place_in_the_file(text: str, expected: str) -> None:
    assert told(parse_json(text)) == [expected]


def test_what_is_wrong_with_a_stack_is_told_as_of_the_other_form(tmp_path: Path) -> None:
    network = '    "internl": true,\n    "internal": "\\u0022${var.x}"'
    text = f'{{\n  "servise": {{"web": {{}}}},\n  "network": {{"n": {{\n{network}}}}},\n  "tag": 1\n}}\n'
    (tmp_path / "main.hcl.json").write_text(text)
    found = [
        f"{each.span.line}:{each.span.column} {each.summary}" for each in load(tmp_path).diagnostics if each.span
    ]
    assert found == [
        '2:3 unknown block "servise"',
        '4:5 unknown attribute "internl" in network "n"',
        '5:26 there is no variable "x"',
        '6:3 "tag" is set outside of any block',
    ]


def test_a_tree_of_the_json_form_is_kept_like_any_other(tmp_path: Path) -> None:
    text = '{"locals": {"a": "${1 + 1}", "b": 1.5}}'
    fresh, cached = parse_json(text, tmp_path), parse_json(text, tmp_path)
    assert fresh == cached == parse_json(text) and len(list(tmp_path.glob("tree-*"))) == 1
