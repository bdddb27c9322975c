"""Making, configuring and removing balancers' containers. None is touched unless it is this stack's (P1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.balancers.haproxy.balancer import Balancer, RefusedError
from reconciler.balancers.haproxy.names import certificates
from reconciler.drivers import labels
from reconciler.drivers.docker import balancer_payload as payload
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.balancer_host import DockerHost
from reconciler.drivers.docker.client import CREATE_TIMEOUT, START_TIMEOUT, STOP_MARGIN, Client
from reconciler.drivers.docker.logs import read_now
from reconciler.drivers.failure import (
    CANNOT_CREATE,
    CANNOT_PULL,
    CANNOT_START,
    CANNOT_STOP,
    INITIALIZATION,
    StepFailedError,
)
from reconciler.model.routing import BalancerConfiguration
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, StartBalancer

STOP_SECONDS = 3
"""How long a replaced balancer may finish what it began: its ports are not answered meanwhile."""
_LOOKS = 25
_PAUSE = 0.2
_LOG_LINES = 5


class Balancers:
    """Performs the steps on balancers. `sleep` is waited with while a process comes up."""

    def __init__(self, client: Client, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._host = DockerHost(client)
        self._sleep = sleep

    def start(self, step: StartBalancer) -> None:
        """Make the balancer run with its settings and configuration; raises StepFailedError.

        What it replaces is stopped last, because only one can have the host's ports.
        """
        pems = _pems(step.configuration, step.folder)
        self._ensure_volume(step)
        container_id = self._existing(step) or self._created(step)
        self._connect(step, container_id)
        balancer = self._balancer(container_id)
        if self._is_up(container_id):
            self._remove_others(step, container_id)
            if self._is_configured(balancer, container_id, step.configuration, pems):
                return
        self._write(balancer, step.configuration, pems)
        self._remove_others(step, container_id)
        try:
            self._client.post(f"/containers/{container_id}/start", timeout=START_TIMEOUT)
        except ApiError as refusal:
            raise StepFailedError(CANNOT_START, refusal.message) from refusal
        self._await(balancer, container_id, step.configuration)

    def configure(self, step: ConfigureBalancer) -> None:
        """Bring volume and process to a configuration; of one that does not run only the volume."""
        pems = _pems(step.configuration, step.folder)
        found = self._client.find(f"/containers/{step.container_id}/json")
        if found is None:
            raise StepFailedError(CANNOT_START, f"the balancer's container {step.container_id[:12]} is gone")
        tags = found["Config"]["Labels"] or {}
        if (tags.get(labels.OWNER), tags.get(labels.BALANCER)) != (step.owner, step.configuration.name):
            raise StepFailedError(
                CANNOT_START, f"the container {step.container_id[:12]} is not this balancer's: left as it is"
            )
        balancer = self._balancer(step.container_id)
        if found["State"]["Running"] and not found["State"]["Restarting"]:
            self._configure(balancer, step.configuration, pems)
        else:
            self._write(balancer, step.configuration, pems)

    def remove(self, step: RemoveBalancer) -> None:
        """Remove a balancer's containers and its volume."""
        for row in self._rows(step.owner, step.name):
            self._remove(row)
        for volume in self._client.get("/volumes", _of(step.owner, step.name)).get("Volumes") or ():
            self._delete(f"/volumes/{volume['Name']}", {})

    def _balancer(self, container_id: str) -> Balancer:
        return Balancer(self._host, container_id, self._sleep)

    def _is_up(self, container_id: str) -> bool:
        """Whether a process can be told; one that ends again and again is stopped, to begin with another file."""
        state = self._state(container_id)
        if state.get("Restarting"):
            self._client.post(f"/containers/{container_id}/stop", query={"t": 0})
            return False
        return bool(state.get("Running"))

    def _ensure_volume(self, step: StartBalancer) -> None:
        body = payload.volume_payload(step)
        try:
            made = self._client.post("/volumes/create", body)
        except ApiError as refusal:
            raise StepFailedError(INITIALIZATION, refusal.message) from refusal
        if (made.get("Labels") or {}) != body["Labels"]:
            raise StepFailedError(
                INITIALIZATION, f"the volume {body['Name']} exists and is not this balancer's: remove it"
            )

    def _existing(self, step: StartBalancer) -> str | None:
        name = payload.container_name(step)
        found = self._client.find(f"/containers/{name}/json")
        if found is None:
            return None
        tags = found["Config"]["Labels"] or {}
        if any(tags.get(key) != value for key, value in payload.container_labels(step).items()):
            raise StepFailedError(
                CANNOT_CREATE, f"the name {name} is taken by a container that is not this balancer's"
            )
        return str(found["Id"])

    def _created(self, step: StartBalancer) -> str:
        name = payload.container_name(step)
        try:
            body = payload.create_payload(step)
            return str(self._client.post("/containers/create", body, {"name": name}, timeout=CREATE_TIMEOUT)["Id"])
        except ApiError as refusal:
            if refusal.status == 409 and (existing := self._existing(step)):
                return existing
            code = CANNOT_PULL if "no such image" in refusal.message.lower() else CANNOT_CREATE
            raise StepFailedError(code, refusal.message) from refusal

    def _connect(self, step: StartBalancer, container_id: str) -> None:
        found = self._client.get(f"/containers/{container_id}/json")
        there = found["NetworkSettings"]["Networks"] or {}
        body = {"Container": container_id, "EndpointConfig": payload.endpoint(step.settings)}
        for network in (each for each in step.settings.networks if each not in there):
            try:
                self._client.post(f"/networks/{network}/connect", body)
            except ApiError as refusal:
                if "already exists in network" not in refusal.message:
                    raise StepFailedError(CANNOT_CREATE, refusal.message) from refusal

    def _configure(self, balancer: Balancer, configuration: BalancerConfiguration, pems: Mapping[str, bytes]) -> None:
        try:
            balancer.configure(configuration, pems)
        except (RefusedError, ValueError, ApiError) as problem:
            raise StepFailedError(CANNOT_START, _words(problem)) from problem

    def _is_configured(
        self, balancer: Balancer, container_id: str, configuration: BalancerConfiguration, pems: Mapping[str, bytes]
    ) -> bool:
        """Configure a running process; False when it ended meanwhile, as one does that ends again and again."""
        try:
            self._configure(balancer, configuration, pems)
        except StepFailedError:
            if self._is_up(container_id):
                raise
            return False
        return True

    def _write(self, balancer: Balancer, configuration: BalancerConfiguration, pems: Mapping[str, bytes]) -> None:
        try:
            balancer.write(configuration, pems)
        except (ValueError, ApiError) as problem:
            raise StepFailedError(CANNOT_START, _words(problem)) from problem

    def _await(self, balancer: Balancer, container_id: str, configuration: BalancerConfiguration) -> None:
        """Wait until its process answers; one that ends instead has said why."""
        for _ in range(_LOOKS):
            state = self._state(container_id)
            if not state.get("Running") or state.get("Restarting"):
                break
            try:
                running = balancer.look(is_running=True).running
            except ApiError:
                break
            if running is not None and running.structure == configuration.structure:
                return
            self._sleep(_PAUSE)
        said = read_now(self._client, container_id, tail=_LOG_LINES)
        raise StepFailedError(CANNOT_START, f"the balancer {configuration.name} does not answer. {said}")

    def _state(self, container_id: str) -> Mapping[str, Any]:
        found = self._client.find(f"/containers/{container_id}/json") or {"State": {}}
        state: Mapping[str, Any] = found["State"]
        return state

    def _remove_others(self, step: StartBalancer, container_id: str) -> None:
        for row in self._rows(step.owner, step.settings.name):
            if row["Id"] != container_id:
                self._remove(row)

    def _rows(self, owner: str, name: str) -> Iterable[Mapping[str, Any]]:
        rows: Iterable[Mapping[str, Any]] = self._client.get("/containers/json", {"all": True, **_of(owner, name)})
        return rows

    def _remove(self, row: Mapping[str, Any]) -> None:
        if row["State"] in ("running", "paused", "restarting"):
            try:
                path, query = f"/containers/{row['Id']}/stop", {"t": STOP_SECONDS}
                self._client.post(path, query=query, timeout=STOP_SECONDS + STOP_MARGIN)
            except ApiError as refusal:
                if refusal.status not in (304, 404):
                    raise StepFailedError(CANNOT_STOP, refusal.message) from refusal
        self._delete(f"/containers/{row['Id']}", {"force": True, "v": True})

    def _delete(self, path: str, query: Mapping[str, Any]) -> None:
        try:
            self._client.call("DELETE", path, query)
        except ApiError as refusal:
            if refusal.status != 404 and "already in progress" not in refusal.message:
                raise StepFailedError(CANNOT_STOP, refusal.message) from refusal


def _of(owner: str, name: str) -> dict[str, Any]:
    return {"filters": {"label": [f"{labels.OWNER}={owner}", f"{labels.BALANCER}={name}"]}}


def _pems(configuration: BalancerConfiguration, folder: str) -> dict[str, bytes]:
    """Read the certificates' files now; each becomes one file of chain and key."""
    found: dict[str, bytes] = {}
    for name, certificate in certificates(configuration):
        try:
            parts = [Path(folder, file).read_bytes() for file in (certificate.file, certificate.key)]
        except OSError as problem:
            reason = f"cannot read {problem.filename}: {problem.strerror}"
            raise StepFailedError(INITIALIZATION, reason) from problem
        found[name] = b"\n".join(part.strip() for part in parts) + b"\n"
    return found


def _words(problem: Exception) -> str:
    return problem.message if isinstance(problem, ApiError) else str(problem)
