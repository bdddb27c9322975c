"""What differs between two versions of a declared object, attribute by attribute, in the words of the stack language.

Blocks that repeat are compared by what names them (a container's name, a port), so that order never matters and a
path is what the user wrote: `container.app.environment.PORT`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model.noun import Noun
from reconciler.model.plan import AttributeChange, Effect
from reconciler.model.scaling import range_key

_Key = Callable[[Mapping[str, Any]], str]

BLOCKS: Mapping[str, tuple[str, _Key]] = {
    "containers": ("container", lambda each: each["name"]),
    "volumes": ("volume", lambda each: each["name"]),
    "port_mappings": ("port_mapping", lambda each: f"{each['container_port']}/{each['protocol']}"),
    "depends_on": ("depends_on", lambda each: each["container"]),
    "mount_points": ("mount_point", lambda each: each["container_path"]),
    "volumes_from": ("volumes_from", lambda each: each["source_container"]),
    "environment_files": ("environment_files", lambda each: each["path"]),
    "ulimits": ("ulimit", lambda each: each["name"]),
    "extra_hosts": ("extra_host", lambda each: each["hostname"]),
    "system_controls": ("system_control", lambda each: each["namespace"]),
    "resource_requirements": ("resource_requirement", lambda each: each["type"]),
    "devices": ("device", lambda each: each["host_path"]),
    "tmpfs": ("tmpfs", lambda each: each["container_path"]),
    "listeners": ("listener", lambda each: each["name"]),
    "rules": ("rule", lambda each: each["name"]),
    "forwards": ("forward", lambda each: each["target_group"]),
    "certificates": ("certificate", lambda each: each["file"]),
    "http_headers": ("http_header", lambda each: each["name"]),
    "query_strings": ("query_string", lambda each: f"{each['key'] or ''}={each['value']}"),
    "load_balancers": ("load_balancer", lambda each: each["target_group"]),
    "alarms": ("alarm", lambda each: each["name"]),
    "lifecycle_hooks": ("lifecycle_hook", lambda each: each["name"]),
    "target_trackings": ("target_tracking", lambda each: each["name"]),
    "step_scalings": ("step_scaling", lambda each: each["name"]),
    "steps": ("step", lambda each: range_key(each["lower_bound"], each["upper_bound"])),
    "scheduled_actions": ("scheduled_action", lambda each: each["name"]),
    "overrides": ("overrides.container", lambda each: each["name"]),
}
"""Field of repeated blocks -> the block's word, and what tells one from another."""

UNNAMED: Mapping[str, Mapping[str, str]] = {"action": {}, "schedule": {"schedule": "expression"}}
"""Fields whose parts stand in the block around them: a rule's `forward` is written without any `action`.

What is written otherwise than the part is called: `schedule = ...` is the expression of a schedule.
"""

_HIDDEN = frozenset({"address", "name", "family", "kind"})


def changed_attributes(
    old: Noun, new: Noun, effect: Effect, place: Callable[[str], str]
) -> tuple[tuple[AttributeChange, ...], int]:
    """Return the attributes that differ, sorted by path, and how many do not. `place` finds a path's file:line."""
    before, after = _flat(old), _flat(new)
    paths = sorted(_differing(before, after))
    changes = tuple(
        AttributeChange(path=path, old=before.get(path), new=after.get(path), effect=effect, place=place(path))
        for path in paths
    )
    return changes, len(before.keys() & after.keys()) - sum(path in before and path in after for path in paths)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    from deepdiff import DeepDiff  # a quarter of a second: only paid for when something did change

    # Zero: never give up on two that have little in common, which would be told as one change of the whole.
    tree = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    return {str(level.path(output_format="list")[0]) for levels in tree.values() for level in levels}


def _flat(noun: Noun) -> dict[str, Any]:
    """Return path -> value. Lists of values stay whole: `["a", "b"]` is one value."""
    flat: dict[str, Any] = {}
    _flatten(noun.model_dump(mode="json"), "", flat)
    return {path: value for path, value in flat.items() if value not in (None, "[]", "{}")}


def _flatten(content: Mapping[str, Any], prefix: str, flat: dict[str, Any]) -> None:
    for name, value in content.items():
        if name in _HIDDEN:
            continue
        if name in BLOCKS and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            word, key = BLOCKS[name]
            for each in value:
                _flatten(each, f"{prefix}{word}.{key(each)}.", flat)
        elif isinstance(value, dict):
            parts, inside = (_written(name, value), prefix) if name in UNNAMED else (value, f"{prefix}{name}.")
            _flatten(parts, inside, flat)
        else:
            flat[prefix + name] = json.dumps(value) if isinstance(value, list) else value


def _written(name: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an unnamed field under the names that they are written with."""
    written = {part: word for word, part in UNNAMED[name].items()}
    return {written.get(part, part): value for part, value in parts.items()}
