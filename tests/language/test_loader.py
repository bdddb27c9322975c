"""A folder to a Stack: everything a block may say, where values come from, and what references mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import StackError
from reconciler.language import evaluate
from reconciler.language.loader import NO_SOURCES, Loaded, VariableSources, load
from reconciler.model.stack import Output, Stack

TASK = 'task_definition "web" {\n  container "app" {\n    image  = "web:1"\n    memory = 64\n%s  }\n%s}\n'
SERVICE = 'service "web" {\n  task_definition = task_definition.web\n%s}\n'


def loaded(folder: Path, text: str, sources: VariableSources = NO_SOURCES) -> Loaded:
    """Load a stack of one file."""
    folder.mkdir(exist_ok=True)
    (folder / "main.hcl").write_text(text)
    return load(folder, sources)


def stack(folder: Path, text: str, sources: VariableSources = NO_SOURCES) -> Stack:
    """Load a stack that must be right."""
    result = loaded(folder, text, sources)
    assert result.stack is not None, result.diagnostics
    return result.stack


def output(folder: Path, text: str, sources: VariableSources = NO_SOURCES) -> object:
    """Return the value of the output "o"."""
    return next(each.value for each in stack(folder, text, sources).outputs if each.name == "o")


def test_every_attribute_reaches_the_model(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Dockerfile").write_text("FROM x\n")
    (tmp_path / "web.env").write_text('# c\nA=1\nB="x" # y\nA=2\n')
    for name in ("site.pem", "site.key", "other.pem", "other.key"):
        (tmp_path / name).write_text(f"-----BEGIN {name}-----\n")
    here = Path(__file__)
    content = json.loads(
        stack(tmp_path, here.with_name("full.hcl").read_text()).model_dump_json(exclude_defaults=True)
    )
    assert content.pop("folder") == str(tmp_path)
    assert content == json.loads(here.with_name("full.json").read_text())


def test_neither_the_order_of_blocks_nor_of_files_matters(tmp_path: Path) -> None:
    ports = [f"    port_mapping {{\n      container_port = {port}\n    }}\n" for port in (80, 81)]
    volumes = ['  volume "a" {}\n', '  volume "b" {}\n']
    one = stack(tmp_path / "s", TASK % ("".join(ports), "".join(volumes)) + SERVICE % "")
    text = SERVICE % "" + TASK % ("".join(reversed(ports)), "".join(reversed(volumes)))
    assert stack(tmp_path / "s", text) == one.changed(origins=stack(tmp_path / "s", text).origins)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (VariableSources(), "default"),
        (VariableSources(environment={"RECONCILER_VAR_tag": "env"}), "env"),
        (VariableSources(pairs=(("tag", "pair"),), environment={"RECONCILER_VAR_tag": "env"}), "pair"),
        (VariableSources(pairs=(("tag", "one"), ("tag", "two"))), "two"),
    ],
)
def test_a_later_source_of_a_variable_wins(sources: VariableSources, expected: str, tmp_path: Path) -> None:
    assert (
        output(tmp_path, 'variable "tag" { default = "default" }\noutput "o" { value = var.tag }\n', sources)
        == expected
    )


def test_files_of_values_win_over_the_environment_in_their_order(tmp_path: Path) -> None:
    text = 'variable "a" {}\nvariable "b" {}\nvariable "c" {}\noutput "o" { value = [var.a, var.b, var.c] }\n'
    (tmp_path / "1.auto.vars.hcl").write_text('a = "auto1"\nb = "auto1"\nc = "auto1"\n')
    (tmp_path / "2.auto.vars.hcl").write_text('b = "auto2"\nc = "auto2"\n')
    given = tmp_path / "given"
    given.write_text('c = "file"\n')
    sources = VariableSources(files=(given,), environment={"RECONCILER_VAR_a": "env"})
    assert output(tmp_path, text, sources) == ["auto1", "auto2", "file"]


def test_a_value_from_the_command_line_is_text_or_an_expression_as_its_type_asks(tmp_path: Path) -> None:
    text = (
        'variable "n" { type = number }\nvariable "l" { type = list(string) }\nvariable "s" {}\n'
        'variable "o" { type = object({ a = string, b = optional(number, 2), c = optional(bool) }) }\n'
        'output "o" { value = [var.n + 1, var.l, var.s, var.o] }\n'
    )
    pairs = (("n", "2"), ("l", '["a", 1]'), ("s", "[1]"), ("o", '{ a = 1, z = "left out" }'))
    assert output(tmp_path, text, VariableSources(pairs=pairs)) == [
        3,
        ["a", "1"],
        "[1]",
        {"a": "1", "b": 2, "c": None},
    ]


def test_setting_a_variable_that_no_block_declares_is_an_error_on_the_command_line_only(tmp_path: Path) -> None:
    (tmp_path / "a.auto.vars.hcl").write_text("tga = 1\n")
    result = loaded(tmp_path, 'variable "tag" { default = 1 }\n', VariableSources(pairs=(("tagg", "1"),)))
    assert [(each.severity, each.code, each.detail) for each in result.diagnostics] == [
        ("error", "E0505", 'Did you mean "tag"?'),
        ("warning", "E0505", 'Did you mean "tag"?'),
    ]


def test_count_and_for_each_give_addresses_and_names(tmp_path: Path) -> None:
    text = (
        'task_definition "web" {\n  count = 2\n  container "app" {\n    image  = "web:${count.index}"\n'
        "    memory = 64\n  }\n}\n"
        'service "web" {\n  for_each = { a = 0, "b.c" = 1 }\n'
        "  task_definition = task_definition.web[each.value]\n  desired_count = each.value\n}\n"
    )
    found = stack(tmp_path, text)
    assert {address: each.containers[0].image for address, each in found.definitions.items()} == {
        "task_definition.web[0]": "web:0",
        "task_definition.web[1]": "web:1",
    }
    assert [(each.address, each.name, each.task_definition, each.desired_count) for each in found.services] == [
        ('service.web["a"]', "web-a", "task_definition.web[0]", 0),
        ('service.web["b.c"]', "web-b-c", "task_definition.web[1]", 1),
    ]


def test_a_repeated_block_is_referred_to_whole_or_one_at_a_time(tmp_path: Path) -> None:
    text = (
        TASK % ("", "")
        + SERVICE.replace("{\n", '{\n  for_each = toset(["a", "b"])\n', 1) % ""
        + SERVICE.replace('"web"', '"all"') % "  depends_on = [service.web]\n"
        + SERVICE.replace('"web"', '"one"') % '  depends_on = [service.web["a"]]\n'
    )
    found = {each.address: each.depends_on for each in stack(tmp_path, text).services}
    assert found["service.all"] == ('service.web["a"]', 'service.web["b"]')
    assert found["service.one"] == ('service.web["a"]',)


def test_attributes_of_other_blocks_are_values(tmp_path: Path) -> None:
    text = (
        TASK % ('    environment = { A = "x" }\n', "")
        + SERVICE % "  desired_count = 2\n"
        + 'volume "data" {}\nlocals { twice = service.web.desired_count * 2 }\n'
        + 'output "o" {\n  value = [local.twice, task_definition.web.family, service.web.name, volume.data.driver,\n'
        + "    task_definition.web.container.app.image, task_definition.web.container.app.environment.A,\n"
        + '    stack.name, path.module]\n}\nstack "shop" {}\n'
    )
    assert output(tmp_path, text) == [4, "web", "web", "local", "web:1", "x", "shop", "."]


def test_a_reference_keeps_its_identity_through_expressions(tmp_path: Path) -> None:
    text = 'network "a" {}\nnetwork "b" { count = 2 }\nvariable "on" { default = true }\n' + TASK % (
        "",
        "  networks = concat(var.on ? [network.a] : [], [for each in network.b : each])\n",
    )
    definition = stack(tmp_path, text).definitions["task_definition.web"]
    assert definition.networks == ("network.a", "network.b[0]", "network.b[1]")


PORTS = TASK % ("    port_mapping {\n      container_port = 80\n      host_port = 0\n    }\n", "") + SERVICE % ""


def test_what_is_known_after_apply_is_unknown_in_outputs_until_it_is_given(tmp_path: Path) -> None:
    text = PORTS + 'output "port" { value = service.web.host_ports["80"][0] }\noutput "n" { value = 1 }\n'
    result = loaded(tmp_path, text)
    assert result.stack is not None
    assert [(each.name, each.known) for each in result.stack.outputs] == [("n", True), ("port", False)]
    after = result.outputs({"service.web": {"host_ports": {"80": [32001, 32002]}}})
    assert after["port"] == Output(name="port", value=32001, type="number")


def test_an_output_of_ports_that_are_not_there_is_unknown_and_no_crash(tmp_path: Path) -> None:
    result = loaded(tmp_path, PORTS + 'output "port" { value = service.web.host_ports["80"][0] }\n')
    assert result.outputs({"service.web": {"host_ports": {}}})["port"].known is False


def test_origins_tell_where_each_attribute_is_written(tmp_path: Path) -> None:
    origins = stack(tmp_path, TASK % ("    environment = {\n      A = 1\n    }\n", "") + SERVICE % "").origins
    places = {path: (span.line, span.column) for path, span in origins.items()}
    assert places == {
        "task_definition.web": (1, 1),
        "task_definition.web.container.app": (2, 3),
        "task_definition.web.container.app.image": (3, 14),
        "task_definition.web.container.app.memory": (4, 14),
        "task_definition.web.container.app.environment": (5, 19),
        "task_definition.web.container.app.environment.A": (6, 11),
        "service.web": (10, 1),
        "service.web.task_definition": (11, 21),
    }
    assert {span.file for span in origins.values()} == {f"{tmp_path}/main.hcl"}


def test_a_fixed_host_port_or_an_exclusive_volume_stops_the_old_task_first(tmp_path: Path) -> None:
    port = TASK % ("    port_mapping {\n      container_port = 80\n      host_port = 80\n    }\n", "")
    volume = 'volume "d" { exclusive = true }\n' + TASK % ("", '  volume "d" { source = volume.d }\n')
    daemon = '  scheduling_strategy = "DAEMON"\n'
    bounds = []
    for text in (
        port + SERVICE % "",
        volume + SERVICE % "",
        TASK % ("", "") + SERVICE % daemon,
        TASK % ("", "") + SERVICE % "",
    ):
        found = stack(tmp_path, text).services[0].deployment_configuration
        bounds.append((found.minimum_healthy_percent, found.maximum_percent))
    assert bounds == [(0, 100), (0, 100), (0, 100), (100, 200)]


def test_the_stack_is_called_as_its_block_or_its_folder_says(tmp_path: Path) -> None:
    names = [
        stack(tmp_path / "My Shop", 'network "a" {}\n'),
        stack(tmp_path / "x", 'stack "mine" {}\nnetwork "a" {}\n'),
    ]
    assert [(each.name, each.networks[0].name) for each in names] == [("my-shop", "my-shop_a"), ("mine", "mine_a")]


def test_a_build_context_is_known_by_its_content(tmp_path: Path) -> None:
    context = tmp_path / "app"
    context.mkdir()
    text = TASK % ('    build { context = "./app" }\n', "")
    (context / "Dockerfile").write_text("FROM x\n")
    (context / ".dockerignore").write_text("*.log\nnode_modules\n!keep.log\n")

    def digest() -> str:
        build = stack(tmp_path, text).definitions["task_definition.web"].containers[0].build
        assert build is not None
        return build.context_digest

    first = digest()
    (context / "a.log").write_text("ignored")
    (context / "node_modules").mkdir()
    (context / "node_modules" / "x").write_text("ignored")
    assert digest() == first
    (context / "keep.log").write_text("kept")
    second = digest()
    (context / "Dockerfile").chmod(0o755)
    assert len({first, second, digest()}) == 3


def test_files_are_read_inside_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (tmp_path / "secret").write_text("no")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "a.tpl").write_text("Hello ${name}!\n")
    (folder / "b.txt").write_text("b")
    expression = (
        '{ t = templatefile("a.tpl", { name = "you" }), f = file("${path.module}/b.txt"), s = fileset(".", "*.t*"),\n'
        '  e = fileexists("c"), l = can(file("link")), u = can(file("../secret")), h = filemd5("b.txt") }'
    )
    assert output(folder, f'output "o" {{ value = {expression} }}\n') == {
        "t": "Hello you!\n",
        "f": "b",
        "s": ["a.tpl", "b.txt"],
        "e": False,
        "l": False,
        "u": False,
        "h": "92eb5ffee6ae2fec3ad71c777531578f",
    }


def test_a_validation_may_look_at_other_variables(tmp_path: Path) -> None:
    text = (
        'variable "a" { default = 1 }\nvariable "b" {\n  default = 2\n  validation {\n'
        '    condition     = var.b > var.a\n    error_message = "b must be more than a."\n  }\n}\n'
    )
    assert loaded(tmp_path, text).diagnostics == ()
    pairs = VariableSources(pairs=(("a", "3"),))
    assert [each.summary for each in loaded(tmp_path, text, pairs).diagnostics] == [
        'the value of "b" will not do: b must be more than a'
    ]


def test_long_chains_of_locals_are_no_depth(tmp_path: Path) -> None:
    lines = [f"  a{number} = local.a{number + 1} + 1" for number in range(2000)]
    assert (
        output(tmp_path, "locals {\n" + "\n".join(lines) + '\n  a2000 = 0\n}\noutput "o" { value = local.a0 }\n')
        == 2000
    )


def test_evaluate_gives_plain_python(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert evaluate('{ a = var.n * 2, b = toset(["y", "x"]), c = file("a") }', {"n": 2}, tmp_path) == {
        "a": 4,
        "b": ["x", "y"],
        "c": "x",
    }
    with pytest.raises(StackError) as caught:
        evaluate("upper(\n  [])")
    assert str(caught.value.diagnostics[0].span) == "expression:2:3"


@pytest.mark.parametrize("name", ["hello", "jobs", "many", "shop"])
def test_the_examples_are_valid(name: str) -> None:
    folder = Path(__file__).parents[2] / "stacks" / name
    result = load(folder)
    assert result.stack is not None and result.diagnostics == ()
