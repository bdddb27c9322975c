"""How commands end: exit codes, questions, interruptions, closed streams, and bugs of our own."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import find_endpoint

from .conftest import IMAGE, NO_ENGINE, WEB, Place, containers, ended, wait_until
from .terminal import Terminal

SLOW_TO_STOP = "command=trap '' TERM; while true; do sleep 0.1; done"


@pytest.mark.engine
def test_a_failed_deployment_exits_with_3_and_says_why_with_the_log_and_what_to_type(site: Place) -> None:
    site.apply("--var", "desired=1")
    failing = "command=for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; exit 3"
    site.write(WEB.replace('"0s"', '"5s"'))
    failed = site.run("apply", "--auto-approve", "--stack", ".", "--var", "desired=1", "--var", failing)
    assert failed.code == 3
    assert "\nservice.web  FAILED  3 failures" in failed.err
    assert "essential container app exited with code 3" in failed.err
    shown = [line.strip() for line in failed.err.splitlines() if line.startswith("    line ")]
    assert shown == [f"line {number}" for number in range(3, 13)]
    assert "reconciler plan --stack ." in failed.err
    assert "Error: the deployment of service.web failed after" in failed.err
    assert "1 FAILED" in site.run("status").out
    assert [each["task_definition"] for each in site.tasks()] == ["web:1"]
    again = site.run("plan", "--var", "desired=1", "--var", failing).out
    assert "its last deployment failed and was rolled back (3 failures, the limit is 3; " in again


@pytest.mark.engine
def test_a_failed_deployment_is_an_apply_errored_line(site: Place) -> None:
    site.write(WEB.replace('"0s"', '"5s"'))
    failed = site.run("apply", "--auto-approve", "--json", "--var", "desired=1", "--var", "command=exit 3")
    kinds = [each["type"] for each in failed.lines]
    assert (failed.code, kinds[-2:]) == (3, ["apply_errored", "diagnostic"])
    assert failed.lines[-1]["diagnostic"]["code"] == "E0003"


@pytest.mark.engine
def test_an_image_that_cannot_be_had_is_known_at_plan_and_nothing_changes(site: Place, engine: Client) -> None:
    site.write(WEB.replace(IMAGE, "localhost:1/nothing/here:1"))
    refused = site.run("apply", "--auto-approve")
    assert refused.code == 1
    assert "image localhost:1/nothing/here:1 cannot be had" in refused.err
    assert "main.hcl:20:" in refused.err
    assert containers(engine, site.name) == []


@pytest.mark.engine
def test_a_held_lock_exits_with_4_and_says_who_holds_it(site: Place) -> None:
    site.write(WEB.replace('"1s"', '"6s"'))  # long enough for a busy machine to ask meanwhile
    site.apply("--var", SLOW_TO_STOP)
    holder = site.start("apply", "--auto-approve", "--progress", "plain")
    wait_until(lambda: "2 old" in site.run("ps", "--json").out or len(site.tasks()) > 2)
    refused = site.run("apply", "--auto-approve", "--json")
    assert refused.code == 4
    assert f"pid {holder.pid}" in refused.err
    assert "--lock-timeout" in refused.err
    assert refused.lines[-1]["diagnostic"]["code"] == "E0004"
    assert ended(holder).code == 0
    assert site.run("apply", "--auto-approve", "--lock-timeout", "5").code == 0


STOP_FIRST = WEB.replace("= 50", "= 0").replace("= 200", "= 100").replace('"1s"', '"30s"')


def stopping(site: Place) -> subprocess.Popen[str]:
    """An apply that waits for a task that takes half a minute to stop."""
    site.write(STOP_FIRST)
    site.apply("--var", "desired=1", "--var", SLOW_TO_STOP)
    process = site.start("apply", "--auto-approve", "--var", "desired=1")
    assert process.stderr
    while "to stop" not in process.stderr.readline():
        pass
    return process


@pytest.mark.engine
def test_a_signal_ends_an_apply_within_ten_seconds_and_the_next_one_goes_on(site: Place, engine: Client) -> None:
    process = stopping(site)
    began = time.monotonic()
    stopped = ended(process, signal.SIGTERM)
    assert stopped.code == 143
    assert 7 < time.monotonic() - began < 10
    assert "Once more stops at once." in stopped.err
    assert "the state is saved" in stopped.err
    (stubborn,) = containers(engine, site.name)
    engine.call("POST", f"/containers/{stubborn['Id']}/kill")
    site.apply("--var", "desired=1")
    assert len(containers(engine, site.name)) == 1
    assert site.run("plan", "--var", "desired=1", "--detailed-exitcode").code == 0


@pytest.mark.engine
def test_a_second_signal_stops_at_once(site: Place) -> None:
    process = stopping(site)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    began = time.monotonic()
    assert ended(process, signal.SIGINT).code == 130
    assert time.monotonic() - began < 2


@pytest.mark.engine
def test_apply_asks_on_a_terminal_and_only_yes_is_yes(site: Place, engine: Client) -> None:
    terminal = Terminal(site.folder, site.environment, "apply")
    terminal.expect("Only 'yes' is accepted: ")
    terminal.type("y\r")
    assert terminal.end() == 1
    assert "apply was not approved. Nothing was changed." in terminal.shown
    assert containers(engine, site.name) == []
    terminal = Terminal(site.folder, site.environment, "apply")
    terminal.expect("Only 'yes' is accepted: ")
    terminal.type("\x04")
    assert terminal.end() == 130
    assert "accepted: \n" in terminal.shown and "apply was interrupted. Nothing was changed." in terminal.shown
    terminal = Terminal(site.folder, site.environment, "apply")
    terminal.expect("Only 'yes' is accepted: ")
    terminal.type("yes\r")
    assert terminal.end() == 0
    assert "\x1b[?25h" in terminal.shown  # the cursor is back
    assert "steady     2/2 new  healthy 2/2" in terminal.shown
    assert "Apply complete after" in terminal.shown
    assert "\x1b[32m" in terminal.shown  # colours


@pytest.mark.engine
def test_a_plan_that_grew_old_while_somebody_thought_exits_with_5(site: Place) -> None:
    terminal = Terminal(site.folder, site.environment, "apply")
    terminal.expect("Only 'yes' is accepted: ")
    site.apply("--var", "desired=1")
    terminal.type("yes\r")
    assert terminal.end() == 5
    assert "what would be changed is not what it was when this plan was made; plan again" in terminal.shown
    assert len(site.tasks()) == 1


class Cut:
    """A way to the engine that can be cut."""

    def __init__(self, path: Path, engine: str) -> None:
        self._engine = engine
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._path = path
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._path.unlink(missing_ok=True)
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                theirs = socket.socket(socket.AF_UNIX)
                theirs.connect(self._engine)
                self._open += [ours, theirs]
                for source, target in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Cut]:
    path = find_endpoint(None, None, os.environ).socket_path
    if path is None:
        pytest.fail("this test needs an engine on a local socket")
    found = Cut(tmp_path / "engine.sock", path)
    yield found
    found.cut()


@pytest.mark.engine
def test_an_engine_lost_half_way_exits_with_6_and_the_next_apply_goes_on(
    site: Place, engine: Client, wire: Cut, tmp_path: Path
) -> None:
    environment = {"DOCKER_HOST": f"unix://{tmp_path / 'engine.sock'}", "RECONCILER_RETRY_SECONDS": "0.05"}
    site.write(WEB.replace('"0s"', '"5s"'))
    applying = site.start("apply", "--auto-approve", **environment)
    wait_until(lambda: len(containers(engine, site.name)) == 2)
    wire.cut()
    stopped = ended(applying)
    assert stopped.code == 6, stopped.err
    assert "apply again" in stopped.err
    site.write(WEB)
    site.apply()
    assert len(containers(engine, site.name)) == 2


@pytest.mark.engine
def test_a_full_disk_before_the_first_effect_exits_with_1_and_nothing_changes(site: Place, engine: Client) -> None:
    applied = subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--auto-approve"],
        cwd=site.folder,
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert (applied.returncode, "the state in" in applied.stderr) == (1, True)
    assert "Traceback" not in applied.stderr
    assert containers(engine, site.name) == []


@pytest.mark.engine
def test_output_that_nobody_reads_is_no_traceback(site: Place) -> None:
    for words in (("plan",), ("plan", "--json"), ("status",)):
        process = site.start(*words)
        assert process.stdout
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr
        assert process.stderr.read() == ""
        process.stderr.close()


@pytest.mark.engine
def test_an_apply_goes_on_though_nobody_reads_its_progress(site: Place) -> None:
    process = site.start("apply", "--auto-approve")
    assert process.stderr
    process.stderr.close()
    assert process.stdout
    assert "Apply complete" in process.stdout.read()
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.mark.parametrize("words", [("docs", "service"), ("console",), ("version",)])
def test_streams_that_the_shell_closed_are_no_bug(place: Place, words: tuple[str, ...]) -> None:
    shell = ["sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-m", "reconciler", *words]
    told = subprocess.run(shell, cwd=place.folder, env=place.environment, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_a_terminated_command_exits_with_143(place: Place) -> None:
    place.write(WEB)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "e.sock"  # pytest's own folders may be too long for a socket
        listener.bind(str(path))
        listener.listen(4)
        process = place.start("status", DOCKER_HOST=f"unix://{path}")
        with listener.accept()[0]:  # it waits for an answer now
            stopped = ended(process, signal.SIGTERM)
    assert (stopped.code, stopped.out) == (143, "")


BROKEN = """\
import sys
import reconciler.cli.status as status
def fail(given):
    raise RuntimeError("a value that may be secret")
status.open_recorded = fail
sys.argv = ["reconciler", "status", *sys.argv[1:]]
from reconciler.cli.main import main
main()
"""


def crash(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BROKEN, *words],
        cwd=place.folder,
        env={**place.environment, "TMPDIR": str(place.folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bug_is_one_line_and_a_report_that_only_the_user_reads(place: Place) -> None:
    crashed = crash(place, "--var", "password=hunter2")
    (report,) = place.folder.glob("reconciler-crash-*.txt")
    assert crashed.returncode == 1
    assert crashed.stderr == (
        "Error: this is a bug of reconciler (RuntimeError). What was recorded is kept; run it again to go on.\n"
        f"The report is in {report}; --debug shows it here.\n"
    )
    text = report.read_text()
    assert "RuntimeError: a value that may be secret" in text
    assert "hunter2" not in text
    assert report.stat().st_mode & 0o777 == 0o600


def test_debug_shows_the_traceback_of_a_bug(place: Place) -> None:
    crashed = crash(place, "--debug")
    assert crashed.returncode == 1
    assert crashed.stderr.startswith("Traceback")
    assert list(place.folder.glob("reconciler-crash-*")) == []


@pytest.mark.parametrize(
    ("words", "environment", "is_coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_follow_the_option_then_the_environment(
    place: Place, words: tuple[str, ...], environment: dict[str, str], is_coloured: bool
) -> None:
    place.write(WEB)
    refused = place.run("plan", *words, **NO_ENGINE, **environment)
    assert refused.err.startswith("\x1b[31m\x1b[1mError:\x1b[0m" if is_coloured else "Error:")


def test_workflow_commands_of_ci_are_defused(place: Place) -> None:
    place.write('variable "x" {\n::error::\n}\n')
    assert "\n::" not in place.run("validate", GITHUB_ACTIONS="true").err
