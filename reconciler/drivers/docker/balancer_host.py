"""Commands and files of a balancer's container, over the engine's API alone: it may be on another machine."""

from __future__ import annotations

import io
import posixpath
import tarfile
import threading
from collections.abc import Sequence

from reconciler.balancers.haproxy.balancer import File, Ran
from reconciler.balancers.haproxy.names import FOLDER
from reconciler.drivers.docker.api_errors import ApiError, EngineTimeoutError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.logs import frames

RUN_SECONDS = 120.0
"""How long a command may take. It asks HAProxy a few times, for 5 seconds each at most."""


class DockerHost:
    """Where balancers' containers are. What the engine refuses is an ApiError, a command without end a timeout."""

    def __init__(self, client: Client, run_seconds: float = RUN_SECONDS) -> None:
        self._client = client
        self._run_seconds = run_seconds

    def run(self, container_id: str, command: Sequence[str]) -> Ran:
        """Run a command in a running container, as root."""
        body = {"AttachStdout": True, "AttachStderr": True, "User": "0", "Cmd": list(command)}
        exec_id = self._client.post(f"/containers/{container_id}/exec", body)["Id"]
        duplex = self._client.upgrade(f"/exec/{exec_id}/start", {"Detach": False, "Tty": False})
        is_over = threading.Event()
        output = self._output(duplex, is_over)
        if is_over.is_set():
            seconds = f"{self._run_seconds:g} s"
            raise EngineTimeoutError(f"A command in container {container_id[:12]} did not end within {seconds}.")
        code = self._client.get(f"/exec/{exec_id}/json")["ExitCode"]
        return Ran(-1 if code is None else int(code), output.decode(errors="replace"))

    def _output(self, duplex: Duplex, is_over: threading.Event) -> bytes:
        """Return what a command writes until it ends or its time is over; a connection that breaks is an end."""

        def end() -> None:
            is_over.set()
            duplex.cut()

        watch = threading.Timer(self._run_seconds, end)
        watch.start()
        try:
            return b"".join(content for _, content in frames(iter(duplex.receive, b"")))
        except OSError:
            return b""
        finally:
            watch.cancel()
            duplex.close()

    def put(self, container_id: str, files: Sequence[File]) -> None:
        """Write files below the balancer's folder."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for folder in sorted({posixpath.dirname(_inside(file)) for file in files} - {""}):
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o700
                tar.addfile(entry)
            for file in files:
                entry = tarfile.TarInfo(_inside(file))
                entry.size, entry.mode = len(file.content), file.mode
                tar.addfile(entry, io.BytesIO(file.content))
        self._client.call("PUT", f"/containers/{container_id}/archive", {"path": FOLDER}, archive.getvalue())

    def read(self, container_id: str, path: str) -> str | None:
        """Return a file of a container, running or not."""
        try:
            stream = self._client.stream("GET", f"/containers/{container_id}/archive", {"path": path}, timeout=60)
        except ApiError as refusal:
            if refusal.status == 404:
                return None
            raise
        try:
            content = b"".join(self._client.read(stream))
        finally:
            stream.close()
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            found = tar.extractfile(tar.getmembers()[0])
            return found.read().decode(errors="replace") if found else None


def _inside(file: File) -> str:
    return posixpath.relpath(file.path, FOLDER)
