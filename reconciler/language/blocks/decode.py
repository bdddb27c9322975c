"""A block's body against the table: which attributes it has, of which kind, within which bounds.

The result keeps the place of everything, for the checks that follow. Every mistake is reported; what is wrong is left
out of the result, which then has `failed` set. Who asks such a result for what is left out gets an UnsureError: so a
check finds all that does not follow from a mistake, and nothing that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.language.blocks.attribute_values import UnfitError, python_value
from reconciler.language.blocks.dynamic import expanded
from reconciler.language.blocks.unknown_names import meant, unknown_name
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import (
    Value,
    has_sensitive,
    is_wholly_known,
)
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place
from reconciler.language.report import UNKNOWN_AT_PLAN, Report, SkippedError
from reconciler.language.schema import Attribute, Block, Kind

_NAMING = (Kind.REFERENCE, Kind.REFERENCES, Kind.REFERENCE_MAP)
"""Kinds whose value matters by what it names: attributes of that may well be unknown."""

LABEL = ""
"""What stands for a block's label among the names that are unsure."""

_WORD = re.compile(r"[^\W\d][\w-]*\Z", re.ASCII)


class UnsureError(SkippedError):
    """What a block says there was not understood, and that was reported already."""


class Decoded:
    """A block as the table sees it: values as Python, values as the language sees them, and where each stands."""

    def __init__(self, schema: Block, file: str, place: Place, label: str = "") -> None:
        self.schema, self.file, self.place, self.label = schema, file, place, label
        self.values: dict[str, Any] = {}
        self.raw: dict[str, Value] = {}
        self.places: dict[str, Place] = {}
        self.names: dict[str, Place] = {}
        self.keys: dict[str, dict[str, Place]] = {}
        self.blocks: dict[str, list[Decoded]] = {}
        self.defaults: Mapping[str, Any] = {}
        """Other defaults than the table's."""
        self.failed = False
        self.unsure: set[str] = set()
        """Names of attributes and blocks that were written wrong, or not at all where they must be; LABEL too."""

    def get(self, name: str) -> Any:
        """Return an attribute's value, its default when it is absent; raise UnsureError."""
        if name in self.values:
            return self.values[name]
        self._check_sure(name)
        attribute = self.schema.attribute(name)
        return self.default(attribute) if attribute is not None else None

    def default(self, attribute: Attribute) -> Any:
        """Return what an attribute is when it is absent."""
        return self.defaults.get(attribute.name, attribute.default)

    def where(self, name: str) -> Place:
        """Return the place of an attribute's value, that of the block when it is absent."""
        return self.places.get(name, self.place)

    def has(self, name: str) -> bool:
        """Say whether an attribute or a block is there, be it right or wrong; raise UnsureError."""
        if name in self.places or self.blocks.get(name):
            return True
        self._check_sure(name)
        return False

    def all(self, word: str) -> list[Decoded]:
        """Return the blocks of that name; raise UnsureError when there may be others."""
        self._check_sure(word)
        return self.some(word)

    def some(self, word: str) -> list[Decoded]:
        """Return the blocks of that name that were understood."""
        return self.blocks.get(word, [])

    def one(self, word: str) -> Decoded | None:
        """Return the only block of that name; raise UnsureError."""
        found = self.blocks.get(word)
        if not found:
            self._check_sure(word)
        return found[0] if found else None

    def every(self) -> Iterator[Decoded]:
        """Yield this block and those inside."""
        yield self
        for blocks in self.blocks.values():
            for block in blocks:
                yield from block.every()

    def doubt(self, name: str) -> None:
        """Take an attribute or a block as not understood from here on, after reporting why."""
        self.failed = True
        self.values.pop(name, None)
        self.unsure.add(name)

    def _check_sure(self, name: str) -> None:
        if name in self.unsure:
            raise UnsureError(self.place)


class Decoder:
    """Decode bodies of one file; `report` is told what is wrong."""

    def __init__(self, report: Report, file: str, scope: Scope) -> None:
        self.report, self.file, self.scope = report, file, scope

    def block(self, block: syntax.Block, schema: Block) -> Decoded:
        """Decode a block of a known kind."""
        label = self._label(block, schema)
        said = block.labels[0].text if schema.labelled and block.labels else ""
        decoded = Decoded(schema, self.file, block.place, said)
        if label is None:
            decoded.doubt(LABEL)
        self._attributes(block, schema, decoded)
        self._blocks(block, schema, decoded)
        return decoded

    def error(self, code: str, summary: str, detail: str, place: Place) -> None:
        """Report an error in this file."""
        self.report.error(code, summary, detail, self.file, place)

    def _label(self, block: syntax.Block, schema: Block) -> str | None:
        return check_label(self.report, self.file, block, schema)

    def _attributes(self, block: syntax.Block, schema: Block, decoded: Decoded) -> None:
        for node in block.body.attributes:
            attribute = schema.attribute(node.name)
            if attribute is None and schema.free:
                continue
            if attribute is None:
                decoded.failed = True
                decoded.unsure |= meant(node.name, schema)
                self._unknown_name(node.name, node.name_place, block, schema, "attribute")
                continue
            decoded.names[node.name] = node.name_place
            decoded.places[node.name] = node.value.place
            if attribute.kind is not Kind.EXPRESSION:
                self._value(node, attribute, decoded)
        for attribute in schema.attributes:
            if attribute.required and attribute.name not in decoded.names and attribute.name not in decoded.unsure:
                decoded.doubt(attribute.name)
                detail = f"Add `{attribute.name} = ...`: {attribute.doc}"
                self.error("E0205", f'{titled(block)} needs the attribute "{attribute.name}"', detail, block.place)

    def _value(self, node: syntax.Attribute, attribute: Attribute, decoded: Decoded) -> None:
        try:
            value = evaluate(node.value, self.scope)
            decoded.raw[node.name] = value
            if isinstance(node.value, syntax.ObjectConstructor):
                decoded.keys[node.name] = _literal_keys(node.value)
            if value.data is None:
                self._null(attribute, decoded, node)
                return
            self._check_known(value, attribute)
            decoded.values[node.name] = python_value(value, attribute)
        except EvaluationError as error:
            decoded.doubt(node.name)
            error.file = error.file or self.file
            self.report.evaluation(error)
        except UnfitError as error:
            decoded.doubt(node.name)
            detail = error.detail or f"It is a {attribute.kind}: {attribute.doc}"
            self.error(error.code, f'"{node.name}": {error}', detail, node.value.place)

    def _null(self, attribute: Attribute, decoded: Decoded, node: syntax.Attribute) -> None:
        """Treat null as absent, as Terraform does."""
        decoded.raw.pop(attribute.name)
        if attribute.required:
            decoded.doubt(attribute.name)
            self.error("E0205", f'"{attribute.name}" is required and null here', "Give it a value.", node.value.place)
        decoded.places.pop(attribute.name)

    def _check_known(self, value: Value, attribute: Attribute) -> None:
        if attribute.kind in _NAMING and not value.is_unknown:
            return
        if has_sensitive(value):
            if attribute.name in ("environment", "docker_labels", "labels", "command"):
                detail = (
                    "Declare a secret block and name it in the container's `secrets`: values there are never shown."
                )
            else:
                detail = "What a stack declares is shown in plans and labels; use a secret block instead."
            raise UnfitError("a sensitive value would be shown", detail, "E0208")
        if not is_wholly_known(value):
            detail = "Only outputs may use attributes that are known after apply."
            raise UnfitError("the value is known only after apply", detail, UNKNOWN_AT_PLAN)

    def _blocks(self, block: syntax.Block, schema: Block, decoded: Decoded) -> None:
        seen: dict[tuple[str, str], Place] = {}
        for inner, scope in self._expanded(block, decoded):
            found = schema.block(inner.type)
            if found is None:
                decoded.failed = True
                decoded.unsure |= meant(inner.type, schema)
                self._unknown_name(inner.type, inner.place, block, schema, "block")
                continue
            child = Decoder(self.report, self.file, scope).block(inner, found)
            decoded.failed = decoded.failed or child.failed
            if LABEL in child.unsure:
                decoded.unsure.add(inner.type)
            key = (inner.type, child.label)
            if found.repeated or key not in seen or LABEL in child.unsure:
                seen[key] = inner.place
                decoded.blocks.setdefault(inner.type, []).append(child)
                continue
            decoded.failed = True
            what = f'{inner.type} "{child.label}"' if found.labelled else f"the block {inner.type}"
            detail = f"The other one is on line {seen[key][0]}; keep one of the two."
            self.error("E0204", f"{what} is declared twice", detail, inner.place)
        for each in schema.blocks:
            if each.required and not decoded.blocks.get(each.word) and each.word not in decoded.unsure:
                decoded.doubt(each.word)
                label = ' "name"' if each.labelled else ""
                detail = f"Add `{each.word}{label} {{ ... }}`: {each.doc}"
                self.error("E0205", f"{titled(block)} needs {article(each.word)} block", detail, block.place)

    def _expanded(self, block: syntax.Block, decoded: Decoded) -> Iterator[tuple[syntax.Block, Scope]]:
        """Yield the blocks inside, `dynamic` ones as what they stand for."""
        for inner in block.body.blocks:
            word = inner.labels[0] if inner.type == "dynamic" and inner.labels else None
            if word is not None and decoded.schema.block(word.text) is None:  # also when it makes no block
                decoded.failed = True
                decoded.unsure |= meant(word.text, decoded.schema)
                self._unknown_name(word.text, inner.place, block, decoded.schema, "block")
                continue
            try:
                yield from expanded(inner, self.scope)
            except EvaluationError as error:
                decoded.doubt(inner.type if word is None else word.text)
                error.file = error.file or self.file
                self.report.evaluation(error)

    def _unknown_name(self, name: str, place: Place, block: syntax.Block, schema: Block, word: str) -> None:
        unknown_name(self.report, self.file, (name, place, word), f"in {titled(block)}", schema)


def check_label(report: Report, file: str, block: syntax.Block, schema: Block) -> str | None:
    """Return a block's label ("" for a block that has none); None after reporting that it is wrong."""
    wanted = 1 if schema.labelled else 0
    if len(block.labels) != wanted:
        detail = f'Write `{block.type} "name" {{`.' if wanted else f"Write `{block.type} {{`."
        many, count = "one label" if wanted else "no label", len(block.labels)
        summary = f"{article(block.type)} block has {many}, here {'is' if count == 1 else 'are'} {count}"
        report.error("E0203", summary, detail, file, block.labels[wanted].place if count > wanted else block.place)
        return None
    if not wanted:
        return ""
    label = block.labels[0]
    if not _WORD.match(label.text):
        detail = "A label begins with a letter or _ and goes on with letters, digits, _ and -."
        report.error("E0203", f'"{label.text}" cannot be a label', detail, file, label.place)
        return None
    return label.text


def article(word: str) -> str:
    """Return a word behind its indefinite article."""
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def titled(block: syntax.Block) -> str:
    """Return how a message names a block: `container "app"`."""
    return " ".join([block.type, *(f'"{label.text}"' for label in block.labels)])


def _literal_keys(node: syntax.ObjectConstructor) -> dict[str, Place]:
    """Return the place of the value of every plain key, so that a plan can point at one variable of many."""
    return {str(key.value): value.place for key, value in node.items if isinstance(key, syntax.Literal)}
