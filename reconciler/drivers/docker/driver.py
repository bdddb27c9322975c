"""The Docker driver: a facade over looking, performing, events and streams."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.clock import Clock
from reconciler.drivers.docker import images
from reconciler.drivers.docker.client import LOOK_TIMEOUT, Client
from reconciler.drivers.docker.endpoint import find_endpoint
from reconciler.drivers.docker.events import subscribe
from reconciler.drivers.docker.execution import execute
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.logs import read_logs
from reconciler.drivers.docker.look import Looker
from reconciler.drivers.docker.perform import Performer
from reconciler.drivers.docker.start import Starter
from reconciler.drivers.driver import LookRequest
from reconciler.drivers.secrets import SecretUnavailableError
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Cluster
from reconciler.model.step import Outcome, Step


def _no_secret(address: str) -> str:
    raise SecretUnavailableError(f"{address} is not declared")


class DockerDriver:
    """One Docker engine. Nothing is connected before the first call."""

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        secret_value: Callable[[str], str] = _no_secret,
        *,
        environ: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = Client(find_endpoint(cluster.engine, cluster.tls, environ))
        looking = self._client.within(LOOK_TIMEOUT)
        self._engine = Engine(looking, clock)
        self._looker = Looker(looking, self._engine, clock)
        self._guard: Callable[[], None] = lambda: None
        acting = self._client.guarded_by(lambda: self._guard())
        starter = Starter(acting, lambda: self._engine.facts, secret_value)
        self._performer = Performer(acting, self._looker, starter, sleep)

    def guarded_by(self, guard: Callable[[], None]) -> None:
        """Let every step ask before each call that changes something; what `guard` raises, the step raises."""
        self._guard = guard

    def look(self, request: LookRequest) -> Snapshot:
        return self._looker.look(request)

    def perform(self, step: Step) -> Outcome:
        return self._performer.perform(step)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        return subscribe(self._client, self._engine, self._looker, wake)

    def why_unobtainable(self, reference: str) -> str:
        return images.why_unobtainable(self._client, reference)

    def logs(
        self, container_id: str, *, tail: int | None = None, follow: bool = False, since: float | None = None
    ) -> Iterator[str]:
        return read_logs(self._client, self._engine, container_id, tail=tail, follow=follow, since=since)

    def execute(
        self, container_id: str, command: Sequence[str], *, interactive: bool = False, terminal: bool = False
    ) -> int:
        return execute(self._client, container_id, command, interactive=interactive, terminal=terminal)

    def close(self) -> None:
        self._client.close()
