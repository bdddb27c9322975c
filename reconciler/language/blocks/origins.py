"""Where each attribute of the stack is written, under the path that a plan prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.language.blocks.decode import Decoded
from reconciler.language.reading.syntax import Place, span
from reconciler.model.diagnostic import Span
from reconciler.model.scaling import range_key

TOLD_APART_BY: Mapping[str, Callable[[Decoded], str]] = {
    "port_mapping": lambda each: f"{first_port(each)}/{each.get('protocol')}",
    "depends_on": lambda each: str(each.get("container")),
    "mount_point": lambda each: str(each.get("container_path")),
    "volumes_from": lambda each: str(each.get("source_container")),
    "ulimit": lambda each: str(each.get("name")),
    "extra_host": lambda each: str(each.get("hostname")),
    "system_control": lambda each: str(each.get("namespace")),
    "resource_requirement": lambda each: str(each.get("type")),
    "device": lambda each: str(each.get("host_path")),
    "tmpfs": lambda each: str(each.get("container_path")),
    "forward": lambda each: str(each.get("target_group")),
    "certificate": lambda each: str(each.get("file")),
    "http_header": lambda each: str(each.get("name")),
    "query_string": lambda each: f"{each.get('key') or ''}={each.get('value')}",
    "load_balancer": lambda each: str(each.get("target_group")),
    "step": lambda each: range_key(each.get("lower_bound"), each.get("upper_bound")),
}
"""What tells the blocks of one word apart; a labelled block's label does so by itself."""


def first_port(mapping: Decoded) -> int:
    """Return the container port of a mapping, the first one of its range."""
    text = str(mapping.get("container_port_range") or "").partition("-")[0]
    return int(text) if text.isdigit() else int(mapping.get("container_port") or 0)


def origins(address: str, decoded: Decoded) -> dict[str, Span]:
    """Return path -> span for a block and everything inside."""
    return {path: span(decoded.file, place) for path, place in _walk(address, decoded)}


def _walk(path: str, decoded: Decoded) -> Iterator[tuple[str, Place]]:
    yield path, decoded.place
    for name, place in decoded.places.items():
        yield f"{path}.{name}", place
        for key, inner in decoded.keys.get(name, {}).items():
            yield f"{path}.{name}.{key}", inner
    for word, blocks in decoded.blocks.items():
        for block in blocks:
            yield from _walk(f"{path}.{word}{_suffix(word, block)}", block)


def _suffix(word: str, block: Decoded) -> str:
    if block.label:
        return f".{block.label}"
    told_apart_by = TOLD_APART_BY.get(word)
    return f".{told_apart_by(block)}" if told_apart_by is not None else ""
