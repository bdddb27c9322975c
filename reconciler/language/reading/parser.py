"""Text to a syntax tree, and every error of the text with its place.

After an error the text is read again piece by piece (`recovery`), so that one run reports one error a block. A warm
run takes the tree from the cache and imports no parser at all.
"""

from __future__ import annotations

import sys
from functools import cache as memoize
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.language import cache
from reconciler.language.collector import paused
from reconciler.language.limits import MAXIMUM_TOKENS
from reconciler.language.reading import recovery, syntax
from reconciler.language.reading.builder import Builder

if TYPE_CHECKING:
    from lark import Lark

MAXIMUM_ERRORS = 20


class Parsed(NamedTuple):
    """The tree of a file (of what could be read of it), its problems in order, and what could not be read."""

    body: syntax.Body
    problems: tuple[syntax.Problem, ...]
    lost: tuple[recovery.Lost, ...] = ()


def parse(text: str, cache_folder: Path | None = None) -> Parsed:
    """Read the text of a file."""
    text = text.removeprefix("\ufeff")
    name = f"tree-{cache.key(text, syntax.TREE_VERSION, versions())}" if cache_folder else ""
    found = cache.read(cache_folder, name)
    if isinstance(found, Parsed):
        return found
    with paused():
        parsed = _Reader(text, cache_folder)()
    cache.write(cache_folder, name, parsed)
    return parsed


def parse_expression(
    text: str, cache_folder: Path | None = None
) -> tuple[syntax.Expression | None, tuple[syntax.Problem, ...]]:
    """Read one expression, newlines in it ignored; None when it has errors."""
    return _lone(text, "lone_expr", cache_folder)


def parse_template(
    text: str, cache_folder: Path | None = None
) -> tuple[syntax.Expression | None, tuple[syntax.Problem, ...]]:
    """Read a whole text as a template, as `templatefile` does."""
    return _lone(text, "template", cache_folder)


@memoize
def versions() -> str:
    """Return what a tree depends on besides the text and our own code."""
    from reconciler.language.reading.grammar import grammar_version

    return grammar_version()


class _Parser:
    """The one LALR parser of this process, with the builder and post-lexer it was made with."""

    def __init__(self, cache_folder: Path | None) -> None:
        from reconciler.language.reading import grammar

        self.post_lexer = grammar.PostLexer()
        self.builder = Builder(self._template)
        self.lark: Lark = grammar.build(self.builder, self.post_lexer, cache_folder)

    def read(self, text: str, start: str, line: int = 1) -> Any:
        """Return what the builder makes of `text`, whose first line is `line`; raise lark's errors."""
        self.post_lexer.lines_matter = start == "start"
        if line == 1:
            return self.lark.parse(text, start=start)
        interactive: Any = self.lark.parse_interactive(text, start=start)
        interactive.lexer_thread.state.line_ctr.line = line
        for token in interactive.lexer_thread.lex(interactive.parser_state):
            interactive.feed_token(token)
        return interactive.feed_eof()

    def _template(self, body: str, line: int) -> Any:
        outer = self.post_lexer.brackets, self.post_lexer.lines_matter
        items = self.read(body, "template", line)
        self.post_lexer.brackets, self.post_lexer.lines_matter = outer
        return items


@memoize
def _parser(cache_folder: Path | None) -> _Parser:
    return _Parser(cache_folder)


class _Reader:
    """Read a file in one go where it has no errors, and piece by piece where it has."""

    def __init__(self, text: str, cache_folder: Path | None) -> None:
        self.given, self.text = text, text if text.endswith("\n") else text + "\n"
        self.parser = _parser(cache_folder)
        self.problems: list[syntax.Problem] = []
        self.attributes: list[syntax.Attribute] = []
        self.blocks: list[syntax.Block] = []
        self.lost: list[recovery.Lost] = []

    def __call__(self) -> Parsed:
        first = self._read(self.given, 1)
        if first:
            pieces = list(recovery.pieces(self.text))
            for piece in pieces:
                self._read_piece(piece, first if len(pieces) == 1 else None)
            self.problems = self.problems or first
        place = (1, 1, self.text.count("\n") + 1, 1)
        body = syntax.Body(place, tuple(self.attributes), tuple(self.blocks))
        problems = sorted(dict.fromkeys(self.problems), key=lambda problem: problem.place)
        return Parsed(body, tuple(problems[:MAXIMUM_ERRORS]), tuple(self.lost))

    def _read_piece(self, piece: recovery.Piece, failed: list[syntax.Problem] | None) -> None:
        """Read a piece, unless `failed` says what is wrong with it; behind too many errors nothing is read."""
        if failed is None:
            failed = self._read(piece.text, piece.line) if len(self.problems) < MAXIMUM_ERRORS else []
        if failed is not None:
            self.problems += failed
            self._salvage(piece, failed)
            self.lost += recovery.lost(piece.text)

    def _read(self, text: str, line: int) -> list[syntax.Problem] | None:
        """Add what `text` holds; on a syntax error return that, and all else that was found, instead."""
        from reconciler.language.reading import syntax_errors

        builder = self.parser.builder
        builder.problems, self.parser.post_lexer.left = [], sys.maxsize
        try:
            body = self.parser.read(text, "start", line)
        except syntax_errors.EXPECTED as error:
            problem = syntax_errors.explain(error, self.text, self.parser.post_lexer.brackets)
            return [*builder.problems, problem]
        self.attributes.extend(body.attributes)
        self.blocks.extend(body.blocks)
        self.problems.extend(builder.problems)
        return None

    def _salvage(self, piece: recovery.Piece, failed: list[syntax.Problem]) -> None:
        """Read what stands before the line of the error, where that is whole.

        What is indented there more than the beginning belongs to a block that was closed too early.
        """
        head, indent = piece.head
        end = failed[-1].place[0] if failed else 0
        lines = end - piece.line if end > head else 0
        before = len(self.attributes), len(self.blocks)
        if lines and self._read("\n".join(piece.text.split("\n")[:lines]) + "\n", piece.line) is None:
            body = syntax.Body((1, 1, 1, 1), tuple(self.attributes[before[0] :]), tuple(self.blocks[before[1] :]))
            if not _is_even(body, {indent + 1}):
                del self.attributes[before[0] :], self.blocks[before[1] :]


def _is_even(body: syntax.Body, columns: set[int]) -> bool:
    """Say whether each body's contents stand in one column, as they do where no brace is in a wrong place."""
    found = {each.place[1] for each in body.attributes} | {each.place[1] for each in body.blocks}
    return len(columns | found) <= 1 and all(_is_even(block.body, set()) for block in body.blocks)


def _lone(
    text: str, start: str, cache_folder: Path | None
) -> tuple[syntax.Expression | None, tuple[syntax.Problem, ...]]:
    from reconciler.language.reading import syntax_errors, templates

    parser = _parser(cache_folder)
    parser.builder.problems, parser.post_lexer.left = [], MAXIMUM_TOKENS
    source = text if start == "template" else text + "\n"
    try:
        with paused():
            node = parser.read(source, start)
    except syntax_errors.EXPECTED as error:
        return None, (syntax_errors.explain(error, source, parser.post_lexer.brackets),)
    if start == "template":
        parts = templates.heredoc(node, parser.builder.report, False)
        node = syntax.Template((1, 1, 1, 1), parts, True)
    problems = tuple(parser.builder.problems)
    return (None if problems else node), problems
