"""Resource blocks to instances: `count` and `for_each`, decoded bodies, and the values references to them have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from reconciler.language.blocks.addresses import bracketed
from reconciler.language.blocks.conditions import Breach, hold, lifecycle_rules
from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.decode import Decoded, Decoder, UnsureError
from reconciler.language.blocks.elb_defaults import fill_in
from reconciler.language.blocks.lifecycle import read_lifecycle
from reconciler.language.blocks.references import Reference
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import (
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
from reconciler.language.limits import MAXIMUM_COUNT
from reconciler.language.reading import syntax
from reconciler.language.report import Report, SkippedError
from reconciler.language.schema import LIFECYCLE, Kind
from reconciler.language.schema_stack import ROOT
from reconciler.model import address as addresses
from reconciler.model.lifecycle import Lifecycle

KNOWN_AFTER_APPLY: Mapping[str, tuple[str, ...]] = {"service": ("host_ports",), "listener": ("url",)}
"""Block type -> attributes that only what runs can tell."""

REFERABLE = ("listener",)
"""Labelled blocks inside others that can be referred to: load_balancer.public.listener.http."""

FILLED_IN: Mapping[str, Callable[[Decoded], None]] = {"target_group": fill_in}
"""Block type -> what gives a decoded block defaults that depend on what it says."""


class Instance(NamedTuple):
    """One object of the stack: its address, what its block says, and the name it has by default.

    `after` are services that must be steady first because the module it stands in says so.
    """

    address: str
    name: str
    decoded: Decoded
    lifecycle: Lifecycle = Lifecycle()
    after: tuple[str, ...] = ()


class Repetition(NamedTuple):
    """How a block is repeated: the key of each instance with the names that only it knows."""

    kind: str
    keys: tuple[tuple[str, Mapping[str, Value]], ...]

    @property
    def names(self) -> list[str]:
        """Return the keys of for_each, in order."""
        return [names["each"].data["key"].data for _, names in self.keys]


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
    if isinstance(value.data, dict) and (value.identity is None or value.identity.is_map):
        entries = [(name, item) for name, item in value.data.items()]
    elif value.type.kind == "set" and (value.type.element == STRING or not value.data):
        entries = [(item.data, item) for item in value.data]
    else:
        detail = "Give it a map, an object or a set of strings; toset([...]) makes a set of a list."
        raise EvaluationError("E0207", f"for_each cannot run over {type_name(value.type)}", detail, place)
    if any(name is None for name, _ in entries):
        raise EvaluationError("E0207", "a key of for_each is null", "Every key is a string.", place)
    keys = tuple(
        (bracketed(name), {"each": object_of({"key": string(name), "value": item})}) for name, item in entries
    )
    return Repetition("for_each", keys)


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


class Surroundings(NamedTuple):
    """What expanding a block takes from around it. `names` maps an address that moved to the name that it keeps."""

    report: Report
    attributes: Mapping[str, Mapping[str, object]]
    names: Mapping[str, str]


def expand(
    declaration: Declaration, address: str, scope: Scope, around: Surroundings, after: tuple[str, ...]
) -> tuple[list[Instance], Callable[[], Value]]:
    """Return a block's instances, and what makes the value that references to it have.

    Raises SkippedError after reporting what is wrong.
    """
    block = declaration.block
    assert block is not None
    try:
        repeated = repetition(declaration, scope)
    except EvaluationError as error:
        error.file = error.file or scope.file
        around.report.evaluation(error)
        raise SkippedError(declaration.place) from None
    instances = [
        _instance(declaration, f"{address}{suffix}", _inside(scope, names), around, after)
        for suffix, names in repeated.keys
    ]
    return instances, lambda: _value(declaration.key.root, repeated, instances, around)


def _value(block_type: str, repeated: Repetition, instances: list[Instance], around: Surroundings) -> Value:
    values = [_object(block_type, each, around.attributes.get(each.address)) for each in instances]
    identity = Reference(block_type, tuple(each.address for each in instances), repeated.kind == "for_each")
    if repeated.kind == "count":
        return tuple_of(values)._replace(identity=identity)
    if repeated.kind == "for_each":
        return object_of(dict(zip(repeated.names, values, strict=True)), identity)
    return values[0]


def _inside(scope: Scope, names: Mapping[str, Value]) -> Scope:
    return Scope(scope.names, scope.files, {**scope.variables, **names}, scope.budget, scope.file)


def _instance(
    declaration: Declaration, address: str, scope: Scope, around: Surroundings, after: tuple[str, ...]
) -> Instance:
    block, block_type = declaration.block, declaration.key.root
    schema = ROOT.block(block_type)
    assert block is not None and schema is not None
    before = hold(
        lifecycle_rules(block, "precondition"), Breach("E0407", f"{address} cannot be", address), scope, around.report
    )
    decoded = Decoder(around.report, scope.file, scope).block(block, schema)
    decoded.failed = decoded.failed or not before
    if block_type in FILLED_IN:
        with suppress(UnsureError):
            FILLED_IN[block_type](decoded)
    name = around.names.get(address) or addresses.default_name(address)
    instance = Instance(address, name, decoded, read_lifecycle(block, decoded, scope, around.report), after)
    after_rules = lifecycle_rules(block, "postcondition")
    if after_rules and not decoded.failed:
        itself = _inside(scope, {"self": _object(block_type, instance, around.attributes.get(address))})
        breach = Breach("E0408", f"{address} is not as it must be", address)
        hold(after_rules, breach, itself, around.report)
    return instance


def _object(block_type: str, instance: Instance, known: Mapping[str, object] | None) -> Value:
    """Return an instance as an object: what it declares, its defaults, and what is known of what runs."""
    found = known or {}
    parts = _attributes(instance.decoded) | _inner(instance, found) | _after_apply(block_type, found)
    own_name = "family" if block_type == "task_definition" else "name"
    if own_name not in parts or parts[own_name].data is None:
        parts[own_name] = string(instance.name)
    return object_of(parts, Reference(block_type, (instance.address,)))


def _after_apply(block_type: str, known: Mapping[str, object]) -> dict[str, Value]:
    """Return the attributes that only what runs can tell, unknown as long as nothing has told them."""
    found = {name: known.get(name) for name in KNOWN_AFTER_APPLY.get(block_type, ())}
    return {name: unknown(ANY, True) if given is None else from_python(given) for name, given in found.items()}


def _inner(instance: Instance, known: Mapping[str, object]) -> dict[str, Value]:
    """Return the blocks inside that have an address of their own; `known` has theirs by type and label."""
    parts = {}
    for word in REFERABLE:
        if instance.decoded.schema.block(word) is None:
            continue
        told = known.get(word)
        by_label = told if isinstance(told, Mapping) else {}
        parts[word] = object_of(
            {
                each.label: object_of(
                    _attributes(each) | _after_apply(word, by_label.get(each.label) or {}),
                    Reference(word, (f"{instance.address}.{word}.{each.label}",)),
                )
                for each in instance.decoded.some(word)
            }
        )
    return parts


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
            parts[attribute.name] = from_python(decoded.default(attribute))
    for inner in decoded.schema.blocks:
        found = decoded.some(inner.word)
        if inner is LIFECYCLE:
            continue
        if inner.labelled:
            parts[inner.word] = object_of({each.label: object_of(_attributes(each)) for each in found})
        elif inner.repeated:
            parts[inner.word] = tuple_of([object_of(_attributes(each)) for each in found])
        elif found:
            parts[inner.word] = object_of(_attributes(found[0]))
    return parts
