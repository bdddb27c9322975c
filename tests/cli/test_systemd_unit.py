"""The unit of `watch`: what systemd reads is what was meant, whatever folders are called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.cli.options import Given
from reconciler.cli.systemd_unit import unit_text

AWKWARD = """it's 100% $HOME "x" b\\s"""


def stack(folder: Path) -> Given:
    folder.mkdir()
    (folder / "main.hcl").write_text("")
    return Given(stack_folder=str(folder))


def lines(stacks: Sequence[Given], *options: str, user: str = "root", **environ: str) -> dict[str, list[str]]:
    """The values of each setting."""
    found: dict[str, list[str]] = {}
    for line in unit_text(stacks, options, environ, user).splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/reconciler"])


def test_a_unit_starts_the_watch_of_a_stack_and_never_gives_it_up(tmp_path: Path) -> None:
    unit = lines([stack(tmp_path / "shop")])
    assert unit["ExecStart"] == [f"/usr/bin/reconciler watch {tmp_path}/shop --state {tmp_path}/shop/state"]
    assert unit["WorkingDirectory"] == [f"{tmp_path}/shop"]
    assert unit["ReadWritePaths"] == [f"-{tmp_path}/shop/state"]
    assert unit["StartLimitIntervalSec"] == ["0"]
    assert unit["SuccessExitStatus"] == ["143"], "it is stopped before it can take a signal"
    assert unit["After"] == ["network-online.target docker.service"]
    assert "User" not in unit


def test_words_are_quoted_as_systemd_reads_them(tmp_path: Path) -> None:
    unit = lines([stack(tmp_path / AWKWARD)], "--listen", ":9321")
    quoted = f"""{tmp_path}/it's 100%% $HOME \\"x\\" b\\\\s"""
    program = quoted.replace("$", "$$")
    assert unit["ExecStart"] == [f'/usr/bin/reconciler watch "{program}" --listen :9321 --state "{program}/state"']
    assert unit["WorkingDirectory"] == [f"""{tmp_path}/it's 100%% $HOME "x" b\\s"""]
    assert unit["ReadWritePaths"] == [f'"-{quoted}/state"']


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", ["shop", AWKWARD])
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])
    unit = tmp_path / "reconciler-shop.service"
    text = unit_text([stack(tmp_path / name)], ["--follow"], {"DOCKER_HOST": "tcp://10.0.0.5:2376"}, "ada")
    unit.write_text(text.replace("User=ada\n", ""))  # there is no such user here
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_who_prints_it_runs_it_with_what_decides_which_engine_it_is(tmp_path: Path) -> None:
    kept = {"DOCKER_HOST": "tcp://10.0.0.5:2376", "RECONCILER_LEASE_SECONDS": "60"}
    unit = lines([stack(tmp_path / "shop")], user="ada", **kept, PATH="/usr/bin", DB_PASSWORD="s3cret")
    assert unit["User"] == ["ada"]
    assert unit["Environment"] == ["DOCKER_HOST=tcp://10.0.0.5:2376", "RECONCILER_LEASE_SECONDS=60"]


def test_stacks_with_states_of_their_own_each_keep_theirs(tmp_path: Path) -> None:
    stacks = [stack(tmp_path / name) for name in ("shop", "mail")]
    unit = lines(stacks, "--follow")
    assert unit["ExecStart"] == [f"/usr/bin/reconciler watch {tmp_path}/shop {tmp_path}/mail --follow"]
    assert unit["ReadWritePaths"] == [f"-{tmp_path}/shop/state", f"-{tmp_path}/mail/state"]


def test_variables_that_are_followed_with_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shop = stack(tmp_path / "shop")
    given = Given(shop.stack_folder, None, ("tag=2.0",), ("prod.vars.hcl",))
    (command,) = lines([given], "--follow")["ExecStart"]
    assert f" --var tag=2.0 --var-file {tmp_path}/prod.vars.hcl --follow --state " in command
