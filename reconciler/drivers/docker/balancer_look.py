"""What the engine shows of balancers: their containers, what their volumes say, and what their processes do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.balancers.haproxy.access_log import latencies_p95
from reconciler.balancers.haproxy.balancer import Balancer, Seen
from reconciler.balancers.haproxy.names import pool
from reconciler.balancers.haproxy.presumption import NOTICES_READ, presume
from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError, EngineTimeoutError
from reconciler.drivers.docker.balancer_host import DockerHost
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.logs import read_now
from reconciler.drivers.driver import LookRequest
from reconciler.model.routing import BalancerConfiguration, ObservedBalancer, RunningBalancer

_LIVE = ("running", "paused", "restarting")
Row = Mapping[str, Any]


class BalancerLook:
    """Looks at balancers, all at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._host = DockerHost(client)

    def look(
        self, rows: Iterable[Row], volumes: Iterable[Row], request: LookRequest, now: float
    ) -> tuple[ObservedBalancer, ...]:
        """Return the balancers whose containers or volumes are given, sorted by name; `now` is the engine's time."""
        containers: dict[str, list[Row]] = {}
        for row in rows:
            if name := row["Labels"].get(labels.BALANCER):
                containers.setdefault(name, []).append(row)
        names = {*containers, *(name for each in volumes if (name := (each["Labels"] or {}).get(labels.BALANCER)))}
        asked = [(name, containers.get(name, []), request, now) for name in sorted(names)]
        if len(asked) < 2:
            return tuple(self._one(*each) for each in asked)
        with ThreadPoolExecutor(max_workers=min(8, len(asked))) as threads:
            return tuple(threads.map(lambda each: self._one(*each), asked))

    def _one(self, name: str, rows: Sequence[Row], request: LookRequest, now: float) -> ObservedBalancer:
        if not rows:
            return ObservedBalancer(address=f"load_balancer.{name}", name=name)
        period = request.latency_periods.get(name)
        row, *others = sorted(rows, key=lambda each: (each["State"] != "running", -each["Created"], each["Id"]))
        tags, problem, seen = row["Labels"], "", Seen()
        try:
            seen = self._seen(row, only_reads=request.only_reads)
        except ApiError as refusal:
            problem = refusal.message
        except EngineTimeoutError as silence:
            problem = str(silence)
        if row["State"] == "running" and seen.running is None and not problem:
            problem = "its process does not answer"
        return ObservedBalancer(
            address=tags.get(labels.ADDRESS) or f"load_balancer.{name}",
            name=name,
            container_id=row["Id"],
            is_live=row["State"] in _LIVE,
            settings=tags.get(labels.SETTINGS, ""),
            configuration=seen.configuration,
            running=self._with_latencies(row["Id"], seen, now - period) if period is not None else seen.running,
            stale=tuple(sorted(each["Id"] for each in others)),
            problem=problem,
        )

    def _seen(self, row: Row, *, only_reads: bool) -> Seen:
        is_running = row["State"] == "running"
        if not only_reads or not is_running:
            return Balancer(self._host, row["Id"], _never).look(is_running=is_running)
        configuration = Balancer(self._host, row["Id"], _never).look(is_running=False).configuration
        if configuration is None:
            return Seen()
        return Seen(configuration, presume(configuration, self._log(row["Id"], tail=NOTICES_READ)))

    def _log(self, container_id: str, **query: object) -> list[str]:
        """Return lines of a balancer's log; none when the engine does not have it."""
        return read_now(self._client, container_id, **query).splitlines()

    def _with_latencies(self, container_id: str, seen: Seen, since: float) -> RunningBalancer | None:
        """Return what runs, with the latencies that its access log tells of since then."""
        if seen.running is None or seen.configuration is None:
            return seen.running
        log = self._log(container_id, stderr=False, since=f"{since:.9f}")
        return _filled(seen.running, seen.configuration, latencies_p95(log))


def _filled(
    running: RunningBalancer, configuration: BalancerConfiguration, latencies: Mapping[str, float]
) -> RunningBalancer:
    groups = {each.address: each for each in configuration.target_groups}
    return running.changed(
        counters=tuple(
            each.changed(latency_p95=latencies.get(pool(groups[each.target_group], each.color)))
            for each in running.counters
        )
    )


def _never(seconds: float) -> None:
    raise AssertionError("a look waits for nothing")
