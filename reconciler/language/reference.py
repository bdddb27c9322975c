"""The reference of the language as plain text, for `reconciler docs`: from the table that checks stacks.

A path names a block or attribute from the top (`task_definition.container.image`) or by its end (`container.image`).
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.language.blocks.unknown_names import instead
from reconciler.language.expressions.access import similar
from reconciler.language.functions.table import TABLE, Function
from reconciler.language.schema import Attribute, Block, facts, times
from reconciler.language.schema_stack import ROOT
from reconciler.language.testing.schema import TEST_FILE

ROOTS = (ROOT, TEST_FILE)
FUNCTIONS = "functions"
ELSEWHERE = "Of ECS or Terraform only."
_LAZY = {
    "try": "try(expressions...): any\n\nReturn the first argument that has a value.",
    "can": "can(expression): bool\n\nSay whether the argument has a value.",
    "convert": "convert(value: any, type): any\n\nReturn the value as a type: `convert([], list(string))`.",
}

_DYNAMIC = """\
dynamic "block"

Repeats a block inside of another, once for each element of a collection.

dynamic "block" { ... }

Attributes:

  for_each  A map, object, set, list or tuple. (expression; required)
  iterator  The name of the element: NAME.key and NAME.value. (default: the block's)
  labels    The labels, for blocks that have some: [NAME.key]. (expression)

Blocks:

  content   What each of the blocks holds. (required)

Example:

    dynamic "port_mapping" {
      for_each = { http = 8080, metrics = 9090 }

      content {
        name           = port_mapping.key
        container_port = port_mapping.value
      }
    }"""


class Entry(NamedTuple):
    """A block or attribute, and every path that leads to it."""

    thing: Block | Attribute
    paths: tuple[str, ...]


def overview(width: int) -> str:
    """Return what there is at the top."""
    stack, tests = (_table([(_header(block), block.doc) for block in root.blocks], width) for root in ROOTS)
    head = "A stack is a folder of *.hcl files. At the top of a file stand:"
    between = "At the top of a test file, *.test.hcl, stand:"
    more = (
        "reconciler docs PATH tells of one: `reconciler docs service`, `reconciler docs container.image`. "
        "`reconciler docs functions` lists the functions, `reconciler docs jsonencode` tells of one."
    )
    return f"{head}\n\n{stack}\n\n{between}\n\n{tests}\n\n{textwrap.fill(more, width)}"


def about(query: str, samples: Mapping[str, str], width: int) -> str | None:
    """Return what there is to say about a path or function; None when there is no such thing."""
    name = query.removesuffix("()")
    if name == FUNCTIONS:
        return _functions(width)
    entries = find(name)
    if entries:
        return _entries_text(name, entries, samples, width)
    if name == "dynamic":
        return _DYNAMIC
    return _function(name.removeprefix("core::"), width) or _unsupported(name, width)


def find(query: str) -> list[Entry]:
    """Return what a path may mean: what it names from the top, else everything whose path ends with it."""
    exact = [entry for entry in _entries() if query in entry.paths]
    if exact:
        return exact
    return [entry for entry in _entries() if any(path.endswith(f".{query}") for path in entry.paths)]


def did_you_mean(query: str) -> str:
    """Return a sentence that proposes what there is of a similar name, or an empty one."""
    paths = {path for entry in _entries() for path in entry.paths}
    ends = {".".join(path.split(".")[index:]) for path in paths for index in range(path.count(".") + 1)}
    return similar(query, {*ends, *TABLE, *_LAZY, FUNCTIONS})


def _entries() -> list[Entry]:
    found: dict[int, tuple[Block | Attribute, list[str]]] = {}
    for path, thing in (each for root in ROOTS for each in _walk(root, "")):
        found.setdefault(id(thing), (thing, []))[1].append(path)
    return [Entry(thing, tuple(paths)) for thing, paths in found.values()]


def _walk(block: Block, prefix: str) -> Iterator[tuple[str, Block | Attribute]]:
    yield from ((f"{prefix}{each.name}", each) for each in block.attributes)
    for each in block.blocks:
        yield f"{prefix}{each.word}", each
        yield from _walk(each, f"{prefix}{each.word}.")


def _entries_text(name: str, entries: list[Entry], samples: Mapping[str, str], width: int) -> str:
    """Tell of the entry nearest to the top and name the others; where several are equally near, name them all."""
    first, *others = sorted(entries, key=_depth)
    rows = [(each.paths[0], each.thing.doc) for each in others]
    if others and _depth(others[0]) == _depth(first):
        rows = [(each.paths[0], each.thing.doc) for each in entries]
        return f"{name} stands in several places:\n\n{_table(rows, width)}"
    text = _entry(name, first, samples, width)
    return f"{text}\n\nOf the same name:\n\n{_table(rows, width)}" if others else text


def _depth(entry: Entry) -> int:
    return min(path.count(".") for path in entry.paths)


def _entry(name: str, entry: Entry, samples: Mapping[str, str], width: int) -> str:
    thing = entry.thing
    title = next(path for path in entry.paths if f".{path}".endswith(f".{name}"))
    sample = next((samples[path] for path in entry.paths if path in samples), "")
    parts = _block(thing, width) if isinstance(thing, Block) else _attribute(thing, width)
    if sample:
        parts.append("Example:\n\n" + textwrap.indent(sample, "    "))
    others = [path for path in entry.paths if path != title]
    if others:
        parts.append(textwrap.fill(f"The same: {', '.join(others)}.", width, break_on_hyphens=False))
    return "\n\n".join([title, *filter(None, parts)])


def _block(block: Block, width: int) -> list[str]:
    rows = [(each.name, f"{each.doc} ({'; '.join(facts(each))})") for each in block.attributes]
    inner = [(_header(each), f"{each.doc} ({times(each)})") for each in block.blocks]
    later = ", ".join(f"{name} ({what})" for name, what in block.later.items())
    others = ", ".join(block.aws_only)
    return [
        textwrap.fill(block.doc, width),
        f"{_header(block)} {{ ... }}",
        f"Attributes:\n\n{_table(rows, width)}" if rows else "",
        "Attributes of any name." if block.free else "",
        f"Blocks:\n\n{_table(inner, width)}" if inner else "",
        textwrap.fill(f"Not there yet: {later}.", width) if later else "",
        textwrap.fill(f"Of ECS or Terraform only: {others}.", width) if others else "",
    ]


def _attribute(attribute: Attribute, width: int) -> list[str]:
    kind = f"{attribute.name} = {'; '.join(facts(attribute))}"
    return [textwrap.fill(attribute.doc, width), textwrap.fill(kind, width)]


def _header(block: Block) -> str:
    return f'{block.word} "name"' if block.labelled else block.word


def _functions(width: int) -> str:
    rows = [(name, _sentence(TABLE[name])) for name in sorted(TABLE)]
    rows += [(name, text.partition("\n\n")[2]) for name, text in _LAZY.items()]
    return f"With Terraform's names and meaning:\n\n{_table(sorted(rows), width)}"


def _unsupported(query: str, width: int) -> str | None:
    """Tell of a name that other tools know and we do not, where the table has it."""
    blocks = [("", root) for root in ROOTS]
    for entry in _entries():
        if isinstance(entry.thing, Block):
            blocks += [(f"{path}.", entry.thing) for path in entry.paths]
    found: dict[str, str] = {}
    for prefix, block in blocks:
        found |= {prefix + name: f"Not there yet: {what}." for name, what in block.later.items()}
        found |= {prefix + name: f"{ELSEWHERE} {instead(what)}" for name, what in block.aws_only.items()}
    rows = [(path, text) for path, text in found.items() if f".{path}".endswith(f".{query}")]
    return "\n\n".join(f"{path}\n\n{textwrap.fill(text, width)}" for path, text in rows) or None


def _function(name: str, width: int) -> str | None:
    if name in _LAZY:
        return _LAZY[name]
    entry = TABLE.get(name)
    return f"{signature(entry)}\n\n{textwrap.fill(_sentence(entry), width)}" if entry is not None else None


def signature(entry: Function) -> str:
    """Return a function's parameters and result: `join(separator: string, lists: list(string)...): string`."""
    names = [each for each in inspect.signature(entry.body).parameters if each != "context"]
    fixed = [f"{name}: {one.type}" for name, one in zip(names, entry.parameters, strict=False)]
    needed = len(fixed) - entry.optional
    shown = [*fixed[:needed], *(f"[{each}]" for each in fixed[needed:])]
    if entry.variadic is not None:
        shown.append(f"{names[-1]}: {entry.variadic.type}...")
    return f"{entry.name}({', '.join(shown)}): {entry.returns}"


def _sentence(entry: Function) -> str:
    return inspect.getdoc(entry.body) or ""


def _table(rows: list[tuple[str, str]], width: int) -> str:
    """Return rows of a name and a text, the texts one below the other."""
    margin = min(max(len(name) for name, _ in rows), 28) + 4
    lines = []
    for name, text in rows:
        head = f"  {name}".ljust(margin)
        body = textwrap.wrap(text, max(width - margin, 30)) or [""]
        if len(head) > margin:
            lines.append(head)
            head = " " * margin
        lines += [(head + body[0]).rstrip(), *(" " * margin + line for line in body[1:])]
    return "\n".join(lines)
