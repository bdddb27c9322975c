"""Our syntax tree: what a file says, with places, before any meaning.

Nodes are tuples, so that a tree pickles fast and never changes. A place is (line, column, end line, end column),
counted from 1 with an exclusive end; the file's name is kept beside the tree, never inside it, so that a cached tree
serves every file of the same text. Chains (`a + b + c`, `a ? b : c ? d : e`) are flat:
depth comes from brackets only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, TypeAlias

from reconciler.model.diagnostic import Span

TREE_VERSION = 3

Place: TypeAlias = tuple[int, int, int, int]


def span(file: str, place: Place) -> Span:
    """Return the place as a Span of `file`."""
    return Span(file, *place)


class Literal(NamedTuple):
    """A number, a bool, null, or the text between two interpolations."""

    place: Place
    value: str | int | Fraction | bool | None


class Template(NamedTuple):
    """A quoted string or heredoc. One part that is an interpolation keeps its value's type (`"${x}"`)."""

    place: Place
    parts: tuple[Expression, ...]
    quoted: bool


class TemplateIf(NamedTuple):
    """`%{ if condition }then%{ else }otherwise%{ endif }`."""

    place: Place
    condition: Expression
    then: tuple[Expression, ...]
    otherwise: tuple[Expression, ...]


class TemplateFor(NamedTuple):
    """`%{ for key, value in collection }body%{ endfor }`."""

    place: Place
    key: str | None
    value: str
    collection: Expression
    body: tuple[Expression, ...]


class Variable(NamedTuple):
    """The first name of a reference."""

    place: Place
    name: str


class GetAttribute(NamedTuple):
    """`base.name`."""

    place: Place
    base: Expression
    name: str


class Index(NamedTuple):
    """`base[key]`, and `base.0`."""

    place: Place
    base: Expression
    key: Expression


class SplatItem(NamedTuple):
    """The element that a splat is at; stands where the chain of `Splat.each` begins."""

    place: Place


class Splat(NamedTuple):
    """`base[*]…` or `base.*…`: `each` applies to every element; `.*` ends at the first bracket, `[*]` never."""

    place: Place
    base: Expression
    each: Expression
    full: bool


class Parentheses(NamedTuple):
    """`(inner)`: kept, for it ends a splat and makes an object key an expression."""

    place: Place
    inner: Expression


class Call(NamedTuple):
    """`name(arguments...)`; `expand` when the last argument is spread."""

    place: Place
    name: str
    name_place: Place
    arguments: tuple[Expression, ...]
    expand: bool


class Unary(NamedTuple):
    """`-operand` or `!operand`."""

    place: Place
    operator: str
    operand: Expression


class Chain(NamedTuple):
    """Operators of one level of precedence, from left to right: `first op operand op operand ...`."""

    place: Place
    first: Expression
    rest: list[tuple[str, Expression]]


class Conditional(NamedTuple):
    """`if_1 ? then_1 : if_2 ? then_2 : otherwise`, flat."""

    place: Place
    cases: list[tuple[Expression, Expression]]
    otherwise: Expression


class TupleConstructor(NamedTuple):
    """`[a, b]`."""

    place: Place
    items: tuple[Expression, ...]


class ObjectConstructor(NamedTuple):
    """`{ key = value }`. A bare key is a Literal already."""

    place: Place
    items: tuple[tuple[Expression, Expression], ...]


class For(NamedTuple):
    """`[for ...]` when `result_key` is None, else `{for ... : key => value}`."""

    place: Place
    key: str | None
    value: str
    collection: Expression
    result_key: Expression | None
    result: Expression
    grouping: bool
    condition: Expression | None


Expression: TypeAlias = (
    Literal
    | Template
    | TemplateIf
    | TemplateFor
    | Variable
    | GetAttribute
    | Index
    | SplatItem
    | Splat
    | Parentheses
    | Call
    | Unary
    | Chain
    | Conditional
    | TupleConstructor
    | ObjectConstructor
    | For
)


class Label(NamedTuple):
    """One label of a block, quoted or bare."""

    place: Place
    text: str


class Attribute(NamedTuple):
    """`name = value`."""

    place: Place
    name: str
    name_place: Place
    value: Expression


class Block(NamedTuple):
    """`type "label" { body }`; `place` is the header's: type and labels."""

    place: Place
    type: str
    labels: tuple[Label, ...]
    body: Body


class Body(NamedTuple):
    """The attributes and blocks between two braces, or of a whole file, in order of appearance."""

    place: Place
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]


class Problem(NamedTuple):
    """An error found while reading: what `diagnostics` turns into a Diagnostic once the file's name is known."""

    code: str
    summary: str
    detail: str
    place: Place


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside `node`, in the order they are written."""
    match node:
        case Template():
            return node.parts
        case TemplateIf():
            return (node.condition, *node.then, *node.otherwise)
        case TemplateFor():
            return (node.collection, *node.body)
        case GetAttribute():
            return (node.base,)
        case Index():
            return (node.base, node.key)
        case Splat():
            return (node.base, node.each)
        case Parentheses():
            return (node.inner,)
        case Call():
            return node.arguments
        case Unary():
            return (node.operand,)
        case Chain():
            return (node.first, *(operand for _, operand in node.rest))
        case Conditional():
            return (*(part for case in node.cases for part in case), node.otherwise)
        case TupleConstructor():
            return node.items
        case ObjectConstructor():
            return tuple(part for item in node.items for part in item)
        case For():
            parts = (node.collection, node.result_key, node.result, node.condition)
            return tuple(part for part in parts if part is not None)
        case _:
            return ()
