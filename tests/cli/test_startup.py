"""What the command imports, since that is most of the time it takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from reconciler.cli.main import VERBS

from .conftest import Place

SLOW = ("docker", "deepdiff", "hcl2", "lark", "pydantic", "rich", "sqlite3")

PROBE = """\
import json, sys
sys.argv = ["reconciler", *sys.argv[1:]]
from reconciler.cli.main import run
code = run()
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported(place: Place, *words: str) -> set[str]:
    """The slow packages that a command imports; it must end well."""
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0, ended.stderr
    return set(modules) & set(SLOW)


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("version",)])
def test_help_and_version_import_nothing_slow(place: Place, words: tuple[str, ...]) -> None:
    assert imported(place, *words) == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(place: Place, verb: str) -> None:
    helped = place.run(verb, "--help")
    assert (helped.code, helped.err) == (0, "")
    assert helped.out.startswith(f"Usage: python -m reconciler {verb}")
    assert "--debug" in helped.out


@pytest.mark.engine
def test_a_plan_with_nothing_to_do_imports_neither_the_parser_nor_what_compares_nor_what_draws(site: Place) -> None:
    site.apply()
    assert imported(site, "plan") == {"pydantic", "sqlite3"}
