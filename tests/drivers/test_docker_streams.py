"""Logs as lines, commands with our own streams."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice

import pytest

from reconciler.drivers.docker.logs import _lines, frames
from reconciler.errors import EngineError

from .builders import World, definition, eventually, shell

EXECUTE = """
import sys
from reconciler.clock import SystemClock
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.model.stack import Cluster
container, flags, *command = sys.argv[1:]
driver = DockerDriver(Cluster(), SystemClock())
sys.exit(driver.execute(container, command, interactive="i" in flags, terminal="t" in flags))
"""


def frame(number: int, content: bytes) -> bytes:
    return bytes([number, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


def test_frames_are_found_however_the_bytes_arrive() -> None:
    sent = frame(1, b"T out\n") + frame(2, b"T error\n")
    for size in (1, 3, len(sent)):
        chunks = (sent[at : at + size] for at in range(0, len(sent), size))
        assert list(frames(iter(chunks))) == [(1, b"T out\n"), (2, b"T error\n")]


def test_a_line_in_several_frames_is_one_line_with_one_time() -> None:
    parts = [(1, b"T1 be"), (2, b"T2 other\n"), (1, b"T3 gun\n"), (1, b"T4 no end")]
    assert list(_lines(iter(parts))) == ["T2 other", "T1 begun", "T4 no end"]


@pytest.mark.engine
def test_followed_logs_end_with_the_container(docker: World) -> None:
    task = docker.run(definition(shell("echo one; sleep 0.3; echo two")))
    lines = list(docker.driver.logs(docker.container(task).id, follow=True))
    assert [line.partition(" ")[2] for line in lines] == ["one", "two"]


@pytest.mark.engine
def test_followed_logs_can_be_left_at_any_line(docker: World) -> None:
    task = docker.run(definition(shell("while true; do echo x; sleep 0.05; done")))
    lines = docker.driver.logs(docker.container(task).id, follow=True)
    assert len(list(islice(lines, 2))) == 2
    assert isinstance(lines, Iterator)
    del lines


@pytest.mark.engine
def test_logs_since_a_time_leave_out_what_was_before(docker: World) -> None:
    task = docker.run(definition(shell("echo old; sleep 0.4; echo new; sleep 60")))
    container = docker.container(task)
    assert container.started_at is not None
    eventually(lambda: len(list(docker.driver.logs(container.id))) == 2)
    lines = docker.driver.logs(container.id, since=container.started_at + 0.2)
    assert [line.partition(" ")[2] for line in lines] == ["new"]


@pytest.mark.engine
def test_a_long_line_and_a_terminals_lines_are_whole(docker: World) -> None:
    script = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo end"
    for terminal in (False, True):
        task = docker.run(definition(shell(script, pseudo_terminal=terminal)))
        lines = list(docker.driver.logs(docker.container(task).id, follow=True))
        assert [len(line.partition(" ")[2]) for line in lines] == [40000, 3]


def run(docker: World, flags: str, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    container = docker.container(docker.run())
    return subprocess.run(
        [sys.executable, "-c", EXECUTE, container.id, flags, *command],
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.engine
def test_a_command_has_our_streams_and_gives_its_exit_code(docker: World) -> None:
    ended = run(docker, "i", "sh", "-c", "read line; echo got $line; echo oops >&2; exit 7", text="hello\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "got hello\n", "oops\n")


@pytest.mark.engine
def test_a_command_sees_the_end_of_its_input(docker: World) -> None:
    ended = run(docker, "i", "wc", "-l", text="a\nb\n")
    assert (ended.returncode, ended.stdout.strip()) == (0, "2")


@pytest.mark.engine
def test_a_terminal_is_as_large_as_ours(docker: World) -> None:
    import fcntl
    import struct
    import termios

    container = docker.container(docker.run())
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    script = "sleep 0.3; stty size; read line; echo got $line"
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE, container.id, "it", "sh", "-c", script],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, b"hello\r")
    output = b""
    try:
        while chunk := os.read(ours, 4096):
            output += chunk
    except OSError:  # the other end was closed: the process ended
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=30) == 0
    assert b"33 99" in output and b"got hello" in output


@pytest.mark.engine
def test_no_command_in_a_container_that_ended(docker: World) -> None:
    task = docker.run(definition(shell("exit 0")))
    eventually(lambda: docker.container(task).has_exited)
    with pytest.raises(EngineError, match="is not running"):
        docker.driver.execute(docker.container(task).id, ["true"])
