"""Type constraints of variables: `list(object({ name = string, count = optional(number, 1) }))`."""

from __future__ import annotations

from reconciler.language.expressions.access import similar
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.dispatch import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import ANY, BOOL, NUMBER, STRING, Type, Value
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression

_PRIMITIVES = {"string": STRING, "number": NUMBER, "bool": BOOL, "any": ANY}
_COLLECTIONS = ("list", "set", "map")
KNOWN = "There are string, number, bool, any, list(...), set(...), map(...), tuple([...]) and object({...})."
_ALL = (*_PRIMITIVES, *_COLLECTIONS, "tuple", "object")


def variable_type(node: Expression, scope: Scope) -> Type:
    """Return the type of a variable: as `constraint`, and `list` and `map` alone are those of any elements."""
    if isinstance(node, syntax.Variable) and node.name in ("list", "map"):
        return Type(node.name, ANY)
    return constraint(node, scope)


def constraint(node: Expression, scope: Scope) -> Type:
    """Return the type that an expression means; raise EvaluationError."""
    if isinstance(node, syntax.Variable):
        if node.name in _PRIMITIVES:
            return _PRIMITIVES[node.name]
        if node.name in _COLLECTIONS:
            raise _wrong(
                node, f"{node.name} needs the type of its elements", f"Write {node.name}(string), for example."
            )
        raise _wrong(node, f'there is no type "{node.name}"', similar(node.name, _ALL) or KNOWN)
    if isinstance(node, syntax.Template):
        raise _wrong(node, "a type is written without quotes", "Write `type = string`, for example.")
    if not isinstance(node, syntax.Call):
        raise _wrong(node, "this is no type", "Write `type = string`, or list(...), map(...), object({...}).")
    return _constructed(node, scope)


def _constructed(node: syntax.Call, scope: Scope) -> Type:
    if node.name == "optional":
        raise _wrong(node, "optional(...) is for attributes of object(...)", "Use `default` or `nullable` instead.")
    if node.name not in (*_COLLECTIONS, "tuple", "object"):
        raise _wrong(node, f'there is no type "{node.name}"', similar(node.name, _ALL) or KNOWN)
    if len(node.arguments) != 1 or node.expand:
        raise _wrong(node, f"{node.name}(...) takes one argument", "Write one type inside the parentheses.")
    inner = node.arguments[0]
    if node.name in _COLLECTIONS:
        return Type(node.name, constraint(inner, scope))
    if node.name == "tuple":
        if not isinstance(inner, syntax.TupleConstructor):
            raise _wrong(node, "tuple(...) takes a list of types", "Write tuple([string, number]), for example.")
        return Type("tuple", None, tuple(constraint(item, scope) for item in inner.items))
    if not isinstance(inner, syntax.ObjectConstructor):
        raise _wrong(
            node, "object(...) takes attributes and their types", "Write object({ name = string }), for example."
        )
    return _object(inner, scope)


def _object(node: syntax.ObjectConstructor, scope: Scope) -> Type:
    attributes: dict[str, Type] = {}
    optional: dict[str, Value | None] = {}
    for key, value in node.items:
        name = key.value if isinstance(key, syntax.Literal) else None
        if not isinstance(name, str):
            raise _wrong(key, "an attribute of object(...) is a plain name", "Write the name without quotes.")
        if name in attributes:
            raise _wrong(key, f'there are two attributes "{name}"', "Keep one of them.")
        if isinstance(value, syntax.Call) and value.name == "optional":
            attributes[name], optional[name] = _optional(value, scope)
        else:
            attributes[name] = constraint(value, scope)
    return Type("object", None, (), attributes, optional)


def _optional(node: syntax.Call, scope: Scope) -> tuple[Type, Value | None]:
    if len(node.arguments) not in (1, 2):
        raise _wrong(node, "optional(...) takes a type, and a default", "Write optional(number, 1), for example.")
    kind = constraint(node.arguments[0], scope)
    if len(node.arguments) == 1:
        return kind, None
    default = evaluate(node.arguments[1], scope)
    try:
        return kind, convert(default, kind)
    except ConversionError as error:
        raise _wrong(
            node.arguments[1], f"the default does not fit: {error}", "Make it of the attribute's type."
        ) from None


def _wrong(node: Expression, summary: str, detail: str) -> EvaluationError:
    return EvaluationError("E0502", summary, detail, node.place)


def type_json(kind: Type) -> object:
    """Return a type as JSON, as `terraform output -json` shows it."""
    if kind.element is not None:
        return [kind.kind, type_json(kind.element)]
    if kind.kind == "tuple":
        return ["tuple", [type_json(item) for item in kind.elements]]
    if kind.kind == "object":
        return ["object", {name: type_json(item) for name, item in kind.attributes.items()}]
    return "dynamic" if kind == ANY else kind.kind
