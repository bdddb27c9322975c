"""A decoded block's own attributes and blocks, under the names of the model and in an order of its own."""

from __future__ import annotations

from typing import Any

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.origins import TOLD_APART_BY
from reconciler.language.schema import Kind

_UNORDERED = frozenset(
    {
        "add",
        "drop",
        "host_header",
        "http_method",
        "ignored_exit_codes",
        "path_pattern",
        "permissions",
        "source_ip",
        "values",
    }
)
"""Lists whose order means nothing."""


def content_of(decoded: Decoded) -> dict[str, Any]:
    """Return what a block says, but for its labelled blocks: who makes the noun knows those."""
    content = {
        attribute.name: decoded.values[attribute.name]
        for attribute in decoded.schema.attributes
        if attribute.name in decoded.values and attribute.kind is not Kind.EXPRESSION
    }
    for name in _UNORDERED & content.keys():
        content[name] = tuple(sorted(set(content[name])))
    for inner in decoded.schema.blocks:
        found = decoded.all(inner.word)
        field = inner.field or inner.word
        if inner.repeated:
            content[field] = [content_of(each) for each in ordered(inner.word, found)]
        elif found and not inner.labelled and inner.word != "lifecycle":
            content[field] = content_of(found[0])
    return content


def ordered(word: str, blocks: list[Decoded]) -> list[Decoded]:
    """Return repeated blocks sorted by what tells them apart: the order in a file never matters."""
    return sorted(blocks, key=TOLD_APART_BY[word])


def by_label(blocks: list[Decoded]) -> list[Decoded]:
    """Return labelled blocks sorted by their label."""
    return sorted(blocks, key=lambda each: each.label)
