"""From grammar rules to syntax nodes: one method per rule, called by the parser as it reduces.

A method is given the rule's tokens and the nodes already built. What the grammar cannot say (duplicates, escapes,
`%{ endif }` without `%{ if }`) is checked here and collected in `problems`, so that one reading reports them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from reconciler.language.expressions import numbers
from reconciler.language.reading import syntax
from reconciler.language.reading.escapes import unescape
from reconciler.language.reading.syntax import Place
from reconciler.language.reading.templates import Marker, TextPart, heredoc, heredoc_text, quoted

Item = Any  # a lark token or what another method returned


class _Step(NamedTuple):
    """`.name`, `[key]`, `.*` or `[*]`, before its base is known."""

    end: Place
    kind: str
    value: Any


class Builder:
    """Build the tree of one text. `template` parses a heredoc's body that holds interpolations."""

    def __init__(self, template: Callable[[str, int], list[Item]]) -> None:
        self.problems: list[syntax.Problem] = []
        self._template = template

    def _problem(self, code: str, summary: str, detail: str, place: Place) -> None:
        self.problems.append(syntax.Problem(code, summary, detail, place))

    # Bodies

    def start(self, items: list[Item]) -> syntax.Body:
        body: syntax.Body = items[0]
        return body

    def body(self, items: list[Item]) -> syntax.Body:
        attributes: list[syntax.Attribute] = []
        blocks: list[syntax.Block] = []
        seen: dict[str, syntax.Attribute] = {}
        for item in items:
            if isinstance(item, syntax.Block):
                blocks.append(item)
            elif isinstance(item, syntax.Attribute):
                earlier = seen.setdefault(item.name, item)
                if earlier is not item:
                    self._problem(
                        "E0110",
                        f'"{item.name}" is set twice',
                        f"It is set on line {earlier.place[0]} already; keep one of the two.",
                        item.name_place,
                    )
                attributes.append(item)
        place = _around(items) if items else (1, 1, 1, 1)
        return syntax.Body(place, tuple(attributes), tuple(blocks))

    block_body = body

    def new_line_or_comment(self, items: list[Item]) -> Item:
        return items[0]

    def attribute(self, items: list[Item]) -> syntax.Attribute:
        name, value = items[0], items[2]
        return syntax.Attribute(_between(name.place, value.place), _word(name), name.place, value)

    def block(self, items: list[Item]) -> syntax.Block:
        kind, *labels = items[:-3]
        place = _between(kind.place, labels[-1].place if labels else kind.place)
        return syntax.Block(place, _word(kind), tuple(map(self._label, labels)), items[-2])

    def _label(self, item: Item) -> syntax.Label:
        if not isinstance(item, syntax.Template):
            return syntax.Label(item.place, _word(item))
        texts = [part.value for part in item.parts if isinstance(part, syntax.Literal)]
        if len(texts) == len(item.parts) and all(isinstance(text, str) for text in texts):
            return syntax.Label(item.place, "".join(map(str, texts)))
        summary = "a block's label cannot hold an interpolation"
        self._problem("E0111", summary, "Write the label out; use for_each for names that vary.", item.place)
        return syntax.Label(item.place, "")

    # Words and numbers

    def identifier(self, items: list[Item]) -> syntax.Variable:
        place, name = _at(items[0]), str(items[0])
        if not name.isascii() and not name.replace("-", "_").isidentifier():
            self._problem("E0101", f'"{name}" is no name', "Names are of letters, digits, _ and -.", place)
        return syntax.Variable(place, name)

    keyword = identifier

    def literal_value(self, items: list[Item]) -> syntax.Literal:
        return syntax.Literal(_at(items[0]), {"true": True, "false": False, "null": None}[items[0]])

    def int_lit(self, items: list[Item]) -> syntax.Literal:
        return self.float_lit(items)

    def float_lit(self, items: list[Item]) -> syntax.Literal:
        place = _at(items[0])
        try:
            value = numbers.parse(str(items[0]))
        except numbers.NumberTooLargeError:
            self._problem("E0112", "the number is too large", "Use a number of fewer digits.", place)
            value = 0
        if value is None:
            self._problem("E0112", f'"{items[0]}" is no number', "Write a number such as 1.5 or 1e3.", place)
        return syntax.Literal(place, value)

    # Strings and templates

    def string(self, items: list[Item]) -> syntax.Template:
        place = _between(_at(items[0]), _at(items[-1]))
        return syntax.Template(place, quoted(items[1:-1], self._problem), True)

    def string_part(self, items: list[Item]) -> Item:
        item = items[0]
        if not hasattr(item, "type"):
            return item
        place = _at(item)
        if item.type != "STRING_CHARS":
            return TextPart(place, str(item)[1:])
        value, bad = unescape(item)
        if bad is not None:
            column = place[1] + bad
            detail = r"Known are \n, \r, \t, \", \\, \uNNNN and \UNNNNNNNN; write \\ for a backslash."
            self._problem(
                "E0113", f'unknown escape "{item[bad : bad + 2]}"', detail, (place[0], column, place[0], column + 2)
            )
        return TextPart(place, value)

    def template_part(self, items: list[Item]) -> Item:
        item = items[0]
        if not hasattr(item, "type"):
            return item
        return TextPart(_at(item), str(item) if item.type == "HEREDOC_CHARS" else str(item)[1:])

    def template(self, items: list[Item]) -> list[Item]:
        return items

    def interpolation(self, items: list[Item]) -> Marker:
        return self._marker("value", items, items[1])

    def template_if_start(self, items: list[Item]) -> Marker:
        return self._marker("if", items, items[2])

    def template_else(self, items: list[Item]) -> Marker:
        return self._marker("else", items, None)

    def template_endif(self, items: list[Item]) -> Marker:
        return self._marker("endif", items, None)

    def template_for_start(self, items: list[Item]) -> Marker:
        names = [item.name for item in items[2:5] if isinstance(item, syntax.Variable)]
        key, value = (names[0], names[1]) if _is(items[3], "COMMA") else (None, names[0])
        collection = items[6] if key is not None else items[4]
        return self._marker("for", items, (key, value, collection))

    def template_endfor(self, items: list[Item]) -> Marker:
        return self._marker("endfor", items, None)

    def _marker(self, kind: str, items: list[Item], value: Any) -> Marker:
        place = _between(_at(items[0]), _at(items[-1]))
        return Marker(place, kind, value, items[0].endswith("~"), _is(items[-2], "STRIP_MARKER"))

    def heredoc_template(self, items: list[Item]) -> syntax.Template:
        token = items[0]
        place = _at(token)
        flush = token.startswith("<<-")
        rest = token.partition("\n")[2]
        body = rest[: rest.rfind("\n") + 1] if "\n" in rest else ""
        if "${" not in body and "%{" not in body:
            text = heredoc_text(body, flush)
            return syntax.Template(place, (syntax.Literal(place, text),) if text else (), True)
        parts = self._template(body, place[0] + 1)
        return syntax.Template(place, heredoc(parts, self._problem, flush), True)

    # Collections

    def tuple(self, items: list[Item]) -> syntax.TupleConstructor:
        return syntax.TupleConstructor(_ends(items), _nodes(items))

    def object(self, items: list[Item]) -> syntax.ObjectConstructor:
        pairs = tuple(item for item in items if type(item) is tuple)
        return syntax.ObjectConstructor(_ends(items), pairs)

    def object_separator(self, items: list[Item]) -> Item:
        return items[0]

    def object_elem(self, items: list[Item]) -> Item:
        return (items[0], items[2])

    def object_elem_key(self, items: list[Item]) -> syntax.Expression:
        key: syntax.Expression = items[0]
        if isinstance(key, syntax.Variable):
            return syntax.Literal(key.place, key.name)
        if isinstance(key, syntax.Literal) and (key.value is None or isinstance(key.value, bool)):
            return syntax.Literal(key.place, _word(key))
        return key

    def for_tuple_expr(self, items: list[Item]) -> syntax.For:
        (key, value, collection), body, *rest = _nodes_or_tuples(items)
        return syntax.For(_ends(items), key, value, collection, None, body, False, rest[0] if rest else None)

    def for_object_expr(self, items: list[Item]) -> syntax.For:
        (key, value, collection), result_key, body, *rest = _nodes_or_tuples(items)
        grouping = any(_is(item, "ELLIPSIS") for item in items)
        return syntax.For(_ends(items), key, value, collection, result_key, body, grouping, rest[0] if rest else None)

    def for_intro(self, items: list[Item]) -> Item:
        names = [item.name for item in items[1:4] if isinstance(item, syntax.Variable)]
        key, value = (names[0], names[1]) if len(names) == 2 and _is(items[2], "COMMA") else (None, names[0])
        return (key, value, items[5] if key is not None else items[3])

    def for_cond(self, items: list[Item]) -> Item:
        return items[1]

    # Operators

    def expr_term(self, items: list[Item]) -> syntax.Expression:
        if _is(items[0], "LPAR"):
            return syntax.Parentheses(_ends(items), items[1])
        node: syntax.Expression = items[0]
        return node

    def unary_op(self, items: list[Item]) -> syntax.Unary:
        return syntax.Unary(_between(_at(items[0]), items[1].place), str(items[0]), items[1])

    def binary_operator(self, items: list[Item]) -> Item:
        return items[0]

    def binary_term(self, items: list[Item]) -> Item:
        return (str(items[0]), items[1])

    def binary_op(self, items: list[Item]) -> syntax.Chain:
        left, term = items
        place = _between(left.place, term[1].place)
        if isinstance(left, syntax.Chain) and _LEVEL[left.rest[0][0]] == _LEVEL[term[0]]:
            left.rest.append(term)
            return left._replace(place=place)
        return syntax.Chain(place, left, [term])

    def conditional(self, items: list[Item]) -> syntax.Conditional:
        condition, _, then, _, otherwise = items
        place = _between(condition.place, otherwise.place)
        if isinstance(otherwise, syntax.Conditional):
            otherwise.cases.insert(0, (condition, then))
            return otherwise._replace(place=place)
        return syntax.Conditional(place, [(condition, then)], otherwise)

    def function_call(self, items: list[Item]) -> syntax.Call:
        opening = next(index for index, item in enumerate(items) if _is(item, "LPAR"))
        name = "::".join(item.name for item in items[:opening] if isinstance(item, syntax.Variable))
        arguments, expand = items[opening + 1] if len(items) > opening + 2 else ((), False)
        place = _between(items[0].place, _at(items[-1]))
        return syntax.Call(place, name, _between(items[0].place, items[opening - 1].place), arguments, expand)

    def arguments(self, items: list[Item]) -> Item:
        return (_nodes(items), _is(items[-1], "ELLIPSIS"))

    def lone_expr(self, items: list[Item]) -> syntax.Expression:
        node: syntax.Expression = items[0]
        return node

    # Traversals

    def get_attr(self, items: list[Item]) -> _Step:
        return _Step(items[1].place, "attribute", _word(items[1]))

    def braces_index(self, items: list[Item]) -> _Step:
        return _Step(_at(items[2]), "index", items[1])

    def short_index(self, items: list[Item]) -> _Step:
        place = _at(items[1])
        return _Step(place, "number", syntax.Literal(place, int(items[1]) if len(items[1]) < 20 else 0))

    def index_expr_term(self, items: list[Item]) -> syntax.Expression:
        base, step = items
        if step.kind == "attr_splat" and isinstance(base, syntax.Splat) and not base.full:
            self._problem("E0118", "a splat .* stands inside another one", "Use [*] for both.", step.end)
        return _apply(base, step)

    def attr_splat(self, items: list[Item]) -> _Step:
        return _Step(_at(items[0]), "attr_splat", None)

    def full_splat(self, items: list[Item]) -> _Step:
        return _Step(_at(items[0]), "full_splat", None)

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
    place = _between(base.place, step.end)
    if isinstance(base, syntax.Splat) and (base.full or step.kind in ("attribute", "number")):
        return base._replace(place=place, each=_apply(base.each, step))
    if step.kind == "attribute":
        return syntax.GetAttribute(place, base, step.value)
    if step.kind in ("index", "number"):
        return syntax.Index(place, base, step.value)
    return syntax.Splat(place, base, syntax.SplatItem(step.end), step.kind == "full_splat")


def _word(item: Item) -> str:
    if isinstance(item, syntax.Variable):
        return item.name
    word: str = {True: "true", False: "false", None: "null"}.get(item.value, item.value)
    return word


def _is(item: Item, kind: str) -> bool:
    return getattr(item, "type", None) == kind


def _at(token: Item) -> Place:
    return (token.line, token.column, token.end_line, token.end_column)


def _between(first: Place, last: Place) -> Place:
    return (first[0], first[1], last[2], last[3])


def _place(item: Item) -> Place:
    return item.place if hasattr(item, "place") else _at(item)


def _ends(items: list[Item]) -> Place:
    return _between(_at(items[0]), _at(items[-1]))


def _around(items: list[Item]) -> Place:
    return _between(_place(items[0]), _place(items[-1]))


def _nodes(items: list[Item]) -> Any:
    return tuple(item for item in items if hasattr(item, "place"))


def _nodes_or_tuples(items: list[Item]) -> list[Item]:
    return [item for item in items if isinstance(item, tuple)]
