"""The effects on one balancer's container: looking, and bringing it to a configuration.

Everything goes through commands and files of the container, so that it works wherever the engine is. Each call may
be the last one before a crash: a new file lies beside the old one until HAProxy itself has found it good, and is
renamed into place before the process is told of it. What is left half done differs from what is wanted, so that it
is done again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from reconciler.balancers.haproxy.commands import commands, lines
from reconciler.balancers.haproxy.configuration import description, read_configuration, render
from reconciler.balancers.haproxy.names import FILE, FOLDER
from reconciler.balancers.haproxy.running import read_running
from reconciler.balancers.haproxy.scripts import CONFIGURE, LOOK, MARK
from reconciler.model.routing import BalancerConfiguration, RunningBalancer

_TELLINGS = 5
"""How often what is left to do is told again: a connection may outlive the command that ends it for a moment."""
_ROUNDS = _TELLINGS + 3
"""What is still left then is left to a new process, with a few more rounds to tell it what came in between: HAProxy
removes no server before its idle connections are gone, and of many it closes but half every few seconds."""
_PAUSE = 0.2


class File(NamedTuple):
    """A file for a container, by its path."""

    path: str
    content: bytes
    mode: int = 0o644


class Ran(NamedTuple):
    """How a command in a container ended, and what it wrote."""

    code: int
    output: str


class BalancerHost(Protocol):
    """Where a balancer's container is. What it cannot do is the host's own error."""

    def run(self, container_id: str, command: Sequence[str]) -> Ran:
        """Run a command in a running container, as root."""
        ...

    def put(self, container_id: str, files: Sequence[File]) -> None:
        """Write files into a container, running or not; missing folders are made."""
        ...

    def read(self, container_id: str, path: str) -> str | None:
        """Return a file of a container, running or not; None when it is not there."""
        ...


class Seen(NamedTuple):
    """What a balancer's volume and its process say."""

    configuration: BalancerConfiguration | None = None
    running: RunningBalancer | None = None


class RefusedError(Exception):
    """HAProxy did not take a configuration or a command; the message is its own."""


class Balancer:
    """One balancer's container."""

    def __init__(self, host: BalancerHost, container_id: str, sleep: Callable[[float], None]) -> None:
        self._host = host
        self._container_id = container_id
        self._sleep = sleep

    def look(self, *, is_running: bool) -> Seen:
        """Return what the volume says, and the process while it runs.

        The questions depend on the file, so that they are put by the script that has read it.
        """
        if not is_running:
            text = self._host.read(self._container_id, FILE)
            return Seen(read_configuration(text)) if text is not None else Seen()
        return _seen(self._host.run(self._container_id, ("sh", "-c", LOOK, "look", FILE)).output)

    def write(self, configuration: BalancerConfiguration, certificates: Mapping[str, bytes]) -> None:
        """Write the file for a process that is still to start."""
        self._host.put(self._container_id, [File(FILE, render(configuration).encode()), *_pems(certificates)])

    def configure(self, configuration: BalancerConfiguration, certificates: Mapping[str, bytes]) -> None:
        """Bring volume and process to a configuration; raises RefusedError in HAProxy's words.

        A process of the same structure is told what changes; any other, and one that does not do what it is told,
        reads the file anew.
        """
        text = render(configuration)
        seen = self.look(is_running=True)
        if seen.configuration == configuration and _does(seen.running, configuration):
            return
        self._host.put(self._container_id, [File(new_file(text), text.encode()), *_pems(certificates)])
        todo = _todo(configuration, seen)
        for attempt in range(_ROUNDS):
            seen = self._take(configuration, todo)
            if seen.configuration == configuration and _does(seen.running, configuration):
                return
            todo = None if attempt + 1 == _TELLINGS else _todo(configuration, seen)
            self._sleep(_PAUSE * (attempt + 1))
        raise RefusedError(f"HAProxy still does not do what it was told: {_left(configuration, seen.running)}")

    def _take(self, configuration: BalancerConfiguration, todo: tuple[str, ...] | None) -> Seen:
        """Put the new file into place if there is one, then tell the process; None is a reload."""
        how = ("reload", description(configuration)) if todo is None else ("tell", *lines(todo))
        command = ("sh", "-c", CONFIGURE, "configure", FILE, new_file(render(configuration)), LOOK, *how)
        ran = self._host.run(self._container_id, command)
        if ran.code != 0:
            raise RefusedError(_complaint(ran.output) or f"the command in its container ended with {ran.code}")
        return _seen(ran.output)


def new_file(text: str) -> str:
    """Return where a file lies until HAProxy has found it good: no other text is put there meanwhile."""
    return f"{FILE}.{hashlib.sha256(text.encode()).hexdigest()[:16]}.new"


def _todo(wanted: BalancerConfiguration, seen: Seen) -> tuple[str, ...] | None:
    """Return what to tell the process; None when it must read the file anew."""
    if seen.running is None or seen.configuration is None or seen.running.structure != wanted.structure:
        return None
    return commands(wanted, seen.running)


def _does(running: RunningBalancer | None, wanted: BalancerConfiguration) -> bool:
    return running is not None and running.structure == wanted.structure and not commands(wanted, running)


def _left(wanted: BalancerConfiguration, running: RunningBalancer | None) -> str:
    if running is None:
        return "it does not answer"
    if running.structure != wanted.structure:
        return "it runs another structure"
    return "; ".join(commands(wanted, running)[:3])


def _pems(certificates: Mapping[str, bytes]) -> list[File]:
    return [File(f"{FOLDER}/certs/{name}", content, 0o400) for name, content in sorted(certificates.items())]


def _seen(output: str) -> Seen:
    """Read what the look script wrote: file, worker's answers, master's."""
    parts = output.split(MARK)
    if len(parts) < 4:
        return Seen()
    _, file, worker, master = parts[-4:]
    configuration = read_configuration(file)
    return Seen(configuration, read_running(configuration, worker, master))


def _complaint(output: str) -> str:
    """Return what HAProxy complains of, without its notices."""
    found = [line for line in output.split(MARK)[0].splitlines() if line.strip()]
    worse = [line.partition(" : ")[2] or line for line in found if line.startswith("[ALERT]")]
    return "; ".join(worse[:3] or found[-3:])
