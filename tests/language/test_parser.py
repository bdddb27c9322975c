"""Reading: places, comments, line ends, and the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.language import cache
from reconciler.language.reading import syntax
from reconciler.language.reading.parser import Parsed, parse, parse_expression

TEXT = 'service "web" {\n  # how many\n  count = 1 + 2 # three\n}\n'


def test_places_tell_where_a_thing_begins_and_ends() -> None:
    block = parse(TEXT).body.blocks[0]
    attribute = block.body.attributes[0]
    assert (block.place, block.labels, attribute.place, attribute.value.place) == (
        (1, 1, 1, 14),
        (syntax.Label((1, 9, 1, 14), "web"),),
        (3, 3, 3, 16),
        (3, 11, 3, 16),
    )


def test_places_inside_a_heredoc_are_those_of_the_file() -> None:
    body = parse("a = <<EOT\nx\n  ${b.c}\nEOT\n").body
    template = body.attributes[0].value
    assert isinstance(template, syntax.Template)
    assert [part.place[:2] for part in template.parts] == [(2, 1), (3, 5), (3, 9)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# only a comment",
        "\ufeffa = 1\n",
        "a = 1\r\nb {\r\n}\r\n",
        "b {}",
        "b { a = 1 }\n",
        'b "x" y "z" {\n}\n',
        "/* a\n b */ a = 1 // c\n",
        "in = 1\nfor = 2\nif {\n}\n",
        "größe = var.größe\n",
        "a = core::upper(1)\n",
        "a = x.0.b[1]\n",
        "a = { /* one */ b = 1 }\nc = [/* two */ for x in y : x]\n",
    ],
)
def test_what_hcl_allows_is_read_without_a_word(text: str) -> None:
    assert parse(text).problems == ()


def test_a_tree_from_the_cache_equals_the_one_that_was_read(tmp_path: Path) -> None:
    fresh, cached = parse(TEXT, tmp_path), parse(TEXT, tmp_path)
    assert fresh == cached and isinstance(cached, Parsed)


def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path) -> None:
    parse(TEXT, tmp_path)
    for file in tmp_path.glob("tree-*"):
        file.write_bytes(b"not a pickle")
    assert parse(TEXT, tmp_path).problems == ()


def test_a_cache_folder_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    ours = cache.cache_folder({"XDG_CACHE_HOME": str(tmp_path)})
    assert ours is not None and ours.stat().st_mode & 0o777 == 0o700
    ours.chmod(0o777)
    assert cache.cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) is None


def test_there_is_no_cache_without_a_home() -> None:
    assert cache.cache_folder({}) is None


def test_a_warm_run_imports_no_parser(tmp_path: Path) -> None:
    parse(TEXT, tmp_path)
    code = (
        "import sys, pathlib\n"
        "from reconciler.language.reading.parser import parse\n"
        f"assert parse({TEXT!r}, pathlib.Path({str(tmp_path)!r})).body.blocks\n"
        "print(sorted({'hcl2', 'lark', 'docker', 'deepdiff'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert run.stdout == "[]\n"


def test_an_expression_may_run_over_several_lines() -> None:
    node, problems = parse_expression("1 +\n  2")
    assert isinstance(node, syntax.Chain) and problems == ()


def test_the_grammars_table_is_made_once_and_found_again(tmp_path: Path) -> None:
    """Its making takes longer than anything else that reading does: a second process must not make it anew."""
    code = (
        "import sys; from pathlib import Path\n"
        "from lark import Lark\n"
        "from reconciler.language.reading.parser import parse\n"
        "made = []\n"
        "make = Lark.__init__\n"
        "Lark.__init__ = lambda self, *words, **options: (made.append(1), make(self, *words, **options))[1]\n"
        "print(parse(sys.argv[2], Path(sys.argv[1])).body.attributes[0].name, len(made))\n"
    )
    commands = [[sys.executable, "-c", code, tmp_path, text] for text in ("a = 1\n", "b = 1\n")]
    runs = [subprocess.run(each, capture_output=True, text=True, check=True).stdout for each in commands]
    assert runs == ["a 1\n", "b 0\n"]
