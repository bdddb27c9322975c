"""Samples of blocks and attributes, cut out of stacks that are known to be valid."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

from reconciler.language.reading import syntax
from reconciler.language.reading.parser import parse

LONGEST_INNER_BLOCK = 6
"""An inner block of more lines than this has a sample of its own only."""


def samples(texts: Iterable[str]) -> dict[str, str]:
    """Return the first sample of each block and attribute, by path: `task_definition.container.image`."""
    found: dict[str, str] = {}
    for text in texts:
        for path, sample in _inside(text.splitlines(), parse(text).body, ""):
            found.setdefault(path, sample)
    return found


def _inside(lines: list[str], body: syntax.Body, prefix: str) -> Iterator[tuple[str, str]]:
    for attribute in body.attributes:
        shown = lines[attribute.place[0] - 1 : attribute.value.place[2]]
        sample = inspect.cleandoc("\n".join(shown))
        yield f"{prefix}{attribute.name}", re.sub(r" +=", " =", sample, count=1)
    for block in body.blocks:
        path = f"{prefix}{block.type}"
        yield path, _shown(lines, block)
        yield from _inside(lines, block.body, f"{path}.")


def _shown(lines: list[str], block: syntax.Block) -> str:
    """Return a block's text without its long inner blocks."""
    hidden = {
        number
        for inner in block.body.blocks
        if _last(inner) - inner.place[0] >= LONGEST_INNER_BLOCK
        for number in range(inner.place[0], _last(inner) + 1)
    }
    kept = [lines[number - 1] for number in range(block.place[0], _last(block) + 1) if number not in hidden]
    text = re.sub(r"\n{3,}", "\n\n", inspect.cleandoc("\n".join(kept)))
    return re.sub(r"\n\n(\s*\})", r"\n\1", text)


def _last(block: syntax.Block) -> int:
    return block.body.place[2]
