"""`watch --follow`: no change of a file is missed. The files have errors, so no engine is needed to see it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchfiles import Change

from reconciler.cli import following as followed
from reconciler.cli.following import Follower, Tries, files_that_count
from reconciler.cli.options import Given
from reconciler.cli.stopping import Stop
from reconciler.errors import DeploymentFailedError, EngineError

from .conftest import wait_until

AWAY, FAILED = EngineError("the engine is away"), DeploymentFailedError("the deployment of web failed")
GOOD = 'stack "shop" {}\n'
BAD = 'stack "shop" {{}}\nnonsense "{}" {{}}\n'


@contextmanager
def following(folder: Path, *var_files: str, log_as_json: bool = False) -> Iterator[threading.Thread]:
    """Follow the files of a folder on another thread."""
    stop = Stop()
    given = Given(stack_folder=str(folder), state_folder=str(folder / "state"), var_files=var_files)
    thread = threading.Thread(target=Follower(given, stop, allow_destroy=False, log_as_json=log_as_json).follow)
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

    def says(self, words: str) -> str:
        """Wait for words; returns what was said since the last time."""

        def is_told() -> bool:
            self.text += self._capsys.readouterr().err
            return words in self.text

        wait_until(is_told)
        said, self.text = self.text, ""
        return said


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


def test_a_log_that_is_written_beside_the_files_is_no_change_of_theirs(tmp_path: Path) -> None:
    counts = files_that_count(tmp_path / "state")
    written = ("main.hcl", "motd.txt", "watch.log", "state/state.db", ".git/index", "main.hcl~")
    assert [each for each in written if counts(Change.modified, str(tmp_path / each))] == ["main.hcl", "motd.txt"]


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


def test_what_failed_though_the_files_are_right_is_tried_again_at_a_time_that_is_told(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "FIRST_PAUSE", 0.2)
    (tmp_path / "main.hcl").write_text(GOOD)
    with following(tmp_path):
        assert "nowhere/docker.sock" in told.says("The files are applied again at ")
        assert "nowhere/docker.sock" in told.says("The files are applied again at ")
        (tmp_path / "main.hcl").write_text(BAD.format("two"))
        told.says("two")


def test_a_change_is_applied_at_once_however_long_the_pause_is(tmp_path: Path, told: Told) -> None:
    (tmp_path / "main.hcl").write_text(GOOD)
    with following(tmp_path):
        told.says(", in 5s, or as soon as one of them changes.")
        (tmp_path / "main.hcl").write_text(BAD.format("two"))
        assert "nowhere" not in told.says("two")


def test_files_with_errors_are_read_again_when_they_change_and_not_before(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "FIRST_PAUSE", 0.01)
    (tmp_path / "main.hcl").write_text(BAD.format("one"))
    with following(tmp_path):
        told.says("The files have errors: what was applied last is kept.")
        (tmp_path / "main.hcl").write_text(BAD.format("two"))
        assert "one" not in told.says("The files have errors: what was applied last is kept.")


def test_a_folder_that_is_put_in_the_place_of_another_is_followed(tmp_path: Path, told: Told) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.hcl").write_text(BAD.format("one"))
    with following(folder) as thread:
        told.says("one")
        folder.rename(tmp_path / "before")
        told.says(f"there is no folder {folder}")
        folder.mkdir()
        (folder / "main.hcl").write_text(BAD.format("two"))
        told.says("two")
        assert thread.is_alive()


def test_a_link_that_leads_to_another_folder_is_followed(tmp_path: Path, told: Told) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.hcl").write_text(BAD.format(name))
    link = tmp_path / "current"
    link.symlink_to("one")
    with following(link):
        told.says('"one"')
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").rename(link)
        told.says('"two"')


def test_in_a_log_of_json_everything_it_says_is_a_line_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.hcl").write_text(BAD.format("one"))
    lines: list[dict[str, str]] = []

    def is_told() -> bool:
        lines.extend(json.loads(line) for line in capsys.readouterr().err.splitlines())
        return len(lines) > 1

    with following(tmp_path, log_as_json=True):
        wait_until(is_told)
    assert [(each["type"], each["stack"]) for each in lines] == [("log", "shop")] * 2
    assert lines[0]["message"].startswith('Error: unknown block "nonsense"')
    assert "\n" in lines[0]["message"]
    assert lines[1]["message"] == "The files have errors: what was applied last is kept."


def test_pauses_grow_up_to_five_minutes() -> None:
    tries = Tries()
    assert [tries.pause_after(AWAY) for _ in range(8)] == [5, 10, 20, 40, 80, 160, 300, 300]


def test_a_fifth_deployment_that_fails_is_the_last_one() -> None:
    tries = Tries()
    failures = (AWAY, FAILED, AWAY, FAILED, FAILED, FAILED, FAILED)
    assert [tries.pause_after(each) for each in failures] == [5, 10, 20, 40, 80, 160, None]
