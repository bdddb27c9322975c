"""Names that are not declared: errors wherever they stand, even where nothing asks for their value."""

from __future__ import annotations

from reconciler.language.expressions.scope import Names
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression


def check_names(node: Expression, names: Names) -> None:
    """Raise the EvaluationError of the first name in an expression that `names` cannot resolve."""
    pending: list[tuple[Expression, frozenset[str]]] = [(node, frozenset())]
    while pending:
        current, bound = pending.pop()
        if isinstance(current, syntax.For | syntax.TemplateFor):
            inner = bound | {current.value, current.key or current.value}
            pending.extend((child, inner) for child in syntax.children(current)[1:])
            pending.append((current.collection, bound))
        elif isinstance(current, syntax.Call) and current.name.removeprefix("core::") == "convert":
            pending.extend((argument, bound) for argument in current.arguments[:1])
        elif isinstance(current, syntax.Variable):
            if current.name not in bound:
                names.bare(current.name, current.place)
        elif isinstance(current, syntax.GetAttribute) and isinstance(current.base, syntax.Variable):
            if current.base.name not in bound:
                names.resolve(current.base.name, current.name, current.place)
        else:
            pending.extend((child, bound) for child in syntax.children(current))
