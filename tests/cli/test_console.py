"""`reconciler console`, typed and piped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .conftest import NO_ENGINE, Ended, Place
from .terminal import Terminal

STACK = 'variable "name" {\n  default = "shop"\n}\nlocals {\n  ports = [80]\n}\nnetwork "back" {\n}\n'


def piped(place: Place, text: str, *words: str) -> Ended:
    """Run the console with a text on its standard input."""
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "console", *words],
        cwd=place.folder,
        env={**place.environment, **NO_ENGINE},
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def test_every_line_of_standard_input_is_answered(place: Place) -> None:
    place.write(STACK)
    told = piped(place, "upper(var.name)\n\n# a comment\n[1,\n 2]\n<<E\nx\nE\nexit\n1\n")
    assert (told.code, told.err) == (0, "")
    assert told.out == '"SHOP"\n[\n  1,\n  2,\n]\n<<EOT\nx\n\nEOT\n'


def test_with_json_every_value_is_one_line(place: Place) -> None:
    place.write(STACK)
    told = piped(place, 'local\n.ports\n{ a = 1.50, "\u2028" = "é" }\nnull\nlocal.ports', "--json", "--var", "name=x")
    assert told.out == '{"a":1.5,"\\u2028":"é"}\nnull\n[80]\n'
    assert (told.code, told.err.count("Error: ")) == (1, 2)


def test_what_fails_is_told_with_its_line_and_the_rest_goes_on(place: Place) -> None:
    place.write(STACK)
    told = piped(place, "1\nvar.nam\n3\n")
    assert (told.code, told.out) == (1, "1\n3\n")
    assert '\n  expression:2:1\n    2 | var.nam\n      | ^^^^^^^\n  Did you mean "name"?' in told.err


def test_it_works_without_a_stack_and_not_with_a_broken_one(place: Place) -> None:
    assert piped(place, "max(1, 2)\n").out == "2\n"
    place.write("service {\n}\n")
    told = piped(place, "1\n")
    assert (told.code, told.out, "E0203" in told.err) == (1, "", True)


def test_typed_lines_are_answered_completed_and_kept(place: Place, tmp_path: Path) -> None:
    place.write(STACK)
    state = {**place.environment, "XDG_STATE_HOME": str(tmp_path / "state")}
    shown = Terminal(place.folder, state, "console")
    shown.expect("> ")
    shown.type("var.na\t\n")
    shown.expect('"shop"')
    shown.type("[1,\n")
    shown.expect("  ")
    shown.type("2]\n")
    shown.expect("  2,\n]")
    shown.type("nonsense\x03")
    shown.type("1 + 1\n")
    shown.expect("\n2\n")
    shown.type("nope.x\n")
    shown.expect("E0401")
    shown.type("\x04")
    assert shown.end() == 0
    assert "nonsense" not in (tmp_path / "state/reconciler/console_history").read_text()
    history = tmp_path / "state" / "reconciler" / "console_history"
    assert history.read_text().splitlines()[0].startswith("var.name")
    assert (history.stat().st_mode & 0o777, history.parent.stat().st_mode & 0o777) == (0o600, 0o700)
