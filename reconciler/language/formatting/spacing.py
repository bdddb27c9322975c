"""Whether a space stands between two tokens of a line: a table over their kinds, and two cases of doubt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from reconciler.language.formatting.tokens import (
    CLOSED_BY,
    CLOSING_QUOTE,
    DIRECTIVE,
    HEREDOC,
    INTERPOLATION,
    LITERAL,
    MARKER,
    NAME,
    NEWLINE,
    NUMBER,
    QUOTE,
    SEQUENCE_END,
    Token,
)

OPENERS = frozenset({"(", "[", "{", INTERPOLATION, DIRECTIVE})
CLOSERS = frozenset(CLOSED_BY[opener] for opener in OPENERS)

_ANY: frozenset[str] = frozenset()
_SEQUENCES = frozenset({INTERPOLATION, DIRECTIVE})

_TABLE: tuple[tuple[frozenset[str], frozenset[str], bool], ...] = (
    (_ANY, frozenset({NEWLINE, ".", ",", "..."}), False),
    (frozenset({"."}), _ANY, False),
    (frozenset({NAME}), frozenset({"(", "::"}), False),
    (frozenset({"::"}), frozenset({NAME}), False),
    (frozenset({","}), _ANY, True),
    (frozenset({LITERAL, QUOTE, HEREDOC}), _ANY, False),
    (_ANY, frozenset({LITERAL, CLOSING_QUOTE, MARKER}), False),
    (frozenset({NAME, NUMBER}) | CLOSERS, frozenset({"["}), False),
    (frozenset({"!"}), _ANY, False),
    (frozenset({"{"}), frozenset({"}"}), False),
    (frozenset({"{"}), _ANY, True),
    (_ANY, frozenset({"}"}), True),
    (_SEQUENCES, frozenset({"{"}), True),
    (frozenset({"}"}), frozenset({SEQUENCE_END}), True),
    (frozenset({SEQUENCE_END}), _SEQUENCES, False),
    (OPENERS, _ANY, False),
    (_ANY, CLOSERS, False),
)
"""Kinds on the left, kinds on the right, is there a space? The first row that fits decides; none means yes."""

_NEGATED_AFTER = frozenset(("(", "{", "[", "=", ":", ",", "?", "!", "&&", "||")) | frozenset(
    ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=")
)
"""What a minus stands behind where it negates instead of subtracting."""


def spaced(tokens: Sequence[Token]) -> list[str]:
    """Return the texts of tokens, each with the space that is to stand before it in its line."""
    if not tokens:
        return []
    texts = [tokens[0].text]
    before, left = None, tokens[0]
    for right in tokens[1:]:
        texts.append(" " + right.text if _has_space(before, left, right) else right.text)
        before, left = left, right
    return texts


def _has_space(before: Token | None, left: Token, right: Token) -> bool:
    kind_before = before.kind if before else NEWLINE
    if left.kind == "-" and right.kind != NEWLINE:
        return before is not None and kind_before not in _NEGATED_AFTER
    if left.text == "in" and left.kind == kind_before == NAME and (right.kind == "[" or right.kind in CLOSERS):
        return True  # `for x in [...]`, but `list.in[0]`
    if left.kind == "." and kind_before == right.kind == NUMBER:
        return True  # `x.0 .1` is no `x.0.1`, which would hold one number
    return _has_space_by_kind(left.kind, right.kind)


@cache
def _has_space_by_kind(left: str, right: str) -> bool:
    for lefts, rights, answer in _TABLE:
        if (not lefts or left in lefts) and (not rights or right in rights):
            return answer
    return True
