"""The same engine over TCP, through the SDK; and an engine that goes away and comes back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.docker.endpoint import find_endpoint
from reconciler.drivers.driver import LookRequest
from reconciler.errors import EngineError
from reconciler.model.stack import Cluster

from .builders import World, definition, eventually, shell
from .test_docker_streams import EXECUTE

pytestmark = pytest.mark.engine


class Proxy:
    """Passes bytes on to the engine, until it is told to break."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._open: list[socket.socket] = []
        self._path = find_endpoint(None, None, os.environ).socket_path
        assert self._path, "these tests need the engine on a local socket"
        threading.Thread(target=self._accept, daemon=True).start()

    def break_all(self) -> None:
        """Cut every connection; new ones are taken."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open = []

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._path or "")
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                sink.sendall(content)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def tcp(docker: World) -> Iterator[World]:
    """The stack of the test's own, seen over TCP."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(listener)
    url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    driver = DockerDriver(Cluster(engine=url), SystemClock())
    yield World(driver, docker.stack, docker.owner, url)
    driver.close()
    proxy.close()


def test_a_task_lives_and_ends_over_tcp(tcp: World) -> None:
    task = tcp.run(definition(shell("echo one; sleep 0.2; echo two")))
    lines = list(tcp.driver.logs(tcp.container(task).id, follow=True))
    assert [line.partition(" ")[2] for line in lines] == ["one", "two"]
    eventually(lambda: tcp.container(task).has_exited)
    tcp.perform(tcp.remove(task))
    assert tcp.look().tasks == ()


def test_events_arrive_over_tcp(tcp: World) -> None:
    woken = threading.Event()
    end = tcp.driver.subscribe(woken.set)
    try:
        task = tcp.run()
        eventually(lambda: stop_and_start(tcp, woken, task))
    finally:
        end()


def stop_and_start(world: World, woken: threading.Event, task: object) -> bool:
    woken.clear()
    (observed,) = world.look().tasks
    is_live = observed.containers[0].is_live
    world.perform(world.stop(observed.task) if is_live else world.start(observed.task))
    return woken.wait(0.5)


def test_a_command_runs_over_tcp(tcp: World, docker: World) -> None:
    container = docker.container(docker.run())
    url = tcp.folder
    ended = subprocess.run(
        [sys.executable, "-c", EXECUTE.replace("Cluster()", f"Cluster(engine={url!r})"), container.id, "i", "cat"],
        input="hello\n",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (0, "hello\n"), ended.stderr


SSH = f"""#!{sys.executable}
import os, socket, sys, threading
open(os.environ["SSH_LOG"], "a").write(" ".join(sys.argv[1:]) + chr(10))
if os.environ.get("SSH_FAILS"):
    sys.exit("me@box: Permission denied (publickey).")
engine = socket.socket(socket.AF_UNIX)
engine.connect(os.environ["SSH_ENGINE"])
def forward():
    while content := os.read(0, 65536):
        engine.sendall(content)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=forward, daemon=True).start()
while content := engine.recv(65536):
    os.write(1, content)
"""


@pytest.fixture
def ssh(docker: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The stack of the test's own, seen through a program called `ssh` that stands for the real one."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("SSH_ENGINE", find_endpoint(None, None, os.environ).socket_path or "")
    driver = DockerDriver(Cluster(engine="ssh://me@box:2222"), SystemClock())
    yield World(driver, docker.stack, docker.owner, str(tmp_path))
    driver.close()


def test_a_task_lives_and_ends_through_ssh_on_connections_that_are_kept(ssh: World) -> None:
    task = ssh.run(definition(shell("echo one")))
    assert len(list(ssh.driver.logs(ssh.container(task).id, follow=True))) == 1
    ssh.perform(ssh.remove(task))
    calls = (Path(ssh.folder) / "log").read_text().splitlines()
    assert set(calls) == {"-T -o ConnectTimeout=30 -l me -p 2222 -- box docker system dial-stdio"}
    assert len(calls) <= 3


def test_what_ssh_complains_of_is_told(ssh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_FAILS", "1")
    with pytest.raises(EngineError, match=r"ssh://me@box:2222.*Permission denied \(publickey\)"):
        ssh.look()


def test_a_broken_connection_is_replaced_and_the_subscriber_woken(docker: World, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    proxy = Proxy(listener)
    driver = DockerDriver(Cluster(engine=f"unix://{path}"), SystemClock())
    request = LookRequest(stack=docker.stack, owner=docker.owner)
    driver.look(request)
    woken = threading.Event()
    end = driver.subscribe(woken.set)
    try:
        proxy.break_all()
        assert driver.look(request).tasks == ()
        assert woken.wait(5)
        proxy.close()
        with pytest.raises(EngineError, match="Cannot reach the Docker engine"):
            driver.look(request)
    finally:
        end()
        driver.close()
