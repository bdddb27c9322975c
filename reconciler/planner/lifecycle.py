"""What lifecycle blocks do to a plan: attributes left alone, tasks replaced with something else, objects guarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.lifecycle import ALL, Lifecycle
from reconciler.model.noun import Noun
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.differ import BLOCKS, UNNAMED

Object = TypeVar("Object", bound=Noun)

NONE = Lifecycle()

_FIELDS = {word: field for field, (word, _) in BLOCKS.items()}


def triggered(stack: Stack, state: State) -> dict[str, tuple[str, ...]]:
    """Return, by address, the services whose tasks are replaced, and what changed (replace_triggered_by)."""
    before = state.target.lifecycles if state.target is not None else {}
    found = {}
    for address, lifecycle in stack.lifecycles.items():
        old = before.get(address, NONE).replace_triggered_by
        changed = tuple(
            name for name, digest in lifecycle.replace_triggered_by.items() if old.get(name, digest) != digest
        )
        if changed:
            found[address] = changed
    return found


def keep_ignored(stack: Stack, recorded: Stack | None) -> Stack:
    """Return the stack with every ignored attribute as it was recorded (ignore_changes)."""
    ignored = {address: each.ignore_changes for address, each in stack.lifecycles.items() if each.ignore_changes}
    if not ignored or recorded is None:
        return stack

    def kept(new: tuple[Any, ...], old: tuple[Any, ...]) -> tuple[Any, ...]:
        before = {each.address: each for each in old}
        return tuple(
            _keep(each, before[each.address], ignored[each.address])
            if each.address in ignored and each.address in before
            else each
            for each in new
        )

    return stack.changed(
        networks=kept(stack.networks, recorded.networks),
        volumes=kept(stack.volumes, recorded.volumes),
        secrets=kept(stack.secrets, recorded.secrets),
        services=kept(stack.services, recorded.services),
        load_balancers=kept(stack.load_balancers, recorded.load_balancers),
        target_groups=kept(stack.target_groups, recorded.target_groups),
        autoscalings=kept(stack.autoscalings, recorded.autoscalings),
        scheduled_tasks=kept(stack.scheduled_tasks, recorded.scheduled_tasks),
        notifications=kept(stack.notifications, recorded.notifications),
        definitions={
            address: _keep(each, recorded.definitions[address], ignored[address])
            if address in ignored and address in recorded.definitions
            else each
            for address, each in stack.definitions.items()
        },
    )


def _keep(new: Object, old: Object, paths: Iterable[str]) -> Object:
    if ALL in paths:
        return old
    content, before = new.model_dump(), old.model_dump()
    for path in paths:
        _copy(content, before, path.split("."))
    return type(new).model_validate(content)


def _copy(new: dict[str, Any], old: Mapping[str, Any], words: list[str]) -> None:
    """Copy what a path names from `old` to `new`; what `old` does not have is taken away. Keys may hold dots."""
    word, rest = _first_word(words)
    field = _FIELDS.get(word, word)
    whole = ".".join(words)
    unnamed = next((name for name in UNNAMED.keys() & new.keys() if _part(name, field) in new[name]), None)
    if unnamed is not None:
        _copy_unnamed(new, old, unnamed, words)
    elif whole in new or whole in old:
        _set(new, whole, old)
    elif not rest:
        _set(new, field, old)
    elif word in _FIELDS:
        new[field] = _copied_block(field, new[field], old[field], rest)
    elif isinstance(new.get(field), dict) and isinstance(old.get(field), Mapping):
        new[field] = dict(new[field])
        _copy(new[field], old[field], rest)


def _first_word(words: list[str]) -> tuple[str, list[str]]:
    """Return what a path begins with, which may be two words (`overrides.container`), and the rest."""
    size = 2 if ".".join(words[:2]) in _FIELDS else 1
    return ".".join(words[:size]), words[size:]


def _part(unnamed: str, word: str) -> str:
    """Return what the part of an unnamed field is called that is written as `word`."""
    return UNNAMED[unnamed].get(word, word)


def _copy_unnamed(new: dict[str, Any], old: Mapping[str, Any], name: str, words: list[str]) -> None:
    """Copy a part of an action or schedule; a whole kind of action is what is done, whichever kind that was."""
    if len(words) == 1 and not UNNAMED[name]:
        _set(new, name, old)
        return
    new[name] = dict(new[name])
    _copy(new[name], old[name], [_part(name, words[0]), *words[1:]])


def _set(new: dict[str, Any], name: str, old: Mapping[str, Any]) -> None:
    if name in old:
        new[name] = old[name]
    else:
        new.pop(name, None)


def _copied_block(field: str, new: Iterable[Any], old: Iterable[Any], words: list[str]) -> tuple[Any, ...]:
    """Return repeated blocks with one of them, or a part of it, as it was."""
    _, key = BLOCKS[field]
    found = {key(each): dict(each) for each in new}
    before = {key(each): each for each in old}
    path = ".".join(words)
    label = max((each for each in {*found, *before} if f"{path}.".startswith(f"{each}.")), key=len, default=path)
    rest = path.removeprefix(label).removeprefix(".")
    if not rest:
        _set(found, label, before)
    elif label in found and label in before:
        _copy(found[label], before[label], rest.split("."))
    return tuple(found[each] for each in sorted(found))


def guarded(stack: Stack, state: State) -> Iterable[Diagnostic]:
    """Refuse to destroy what a lifecycle block guards; once its block is gone, what was recorded of it decides."""
    if state.target is None:
        return
    declared = frozenset() if stack.is_empty else stack.addresses
    names = {each.address: each.name for each in state.target.volumes}
    for address in sorted(state.target.addresses - declared):
        lifecycle = stack.lifecycles.get(address) or state.target.lifecycles.get(address, NONE)
        is_kept = address in names and names[address] not in state.doomed_volumes
        if not lifecycle.prevent_destroy or is_kept:
            continue
        gone = "Put this copy of it back" if "[" in address else "Put its block back"
        detail = gone if address not in stack.lifecycles else "Set prevent_destroy = false in its lifecycle block"
        where = stack.origins.get(f"{address}.lifecycle.prevent_destroy") or stack.origins.get(address)
        yield error(
            "E0611",
            f"{address} would be destroyed, and its lifecycle block prevents that",
            f"{detail}; to destroy it, apply prevent_destroy = false first.",
            where,
        )
