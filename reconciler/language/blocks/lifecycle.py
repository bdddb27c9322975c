"""A block's lifecycle: what guards it, what of it is left alone, what replaces it. All of it takes expressions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import TypeVar

from reconciler.language.blocks.addresses import Spelled, spelled
from reconciler.language.blocks.decode import Decoded, article
from reconciler.language.blocks.origins import TOLD_APART_BY
from reconciler.language.expressions.conditionals import truth
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import STRING, Unknown, Value, has_sensitive, list_type
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place
from reconciler.language.report import Report
from reconciler.language.schema import step_into
from reconciler.model.lifecycle import ALL, Lifecycle

Part = TypeVar("Part")

NAMES = ("var", "local", "each", "count")
"""First words of what is evaluated, and names no attribute."""

META_ARGUMENTS = ("lifecycle", "count", "for_each")

PERCENTS = (
    "minimum_healthy_percent = 100 and maximum_percent = 200 start new tasks first, "
    "minimum_healthy_percent = 0 and maximum_percent = 100 stop the old ones first."
)


def read_lifecycle(block: syntax.Block, decoded: Decoded, scope: Scope, report: Report) -> Lifecycle:
    """Return what the lifecycle block of a decoded block says; report what is wrong with it."""
    inner = decoded.one("lifecycle")
    if inner is None:
        return Lifecycle()
    bodies = (each.body for each in block.body.blocks if each.type == "lifecycle")
    nodes = {each.name: each.value for body in bodies for each in body.attributes}
    told: list[EvaluationError] = []
    _tried(lambda: _check_order(decoded, inner), None, told)
    ignored: tuple[str, ...] = _tried(lambda: _ignored(nodes.get("ignore_changes"), decoded, scope), (), told)
    triggers: dict[str, str] = _tried(lambda: _triggers(nodes.get("replace_triggered_by"), decoded, scope), {}, told)
    for error in told:
        error.file = error.file or scope.file
        report.evaluation(error)
        decoded.failed = True
    return Lifecycle(
        prevent_destroy=inner.values.get("prevent_destroy", False),
        ignore_changes=ignored,
        replace_triggered_by=triggers,
    )


def _tried(read: Callable[[], Part], otherwise: Part, told: list[EvaluationError]) -> Part:
    """Return a part of a lifecycle; what is wrong with it is added to `told`, and hides nothing of the others."""
    try:
        return read()
    except EvaluationError as error:
        told.append(error)
        return otherwise


def _check_order(decoded: Decoded, inner: Decoded) -> None:
    """Refuse create_before_destroy where it says nothing, or what cannot be."""
    if "create_before_destroy" not in inner.values:
        return
    place = inner.where("create_before_destroy")
    if decoded.schema.word == "service":
        detail = f"Say it in deployment_configuration: {PERCENTS}"
        raise EvaluationError("E0212", "create_before_destroy does not order the tasks of a service", detail, place)
    if inner.get("create_before_destroy") is False:
        detail = "Remove it: the new one is always made first, and the old one removed once no task uses it."
        raise EvaluationError("E0212", f"{article(decoded.schema.word)} cannot be destroyed first", detail, place)


def _ignored(node: Expression | None, decoded: Decoded, scope: Scope) -> tuple[str, ...]:
    if node is None:
        return ()
    found: dict[str, None] = {}
    for words, place in _paths(node, scope):
        if words != [ALL]:
            _check_path(words, decoded, place)
        found[".".join(words)] = None
    return tuple(sorted(found))


def _paths(node: Expression, scope: Scope) -> Iterator[tuple[list[str], Place]]:
    """Yield the attributes that an ignore_changes names: bare, as text, or as what an expression chooses."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if isinstance(node, syntax.Conditional):
        for condition, then in node.cases:
            if _is_true(condition, scope):
                yield from _paths(then, scope)
                return
        yield from _paths(node.otherwise, scope)
    elif isinstance(node, syntax.Variable) and node.name == ALL:
        yield [ALL], node.place
    elif isinstance(node, syntax.TupleConstructor):
        for item in node.items:
            yield from _named(item, scope)
    else:
        yield from _evaluated(node, scope)


def _named(node: Expression, scope: Scope) -> Iterator[tuple[list[str], Place]]:
    """Yield one element of the list: `desired_count`, `container.app.image`, `container["app"].image`, or a text."""
    bare = _attribute(node)
    if bare is not None:
        yield list(bare.words), node.place
        return
    try:
        value = convert(evaluate(node, scope), STRING)
    except ConversionError as error:
        raise _wrong(f"an attribute does not fit: {error}", node.place) from None
    yield _text(value, node.place).split("."), node.place


def _attribute(node: Expression) -> Spelled | None:
    """Return the path of an attribute that stands without quotes."""
    bare = spelled(node)
    return bare if bare is not None and bare.words[0] not in NAMES else None


def _evaluated(node: Expression, scope: Scope) -> Iterator[tuple[list[str], Place]]:
    if _attribute(node) is not None:
        raise _wrong("ignore_changes is a list", node.place)
    try:
        value = convert(evaluate(node, scope), list_type(STRING))
    except ConversionError as error:
        raise _wrong(f"ignore_changes does not fit: {error}", node.place) from None
    if value.is_unknown or value.data is None:
        raise _wrong("ignore_changes is not known", node.place)
    for item in value.data:
        yield _text(item, node.place).split("."), node.place


def _text(value: Value, place: Place) -> str:
    if not isinstance(value.data, str) or value.sensitive:
        raise _wrong("an attribute is not a known text", place)
    return value.data


def _is_true(condition: Expression, scope: Scope) -> bool:
    test = truth(condition, scope, "the condition")
    if test.is_unknown:
        raise _wrong("the condition is known only after apply", condition.place)
    return bool(test.data)


def _wrong(summary: str, place: Place) -> EvaluationError:
    return EvaluationError(
        "E0213", summary, "Write a list of attributes, [desired_count] for example, or all.", place
    )


def _check_path(words: list[str], decoded: Decoded, place: Place) -> None:
    """Refuse an attribute that the block does not have. Keys of maps and labels of blocks may be any."""
    schema = decoded.schema
    inner, similar = step_into(schema, words)
    if not inner or words[0] in META_ARGUMENTS:
        detail = similar or "Name an attribute that an apply could change."
        raise EvaluationError("E0213", f'{article(schema.word)} has no attribute "{".".join(words)}"', detail, place)
    _check_keys(words, decoded, place)


def _check_keys(words: list[str], decoded: Decoded, place: Place) -> None:
    """Refuse a key that tells none of the repeated blocks apart, such as a position: it would name nothing."""
    inner = decoded.schema.block(words[0])
    if len(words) < 2 or inner is None:
        return
    if not inner.repeated:
        found = next((each for each in decoded.all(words[0]) if each.label in ("", words[1])), None)
        rest = words[2:] if inner.labelled else words[1:]
        if found is not None and rest:
            _check_keys(rest, found, place)
        return
    known = [TOLD_APART_BY[words[0]](each) for each in decoded.all(words[0])]
    if known and words[1] not in known:
        detail = f"They are told apart by what they say: {', '.join(known)}."
        raise EvaluationError("E0213", f'there is no {words[0]} "{words[1]}"', detail, place)


def _triggers(node: Expression | None, decoded: Decoded, scope: Scope) -> dict[str, str]:
    if node is None:
        return {}
    if decoded.schema.word != "service":
        detail = "Only the tasks of services are replaced: move it to the service's lifecycle."
        raise EvaluationError(
            "E0214", f"{article(decoded.schema.word)} is not replaced by others", detail, node.place
        )
    if not isinstance(node, syntax.TupleConstructor):
        value = evaluate(node, scope)
        if value.type.kind not in ("list", "set", "tuple"):
            detail = "Write a list, [var.tag] for example: a change of one of them replaces the tasks."
            raise EvaluationError("E0214", "replace_triggered_by is a list", detail, node.place)
        return _watched("value", value, node.place)
    found: dict[str, str] = {}
    for position, item in enumerate(node.items):
        bare = spelled(item)
        name = str(bare) if bare is not None else f"[{position}]"
        found |= _watched(name, evaluate(item, scope), item.place)
    return found


def _watched(name: str, value: Value, place: Place) -> dict[str, str]:
    if has_sensitive(value):
        detail = "What is recorded of it could be guessed; watch something that is not sensitive."
        raise EvaluationError("E0208", "replace_triggered_by watches a sensitive value", detail, place)
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)
    return {name: "v1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]}


def _plain(value: Value) -> object:
    """Return a value for a digest; what is known only after apply is left out."""
    data = value.data
    if isinstance(data, Unknown):
        return None
    if isinstance(data, dict):
        return {name: _plain(item) for name, item in data.items()}
    if isinstance(data, tuple):
        return [_plain(item) for item in data]
    return data if isinstance(data, str | bool | None) else str(data)
