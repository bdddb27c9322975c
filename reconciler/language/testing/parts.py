"""What the parts of a condition come to: `service.web.desired_count is 3`, below a condition that does not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.language.blocks.addresses import spelled
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import Value, has_sensitive, is_wholly_known, number_to_python, to_python
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression

LONGEST = 100
"""Characters of a value that are shown; of a larger collection it is only said how large it is."""


def parts(condition: Expression, scope: Scope) -> tuple[tuple[str, str], ...]:
    """Return every name that an expression refers to with its value as text, in order of names."""
    found: dict[str, str] = {}
    for text, node in _names(condition, frozenset(scope.variables)):
        try:
            found[text] = described(evaluate(node, scope))
        except EvaluationError:
            continue
    return tuple(sorted(found.items()))


def _names(node: Expression, bound: frozenset[str]) -> Iterator[tuple[str, Expression]]:
    """Yield the longest chains of names, but for those of loops."""
    chain = spelled(node)
    if chain is not None:
        if len(chain.words) > 1 and chain.words[0] not in bound:
            yield chain.text, node
        return
    if isinstance(node, syntax.For | syntax.TemplateFor):
        bound = bound | {node.value} | ({node.key} if node.key else frozenset())
    for child in syntax.children(node):
        yield from _names(child, bound)


def described(value: Value) -> str:
    """Return a value as people read it, without what is sensitive."""
    if has_sensitive(value):
        return "(sensitive value)"
    if value.is_unknown:
        return "known only after apply"
    if not is_wholly_known(value):
        return f"{_size(value)}, some of it known only after apply"
    text = json.dumps(number_to_python(to_python(value)), ensure_ascii=False)
    if len(text) <= LONGEST:
        return text
    return _size(value) if isinstance(value.data, dict | tuple) else f"{text[:LONGEST]}..."


def _size(value: Value) -> str:
    word = "attribute" if value.type.kind == "object" else "element"
    return f"{value.type.kind} with {len(value.data)} {word}{'' if len(value.data) == 1 else 's'}"
