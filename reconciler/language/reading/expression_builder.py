"""From grammar rules of expressions to syntax nodes: collections, operators and traversals."""

from __future__ import annotations

from typing import Any, NamedTuple

from reconciler.language.reading import syntax
from reconciler.language.reading.items import Item, at, between, ends, is_of, nodes, tuples, word
from reconciler.language.reading.syntax import Place


class _Step(NamedTuple):
    """`.name`, `[key]`, `.*` or `[*]`, before its base is known."""

    end: Place
    kind: str
    value: Any


class ExpressionBuilder:
    """The methods of these rules. What they find wrong is collected in `problems`."""

    def __init__(self) -> None:
        self.problems: list[syntax.Problem] = []

    def report(self, code: str, summary: str, detail: str, place: Place) -> None:
        """Note a problem."""
        self.problems.append(syntax.Problem(code, summary, detail, place))

    # Collections

    def tuple(self, items: list[Item]) -> syntax.TupleConstructor:
        return syntax.TupleConstructor(ends(items), nodes(items))

    def object(self, items: list[Item]) -> syntax.ObjectConstructor:
        pairs = tuple(item for item in items if type(item) is tuple)
        return syntax.ObjectConstructor(ends(items), pairs)

    def object_separator(self, items: list[Item]) -> Item:
        return items[0]

    def object_elem(self, items: list[Item]) -> Item:
        return (items[0], items[2])

    def object_elem_key(self, items: list[Item]) -> syntax.Expression:
        key: syntax.Expression = items[0]
        if isinstance(key, syntax.Variable):
            return syntax.Literal(key.place, key.name)
        if isinstance(key, syntax.Literal) and (key.value is None or isinstance(key.value, bool)):
            return syntax.Literal(key.place, word(key))
        return key

    def for_tuple_expr(self, items: list[Item]) -> syntax.For:
        (key, value, collection), body, *rest = tuples(items)
        return syntax.For(ends(items), key, value, collection, None, body, False, rest[0] if rest else None)

    def for_object_expr(self, items: list[Item]) -> syntax.For:
        (key, value, collection), result_key, body, *rest = tuples(items)
        grouping = any(is_of(item, "ELLIPSIS") for item in items)
        return syntax.For(ends(items), key, value, collection, result_key, body, grouping, rest[0] if rest else None)

    def for_intro(self, items: list[Item]) -> Item:
        names = [item.name for item in items[1:4] if isinstance(item, syntax.Variable)]
        key, value = (names[0], names[1]) if len(names) == 2 and is_of(items[2], "COMMA") else (None, names[0])
        return (key, value, items[5] if key is not None else items[3])

    def for_cond(self, items: list[Item]) -> Item:
        return items[1]

    # Operators

    def expr_term(self, items: list[Item]) -> syntax.Expression:
        if is_of(items[0], "LPAR"):
            return syntax.Parentheses(ends(items), items[1])
        node: syntax.Expression = items[0]
        return node

    def unary_op(self, items: list[Item]) -> syntax.Unary:
        return syntax.Unary(between(at(items[0]), items[1].place), str(items[0]), items[1])

    def binary_operator(self, items: list[Item]) -> Item:
        return items[0]

    def binary_term(self, items: list[Item]) -> Item:
        return (str(items[0]), items[1])

    def binary_op(self, items: list[Item]) -> syntax.Chain:
        left, term = items
        place = between(left.place, term[1].place)
        if isinstance(left, syntax.Chain) and _LEVEL[left.rest[0][0]] == _LEVEL[term[0]]:
            left.rest.append(term)
            return left._replace(place=place)
        return syntax.Chain(place, left, [term])

    def conditional(self, items: list[Item]) -> syntax.Conditional:
        condition, _, then, _, otherwise = items
        place = between(condition.place, otherwise.place)
        if isinstance(otherwise, syntax.Conditional):
            otherwise.cases.insert(0, (condition, then))
            return otherwise._replace(place=place)
        return syntax.Conditional(place, [(condition, then)], otherwise)

    def function_call(self, items: list[Item]) -> syntax.Call:
        opening = next(index for index, item in enumerate(items) if is_of(item, "LPAR"))
        name = "::".join(item.name for item in items[:opening] if isinstance(item, syntax.Variable))
        arguments, expand = items[opening + 1] if len(items) > opening + 2 else ((), False)
        place = between(items[0].place, at(items[-1]))
        return syntax.Call(place, name, between(items[0].place, items[opening - 1].place), arguments, expand)

    def arguments(self, items: list[Item]) -> Item:
        return (nodes(items), is_of(items[-1], "ELLIPSIS"))

    def lone_expr(self, items: list[Item]) -> syntax.Expression:
        node: syntax.Expression = items[0]
        return node

    # Traversals

    def get_attr(self, items: list[Item]) -> _Step:
        return _Step(items[1].place, "attribute", word(items[1]))

    def braces_index(self, items: list[Item]) -> _Step:
        return _Step(at(items[2]), "index", items[1])

    def short_index(self, items: list[Item]) -> _Step:
        place = at(items[1])
        return _Step(place, "number", syntax.Literal(place, int(items[1]) if len(items[1]) < 20 else 0))

    def index_expr_term(self, items: list[Item]) -> syntax.Expression:
        base, step = items
        if step.kind == "attr_splat" and isinstance(base, syntax.Splat) and not base.full:
            self.report("E0118", "a splat .* stands inside another one", "Use [*] for both.", step.end)
        return _apply(base, step)

    def attr_splat(self, items: list[Item]) -> _Step:
        return _Step(at(items[0]), "attr_splat", None)

    def full_splat(self, items: list[Item]) -> _Step:
        return _Step(at(items[0]), "full_splat", None)

    get_attr_expr_term = attr_splat_expr_term = full_splat_expr_term = index_expr_term


_LEVEL = {
    operator: level
    for level, operators in enumerate(
        (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
    )
    for operator in operators
}


def _apply(base: syntax.Expression, step: _Step) -> syntax.Expression:
    """Attach a step to what it belongs to: `[*]` takes everything that follows it, `.*` only names and numbers."""
    place = between(base.place, step.end)
    if isinstance(base, syntax.Splat) and (base.full or step.kind in ("attribute", "number")):
        return base._replace(place=place, each=_apply(base.each, step))
    if step.kind == "attribute":
        return syntax.GetAttribute(place, base, step.value)
    if step.kind in ("index", "number"):
        return syntax.Index(place, base, step.value)
    return syntax.Splat(place, base, syntax.SplatItem(step.end), step.kind == "full_splat")
