"""Expressions to values, with Terraform's meaning.

One method per kind of node, in a table. An error is an EvaluationError with the place of the smallest expression that
is wrong. Depth comes from brackets only (at most 64), for chains are flat; a RecursionError ends as an error too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from reconciler.language import access, syntax
from reconciler.language.access import AccessError
from reconciler.language.conversion import ConversionError, convert, type_name, unify
from reconciler.language.functions import call
from reconciler.language.functions.table import FunctionError
from reconciler.language.limits import LimitError, check_text
from reconciler.language.operators import OperatorError, binary, equal, unary
from reconciler.language.scope import EvaluationError, Scope
from reconciler.language.syntax import Expression, Place
from reconciler.language.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Type,
    Unknown,
    Value,
    boolean,
    has_sensitive,
    is_wholly_known,
    list_of,
    null,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
    unmark,
)

OPERAND = "Convert it first, with tonumber() for example, or give it a value."
NO_ATTRIBUTES = "See what the value before the dot holds."
SAME_TYPE = "Make both results of one type."


def evaluate(node: Expression, scope: Scope) -> Value:
    """Return the value of `node`; raise EvaluationError."""
    try:
        return _evaluate(node, scope)
    except RecursionError:
        detail = "Split it in several locals."
        raise EvaluationError(
            "E0104", "the expression is nested too deeply", detail, node.place, scope.file
        ) from None
    except EvaluationError as error:
        error.file = error.file or scope.file
        raise


def _evaluate(node: Expression, scope: Scope) -> Value:
    try:
        return _EVALUATORS[type(node)](node, scope)
    except (OperatorError, AccessError, LimitError) as error:
        code = "E0311" if isinstance(error, LimitError) else "E0302"
        _fail(code, str(error), getattr(error, "detail", "") or "Correct the expression.", node.place)


def _fail(code: str, summary: str, detail: str, place: Place) -> NoReturn:
    raise EvaluationError(code, summary, detail, place)


def _literal(node: syntax.Literal, scope: Scope) -> Value:
    value = node.value
    if isinstance(value, str):
        return string(value)
    if value is None:
        return null()
    return boolean(value) if isinstance(value, bool) else number(value)


def _variable(node: syntax.Variable, scope: Scope) -> Value:
    found = scope.variables.get(node.name)
    return found if found is not None else scope.names.bare(node.name, node.place)


def _get_attribute(node: syntax.GetAttribute, scope: Scope) -> Value:
    """Walk a chain of names down to its base without recursion: `a.b.c.d` may be long."""
    steps: list[syntax.GetAttribute] = []
    base: Expression = node
    while isinstance(base, syntax.GetAttribute):
        steps.append(base)
        base = base.base
    if isinstance(base, syntax.Variable) and base.name not in scope.variables:
        first = steps.pop()
        value = scope.names.resolve(base.name, first.name, first.place)
    else:
        value = _evaluate(base, scope)
    for step in reversed(steps):
        try:
            value = access.attribute(value, step.name)
        except AccessError as error:
            _fail("E0303", str(error), error.detail or NO_ATTRIBUTES, step.place)
    return value


def _index(node: syntax.Index, scope: Scope) -> Value:
    base, key = _evaluate(node.base, scope), _evaluate(node.key, scope)
    try:
        return access.index(base, key)
    except AccessError as error:
        _fail("E0304", str(error), error.detail or "Look at what stands in the brackets.", node.key.place)


def _splat_item(node: syntax.SplatItem, scope: Scope) -> Value:
    return scope.variables["*"]


def _splat(node: syntax.Splat, scope: Scope) -> Value:
    source = _evaluate(node.base, scope)
    kind, data = source.type, source.data
    if data is None:
        return tuple_of(()).mark(source.sensitive)
    if isinstance(data, Unknown):
        return unknown(ANY if kind.kind not in ("list", "set") else Type("list", ANY), kind != ANY).mark(
            source.sensitive
        )
    inner = scope.inside()
    if kind.kind not in ("list", "set", "tuple"):
        inner.variables["*"] = source
        return tuple_of([_evaluate(node.each, inner)])
    scope.budget.spend(len(data))
    items = []
    for item in data:
        inner.variables["*"] = item
        items.append(_evaluate(node.each, inner))
    if kind.kind == "tuple":
        return tuple_of(items).mark(source.sensitive)
    element = unify([item.type for item in items]) if items else ANY
    result = tuple_of(items) if element is None else list_of(element, items)
    return result.mark(source.sensitive)


def _parentheses(node: syntax.Parentheses, scope: Scope) -> Value:
    return _evaluate(node.inner, scope)


def _unary(node: syntax.Unary, scope: Scope) -> Value:
    return unary(node.operator, _evaluate(node.operand, scope))


def _chain(node: syntax.Chain, scope: Scope) -> Value:
    value, first = _evaluate(node.first, scope), node.first.place
    for operator, operand in node.rest:
        if operator in ("&&", "||") and _decided(operator, value):
            sensitive = value.sensitive or _asks_sensitive(operand, scope, operator)
            value = boolean(operator == "||").mark(sensitive)
            continue
        right = _evaluate(operand, scope)
        try:
            value = binary(operator, value, right)
        except OperatorError as error:
            _fail("E0302", str(error), OPERAND, (*first[:2], *operand.place[2:]))
    return value


def _decided(operator: str, left: Value) -> bool:
    """Say whether the left side settles `&&` or `||` already, so that the right side is not asked."""
    if left.data is None or left.is_unknown:
        return False
    try:
        return bool(convert(left, BOOL).data == (operator == "||"))
    except ConversionError:
        return False


def _asks_sensitive(operand: Expression, scope: Scope, operator: str) -> bool:
    """Ask the right side all the same: `false && "x"` is wrong, `false && missing.thing` is not; marks count."""
    try:
        value = _evaluate(operand, scope)
    except EvaluationError:
        return False
    return binary(operator, boolean(operator == "||"), value).sensitive


def _conditional(node: syntax.Conditional, scope: Scope) -> Value:
    """Choose from right to left, unifying types pairwise as nested conditionals would."""
    chosen: Value | EvaluationError = _attempt(node.otherwise, scope)
    kind = _static_type(node.otherwise)
    for condition, then in reversed(node.cases):
        kinds = (_static_type(then), kind)
        chosen = _choose(condition, (_attempt(then, scope), chosen), kinds, scope, node.place)
        kind = ANY
    if isinstance(chosen, EvaluationError):
        raise chosen
    return chosen


def _attempt(node: Expression, scope: Scope) -> Value | EvaluationError:
    try:
        return _evaluate(node, scope)
    except EvaluationError as error:
        return error


def _static_type(node: Expression) -> Type:
    """Return the type that an expression has whatever its parts are; `any` where that depends on them."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if isinstance(node, syntax.Chain):
        return NUMBER if node.rest[-1][0] in ("+", "-", "*", "/", "%") else BOOL
    if isinstance(node, syntax.Unary):
        return NUMBER if node.operator == "-" else BOOL
    return STRING if isinstance(node, syntax.Template) and len(node.parts) != 1 else ANY


Attempt: TypeAlias = Value | EvaluationError


def _choose(
    condition: Expression, attempts: tuple[Attempt, Attempt], kinds: tuple[Type, Type], scope: Scope, place: Place
) -> Attempt:
    """Return what the condition picks. A branch that fails counts with the type it would have had (`kinds`)."""
    try:
        test = _truth(condition, scope, "the condition")
    except EvaluationError as error:
        return error
    picked = attempts[0] if test.data is True else attempts[1]
    if isinstance(picked, EvaluationError) and not test.is_unknown:
        return picked
    then, otherwise = (
        unknown(kind) if isinstance(attempt, EvaluationError) else attempt
        for attempt, kind in zip(attempts, kinds, strict=True)
    )
    if test.is_unknown and any(isinstance(attempt, EvaluationError) for attempt in attempts):
        return unknown().mark(test.sensitive)
    kind = _shared_type(then, otherwise)
    if kind is None:
        summary = f"the two results of the conditional differ: {type_name(then.type)} and {type_name(otherwise.type)}"
        return EvaluationError("E0305", summary, SAME_TYPE, place)
    if test.is_unknown:
        if is_wholly_known(then) and is_wholly_known(otherwise) and equal(unmark(then), unmark(otherwise)):
            return then.mark(test.sensitive)
        not_null = all(value.data is not None and not value.is_unknown for value in (then, otherwise))
        return unknown(kind, not_null).mark(test.sensitive or has_sensitive(then) or has_sensitive(otherwise))
    try:
        return convert(then if test.data else otherwise, kind).mark(
            test.sensitive or then.sensitive or otherwise.sensitive
        )
    except ConversionError as error:
        return EvaluationError("E0305", f"the results of the conditional do not fit: {error}", SAME_TYPE, place)


def _shared_type(then: Value, otherwise: Value) -> Type | None:
    if then.type == ANY and then.is_null:
        return otherwise.type
    if otherwise.type == ANY and otherwise.is_null:
        return then.type
    return unify([then.type, otherwise.type])


def _truth(node: Expression, scope: Scope, what: str) -> Value:
    value = _evaluate(node, scope)
    if value.data is None:
        _fail("E0306", f"{what} is null", "It must be true or false.", node.place)
    try:
        return convert(value, BOOL)
    except ConversionError as error:
        _fail("E0306", f"{what} does not fit: {error}", "It must be true or false.", node.place)


def _tuple(node: syntax.TupleConstructor, scope: Scope) -> Value:
    return tuple_of([_evaluate(item, scope) for item in node.items])


def _object(node: syntax.ObjectConstructor, scope: Scope) -> Value:
    attributes: dict[str, Value] = {}
    known, sensitive = True, False
    for key_node, value_node in node.items:
        key, value = _evaluate(key_node, scope), _evaluate(value_node, scope)
        text = _key_text(key, key_node.place)
        sensitive = sensitive or key.sensitive
        if text is None:
            known = False
        else:
            attributes[text] = value
    result = object_of(attributes) if known else unknown(ANY, True)
    return result.mark(sensitive)


def _key_text(key: Value, place: Place) -> str | None:
    """Return an object's key as text; None when it is unknown."""
    if key.data is None:
        _fail("E0307", "an object's key is null", "A key must be a string.", place)
    try:
        text = convert(key, STRING)
    except ConversionError:
        _fail("E0307", f"an object's key is {type_name(key.type)}", "A key must be a string.", place)
    return None if text.is_unknown else text.data


def _for(node: syntax.For, scope: Scope) -> Value:
    source = _evaluate(node.collection, scope)
    pairs = _pairs(source, node.collection.place)
    if pairs is None:
        return unknown(ANY, True).mark(source.sensitive)
    scope.budget.spend(len(pairs))
    results: list[tuple[Value | None, Value]] = []
    sensitive, known = source.sensitive, True
    inner = scope.inside()
    for key, value in pairs:
        _turn(node, inner, key, value)
        if node.condition is not None:
            test = _truth(node.condition, inner, "the for expression's condition")
            sensitive = sensitive or test.sensitive
            known = known and not test.is_unknown
            if test.data is False:
                continue
        result_key = _evaluate(node.result_key, inner) if node.result_key is not None else None
        results.append((result_key, _evaluate(node.result, inner)))
    if not known:
        return unknown(ANY, True).mark(sensitive)
    if node.result_key is None:
        return tuple_of([value for _, value in results]).mark(sensitive)
    return _for_object(node, node.result_key.place, results).mark(sensitive)


def _turn(node: syntax.For | syntax.TemplateFor, inner: Scope, key: Value, value: Value) -> None:
    """Set the variables of a loop for one turn."""
    if node.key is not None:
        inner.variables[node.key] = key
    inner.variables[node.value] = value


def _for_object(node: syntax.For, place: Place, results: list[tuple[Value | None, Value]]) -> Value:
    groups: dict[str, list[Value]] = {}
    sensitive, known = False, True
    for key, value in results:
        assert key is not None
        text = _key_text(key, place)
        sensitive = sensitive or key.sensitive
        if text is None:
            known = False
            continue
        if text in groups and not node.grouping:
            shown = "" if key.sensitive else f' "{text}"'
            detail = "Add ... after the value to group the values of equal keys."
            _fail("E0308", f"two elements have the same key{shown}", detail, place)
        groups.setdefault(text, []).append(value)
    if not known:
        return unknown(ANY, True).mark(sensitive)
    items = {key: tuple_of(values) if node.grouping else values[0] for key, values in groups.items()}
    return object_of(items).mark(sensitive)


def _pairs(source: Value, place: Place) -> list[tuple[Value, Value]] | None:
    """Return the keys and values that a loop runs over; None when they are unknown."""
    if source.data is None:
        _fail("E0309", "a loop cannot run over null", "Give it a list, set, map, tuple or object.", place)
    data = source.data
    if isinstance(data, Unknown):
        if source.type.kind in ("any", "list", "set", "map", "tuple", "object"):
            return None
    elif isinstance(data, dict):
        return [(string(key), value) for key, value in data.items()]
    elif source.type.kind == "set":
        return [(value, value) for value in data]
    elif isinstance(data, tuple):
        return [(number(position), value) for position, value in enumerate(data)]
    detail = "Give it a list, set, map, tuple or object."
    _fail("E0309", f"a loop cannot run over {type_name(source.type)}", detail, place)


def _template(node: syntax.Template, scope: Scope) -> Value:
    parts = node.parts
    if len(parts) == 1 and not isinstance(parts[0], syntax.TemplateIf | syntax.TemplateFor):
        return _evaluate(parts[0], scope)
    return _concatenate(parts, scope)


def _concatenate(parts: tuple[Expression, ...], scope: Scope) -> Value:
    texts: list[str] = []
    sensitive, known = False, True
    for part in parts:
        value = _evaluate(part, scope)
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
        _fail("E0310", "null cannot stand in a string", detail, place)
    try:
        text = convert(value, STRING)
    except ConversionError:
        detail = "Use jsonencode() or join() to make it a string."
        _fail("E0310", f"{type_name(value.type)} cannot stand in a string", detail, place)
    return None if text.is_unknown else text.data


def _template_if(node: syntax.TemplateIf, scope: Scope) -> Value:
    test = _truth(node.condition, scope, "the condition of %{ if }")
    if test.is_unknown:
        return unknown(STRING, True).mark(test.sensitive)
    return _concatenate(node.then if test.data else node.otherwise, scope).mark(test.sensitive)


def _template_for(node: syntax.TemplateFor, scope: Scope) -> Value:
    source = _evaluate(node.collection, scope)
    pairs = _pairs(source, node.collection.place)
    if pairs is None:
        return unknown(STRING, True).mark(source.sensitive)
    scope.budget.spend(len(pairs))
    turns = []
    inner = scope.inside()
    for key, value in pairs:
        _turn(node, inner, key, value)
        turns.append(_concatenate(node.body, inner))
    sensitive = source.sensitive or any(turn.sensitive for turn in turns)
    if any(turn.is_unknown for turn in turns):
        return unknown(STRING, True).mark(sensitive)
    check_text(sum(len(turn.data) for turn in turns))
    return string("".join(turn.data for turn in turns)).mark(sensitive)


def _call(node: syntax.Call, scope: Scope) -> Value:
    try:
        return call(node, scope, _evaluate)
    except FunctionError as error:
        place = node.place
        if error.argument is not None and error.argument < len(node.arguments):
            place = node.arguments[error.argument].place
        detail = error.detail or f"Look at this argument of {node.name}()."
        _fail(error.code, f"{node.name}(): {error}", detail, place)


_EVALUATORS: dict[type, Callable[[Any, Scope], Value]] = {
    syntax.Literal: _literal,
    syntax.Template: _template,
    syntax.TemplateIf: _template_if,
    syntax.TemplateFor: _template_for,
    syntax.Variable: _variable,
    syntax.GetAttribute: _get_attribute,
    syntax.Index: _index,
    syntax.SplatItem: _splat_item,
    syntax.Splat: _splat,
    syntax.Parentheses: _parentheses,
    syntax.Call: _call,
    syntax.Unary: _unary,
    syntax.Chain: _chain,
    syntax.Conditional: _conditional,
    syntax.TupleConstructor: _tuple,
    syntax.ObjectConstructor: _object,
    syntax.For: _for,
}
