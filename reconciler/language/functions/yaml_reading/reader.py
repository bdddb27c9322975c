"""YAML's tokens to values: one document, read as go-cty-yaml reads it.

Mappings are objects, sequences tuples. An anchor names the value behind it, not a key; `<<` merges a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.language.expressions.conversion import convert
from reconciler.language.expressions.values import NULL, STRING, Value, object_of, tuple_of
from reconciler.language.functions.yaml_reading.resolution import resolved
from reconciler.language.functions.yaml_reading.scanner import MAXIMUM_NESTING, Token, scan
from reconciler.language.functions.yaml_reading.source import YamlError
from reconciler.language.limits import LimitError, check_elements

STANDARD = "tag:yaml.org,2002:"
MAPPING, SEQUENCE = f"{STANDARD}map", f"{STANDARD}seq"

_DOCUMENT_ENDS = frozenset({"directive", "document", "document-end", "end"})


def read(text: str) -> Value:
    """Return the value that a YAML text holds; raise YamlError."""
    return _Reader(scan(text)).document()


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = self.elements = 0
        self.anchors: dict[str, Value | None] = {}
        self.handles = {"!": "!", "!!": STANDARD}

    @property
    def kind(self) -> str:
        return self.tokens[self.position].kind

    def document(self) -> Value:
        if self.kind == "end":
            raise YamlError("the text holds nothing")
        explicit = self._document_start()
        value = NULL if explicit and self.kind in _DOCUMENT_ENDS else self._node(block=True)
        ended = self.kind == "document-end"
        while self.kind == "document-end":
            self._next()
        if self.kind in ("directive", "document"):
            raise self._error("there is a second document")
        if self.kind != "end":
            raise self._error("something follows the value" + (" and its end" if ended else ""))
        return value

    def _document_start(self) -> bool:
        """Read directives and `---`; say whether there was one."""
        if self.kind not in ("directive", "document"):
            return False
        versions = 0
        while self.kind == "directive":
            token = self._next()
            if token.handle:
                self.handles[token.handle] = token.text
            elif versions or token.text != "1.1":
                raise self._error(
                    "only version 1.1 of YAML is understood" if not versions else "two %YAML directives"
                )
            versions += not token.handle
        if self.kind != "document":
            raise self._error('"---" is missing after the directives')
        self._next()
        return True

    def _next(self) -> Token:
        token = self.tokens[self.position]
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def _take(self, kind: str) -> bool:
        if self.kind != kind:
            return False
        self._next()
        return True

    def _error(self, message: str) -> YamlError:
        return YamlError(f"line {self.tokens[self.position].line}: {message}")

    # Nodes

    def _node(self, block: bool, indentless: bool = False) -> Value:
        if self.kind == "alias":
            return self._alias()
        anchor, tag = self._properties()
        if anchor:
            self.anchors[anchor] = None
        value = self._content(tag, bool(anchor), block, indentless)
        if anchor:
            self.anchors[anchor] = value
        return value

    def _alias(self) -> Value:
        name = self.tokens[self.position].text
        value = self.anchors.get(name)
        if value is None:
            inside = name in self.anchors
            raise self._error(f'the anchor "{name}" is ' + ("used inside of itself" if inside else "not defined"))
        self._next()
        self._count(value)
        return value

    def _count(self, value: Value) -> None:
        """Count the elements that an alias stands for: aliases of aliases grow without bounds."""
        pending = [value]
        while pending:
            data = pending.pop().data
            if isinstance(data, dict | tuple):
                self.elements += len(data)
                check_elements(self.elements)
                pending.extend(data.values() if isinstance(data, dict) else data)

    def _properties(self) -> tuple[str, str | None]:
        anchor, tag = "", None
        while (self.kind == "anchor" and not anchor) or (self.kind == "tag" and tag is None):
            token = self._next()
            if token.kind == "anchor":
                anchor = token.text
            else:
                tag = self._tag(token)
        return anchor, tag

    def _tag(self, token: Token) -> str:
        if not token.handle:
            return token.text
        handle = token.handle if token.handle in self.handles else None
        if handle is None and token.handle.endswith("!") and len(token.handle) > 1:
            raise self._error(f'there is no tag handle "{token.handle}"')
        return self.handles.get(token.handle, token.handle) + token.text

    def _content(self, tag: str | None, anchored: bool, block: bool, indentless: bool) -> Value:
        kind = self.kind
        if kind == "scalar":
            token = self._next()
            return self._scalar(tag, token.text, token.style)
        if kind == "block-entry" and indentless:
            return self._sequence(tag, self._indentless_items())
        if kind == "flow-sequence":
            return self._sequence(tag, self._flow_items())
        if kind == "flow-mapping":
            return self._mapping(tag, self._flow_pairs())
        if kind == "block-sequence" and block:
            return self._sequence(tag, self._block_items())
        if kind == "block-mapping" and block:
            return self._mapping(tag, self._block_pairs())
        if anchored or tag is not None:
            return self._scalar(tag, "", "plain")
        raise self._error("a value is missing")

    def _scalar(self, tag: str | None, text: str, style: str) -> Value:
        try:
            return resolved(tag, text, style)
        except YamlError as error:
            raise self._error(str(error)) from None

    def _sequence(self, tag: str | None, items: Iterator[Value]) -> Value:
        with self._nested():
            found = list(items)
        if tag not in (None, SEQUENCE):
            raise self._error(f"a sequence is no {tag}")
        return tuple_of(found)

    def _mapping(self, tag: str | None, pairs: Iterator[tuple[Token | None, Value]]) -> Value:
        attributes: dict[str, Value] = {}
        with self._nested():
            for key, value in pairs:
                if key is None or key.kind != "scalar":
                    raise self._error("a key must be a text" if key is not None else "a key is missing")
                if key.text == "<<":
                    self._merge(attributes, value)
                else:
                    attributes[self._key(key)] = value
        if tag not in (None, MAPPING):
            raise self._error(f"a mapping is no {tag}")
        return object_of(attributes)

    def _merge(self, attributes: dict[str, Value], value: Value) -> None:
        if value.type.kind != "object" or value.data is None:
            raise self._error('only a mapping can be merged with "<<"')
        attributes.update(value.data)

    def _key(self, token: Token) -> str:
        key = self._scalar(token.handle or None, token.text, token.style)
        if key.data is None:
            raise self._error("a key cannot be null")
        text: str = convert(key, STRING).data
        return text

    @contextmanager
    def _nested(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAXIMUM_NESTING:
            raise LimitError("the YAML is nested too deeply")
        yield
        self.depth -= 1

    # Collections

    def _block_items(self) -> Iterator[Value]:
        self._next()
        while self._take("block-entry"):
            yield self._item(True, ("block-entry", "block-end"))
        if not self._take("block-end"):
            raise self._error('a "-" is missing: the lines of a list begin in the same column')

    def _indentless_items(self) -> Iterator[Value]:
        while self._take("block-entry"):
            yield self._item(True, ("block-entry", "key", "value", "block-end"))

    def _flow_items(self) -> Iterator[Value]:
        self._next()
        first = True
        while not self._take("flow-sequence-end"):
            if not first and not self._take("flow-entry"):
                raise self._error('a "," or "]" is missing')
            first = False
            if self.kind == "key":
                yield self._mapping(None, self._single_pair())
            elif self.kind != "flow-sequence-end":
                yield self._node(block=False)

    def _single_pair(self) -> Iterator[tuple[Token | None, Value]]:
        """Read `[key: value]`, a mapping of one key."""
        self._next()
        ends = ("value", "flow-entry", "flow-sequence-end")
        yield self._read_key(ends), self._value(False, ("flow-entry", "flow-sequence-end"))

    def _block_pairs(self) -> Iterator[tuple[Token | None, Value]]:
        self._next()
        ends = ("key", "value", "block-end")
        while self._take("key"):
            yield self._read_key(ends), self._value(True, ends)
        if not self._take("block-end"):
            raise self._error("a key is missing: the keys of a mapping begin in the same column")

    def _flow_pairs(self) -> Iterator[tuple[Token | None, Value]]:
        self._next()
        first = True
        while not self._take("flow-mapping-end"):
            if not first and not self._take("flow-entry"):
                raise self._error('a "," or "}" is missing')
            first = False
            if self._take("key"):
                key = self._read_key(("value", "flow-entry", "flow-mapping-end"))
                yield key, self._value(False, ("flow-entry", "flow-mapping-end"))
            elif self.kind != "flow-mapping-end":
                yield self._read_key(()), NULL

    def _read_key(self, ends: tuple[str, ...]) -> Token | None:
        """Read a key; None for an empty one. An anchor of a key names nothing; its tag is kept as handle."""
        if self.kind in ends:
            return None
        _, tag = self._properties()
        if self.kind == "scalar":
            return self._next()._replace(handle=tag or "")
        if self.kind in ("alias", "flow-sequence", "flow-mapping", "block-sequence", "block-mapping"):
            return self._next()
        raise self._error("a value is missing")

    def _value(self, block: bool, ends: tuple[str, ...]) -> Value:
        if not self._take("value"):
            return NULL
        return self._item(block, ends, indentless=block)

    def _item(self, block: bool, ends: tuple[str, ...], indentless: bool = False) -> Value:
        return NULL if self.kind in ends else self._node(block, indentless)
