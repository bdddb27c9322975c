"""Templates: texts and interpolations joined, and the directives %{ if } and %{ for }."""

from __future__ import annotations

from reconciler.language.expressions.attempts import attempt
from reconciler.language.expressions.conditionals import truth
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.dispatch import evaluate, evaluates, fail
from reconciler.language.expressions.loops import pairs_of, turn
from reconciler.language.expressions.scope import Scope
from reconciler.language.expressions.values import (
    STRING,
    Unknown,
    Value,
    string,
    unknown,
)
from reconciler.language.limits import check_text
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place


@evaluates(syntax.Template)
def _template(node: syntax.Template, scope: Scope) -> Value:
    parts = node.parts
    if len(parts) == 1 and not isinstance(parts[0], syntax.TemplateIf | syntax.TemplateFor):
        return evaluate(parts[0], scope)
    return _concatenate(parts, scope)


def _concatenate(parts: tuple[Expression, ...], scope: Scope) -> Value:
    texts: list[str] = []
    sensitive, known = False, True
    for part in parts:
        value = evaluate(part, scope)
        sensitive = sensitive or value.sensitive
        text = _interpolated(value, part.place)
        if text is None:
            if known:
                prefix = "".join(texts) + (value.data.prefix if isinstance(value.data, Unknown) else "")
            known = False
        elif known:
            texts.append(text)
    if not known:
        return unknown(STRING, True, prefix).mark(sensitive)
    check_text(sum(map(len, texts)))
    return string("".join(texts)).mark(sensitive)


def _interpolated(value: Value, place: Place) -> str | None:
    if value.data is None:
        detail = "Use a conditional or coalesce() to give it a value."
        fail("E0310", "null cannot stand in a string", detail, place)
    try:
        text = convert(value, STRING)
    except ConversionError:
        detail = "Use jsonencode() or join() to make it a string."
        fail("E0310", f"{type_name(value.type)} cannot stand in a string", detail, place)
    return None if text.is_unknown else text.data


@evaluates(syntax.TemplateIf)
def _template_if(node: syntax.TemplateIf, scope: Scope) -> Value:
    test = truth(node.condition, scope, "the condition of %{ if }")
    branches = [syntax.Template(node.place, parts, True) for parts in (node.then, node.otherwise)]
    then, otherwise = (attempt(branch, scope) for branch in branches)
    sensitive = test.sensitive or then.value.sensitive or otherwise.value.sensitive
    if test.is_unknown:
        return unknown(STRING, True).mark(sensitive)
    chosen = then if test.data else otherwise
    if chosen.error is not None:
        raise chosen.error
    return chosen.value.mark(sensitive)


@evaluates(syntax.TemplateFor)
def _template_for(node: syntax.TemplateFor, scope: Scope) -> Value:
    source = evaluate(node.collection, scope)
    pairs = pairs_of(source, node.collection.place)
    if pairs is None:
        return unknown(STRING, True).mark(source.sensitive)
    scope.budget.spend(len(pairs))
    turns = []
    inner = scope.inside()
    for key, value in pairs:
        turn(node, inner, key, value)
        turns.append(_concatenate(node.body, inner))
    sensitive = source.sensitive or any(one.sensitive for one in turns)
    if any(one.is_unknown for one in turns):
        return unknown(STRING, True).mark(sensitive)
    check_text(sum(len(one.data) for one in turns))
    return string("".join(one.data for one in turns)).mark(sensitive)
