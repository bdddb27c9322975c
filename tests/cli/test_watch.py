"""`reconciler watch` as a process: what it says, how it ends, and what goes on beside it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.store.sqlite import SqliteStore
from tests.builders import declared, stack, state

from .conftest import NO_ENGINE, Ended, Place, containers, wait_until
from .terminal import Terminal

WITHIN_SECONDS = 10.0
"""What is promised from SIGTERM to the end."""

MARGIN_SECONDS = 0.5
"""What a loaded machine may take of it."""


@dataclass
class Watching:
    """A running watch; what it says goes to a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def says(self, text: str, times: int = 1) -> None:
        wait_until(lambda: self.log.read_text().count(text) >= times, 30)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it in time; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(WITHIN_SECONDS)


@contextmanager
def watching(place: Place, *words: str, **environment: str) -> Iterator[Watching]:
    log = place.folder.parent / f"log-{time.monotonic_ns()}"
    with log.open("wb") as file:
        command = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "watch", *words],
            cwd=place.folder,
            env={**place.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    found = Watching(command, log)
    try:
        yield found
    finally:
        if command.poll() is None:
            command.kill()
            command.wait()


def test_with_nothing_applied_it_waits_and_says_for_what(place: Place) -> None:
    place.write('stack "NAME" {}\n')
    place.environment |= NO_ENGINE
    with watching(place) as watch:
        watch.says("nothing is applied: waiting for `reconciler apply`")
        assert watch.end() == 0
        assert watch.log.read_text().count("nothing is applied") == 1


def test_sigterm_ends_it_with_0_and_ctrl_c_with_130(place: Place) -> None:
    place.write('stack "NAME" {}\n')
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        with watching(place) as watch:
            watch.says("nothing is applied")
            assert watch.end(number) == code


SIGNALLED_AMID_A_CALLBACK = """\
import os, signal, sys
from reconciler.cli.main import main

class Callback:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "reconciler.cli.watch":
            Callback()

sys.meta_path.insert(0, Finder())
main()
"""
"""Python drops what a signal's handler raises in there."""


def test_a_sigterm_while_it_begins_is_never_lost(place: Place) -> None:
    place.write('stack "NAME" {}\n')
    command = [sys.executable, "-c", SIGNALLED_AMID_A_CALLBACK, "watch"]
    environment = place.environment | NO_ENGINE
    assert subprocess.run(command, cwd=place.folder, env=environment, timeout=WITHIN_SECONDS).returncode == 0


SIGNALLED_AMID_AN_IMPORT = """\
import os, signal, sys
from reconciler.__main__ import main

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name in ("click", "reconciler.cli.plan", "reconciler.cli.watch")[PLACE:]:
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Finder())
main()
"""


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("words", "code"), [(["watch"], 0), (["--color", "never", "--debug", "watch"], 0), (["plan", "watch"], 143)]
)
def test_a_sigterm_while_it_is_imported_ends_a_watch_well(place: int, words: list[str], code: int) -> None:
    program = SIGNALLED_AMID_AN_IMPORT.replace("PLACE", str(place))
    ended = subprocess.run([sys.executable, "-c", program, *words], timeout=WITHIN_SECONDS, check=False)
    assert ended.returncode == code


ENDS_A_THREAD = """\
import sys, threading
from reconciler.cli.main import main

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "reconciler.cli.version":
            thread = threading.Thread(target={}.popitem, name="docker-events")
            thread.start()
            thread.join()

sys.meta_path.insert(0, Finder())
main()
"""


def test_a_thread_that_a_bug_ends_is_told_of_with_a_report(place: Place, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDS_A_THREAD, "version"]
    environment = place.environment | {"TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, cwd=place.folder, env=environment, capture_output=True, text=True, check=False)
    (report,) = tmp_path.glob("reconciler-crash-*.txt")
    assert ended.returncode == 0
    assert ended.stderr == (
        "Error: a bug of reconciler ended its thread docker-events (KeyError). It goes on without; start it anew "
        f"when you can.\nThe report is in {report}; --debug shows it here.\n"
    )
    assert "KeyError: 'popitem(): dictionary is empty'" in report.read_text()


def test_systemd_hears_when_it_is_ready_that_it_lives_and_when_it_stops(place: Place, tmp_path: Path) -> None:
    place.write('stack "NAME" {}\n')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        with watching(place, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="600000") as watch:
            heard = {systemd.recv(4096).decode() for _ in range(4)}
            assert watch.end() == 0
        while "STOPPING=1" not in heard:
            heard.add(systemd.recv(4096).decode())
    assert heard == {f"READY=1\nSTATUS=watches {place.name}", "WATCHDOG=1", "STOPPING=1"}


def test_sigterm_ends_it_in_time_though_the_engine_answers_no_more(place: Place, tmp_path: Path) -> None:
    place.write('stack "NAME" {}\n')
    with closing(SqliteStore(place.folder / "state", "ada")) as store:
        lease = store.acquire(place.name, "apply", 0)
        store.save(state(stack(declared()), stack_name=place.name, serial=0), lease)
        lease.release()
    with (
        socket.socket(socket.AF_UNIX) as silent,
        watching(place, "--listen", "127.0.0.1:0", DOCKER_HOST=f"unix://{tmp_path}/docker.sock") as watch,
    ):
        watch.says("Cannot reach the Docker engine")
        silent.bind(str(tmp_path / "docker.sock"))
        silent.listen()
        with silent.accept()[0]:  # it asks, and waits for an answer
            began = time.monotonic()
            assert watch.end() == 0
            assert time.monotonic() - began < WITHIN_SECONDS - MARGIN_SECONDS


def test_the_unit_has_whole_paths_and_is_restarted(place: Place) -> None:
    place.write('stack "NAME" {}\n')
    unit = place.run("watch", "--systemd-unit").out
    command = next(each for each in unit.splitlines() if each.startswith("ExecStart="))
    assert command.endswith(f" watch {place.folder} --state {place.folder}/state")
    assert f"WorkingDirectory={place.folder}" in unit.splitlines()
    assert {"Type=notify", "Restart=always", "WatchdogSec=120", "WantedBy=multi-user.target"} <= set(
        unit.splitlines()
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--allow-destroy",), "--allow-destroy says what --follow may do: give both"),
        ((".", "--stack", "."), "give folders of stacks as arguments or one by --stack, not both"),
        ((".", "."), "a stack is given twice"),
        (("--listen", "here"), '--listen wants HOST:PORT, as 127.0.0.1:9321, not "here"'),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(place: Place, words: tuple[str, ...], told: str) -> None:
    place.write('stack "NAME" {}\n')
    found = place.run("watch", *words)
    assert (found.code, found.err.strip()) == (64, f"Error: {told}")


@pytest.mark.engine
def test_a_task_that_is_killed_is_replaced_and_nothing_else_is_touched(site: Place, engine: Client) -> None:
    site.apply()
    with watching(site) as watch:
        watch.says("watches it")
        victim, other = (each["Id"] for each in containers(engine, site.name))
        engine.post(f"/containers/{victim}/kill")
        wait_until(lambda: len(_running(engine, site)) == 2 and victim not in _running(engine, site))
        assert other in _running(engine, site)
        before = _running(engine, site)
        assert watch.end() == 0
    assert _running(engine, site) == before, "tasks go on running"
    assert site.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.engine
def test_an_apply_is_made_way_for_and_the_watch_goes_on_afterwards(site: Place, engine: Client) -> None:
    site.apply()
    with watching(site) as watch:
        watch.says("watches it")
        applied = site.apply("--var", "greeting=hi")
        assert f'Stack "{site.name}" is watched by ' in applied.err
        watch.says("watches it", times=2)
        (victim, *_) = (each["Id"] for each in containers(engine, site.name) if each["State"] == "running")
        engine.post(f"/containers/{victim}/kill")
        wait_until(lambda: len(_running(engine, site)) == 2 and victim not in _running(engine, site))
        assert watch.end() == 0


@pytest.mark.engine
def test_what_a_watch_records_while_somebody_thinks_makes_no_plan_stale(site: Place, engine: Client) -> None:
    site.apply()
    with watching(site) as watch:
        watch.says("watches it")
        terminal = Terminal(site.folder, site.environment, "apply", "--var", "greeting=hi")
        terminal.expect("Only 'yes' is accepted")
        (victim, *_) = _running(engine, site)
        engine.post(f"/containers/{victim}/kill")
        wait_until(lambda: len(_running(engine, site)) == 2 and victim not in _running(engine, site))
        watch.says("RUNNING", times=1)
        terminal.type("yes\n")
        assert terminal.end() == 0, terminal.shown
        assert watch.end() == 0
    assert site.run("output", "greeting", "--raw").out == "hi\n"


@pytest.mark.engine
def test_requests_beside_it_are_carried_out_by_it(site: Place, engine: Client) -> None:
    site.apply()
    with watching(site) as watch:
        watch.says("watches it")
        scaled: Ended = site.run("scale", "web=3")
        assert scaled.code == 0, scaled.err
        wait_until(lambda: len(_running(engine, site)) == 3)
        assert watch.log.read_text().count("watches it") == 1, "it did not have to let go"


@pytest.mark.engine
def test_a_second_watch_stands_by_and_takes_over_at_once_when_the_first_one_dies(site: Place) -> None:
    site.apply()
    with watching(site) as first, watching(site) as second:
        wait_until(lambda: "watches it" in first.log.read_text() + second.log.read_text(), 30)
        wait_until(lambda: "stands by" in first.log.read_text() + second.log.read_text(), 30)
        holder, other = (first, second) if "watches it" in first.log.read_text() else (second, first)
        holder.process.kill()
        other.says("watches it")
        assert other.end() == 0


@pytest.mark.engine
def test_files_that_change_are_applied_and_what_they_destroy_is_not(site: Place, engine: Client) -> None:
    site.apply()
    text = (site.folder / "main.hcl").read_text()
    with watching(site, "--follow") as watch:
        watch.says("watches it")
        site.write(text.replace("default = 2", "default = 1"))
        wait_until(lambda: len(_running(engine, site)) == 1, 30)
        site.write(text.replace("desired_count ", "desired_cuont "))
        watch.says("The files have errors: what was applied last is kept.")
        site.write('task_definition "web" {\n  container "app" { image = "reconciler-test/busybox:1" }\n}\n')
        watch.says("the files would destroy service.web: what was applied last is kept.")
        assert len(_running(engine, site)) == 1
        assert watch.end() == 0


@pytest.mark.engine
def test_two_stacks_are_watched_by_one_process(site: Place, engine: Client) -> None:
    site.apply()
    other = site.folder.parent / "other"
    other.mkdir()
    (other / "main.hcl").write_text('stack "nothing-yet" {}\n')
    with watching(site, str(site.folder), str(other)) as watch:
        watch.says(f"{site.name}  watches it")
        watch.says("nothing-yet  nothing is applied")
        assert watch.end() == 0


def _running(engine: Client, site: Place) -> set[str]:
    return {each["Id"] for each in containers(engine, site.name) if each["State"] == "running"}
