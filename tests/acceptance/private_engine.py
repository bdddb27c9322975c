"""A Docker engine of our own, in a network namespace of its own: for what nobody may do to the user's engine.

It can be restarted, frozen, or made a Swarm. Its containers reach nothing outside; its socket is a file.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import find_endpoint
from reconciler.errors import EngineError

from .engine import connect

STARTS_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 60.0
POOL = "base=10.213.0.0/16,size=24"
IMAGE = "reconciler-test/busybox:1"
NEEDED = ("dockerd", "ip", "nsenter")


@dataclass
class PrivateEngine:
    """An engine that is ours alone; `url` is its DOCKER_HOST."""

    folder: Path
    namespace: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"unix://{self.folder / 'docker.sock'}"

    def connect(self) -> Client:
        """Return a client of it."""
        return Client(find_endpoint(self.url, None, {}))

    def start(self) -> None:
        """Start it and wait until it answers."""
        for left in ("docker.pid", "docker.sock", "exec/containerd/containerd.pid"):
            (self.folder / left).unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                # `ip netns exec` would hide the control groups: it mounts /sys anew
                ("nsenter", f"--net=/run/netns/{self.namespace}", *self._dockerd()),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the private engine did not start:\n{self._last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, and with it its containers."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """End it without notice."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Let it answer nothing any more, though its connections stay."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def take_image(self, source: Client, reference: str) -> None:
        """Copy an image from another engine."""
        stream = source.stream("GET", f"/images/{reference}/get", timeout=120)
        try:
            content = b"".join(stream.chunks())
        finally:
            stream.close()
        client = self.connect()
        client.call("POST", "/images/load", {"quiet": True}, content, timeout=120)
        client.close()

    def _dockerd(self) -> tuple[str, ...]:
        folder = self.folder
        return (
            "dockerd",
            f"--host={self.url}",
            f"--data-root={folder / 'data'}",
            f"--exec-root={folder / 'exec'}",
            f"--pidfile={folder / 'docker.pid'}",
            f"--default-address-pool={POOL}",
            "--bridge=none",
            "--shutdown-timeout=5",
        )

    def _answers(self) -> bool:
        client = self.connect()
        try:
            client.get("/version", timeout=5)
        except EngineError:
            return False
        finally:
            client.close()
        return True

    def _last_words(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


@contextmanager
def private_engine(*images: str) -> Iterator[PrivateEngine]:
    """Start an engine that has these images of the usual one; nothing of it is left at the end.

    Raises AssertionError where that is not possible: it takes root.
    """
    assert os.geteuid() == 0, "an engine of our own needs root: run the tests as root"
    missing = [each for each in NEEDED if shutil.which(each, path=_environment()["PATH"]) is None]
    assert not missing, f"a private engine needs {', '.join(missing)}: scripts/apt-install.sh installs them"
    with tempfile.TemporaryDirectory(prefix="re-", ignore_cleanup_errors=True) as folder:
        engine = PrivateEngine(Path(folder), Path(folder).name)
        _ip("netns", "add", engine.namespace)
        try:
            _ip("-n", engine.namespace, "link", "set", "lo", "up")
            engine.start()
            _give(engine, images or (IMAGE,))
            yield engine
        finally:
            engine.stop()
            _unmount(Path(folder))
            _ip("netns", "delete", engine.namespace)


def _give(engine: PrivateEngine, images: Iterable[str]) -> None:
    usual = connect()
    try:
        for image in images:
            engine.take_image(usual, image)
    finally:
        usual.close()


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, env=_environment(), capture_output=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


def _unmount(folder: Path) -> None:
    """Let go of what an engine that was killed left mounted."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for each in sorted((each for each in mounts if each.startswith(f"{folder}/")), reverse=True):
        with suppress(subprocess.CalledProcessError):
            subprocess.run(("umount", "--lazy", each), check=True, env=_environment(), capture_output=True)
