"""`watch --follow`: no change of a file is missed. The files have errors, so no engine is needed to see it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.cli.following import Follower
from reconciler.cli.options import Given
from reconciler.cli.stopping import Stop

from .conftest import wait_until

GOOD = 'stack "shop" {}\n'
BAD = 'stack "shop" {{}}\nnonsense "{}" {{}}\n'


@contextmanager
def following(folder: Path, *var_files: str) -> Iterator[threading.Thread]:
    """Follow the files of a folder on another thread."""
    stop = Stop()
    given = Given(stack_folder=str(folder), state_folder=str(folder / "state"), var_files=var_files)
    thread = threading.Thread(target=Follower(given, stop, allow_destroy=False).follow)
    thread.start()
    try:
        yield thread
    finally:
        stop.ask(15)
        thread.join(timeout=20)
    assert not thread.is_alive()


class Told:
    """What is told on standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    def says(self, words: str) -> None:
        def is_told() -> bool:
            self.text += self._capsys.readouterr().err
            return words in self.text

        wait_until(is_told)
        self.text = ""


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    return Told(capsys)


def test_every_file_of_the_folder_counts_also_one_that_begins_like_the_state(tmp_path: Path, told: Told) -> None:
    (tmp_path / "main.hcl").write_text(BAD.format("one"))
    with following(tmp_path):
        told.says("one")
        (tmp_path / "stateful.hcl").write_text('nonsense "two" {}\n')
        told.says("two")


def test_a_module_outside_of_the_folder_counts_from_the_beginning(tmp_path: Path, told: Told) -> None:
    folder, module = tmp_path / "shop", tmp_path / "mod"
    folder.mkdir()
    module.mkdir()
    (module / "main.hcl").write_text("")
    (folder / "main.hcl").write_text(GOOD + 'module "mail" {\n  source = "../mod"\n}\n')
    with following(folder):
        told.says("docker")
        (module / "main.hcl").write_text('nonsense "two" {}\n')
        told.says("two")


def test_a_file_that_is_away_for_a_moment_ends_nothing(tmp_path: Path, told: Told) -> None:
    (tmp_path / "main.hcl").write_text(GOOD)
    with following(tmp_path, str(tmp_path / "prod.vars.hcl")) as thread:
        told.says("prod.vars.hcl")
        (tmp_path / "main.hcl").write_text(BAD.format("two"))
        told.says("prod.vars.hcl")
        assert thread.is_alive()
