"""A walk over tokens as HCL's grammar sees them: without comments, and without newlines where they do not matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from reconciler.language.formatting.tokens import CLOSED_BY, COMMENT, NAME, NEWLINE, MisfitError, Token


class Cursor:
    """Stands before the token `places[at]`, whose kind is `kinds[at]`. A comment up to the end of a line ends it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.places = [place for place, token in enumerate(tokens) if not _is_block_comment(token)]
        self.kinds = [NEWLINE if tokens[place].kind == COMMENT else tokens[place].kind for place in self.places]
        self.at = 0
        self.lines_matter = True

    def kind(self) -> str:
        """Return the kind of the token ahead."""
        kind = self.kinds[self.at]
        while kind == NEWLINE and not self.lines_matter:
            self.at += 1
            kind = self.kinds[self.at]
        return kind

    def word(self) -> str:
        """Return the name ahead, or nothing."""
        return self.tokens[self.places[self.at]].text if self.kind() == NAME else ""

    def take(self, kind: str) -> bool:
        """Step over the token ahead if it is of that kind."""
        if self.kind() != kind:
            return False
        self.at += 1
        return True

    def take_word(self, word: str) -> bool:
        """Step over the name ahead if it is that one."""
        return self.word() == word and self.take(NAME)

    def expect(self, kind: str) -> Token:
        """Step over the token ahead, which must be of that kind, and return it."""
        if self.kind() != kind:
            self.fail()
        self.at += 1
        return self.last()

    def last(self) -> Token:
        """Return the token stepped over last."""
        return self.tokens[self.places[self.at - 1]]

    def expect_word(self, word: str) -> None:
        """Step over the name ahead, which must be that one."""
        if not self.take_word(word):
            self.fail()

    def bracket(self, opener: str, read: Callable[[], object]) -> None:
        """Read what is in the bracket whose opener was stepped over, and its end. Lines do not matter in it."""
        outer, self.lines_matter = self.lines_matter, False
        read()
        self.expect(CLOSED_BY[opener])
        self.lines_matter = outer

    def fail(self) -> NoReturn:
        """Raise MisfitError at the token ahead."""
        raise MisfitError(self.tokens[self.places[self.at]].start)


def _is_block_comment(token: Token) -> bool:
    return token.kind == COMMENT and token.text.startswith("/*")
