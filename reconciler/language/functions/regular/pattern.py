"""Regular expressions as text, to a tree: RE2's syntax as Go has it."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from reconciler.language.functions.regular import characters
from reconciler.language.functions.regular.characters import CharacterSet, Property, Range

MAXIMUM_NESTING = 100
MAXIMUM_REPEAT = 1000


class PatternError(ValueError):
    """The pattern is no regular expression."""


class Letter(NamedTuple):
    """One character."""

    letter: str


class OneOf(NamedTuple):
    """One character of a set."""

    members: CharacterSet


class Assertion(NamedTuple):
    """A condition of the place: `begin`, `end`, `line_begin`, `line_end`, `boundary`, `no_boundary`."""

    kind: str


class Sequence(NamedTuple):
    """One part after the other."""

    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """The first of the parts that fits."""

    parts: tuple[Node, ...]


class Repeat(NamedTuple):
    """A part again and again; `most` is None for without end."""

    part: Node
    least: int
    most: int | None
    greedy: bool


class Group(NamedTuple):
    """What a match remembers, counted from 1."""

    part: Node
    number: int


Node: TypeAlias = Letter | OneOf | Assertion | Sequence | Choice | Repeat | Group

_REPEAT = re.compile(r"([*+?]|\{(\d+)(?:(,)(\d*))?\})(\??)", re.ASCII)
_GROUP = re.compile(r"\(\?(?:P?<(?P<name>[A-Za-z0-9_]+)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)([^}]*)\}|(.))", re.DOTALL)
_POSIX = re.compile(r"\[:(\^?)(\w*):\]", re.ASCII)
_CODE = re.compile(r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))")
_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_ASSERTIONS = {"A": "begin", "z": "end", "b": "boundary", "B": "no_boundary"}
_BOUNDS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class PatternReader:
    """Reads one pattern; `names` are those of its groups, in order (empty for one without)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        self._position = 0
        self._flags: frozenset[str] = frozenset()
        self._depth = 0

    def read(self) -> Node:
        """Return the tree; raise PatternError."""
        node = self._choice()
        if self._position < len(self.text):
            raise PatternError('there is a ")" without "("')
        return node

    def _choice(self) -> Node:
        flags, branches = self._flags, [self._sequence()]
        while self._next("|"):
            branches.append(self._sequence())
        self._flags = flags
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._position < len(self.text) and self.text[self._position] not in "|)":
            repeat = self._repetition()
            if repeat is None:
                parts.extend(self._parts())
            elif not parts:
                raise PatternError(f'nothing stands before "{repeat[0]}"')
            else:
                parts.append(self._repeated(parts.pop(), repeat))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repetition(self) -> re.Match[str] | None:
        return _REPEAT.match(self.text, self._position)

    def _repeated(self, part: Node, found: re.Match[str]) -> Node:
        self._position = found.end()
        following = self._repetition()
        if following is not None:
            raise PatternError(f'"{found[0]}{following[0]}" repeats what is repeated already')
        sign, least_digits, comma, most_digits, lazy = found.groups()
        if least_digits is None:
            least, most = _BOUNDS[sign]
        else:
            least = int(least_digits[:9])
            most = least if comma is None else int(most_digits[:9]) if most_digits else None
        if max(least, most or 0) > MAXIMUM_REPEAT or (most is not None and most < least):
            raise PatternError(f'"{found[0]}" is no repetition of at most {MAXIMUM_REPEAT} times')
        return Repeat(part, least, most, bool(lazy) == ("U" in self._flags))

    def _parts(self) -> list[Node]:
        """Return what stands here: one part, or none for flags, or several for quoted text."""
        letter = self.text[self._position]
        if letter == "(":
            return self._group()
        if letter == "\\":
            return self._escaped()
        self._position += 1
        if letter == "[":
            return [self._bracketed()]
        if letter == ".":
            return [OneOf(CharacterSet([] if "s" in self._flags else [(10, 10)], negated=True))]
        if letter in "^$":
            line = "line_" if "m" in self._flags else ""
            return [Assertion(line + ("begin" if letter == "^" else "end"))]
        return [self._letter(letter)]

    def _letter(self, letter: str) -> Node:
        forms = characters.cases(letter) if "i" in self._flags else frozenset(letter)
        return Letter(letter) if len(forms) == 1 else OneOf(CharacterSet([(ord(form), ord(form)) for form in forms]))

    def _group(self) -> list[Node]:
        found = _GROUP.match(self.text, self._position)
        special = self.text.startswith("(?", self._position)
        if special and found is None:
            raise PatternError(f'"{self.text[self._position : self._position + 4]}" is not supported')
        self._position = found.end() if found is not None else self._position + 1
        name = found["name"] if found is not None else None
        outer = self._flags
        if found is not None and name is None:
            self._set_flags(found["flags"])
            if found["end"] == ")":
                return []
        return [self._enclosed(outer, name or "", found is None or name is not None)]

    def _enclosed(self, outer: frozenset[str], name: str, remembered: bool) -> Node:
        index = 0
        if remembered:
            self.names.append(name)
            index = len(self.names)
        self._depth += 1
        if self._depth > MAXIMUM_NESTING:
            raise PatternError("the groups are nested too deeply")
        part = self._choice()
        self._depth -= 1
        if not self._next(")"):
            raise PatternError('a "(" is never closed')
        self._flags = outer
        return Group(part, index) if remembered else Sequence((part,))

    def _set_flags(self, letters: str) -> None:
        on, _, off = letters.partition("-")
        self._flags = (self._flags | set(on)) - set(off)

    def _next(self, expected: str) -> bool:
        found = self.text.startswith(expected, self._position)
        self._position += len(expected) if found else 0
        return found

    # What begins with a backslash

    def _escaped(self) -> list[Node]:
        if self._next("\\Q"):
            end = self.text.find("\\E", self._position)
            end = len(self.text) if end < 0 else end
            quoted = self.text[self._position : end]
            self._position = min(len(self.text), end + 2)
            return [self._letter(letter) for letter in quoted]
        letter = self.text[self._position + 1 : self._position + 2]
        if letter in _ASSERTIONS:
            self._position += 2
            return [Assertion(_ASSERTIONS[letter])]
        members = self._members()
        if members is not None:
            return [OneOf(CharacterSet(*members, any_case="i" in self._flags))]
        return [self._letter(self._character())]

    def _members(self) -> tuple[list[Range], tuple[Property, ...]] | None:
        """Read `\\d`, `\\pL` and their kin; None when something else stands here."""
        if not self.text.startswith("\\", self._position):
            return None
        letter = self.text[self._position + 1 : self._position + 2]
        if letter and letter in "dswDSW":
            self._position += 2
            return list(characters.perl(letter)), ()
        found = _PROPERTY.match(self.text, self._position)
        if found is None:
            if letter in ("p", "P"):
                raise PatternError('the name of a class is missing after "\\p"')
            return None
        sign, caret, braced, single = found.groups()
        name = braced if braced is not None else single
        if not characters.is_property(name):
            raise PatternError(f'there is no class "{found[0]}"')
        self._position = found.end()
        return [], (Property(name, (sign == "P") != bool(caret)),)

    def _character(self) -> str:
        """Read one character that may be escaped."""
        letter = self.text[self._position]
        if letter != "\\":
            self._position += 1
            return letter
        found = _CODE.match(self.text, self._position)
        if found is not None:
            self._position = found.end()
            code = int(found[3], 8) if found[3] else int((found[1] or found[2])[-12:], 16)
            if code > characters.MAXIMUM:
                raise PatternError(f'"{found[0]}" is no character')
            return chr(code)
        letter = self.text[self._position + 1 : self._position + 2]
        if letter in _ESCAPES or (letter.isascii() and letter and not letter.isalnum()):
            self._position += 2
            return _ESCAPES.get(letter, letter)
        raise PatternError(f'"\\{letter}" is not supported')

    # Classes in brackets

    def _bracketed(self) -> Node:
        negated = self._next("^")
        ranges: list[Range] = []
        properties: list[Property] = []
        first = True
        while first or not self.text.startswith("]", self._position):
            if self._position >= len(self.text):
                raise PatternError('a "[" is never closed')
            first = False
            named = _POSIX.match(self.text, self._position)
            members = None if named is not None else self._members()
            if named is not None:
                ranges.extend(self._named(named))
            elif members is not None:
                ranges.extend(members[0])
                properties.extend(members[1])
            else:
                ranges.append(self._range())
        self._position += 1
        return OneOf(CharacterSet(ranges, tuple(properties), negated, "i" in self._flags))

    def _named(self, found: re.Match[str]) -> list[Range]:
        spelled = characters.POSIX.get(found[2])
        if spelled is None:
            raise PatternError(f'there is no class "{found[0]}"')
        self._position = found.end()
        ranges = characters.pairs(spelled)
        return characters.complement(ranges) if found[1] else ranges

    def _range(self) -> Range:
        start = self._position
        first = last = self._character()
        following = self.text[self._position : self._position + 2]
        if len(following) == 2 and following[0] == "-" and following[1] != "]":
            self._position += 1
            last = self._character()
        if last < first:
            raise PatternError(f'"{self.text[start : self._position]}" is no range of characters')
        return ord(first), ord(last)
