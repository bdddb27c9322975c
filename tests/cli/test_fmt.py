"""`reconciler fmt`: which files it lays out, what it prints, how it ends, and what it never touches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Ended, Place
from .test_startup import imported

UGLY = 'service "web" {\na=1 # one\n  long_name   = 2\n}\n'
FORMATTED = 'service "web" {\n  a         = 1 # one\n  long_name = 2\n}\n'
DIFF = """\
--- old/main.hcl
+++ new/main.hcl
@@ -1,4 +1,4 @@
 service "web" {
-a=1 # one
-  long_name   = 2
+  a         = 1 # one
+  long_name = 2
 }
"""


def through(place: Place, given: bytes, *words: str) -> tuple[int, bytes, str]:
    """Run `fmt` with standard input; what it printed comes byte by byte."""
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "fmt", *words],
        cwd=place.folder,
        env=place.environment,
        input=given,
        capture_output=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr.decode()


def ugly(place: Place, *names: str) -> list[Path]:
    """Write ugly files and return their paths."""
    files = [place.folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(UGLY)
    return files


def formatted(files: list[Path]) -> list[str]:
    return [file.name for file in files if file.read_text() == FORMATTED]


def test_the_files_of_this_folder_are_formatted_and_those_that_changed_are_named(place: Place) -> None:
    files = ugly(place, "b.hcl", "a.hcl", "x.auto.vars.hcl", "y.test.hcl", "z.tf", ".hidden.hcl", "inner/c.hcl")
    assert place.run("fmt") == Ended(0, "a.hcl\nb.hcl\nx.auto.vars.hcl\ny.test.hcl\n", "")
    assert formatted(files) == ["b.hcl", "a.hcl", "x.auto.vars.hcl", "y.test.hcl"]
    assert place.run("fmt") == Ended(0, "", "")


def test_check_writes_nothing_and_exits_with_3_when_a_file_would_change(place: Place) -> None:
    files = ugly(place, "main.hcl")
    assert place.run("fmt", "--check") == Ended(3, "main.hcl\n", "")
    assert place.run("fmt", "--check", "--diff") == Ended(3, "main.hcl\n" + DIFF, "")
    assert formatted(files) == []
    place.run("fmt")
    assert place.run("fmt", "--check") == Ended(0, "", "")


def test_diff_shows_what_was_written(place: Place) -> None:
    files = ugly(place, "main.hcl")
    assert place.run("fmt", "--diff") == Ended(0, "main.hcl\n" + DIFF, "")
    assert formatted(files) == ["main.hcl"]


def test_a_diff_tells_of_a_missing_newline_at_the_end(place: Place) -> None:
    (place.folder / "main.hcl").write_text("a=1")
    shown = place.run("fmt", "--diff").out
    assert shown.endswith("-a=1\n\\ No newline at end of file\n+a = 1\n\\ No newline at end of file\n")


def test_sub_folders_are_looked_into_when_asked_but_hidden_ones_and_those_behind_links_are_not(place: Place) -> None:
    files = ugly(place, "main.hcl", "inner/one.hcl", "inner/deep/two.hcl", ".git/three.hcl", "../elsewhere/four.hcl")
    (place.folder / "link").symlink_to("../elsewhere")
    (place.folder / "loop").symlink_to(".")
    assert place.run("fmt", "--recursive") == Ended(0, "main.hcl\ninner/one.hcl\ninner/deep/two.hcl\n", "")
    assert formatted(files) == ["main.hcl", "one.hcl", "two.hcl"]


def test_files_and_folders_may_be_named_and_each_is_formatted_once(place: Place) -> None:
    files = ugly(place, "main.hcl", "one/a.hcl", "two/b.hcl")
    assert place.run("fmt", "--check", "one", "two/b.hcl", "./one/a.hcl").out == "one/a.hcl\ntwo/b.hcl\n"
    assert place.run("fmt", "one", "two/b.hcl").code == 0
    assert formatted(files) == ["a.hcl", "b.hcl"]


def test_standard_input_is_formatted_to_standard_output_byte_by_byte(place: Place) -> None:
    assert through(place, b"a=1", "-") == (0, b"a = 1", "")
    assert through(place, b"a=1\r\nbb = <<E\r\n x\r\nE\r\n", "-") == (0, b"a  = 1\r\nbb = <<E\r\n x\r\nE\r\n", "")
    assert through(place, b"", "-") == (0, b"", "")
    assert through(place, b"a=1\n", "--check", "-") == (3, b"", "")
    assert through(place, b"a = 1\n", "--check", "-") == (0, b"", "")
    shown = b"--- old/stdin\n+++ new/stdin\n@@ -1 +1 @@\n-a=1\n+a = 1\n"
    assert through(place, b"a=1\n", "--check", "--diff", "-") == (3, shown, "")


def test_standard_input_with_errors_gives_nothing_but_the_errors(place: Place) -> None:
    code, out, err = through(place, b"a = 'x'\n", "-")
    assert (code, out) == (1, b"")
    assert "stdin:1:5" in err
    assert through(place, b'a = "\xff"\n', "-")[2].startswith("Error: stdin is not UTF-8 text (byte 5)")
    assert place.run("fmt", "-", "main.hcl").code == 64


def test_broken_files_are_told_and_left_and_all_others_are_formatted(place: Place) -> None:
    files = ugly(place, "a.hcl", "c.hcl")
    broken = {"b.hcl": "a = 'x'\n", "d.hcl": 'x {\n  a=1\n  b = "c\n}\n'}
    for name, text in broken.items():
        place.write(text, name)
    ended = place.run("fmt")
    assert (ended.code, ended.out) == (1, "a.hcl\nc.hcl\n")
    assert [line.strip() for line in ended.err.splitlines() if ".hcl:" in line] == ["b.hcl:1:5", "d.hcl:3:9"]
    assert "Traceback" not in ended.err
    assert formatted(files) == ["a.hcl", "c.hcl"]
    assert {name: (place.folder / name).read_text() for name in broken} == broken
    assert place.run("fmt", "--check").code == 1


def test_what_cannot_be_read_is_an_error_with_its_name(place: Place) -> None:
    files = ugly(place, "good.hcl")
    (place.folder / "latin.hcl").write_bytes(b"# \xe9\n")
    (place.folder / "large.hcl").write_bytes(b"# x\n" * 300_000)
    (place.folder / "dangling.hcl").symlink_to("nowhere")
    os.mkfifo(place.folder / "pipe.hcl")
    ended = place.run("fmt")
    assert (ended.code, formatted(files)) == (1, ["good.hcl"])
    assert [line for line in ended.err.splitlines() if line.startswith("Error")] == [
        "Error: dangling.hcl cannot be read: No such file or directory   [E0508]",
        "Error: large.hcl is larger than 1 MiB   [E0508]",
        "Error: latin.hcl is not UTF-8 text (byte 2)   [E0508]",
        "Error: pipe.hcl is no regular file   [E0508]",
    ]


def test_a_path_that_is_not_there_or_no_hcl_is_an_error(place: Place) -> None:
    files = ugly(place, "main.hcl", "values.env")
    ended = place.run("fmt", "nowhere", "values.env", "main.hcl", "lost.hcl")
    assert (ended.code, formatted(files)) == (1, ["main.hcl"])
    assert [line for line in ended.err.splitlines() if line.startswith("Error")] == [
        "Error: there is no file or folder nowhere   [E0508]",
        "Error: values.env is no *.hcl file   [E0508]",
        "Error: lost.hcl cannot be read: No such file or directory   [E0508]",
    ]


def test_names_of_files_are_made_harmless(place: Place) -> None:
    for name in (b"\xff\x1b[31m.hcl", b"\xfe.hcl"):
        Path(os.fsdecode(os.fsencode(place.folder) + b"/" + name)).write_text("a=(\n" if b"\xfe" in name else "a=1\n")
    ended = place.run("fmt", "--check", PYTHONIOENCODING="utf-8:strict")
    assert (ended.code, ended.out, "  \ufffd.hcl:1:3\n" in ended.err) == (1, "\ufffd.hcl\n", True)


def test_a_folder_without_files_is_remarked_on(place: Place) -> None:
    assert place.run("fmt") == Ended(0, "", "Note: there are no *.hcl files to format.\n")


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(place: Place) -> None:
    target, plain = ugly(place, "../elsewhere/shared.hcl", "plain.hcl")
    plain.chmod(0o640)
    target.chmod(0o604)
    link = place.folder / "link.hcl"
    link.symlink_to("../elsewhere/shared.hcl")
    assert place.run("fmt").code == 0
    assert (link.is_symlink(), formatted([target, plain])) == (True, ["shared.hcl", "plain.hcl"])
    assert [file.stat().st_mode & 0o777 for file in (target, plain)] == [0o604, 0o640]
    assert sorted(each.name for each in place.folder.iterdir()) == ["link.hcl", "plain.hcl"]


def test_a_file_that_cannot_be_written_is_left_whole(place: Place) -> None:
    """No file may grow beyond nothing here: a disk that is full."""
    (file,) = ugly(place, "main.hcl")
    full = f"ulimit -f 0; exec {sys.executable} -m reconciler fmt"
    ended = subprocess.run(
        ["sh", "-c", full], cwd=place.folder, env=place.environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: main.hcl cannot be written: File too large   [E0509]\n")
    assert (file.read_text(), [each.name for each in place.folder.iterdir()]) == (UGLY, ["main.hcl"])


@pytest.mark.parametrize("words", [("fmt",), ("fmt", "--check")])
def test_formatting_imports_nothing_slow(place: Place, words: tuple[str, ...]) -> None:
    (place.folder / "main.hcl").write_text(FORMATTED)
    assert imported(place, *words) == set()
