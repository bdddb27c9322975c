"""The formatter against what `terraform fmt` (1.11.4) makes of the same files, and what it never does to a file.

`format_pairs/ugly` holds files as people leave them, `format_pairs/formatted` the same after `terraform fmt`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import StackError
from reconciler.language import format
from reconciler.language.formatting import tokens
from reconciler.language.reading import syntax
from reconciler.language.reading.parser import parse

REPOSITORY = Path(__file__).resolve().parents[2]
PAIRS = Path(__file__).with_name("format_pairs")
NAMES = sorted(file.name for file in (PAIRS / "ugly").iterdir())
REWRITTEN = {"interpolation_only", "interpolation_only_elsewhere", "interpolation_only_of_several_lines", "minus"}
REWRITTEN |= {"assignments_that_open_brackets", "nomad_job", "strings", "templates", "types_of_variables"}
OURS = sorted(
    file
    for pattern in ("stacks/**/*.hcl", "docs/samples/**/*.hcl", "reconciler/**/*.hcl", "tests/language/*.hcl")
    for file in REPOSITORY.glob(pattern)
)


def content(file: Path) -> str:
    return file.read_bytes().decode()


def shape(node: Any) -> Any:
    """What a syntax tree says, without places."""
    if isinstance(node, tuple) and hasattr(node, "_fields"):
        return type(node).__name__, *(shape(getattr(node, name)) for name in node._fields if "place" not in name)
    return tuple(map(shape, node)) if isinstance(node, (tuple, list)) else node


def meaning(text: str) -> Any:
    parsed = parse(text)
    assert parsed.problems == ()
    return shape(parsed.body)


def comments(text: str) -> list[str]:
    return [token.text for token in tokens.scan(text) if token.kind == tokens.COMMENT]


def test_there_are_enough_pairs() -> None:
    assert len(NAMES) >= 60
    assert sorted(file.name for file in (PAIRS / "formatted").iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_file_comes_out_as_terraform_formats_it(name: str) -> None:
    assert format(content(PAIRS / "ugly" / name)) == content(PAIRS / "formatted" / name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_formatted_stays_as_it_is(name: str) -> None:
    formatted = content(PAIRS / "formatted" / name)
    assert format(formatted) == formatted


@pytest.mark.parametrize("name", NAMES)
def test_formatting_loses_no_comment_and_changes_no_meaning(name: str) -> None:
    ugly = content(PAIRS / "ugly" / name)
    assert comments(format(ugly)) == comments(ugly.removeprefix("\ufeff"))
    if name.removesuffix(".hcl") not in REWRITTEN:
        assert meaning(format(ugly)) == meaning(ugly)


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_our_own_files_are_formatted(file: Path) -> None:
    assert format(content(file)) == content(file)


@pytest.mark.parametrize(
    ("ugly", "formatted"),
    [
        ('x /* a */ y /* b */ "z" {}\n', 'x /* a */ "y" /* b */ "z" {}\n'),
        ('x "$${y}" "a$b" {}\n', 'x "$${y}" "a$b" {}\n'),
        ("a = x[ true ].y\n", "a = x[true].y\n"),
        ("a = x .0 .1\n", "a = x.0. 1\n"),
        ('a = "${ # c\nx\n}"\n', "a = ( # c\nx)\n"),
        ('a = "${(x)\n+ (y)}"\n', "a = ((x)\n+ (y))\n"),
        ('b { a = "${x # c\n}" }\n', "b { a = (x # c\n) }\n"),
        ('a = "${"${x}"}"\n', "a = x\n"),
    ],
)
def test_what_terraform_loses_breaks_or_formats_only_the_second_time_is_kept_whole(ugly: str, formatted: str) -> None:
    assert format(ugly) == formatted
    assert format(formatted) == formatted
    assert comments(formatted) == comments(ugly)


INSIDE_TEMPLATES = (
    {tokens.QUOTE, tokens.HEREDOC, tokens.LITERAL, tokens.SEQUENCE_END, tokens.MARKER},
    {tokens.LITERAL, tokens.CLOSING_QUOTE, tokens.MARKER},
)
WORDS = {tokens.NAME, tokens.NUMBER}
SPACES = ("", " ", "  ", "\t", "     ")
SOURCES = [content(file) for file in OURS if "many" not in file.name]
SOURCES += [content(PAIRS / "formatted" / name) for name in NAMES if name != "indentation_gone_wrong.hcl"]
COMMENTABLE = [text for text in SOURCES if "*]" not in text]
"""Our parser knows no comment inside of `[*]`."""


def uglified(text: str, chance: Random, with_comments: bool) -> str:
    """Change the white space between tokens, and put comments there, where that changes no meaning."""
    parts: list[str] = []
    before = tokens.NEWLINE
    offset = 0
    for token in tokens.scan(text):
        gap = text[offset : token.start]
        offset = token.start + len(token.text)
        is_free = before not in INSIDE_TEMPLATES[0] and token.kind not in {*INSIDE_TEMPLATES[1], tokens.END}
        if is_free:
            gap = chance.choice(SPACES)
            gap = gap or " " * (before in {*WORDS, "/"} and token.kind in {*WORDS, "-", "/"})
        if is_free and with_comments and chance.random() < 0.05:
            gap += f" /* {len(parts)} */ "
        parts.append(gap + token.text)
        before = token.kind
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(text=st.sampled_from(SOURCES), seed=st.integers(0, 1 << 30))
def test_spaces_between_tokens_make_no_difference(text: str, seed: int) -> None:
    ugly = uglified(text, Random(seed), with_comments=False)
    assert format(ugly) == format(text)


@settings(max_examples=150, deadline=None)
@given(text=st.sampled_from(COMMENTABLE), seed=st.integers(0, 1 << 30))
def test_a_second_run_changes_nothing_wherever_comments_stand(text: str, seed: int) -> None:
    ugly = uglified(text, Random(seed), with_comments=True)
    formatted = format(ugly)
    assert format(formatted) == formatted
    assert comments(formatted) == comments(ugly)
    assert meaning(formatted) == meaning(ugly) == meaning(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\nb = = 2\n",
        "a = 1 b = 2\n",
        "b {\n  a = 1\n",
        'a = "x\n',
        "a = 'x'\n",
        "a = 1\na = 2\n",
        'a = "\\q"\n',
        'a = "%{ if x }"\n',
        "a = " + "[" * 65 + "]" * 65 + "\n",
        "a {\n  x = = 1\n}\nb {\n  y = [\n}\n",
    ],
)
def test_what_is_no_hcl_is_refused_with_the_errors_of_the_parser(text: str) -> None:
    with pytest.raises(StackError) as caught:
        format(text)
    told = [(each.code, each.summary, each.span) for each in caught.value.diagnostics]
    assert told == [(each.code, each.summary, syntax.span("text", each.place)) for each in parse(text).problems]


def test_formatting_imports_no_parser() -> None:
    probe = "import sys, reconciler.language as l; l.format('a=1'); print({'lark', 'hcl2'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"


def test_syntax_is_what_meaning_is_made_of() -> None:
    """So that comparing shapes cannot pass because all trees look alike."""
    assert meaning("a = 1\n") != meaning("a = 2\n")
    assert issubclass(syntax.Body, tuple)
