"""The one type that values of several types share, as conditionals, tolist() and coalesce() need it.

Collections of one kind share a collection of what their elements share, objects of the same attributes an object;
else the preferred one of the types is it that all others convert to. The type of a plain `null` is `any`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key

from reconciler.language.expressions.values import ANY, BOOL, NUMBER, PRIMITIVES, STRING, Type, list_type, map_type

_CONVERTIBLE = {(NUMBER.kind, STRING.kind), (BOOL.kind, STRING.kind), (STRING.kind, NUMBER.kind)} | {
    (STRING.kind, BOOL.kind)
}
_SEQUENCES = frozenset({"list", "set"})


def convertible(source: Type, target: Type) -> bool:
    """Say whether some value of type `source` converts to `target`."""
    if ANY in (source, target) or source == target:
        return True
    kinds = (source.kind, target.kind)
    if source in PRIMITIVES or target in PRIMITIVES:
        return kinds in _CONVERTIBLE or kinds == (source.kind, source.kind)
    element = target.element or ANY
    if target.kind in _SEQUENCES and source.kind in _SEQUENCES:
        return convertible(source.element or ANY, element)
    if target.kind in _SEQUENCES and source.kind == "tuple":
        return _all_convertible(source.elements, element)
    if target.kind == "map":
        if source.kind == "object":
            return _all_convertible(list(source.attributes.values()), element)
        return source.kind == "map" and convertible(source.element or ANY, element)
    if kinds == ("tuple", "tuple"):
        pairs = zip(source.elements, target.elements, strict=False)
        return len(source.elements) == len(target.elements) and all(convertible(*pair) for pair in pairs)
    return target.kind == "object" and _object_convertible(source, target)


def _all_convertible(parts: Sequence[Type], element: Type) -> bool:
    if element == ANY:
        return not parts or _concrete(unify(parts), parts)
    return all(convertible(part, element) for part in parts)


def _concrete(shared: Type | None, parts: Sequence[Type]) -> bool:
    """Say whether `shared` is a type that elements of a collection can have: `any` only if all are plain nulls."""
    return shared is not None and (shared != ANY or all(part == ANY for part in parts))


def _object_convertible(source: Type, target: Type) -> bool:
    if source.kind == "map":
        return all(convertible(source.element or ANY, wanted) for wanted in target.attributes.values())
    if source.kind != "object":
        return False
    return all(
        convertible(source.attributes[name], wanted) if name in source.attributes else name in target.optional
        for name, wanted in target.attributes.items()
    )


def unify(kinds: Sequence[Type]) -> Type | None:
    """Return the one type that values of all `kinds` convert to; None when there is none."""
    distinct: list[Type] = []
    for kind in kinds:
        if kind not in distinct:
            distinct.append(kind)
    if len(distinct) < 2:
        return distinct[0] if distinct else ANY
    groups = {kind.kind for kind in distinct}
    plain = groups - {"any"}
    if len(plain) == 1 and (shared := _of_one_kind(next(iter(plain)), distinct, "any" in groups)) is not _UNDECIDED:
        return shared
    if plain == {"map", "object"} and "any" not in groups and (found := _as_maps(distinct)) is not None:
        return found
    if plain == {"list", "tuple"} and "any" not in groups and (found := _as_lists(distinct)) is not None:
        return found
    return None if {"object", "tuple"} <= groups else _preferred(distinct)


_UNDECIDED = Type("undecided")


def _of_one_kind(kind: str, kinds: list[Type], has_null: bool) -> Type | None:
    """Unify collections, or objects, or tuples; with a plain null among them nothing can be said yet: `any`."""
    if kind not in ("list", "set", "map", "object", "tuple"):
        return _UNDECIDED
    if has_null:
        return ANY
    if kind == "object":
        return _objects(kinds)
    if kind == "tuple":
        return _tuples(kinds)
    element = unify([one.element or ANY for one in kinds])
    return None if element is None else Type(kind, element)


def _objects(kinds: list[Type]) -> Type | None:
    names = list(kinds[0].attributes)
    if any(set(kind.attributes) != set(names) for kind in kinds):
        return _as_maps(kinds)
    shared = {name: unify([kind.attributes[name] for kind in kinds]) for name in names}
    settled = {name: kind for name, kind in shared.items() if kind is not None}
    return Type("object", None, (), settled) if len(settled) == len(names) else None


def _tuples(kinds: list[Type]) -> Type | None:
    if len({len(kind.elements) for kind in kinds}) > 1:
        return _as_lists(kinds)
    shared = [unify(column) for column in zip(*(kind.elements for kind in kinds), strict=True)]
    settled = tuple(kind for kind in shared if kind is not None)
    return Type("tuple", None, settled) if len(settled) == len(shared) else None


def _as_maps(kinds: list[Type]) -> Type | None:
    return _collected("map", kinds, [part for kind in kinds for part in kind.attributes.values()])


def _as_lists(kinds: list[Type]) -> Type | None:
    return _collected("list", kinds, [part for kind in kinds for part in kind.elements])


def _collected(kind: str, kinds: list[Type], parts: list[Type]) -> Type | None:
    element = unify([*parts, *(one.element for one in kinds if one.element is not None)])
    if element is None:
        return None
    found = map_type(element) if kind == "map" else list_type(element)
    return found if all(convertible(one, found) for one in kinds) else None


def _preferred(kinds: list[Type]) -> Type | None:
    """Return the first of the types, in order of preference, that all others convert to."""
    ordered = sorted(kinds, key=cmp_to_key(_compare))
    return next((want for want in ordered if all(convertible(kind, want) for kind in kinds)), None)


_RANK = {"list": 0, "tuple": 1, "set": 2, "map": 0, "object": 1}


def _compare(first: Type, second: Type) -> int:
    """Return which of two types is the better common one (negative: the first)."""
    if ANY in (first, second):
        return (first == ANY) - (second == ANY)
    if first in PRIMITIVES and second in PRIMITIVES:
        return (second == STRING) - (first == STRING)
    if first.kind == second.kind and first.element is not None and second.element is not None:
        return _compare(first.element, second.element)
    families = ({"list", "tuple", "set"}, {"map", "object"})
    if first.kind != second.kind and any({first.kind, second.kind} <= family for family in families):
        return _RANK[first.kind] - _RANK[second.kind]
    return 0
