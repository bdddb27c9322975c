"""YAML's text to tokens. Indentation becomes tokens too: where a block begins and ends.

Whether a text is a key shows only at the colon behind it. So the two tokens that would begin a mapping and a key are
left open before everything that may be a key, and filled in at the colon.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.language.functions.yaml_reading import scalars
from reconciler.language.functions.yaml_reading.source import BLANKS, BREAKS, SPACES, SPACES_AND_TABS, Source
from reconciler.language.limits import LimitError

MAXIMUM_KEY = 1024
MAXIMUM_NESTING = 100
MAXIMUM_TOKENS = 300_000
MAXIMUM_LINES = 100_000

_NAME = re.compile(r"[0-9A-Za-z_-]*")
_TAG = re.compile(r"!<([^> \0]*)>|(!(?:[0-9A-Za-z_-]*!)?)([^\s,\[\]{}\0]*)")
_AFTER_NAME = "?:,]}%@`"
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW = {"[": "flow-sequence", "{": "flow-mapping"}
_FLOW_END = {"]": "flow-sequence-end", "}": "flow-mapping-end"}


class Token(NamedTuple):
    """One token; `style` tells plain, quoted and block scalars apart."""

    kind: str
    line: int
    text: str = ""
    style: str = ""
    handle: str = ""


class _Key(NamedTuple):
    """Where a key may have begun: which two tokens are left open for it, and its place."""

    opened: int
    line: int
    column: int
    position: int
    required: bool


def scan(text: str) -> list[Token]:
    """Return the tokens of a text; raise YamlError, or LimitError for one that is too large."""
    if text.count("\n") > MAXIMUM_LINES:
        raise LimitError("the YAML is too large")
    return [token for token in _Scanner(Source(text)).scan() if token is not None]


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens: list[Token | None] = []
        self.indents: list[int] = [-1]
        self.keys: list[_Key | None] = [None]
        self.key_allowed = True

    @property
    def in_flow(self) -> bool:
        return len(self.keys) > 1

    def scan(self) -> list[Token | None]:
        while True:
            self._skip_space()
            self._drop_stale_key()
            if not self.in_flow:
                self._unroll(self.source.column)
            if self.source.at_end():
                break
            self._token()
        self._unroll(-1)
        self._remove_key()
        self._add("end")
        return self.tokens

    def _add(self, kind: str, text: str = "", style: str = "", handle: str = "", line: int = 0) -> None:
        if len(self.tokens) > MAXIMUM_TOKENS:
            raise LimitError("the YAML is too large")
        self.tokens.append(Token(kind, line or self.source.line, text, style, handle))

    def _skip_space(self) -> None:
        source = self.source
        while True:
            source.skip_blanks(SPACES if self.key_allowed and not self.in_flow else SPACES_AND_TABS)
            if source.here() == "#":
                source.rest_of_line()
            if source.at_end() or source.here() not in BREAKS:
                return
            source.read_break()
            if not self.in_flow:
                self.key_allowed = True

    def _token(self) -> None:
        source, letter = self.source, self.source.here()
        spaced = source.is_space(1)
        if source.column == 0 and letter == "%":
            self._directive()
        elif source.at_document_mark():
            self._unroll(-1)
            self._forbid_key()
            self._add("document" if letter == "-" else "document-end")
            source.skip(3)
        elif letter in _FLOW:
            self._save_key()
            self.keys.append(None)
            if len(self.keys) > MAXIMUM_NESTING:
                raise LimitError("the YAML is nested too deeply")
            self._indicator(_FLOW[letter], True)
        elif letter in _FLOW_END:
            self._remove_key()
            if self.in_flow:
                self.keys.pop()
            self._indicator(_FLOW_END[letter], False)
        elif letter == ",":
            self._remove_key()
            self._indicator("flow-entry", True)
        elif letter == "-" and spaced:
            self._block_indicator("block-sequence", "block-entry", "a list's item")
            self.key_allowed = True
        elif letter == "?" and (self.in_flow or spaced):
            self._block_indicator("block-mapping", "key", "a key")
            self.key_allowed = not self.in_flow
        elif letter == ":" and (self.in_flow or spaced):
            self._value()
        else:
            self._node()

    def _indicator(self, kind: str, key_allowed: bool) -> None:
        self._add(kind)
        self.source.skip()
        self.key_allowed = key_allowed

    def _block_indicator(self, block: str, kind: str, what: str) -> None:
        if not self.in_flow:
            if not self.key_allowed:
                raise self.source.error(f"{what} cannot stand here")
            self._roll(self.source.column, block)
        self._remove_key()
        self._add(kind)
        self.source.skip()

    def _node(self) -> None:
        """Read an alias, anchor, tag or scalar."""
        source, letter = self.source, self.source.here()
        line = source.line
        if letter in "|>" and not self.in_flow:
            self._remove_key()
            self.key_allowed = True
            self._add("scalar", scalars.block(source, self.indents[-1]), "block", line=line)
        elif letter in "&*":
            self._save_key()
            self.key_allowed = False
            source.skip()
            self._add("anchor" if letter == "&" else "alias", self._name())
        elif letter == "!":
            self._save_key()
            self.key_allowed = False
            self._tag()
        elif letter in "'\"":
            self._save_key()
            self.key_allowed = False
            self._add("scalar", scalars.quoted(source), "quoted", line=line)
        elif letter not in _INDICATORS or (
            not source.is_space(1) and (letter == "-" or (letter in "?:" and not self.in_flow))
        ):
            if letter in BLANKS:
                raise source.error("a tab stands where blanks must indent")
            self._save_key()
            self.key_allowed = False
            text, broken = scalars.plain(source, self.indents[-1] + 1, self.in_flow)
            self.key_allowed = broken
            self._add("scalar", text, "plain", line=line)
        else:
            raise source.error(f'"{letter}" cannot begin a value; put the value in quotes')

    def _name(self) -> str:
        found = _NAME.match(self.source.ahead(MAXIMUM_KEY))
        assert found is not None
        self.source.skip(len(found[0]))
        if not found[0] or not (self.source.is_space() or self.source.here() in _AFTER_NAME):
            raise self.source.error("the name of an anchor is made of letters, digits, - and _")
        return found[0]

    def _tag(self) -> None:
        found = _TAG.match(self.source.ahead(MAXIMUM_KEY))
        assert found is not None
        self.source.skip(len(found[0]))
        if not self.source.is_space() and not (self.in_flow and self.source.here() == ","):
            raise self.source.error("a blank is missing after a tag")
        self._add("tag", found[1] if found[1] is not None else found[3], handle=found[2] or "")

    def _directive(self) -> None:
        self._unroll(-1)
        self._forbid_key()
        name, *parameters = self.source.rest_of_line().partition(" #")[0][1:].split()
        if name not in ("YAML", "TAG") or len(parameters) != (1 if name == "YAML" else 2):
            raise self.source.error("there is no such directive")
        self._add("directive", parameters[-1], handle=parameters[0] if name == "TAG" else "")

    # Keys

    def _save_key(self) -> None:
        """Note that a key may begin here, and leave two tokens open for it."""
        if not self.key_allowed:
            return
        self._remove_key()
        source = self.source
        required = not self.in_flow and self.indents[-1] == source.column
        self.keys[-1] = _Key(len(self.tokens), source.line, source.column, source.position, required)
        self.tokens += [None, None]

    def _remove_key(self) -> None:
        key = self.keys[-1]
        if key is not None and key.required:
            raise self.source.error('a ":" is missing after a key', key.line)
        self.keys[-1] = None

    def _forbid_key(self) -> None:
        self._remove_key()
        self.key_allowed = False

    def _drop_stale_key(self) -> None:
        """A key and its colon stand on one line, not too far apart."""
        for index, key in enumerate(self.keys):
            if key is None:
                continue
            if key.line < self.source.line or key.position + MAXIMUM_KEY < self.source.position:
                if key.required:
                    raise self.source.error('a ":" is missing after a key', key.line)
                self.keys[index] = None

    def _value(self) -> None:
        key = self.keys[-1]
        if key is not None:
            if not self.in_flow and self.indents[-1] < key.column:
                self.indents.append(key.column)
                self.tokens[key.opened] = Token("block-mapping", key.line)
            self.tokens[key.opened + 1] = Token("key", key.line)
            self.keys[-1] = None
            self.key_allowed = False
        else:
            if not self.in_flow:
                if not self.key_allowed:
                    raise self.source.error("a mapping cannot begin here; put a text that holds a colon in quotes")
                self._roll(self.source.column, "block-mapping")
            self.key_allowed = not self.in_flow
        self._add("value")
        self.source.skip()

    # Indentation

    def _roll(self, column: int, kind: str) -> None:
        if self.indents[-1] < column:
            self.indents.append(column)
            self._add(kind)

    def _unroll(self, column: int) -> None:
        while self.indents[-1] > column:
            self.indents.pop()
            self._add("block-end")
