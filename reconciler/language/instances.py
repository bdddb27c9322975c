"""Resource blocks to instances: `count` and `for_each`, decoded bodies, and the values references to them have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.language import syntax
from reconciler.language.conversion import ConversionError, convert, type_name
from reconciler.language.declarations import Declaration
from reconciler.language.decode import Decoded, Decoder
from reconciler.language.evaluator import evaluate
from reconciler.language.limits import MAXIMUM_COUNT
from reconciler.language.references import Reference
from reconciler.language.report import Report, SkippedError
from reconciler.language.schema import Kind
from reconciler.language.schema_stack import ROOT
from reconciler.language.scope import EvaluationError, Scope
from reconciler.language.values import (
    ANY,
    NUMBER,
    STRING,
    Value,
    from_python,
    has_sensitive,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
)
from reconciler.model import address as addresses

KNOWN_AFTER_APPLY: Mapping[str, tuple[str, ...]] = {"service": ("host_ports",)}
"""Block type -> attributes that only what runs can tell."""


class Instance(NamedTuple):
    """One object of the stack: its address and what its block says."""

    address: str
    decoded: Decoded


class Repetition(NamedTuple):
    """How a block is repeated: the key of each instance with the names that only it knows."""

    kind: str
    keys: tuple[tuple[str, Mapping[str, Value]], ...]


def repetition(declaration: Declaration, scope: Scope) -> Repetition:
    """Return the instances that `count` and `for_each` ask for; raise EvaluationError."""
    assert declaration.block is not None
    meta = {each.name: each for each in declaration.block.body.attributes if each.name in ("count", "for_each")}
    if len(meta) == 2:
        place = meta["for_each"].name_place
        raise EvaluationError("E0207", "a block takes count or for_each, not both", "Remove one of the two.", place)
    if "count" in meta:
        return _counted(meta["count"], scope)
    return _for_each(meta["for_each"], scope) if "for_each" in meta else Repetition("", (("", {}),))


def _counted(attribute: syntax.Attribute, scope: Scope) -> Repetition:
    value, place = _meta(attribute, scope), attribute.value.place
    try:
        amount = convert(value, NUMBER).data
    except ConversionError as error:
        raise EvaluationError("E0207", f"count does not fit: {error}", "It is a whole number.", place) from None
    if not isinstance(amount, int) or not 0 <= amount <= MAXIMUM_COUNT:
        summary = f"count is not a whole number from 0 to {MAXIMUM_COUNT}"
        raise EvaluationError("E0207", summary, "Use a conditional such as `var.on ? 1 : 0`.", place)
    keys = tuple((f"[{index}]", {"count": object_of({"index": number(index)})}) for index in range(amount))
    return Repetition("count", keys)


def _for_each(attribute: syntax.Attribute, scope: Scope) -> Repetition:
    value, place = _meta(attribute, scope), attribute.value.place
    if isinstance(value.data, dict) and value.identity is None:
        entries = [(name, item) for name, item in value.data.items()]
    elif value.type.kind == "set" and (value.type.element == STRING or not value.data):
        entries = [(item.data, item) for item in value.data]
    else:
        detail = "Give it a map, an object or a set of strings; toset([...]) makes a set of a list."
        raise EvaluationError("E0207", f"for_each cannot run over {type_name(value.type)}", detail, place)
    if any(name is None for name, _ in entries):
        raise EvaluationError("E0207", "a key of for_each is null", "Every key is a string.", place)
    keys = tuple((_quoted(name), {"each": object_of({"key": string(name), "value": item})}) for name, item in entries)
    return Repetition("for_each", keys)


def _quoted(name: str) -> str:
    return '["' + name.replace("\\", "\\\\").replace('"', '\\"') + '"]'


def _meta(attribute: syntax.Attribute, scope: Scope) -> Value:
    value, name, place = evaluate(attribute.value, scope), attribute.name, attribute.value.place
    if value.data is None:
        raise EvaluationError("E0207", f"{name} is null", "Give it a value.", place)
    if has_sensitive(value) and (name == "count" or value.sensitive):
        detail = "Addresses are shown in plans; use nonsensitive() if the value may be seen."
        raise EvaluationError("E0207", f"{name} is sensitive", detail, place)
    if value.is_unknown:
        detail = "Only outputs may use attributes that are known after apply."
        raise EvaluationError("E0404", f"{name} is known only after apply", detail, place)
    return value


def expand(
    declaration: Declaration, report: Report, scope: Scope, attributes: Mapping[str, Mapping[str, object]]
) -> tuple[list[Instance], Value]:
    """Return a block's instances and the value that references to it have; raise SkippedError after reporting."""
    key, block, file = declaration.key, declaration.block, declaration.file
    assert block is not None
    schema = ROOT.block(key.root)
    assert schema is not None
    outer = Scope(scope.names, scope.files, file=file)
    try:
        repeated = repetition(declaration, outer)
    except EvaluationError as error:
        error.file = error.file or file
        report.evaluation(error)
        raise SkippedError(declaration.place) from None
    instances = []
    for suffix, names in repeated.keys:
        inner = Scope(scope.names, scope.files, names, outer.budget, file)
        decoded = Decoder(report, file, inner).block(block, schema)
        instances.append(Instance(f"{key}{suffix}", decoded))
    return instances, _value(key.root, repeated, instances, attributes)


def _value(
    block_type: str,
    repeated: Repetition,
    instances: list[Instance],
    attributes: Mapping[str, Mapping[str, object]],
) -> Value:
    values = [_object(block_type, instance, attributes.get(instance.address)) for instance in instances]
    identity = Reference(block_type, tuple(instance.address for instance in instances))
    if repeated.kind == "count":
        return tuple_of(values)._replace(identity=identity)
    if repeated.kind == "for_each":
        keys = [names["each"].data["key"].data for _, names in repeated.keys]
        return object_of(dict(zip(keys, values, strict=True)), identity)
    return values[0]


def _object(block_type: str, instance: Instance, known: Mapping[str, object] | None) -> Value:
    """Return an instance as an object: what it declares, its defaults, and what is known of what runs."""
    decoded = instance.decoded
    parts = _attributes(decoded)
    name = addresses.default_name(instance.address)
    own_name = "family" if block_type == "task_definition" else "name"
    if own_name not in parts or parts[own_name].data is None:
        parts[own_name] = string(name)
    for attribute in KNOWN_AFTER_APPLY.get(block_type, ()):
        given = known.get(attribute) if known is not None else None
        parts[attribute] = unknown(ANY, True) if given is None else from_python(given)
    return object_of(parts, Reference(block_type, (instance.address,)))


def _attributes(decoded: Decoded) -> dict[str, Value]:
    parts: dict[str, Value] = {}
    for attribute in decoded.schema.attributes:
        if attribute.kind is Kind.EXPRESSION:
            continue
        if attribute.name in decoded.raw:
            parts[attribute.name] = decoded.raw[attribute.name]
        elif attribute.name in decoded.places:
            parts[attribute.name] = unknown()
        else:
            parts[attribute.name] = from_python(attribute.default)
    for inner in decoded.schema.blocks:
        found = decoded.all(inner.word)
        if inner.labelled:
            parts[inner.word] = object_of({each.label: object_of(_attributes(each)) for each in found})
        elif inner.repeated:
            parts[inner.word] = tuple_of([object_of(_attributes(each)) for each in found])
        elif found:
            parts[inner.word] = object_of(_attributes(found[0]))
    return parts
