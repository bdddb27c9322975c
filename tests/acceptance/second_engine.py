"""A Docker engine of a measurement's own, beside the user's: its own data, socket, bridge and addresses.

It can be paused, killed, and made the manager of a swarm; the user's engine notices none of it. Needs root.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.drivers.docker.client import ApiError, Client
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.errors import EngineError

from .engine import connect

IMAGE = "reconciler-test/busybox:1"
POOL, BRIDGE = "10.{}.0.0/16", "10.199.{}.1/24"
"""Where its networks get their addresses, and the address of its default one."""
STARTED_WITHIN_SECONDS = 60.0
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@dataclass
class SecondEngine:
    """The engine that runs; `address` is its DOCKER_HOST."""

    folder: Path
    bridge: str
    pool: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix://{self.folder}/engine.sock"

    def client(self) -> Client:
        return Client(Endpoint(url=self.address, source="a measurement"))

    def start(self) -> None:
        """Start it, on what there was before if it was stopped."""
        command = (
            "dockerd",
            *("--host", self.address),
            *("--data-root", f"{self.folder}/data"),
            *("--exec-root", f"{self.folder}/exec"),
            *("--pidfile", f"{self.folder}/engine.pid"),
            *("--bridge", self.bridge),
            *("--default-address-pool", f"base={self.pool},size=24"),
            *("--iptables=false", "--ip-forward=false", "--ip-masq=false"),
        )
        environment = {**os.environ, "PATH": PATH}
        with (self.folder / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the second engine does not start:\n{self._last_words()}")
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT put it out of reach and bring it back."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it, and its containers with it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        client = self.client()
        try:
            client.get("/info", timeout=2.0)
        except EngineError:
            return False
        finally:
            client.close()
        return True

    def _last_words(self) -> str:
        return (self.folder / "engine.log").read_text(errors="replace")[-1500:]


def why_none() -> str:
    """Say why there can be no second engine here, or an empty text."""
    if os.geteuid() != 0:
        return "a second engine needs root"
    missing = [each for each in ("dockerd", "ip") if shutil.which(each, path=PATH) is None]
    return f"a second engine needs {' and '.join(missing)}" if missing else ""


@contextmanager
def second_engine() -> Iterator[SecondEngine]:
    """Start an engine that has the test image; nothing of it is left at the end."""
    number = os.getpid() % 200
    pool = POOL.format(200 + number % 50)
    with tempfile.TemporaryDirectory(prefix="second-engine-", ignore_cleanup_errors=True) as folder:
        engine = SecondEngine(Path(folder), f"rec-test{number}", pool)
        with _bridge(engine.bridge, BRIDGE.format(number)):
            try:
                engine.start()
                _give_image(engine)
                yield engine
            finally:
                with suppress(EngineError, AssertionError):
                    _remove_containers(engine)
                engine.stop()
                _unmount(engine.folder)


@contextmanager
def _bridge(name: str, address: str) -> Iterator[None]:
    subprocess.run(("ip", "link", "add", name, "type", "bridge"), check=True)
    try:
        subprocess.run(("ip", "addr", "add", address, "dev", name), check=True)
        subprocess.run(("ip", "link", "set", name, "up"), check=True)
        yield
    finally:
        subprocess.run(("ip", "link", "delete", name), check=False)


def _give_image(engine: SecondEngine) -> None:
    usual, mine = connect(), engine.client()
    try:
        stream = usual.stream("GET", f"/images/{IMAGE}/get", timeout=60)
        content = b"".join(usual.read(stream))
        stream.close()
        mine.call("POST", "/images/load", body=content)
    finally:
        usual.close()
        mine.close()


def _remove_containers(engine: SecondEngine) -> None:
    assert engine.process is not None
    engine.process.send_signal(signal.SIGCONT)
    client = engine.client()
    try:
        for each in client.get("/containers/json", {"all": True}):
            with suppress(ApiError):
                client.call("DELETE", f"/containers/{each['Id']}", {"force": True, "v": True})
        for each in client.get("/networks"):
            if each["Name"] not in ("bridge", "host", "none"):
                with suppress(ApiError):
                    client.call("DELETE", f"/networks/{each['Id']}")
    finally:
        client.close()


def _unmount(folder: Path) -> None:
    """Let go of what an engine that was killed had mounted."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    for mount in sorted(mounts, reverse=True):
        subprocess.run(("umount", "-l", mount), check=False)
