"""`dynamic` blocks: one block for each element of a collection, as in Terraform."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.language.blocks.references import dynamic_iterator
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.loops import pairs_of
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import STRING, Value, has_sensitive, object_of
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place

ATTRIBUTES = ("for_each", "iterator", "labels")
STATIC = ("lifecycle", "precondition", "postcondition", "validation", "assert")
"""Blocks that are looked at apart from the one around them."""
EXAMPLE = 'Write `dynamic "port_mapping" { for_each = [...] content { ... } }`.'


def expanded(block: syntax.Block, scope: Scope) -> Iterator[tuple[syntax.Block, Scope]]:
    """Yield the blocks that a block stands for, each with the scope that its body is evaluated in.

    A block that is not dynamic stands for itself. Raises EvaluationError.
    """
    if block.type != "dynamic":
        yield block, scope
        return
    attributes, content = _parts(block)
    if (word := block.labels[0].text) in STATIC:
        detail = f"Write `{word} {{ ... }}`: what it holds may be an expression."
        raise _wrong(f"{word} cannot be dynamic", detail, block.labels[0].place)
    for key, value in _elements(attributes["for_each"], scope):
        inner = scope.inside()
        inner.variables[dynamic_iterator(block)] = object_of({"key": key, "value": value})
        labels = tuple(_labels(attributes["labels"], inner)) if "labels" in attributes else ()
        yield syntax.Block(block.place, block.labels[0].text, labels, content.body), inner


def _parts(block: syntax.Block) -> tuple[dict[str, syntax.Attribute], syntax.Block]:
    if len(block.labels) != 1:
        raise _wrong("a dynamic block has one label: the kind of block it makes", EXAMPLE, block.place)
    attributes = {each.name: each for each in block.body.attributes}
    for name in attributes.keys() - set(ATTRIBUTES):
        detail = f"It has {', '.join(ATTRIBUTES)} and a content block; what the blocks hold stands in content."
        raise _wrong(f'a dynamic block has no attribute "{name}"', detail, attributes[name].name_place)
    if "for_each" not in attributes:
        raise _wrong("a dynamic block needs for_each", EXAMPLE, block.place)
    if "iterator" in attributes and not isinstance(attributes["iterator"].value, syntax.Variable):
        place = attributes["iterator"].value.place
        raise _wrong("iterator is a bare name", "Write `iterator = port`, without quotes.", place)
    contents = [each for each in block.body.blocks if each.type == "content" and not each.labels]
    if len(contents) != 1 or len(block.body.blocks) != 1:
        raise _wrong("a dynamic block has exactly one content block, and no other", EXAMPLE, block.place)
    return attributes, contents[0]


def _elements(attribute: syntax.Attribute, scope: Scope) -> list[tuple[Value, Value]]:
    source, place = evaluate(attribute.value, scope), attribute.value.place
    if has_sensitive(source) and source.sensitive:
        detail = "How many blocks there are is shown in plans; use nonsensitive() if that may be seen."
        raise _wrong("for_each is sensitive", detail, place)
    pairs = pairs_of(source, place)
    if pairs is None:
        detail = "Only outputs may use attributes that are known after apply."
        raise EvaluationError("E0404", "for_each is known only after apply", detail, place)
    scope.budget.spend(len(pairs))
    return pairs


def _labels(attribute: syntax.Attribute, scope: Scope) -> Iterator[syntax.Label]:
    value, place = evaluate(attribute.value, scope), attribute.value.place
    if value.type.kind not in ("list", "set", "tuple") or value.is_unknown or value.data is None:
        raise _wrong(f"labels is {type_name(value.type)}", "It is a list of strings.", place)
    for item in value.data:
        try:
            text = convert(item, STRING).data
        except ConversionError as error:
            raise _wrong(f"a label does not fit: {error}", "It is a string.", place) from None
        if not isinstance(text, str) or item.sensitive:
            raise _wrong("a label is a string that is known and not sensitive", "Use another value.", place)
        yield syntax.Label(place, text)


def _wrong(summary: str, detail: str, place: Place) -> EvaluationError:
    return EvaluationError("E0211", summary, detail, place)
