"""Text to a syntax tree, and every error of the text with its place.

After an error, reading goes on at the next line that begins a block in column 1, so that one run reports one error
a block. A warm run takes the tree from the cache and imports no parser at all.
"""

from __future__ import annotations

import gc
import re
from functools import cache as memoize
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.language import cache, syntax
from reconciler.language.builder import Builder

if TYPE_CHECKING:
    from lark import Lark

MAXIMUM_ERRORS = 20

_BLOCK_START = re.compile(r"^[^\W\d][\w-]*(?:[ \t]+(?:\"[^\"\n]*\"|[^\W\d][\w-]*))*[ \t]*(?:\{|=(?!=))", re.MULTILINE)


class Parsed(NamedTuple):
    """The tree of a file (of what could be read of it) and its problems, in order."""

    body: syntax.Body
    problems: tuple[syntax.Problem, ...]


def parse(text: str, cache_folder: Path | None = None) -> Parsed:
    """Read the text of a file."""
    text = text.removeprefix("\ufeff")
    name = cache.key(text, syntax.TREE_VERSION, _versions()) if cache_folder else ""
    found = cache.read(cache_folder, name)
    if isinstance(found, Parsed):
        return found
    parsed: Parsed = _without_collecting(_Reader(text, cache_folder))
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
def _versions() -> str:
    from reconciler.language.grammar import grammar_version

    return grammar_version()


class _Parser:
    """The one LALR parser of this process, with the builder and post-lexer it was made with."""

    def __init__(self, cache_folder: Path | None) -> None:
        from reconciler.language import grammar

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
    """Read a file block by block where it has errors, and in one go where it has none."""

    def __init__(self, text: str, cache_folder: Path | None) -> None:
        self.text = text if text.endswith("\n") else text + "\n"
        self.parser = _parser(cache_folder)
        self.problems: list[syntax.Problem] = []
        self.attributes: list[syntax.Attribute] = []
        self.blocks: list[syntax.Block] = []

    def __call__(self) -> Parsed:
        starts = None
        line, offset = 1, 0
        while offset < len(self.text) and len(self.problems) < MAXIMUM_ERRORS:
            failed_at = self._read(self.text[offset:], line)
            if failed_at is None:
                break
            starts = starts if starts is not None else _block_starts(self.text)
            self._salvage(starts, (line, offset), failed_at)
            following = next((start for start in starts if start[0] > max(failed_at, line)), None)
            if following is None:
                break
            line, offset = following
        place = (1, 1, self.text.count("\n") + 1, 1)
        body = syntax.Body(place, tuple(self.attributes), tuple(self.blocks))
        problems = sorted(dict.fromkeys(self.problems), key=lambda problem: problem.place)
        return Parsed(body, tuple(problems))

    def _read(self, text: str, line: int, quietly: bool = False) -> int | None:
        """Add what `text` holds; on a syntax error add that instead and return the line it is about."""
        from reconciler.language import syntax_errors

        builder = self.parser.builder
        builder.problems = []
        try:
            body = self.parser.read(text, "start", line)
        except syntax_errors.EXPECTED as error:
            problem = syntax_errors.explain(error, self.text, self.parser.post_lexer.brackets)
            if not quietly:
                self.problems.extend((*builder.problems, problem))
            return problem.place[0]
        self.attributes.extend(body.attributes)
        self.blocks.extend(body.blocks)
        self.problems.extend(builder.problems)
        return None

    def _salvage(self, starts: list[tuple[int, int]], begin: tuple[int, int], failed_at: int) -> None:
        """Read the blocks between `begin` and the one that failed, which are whole."""
        last = next((start for start in reversed(starts) if begin[0] < start[0] <= failed_at), None)
        if last is not None:
            self._read(self.text[begin[1] : last[1]], begin[0], quietly=True)


def _block_starts(text: str) -> list[tuple[int, int]]:
    """Return line and offset of every line that looks like the start of a block or attribute in column 1."""
    starts, line, offset = [], 1, 0
    for found in _BLOCK_START.finditer(text):
        line += text.count("\n", offset, found.start())
        offset = found.start()
        starts.append((line, offset))
    return starts


def _lone(
    text: str, start: str, cache_folder: Path | None
) -> tuple[syntax.Expression | None, tuple[syntax.Problem, ...]]:
    from reconciler.language import syntax_errors, templates

    parser = _parser(cache_folder)
    parser.builder.problems = []
    source = text if start == "template" else text + "\n"
    try:
        node = _without_collecting(lambda: parser.read(source, start))
    except syntax_errors.EXPECTED as error:
        return None, (syntax_errors.explain(error, source, parser.post_lexer.brackets),)
    if start == "template":
        parts = templates.heredoc(node, parser.builder._problem, False)
        node = syntax.Template((1, 1, 1, 1), parts, True)
    problems = tuple(parser.builder.problems)
    return (None if problems else node), problems


def _without_collecting(work: Any) -> Any:
    """Run `work` with the garbage collector off: with it on, the time to build a tree is not linear."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if collecting:
            gc.enable()
