"""Values of expressions: a golden corpus, and what it cannot say (unknowns, marks, limits)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import StackError
from reconciler.language.console import value_of
from reconciler.language.expressions.values import Value, has_sensitive, unknown
from reconciler.language.functions.encoding import encode_json

CORPUS = json.loads(Path(__file__).with_name("golden_expressions.json").read_text(encoding="utf-8"))


def outcome(expression: str) -> str | None:
    """Return the JSON of an expression's value, None when it has none."""
    try:
        return encode_json(value_of(expression))
    except StackError:
        return None


@pytest.mark.parametrize("tenth", range(10))
def test_expressions_have_the_values_terraform_gives_them(tenth: int) -> None:
    part = CORPUS[tenth::10]
    assert {expression: outcome(expression) for expression, _ in part} == dict(part)


UNKNOWN: dict[str, object] = {
    "var.u && false": False,
    "var.u || true": True,
    "var.s == null": False,
    '"abc-${var.s}" == "xyz"': False,
    'length([var.u, "a"])': 2,
    "var.u ? 1 : 1": 1,
    "anytrue([var.u, true])": True,
    "[for x in [1, 2] : x]": [1, 2],
    "{a = var.u, b = 1}.b": 1,
    "try(1, var.u)": 1,
}
STILL_UNKNOWN = (
    "var.u",
    "var.u + 1",
    "!var.u",
    "upper(var.s)",
    "can(var.u)",
    "alltrue([var.u, false])",
    '[for x in [var.u, "k"] : x if x != "k"]',
    "[for x in var.u : x]",
    "{(var.s) = 1}",
    '"a${var.u}"',
    "var.u[0].b",
    "var.u[*].b",
    "var.u ? 1 : 2",
    "[1, 2][var.u]",
    "jsonencode([var.u])",
    "concat(var.u, [1])",
    "max(var.u...)",
    '"%{ if var.u }a%{ endif }"',
    '"%{ for x in var.u }a%{ endfor }"',
)


def unknowns(expression: str) -> Value:
    return value_of(expression, {"u": unknown(), "s": unknown(value_of('""').type, not_null=True)})


@pytest.mark.parametrize(("expression", "expected"), UNKNOWN.items())
def test_an_unknown_that_does_not_matter_leaves_the_value_known(expression: str, expected: object) -> None:
    assert json.loads(encode_json(unknowns(expression))) == expected


@pytest.mark.parametrize("expression", STILL_UNKNOWN)
def test_an_unknown_that_matters_makes_the_value_unknown(expression: str) -> None:
    assert unknowns(expression).is_unknown


SENSITIVE = (
    "var.p",
    '"${var.p}x"',
    "upper(var.p)",
    "[var.p]",
    "{a = var.p}.a",
    'var.p == "x"',
    'var.p == "" ? 1 : 2',
    "jsonencode({a = var.p})",
    "[for x in [1] : var.p]",
    "[for x in [1, 2] : x if var.p != x]",
    '{ (var.p) = 1 }["secret"]',
    'format("%s", var.p)',
    "try([][0], var.p)",
    "length(var.p)",
    "templatestring(var.p, {})",
)


@pytest.mark.parametrize("expression", SENSITIVE)
def test_a_sensitive_mark_follows_a_value_through_any_expression(expression: str) -> None:
    assert has_sensitive(value_of(expression, {"p": value_of('sensitive("secret")')}))


@pytest.mark.parametrize(
    "expression",
    [
        "parseint(var.p, 10)",
        "tonumber(var.p)",
        "[1][var.p]",
        "{a = 1}[var.p]",
        "{for x in [1, 2] : var.p => x}",
        "-var.p",
    ],
)
def test_a_sensitive_value_is_never_quoted_in_an_error(expression: str) -> None:
    with pytest.raises(StackError) as caught:
        value_of(expression, {"p": value_of('sensitive("hunter2")')})
    assert "hunter2" not in str(caught.value) + caught.value.diagnostics[0].detail


LIMITS = (
    "range(1000000000)",
    "pow(10, 1000000)",
    "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]",
    'format("%1000000000d", 1)',
    'indent(1000000000, "a\\nb")',
    "setproduct(range(1000), range(1000), range(1000))",
    "(" * 65 + "1" + ")" * 65,
    "!" * 5000 + "true",
    "1e999999999",
    '"' + "${" * 70 + "1" + "}" * 70 + '"',
    "true ? " * 3000 + "1" + " : 2" * 3000,
)


@pytest.mark.parametrize("expression", LIMITS, ids=range(len(LIMITS)))
def test_what_no_stack_needs_is_an_error_in_short_time(expression: str) -> None:
    assert outcome(expression) is None


def test_long_chains_are_no_depth() -> None:
    expressions = ["1" + " + 1" * 5000, "false ? 0 : " * 3000 + "1", "[[1]]" + "[0]" * 2]
    assert [outcome(expression) for expression in expressions] == ["5001", "1", "1"]


def test_doubling_a_string_again_and_again_ends() -> None:
    expression = '"x"'
    for _ in range(6):
        expression = f'join("", [for i in range(10) : {expression}])'
    assert outcome(expression) is None
