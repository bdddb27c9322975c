"""Objects of somebody else with names like ours, which nothing of ours may touch."""

from __future__ import annotations

import json
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client

from .declared import IMAGE
from .engine import BYSTANDER

SOMEBODY = "f" * 32


class Foreign:
    """Containers, networks and volumes beside a stack: without our labels, with another owner's, or half of them."""

    def __init__(self, client: Client, stack: str) -> None:
        self._client = client
        self._mark = {BYSTANDER: stack}
        self._paths: list[str] = []
        of_another = {labels.OWNER: SOMEBODY, labels.STACK: stack, labels.ADDRESS: "network"}
        half = {labels.STACK: stack, labels.SERVICE: "web", labels.TASK: "1" * 32}
        self._volume(f"{stack}-shared2", {})
        self._volume(f"{stack}-owner-ffffffff", {})
        self._volume(f"{stack}-web-ffffffff-cache", of_another)
        network = self._network(f"{stack}-default", {})
        self._network(f"{stack}-2", of_another)
        self._container(f"{stack}-web-ffffffff-app", {}, network)
        self._container(f"{stack}-web-ffffffff-sidecar", of_another | half, network)
        self._container(f"{stack}-worker-ffffffff-worker", half, network)
        self._container(f"{stack}-plain-ffffffff-plain", {}, network, is_started=False)
        self.before = self.inspected()

    def inspected(self) -> dict[str, str]:
        """Return all that the engine says of each of them."""
        return {path: json.dumps(self._client.find(path), sort_keys=True) for path in self._paths}

    def problems(self) -> tuple[str, ...]:
        """Return which of them are not what they were."""
        now = self.inspected()
        return tuple(f"foreign: {path} is not what it was" for path in self._paths if now[path] != self.before[path])

    def remove(self) -> None:
        """Remove them."""
        for path in reversed(self._paths):
            target = path.removesuffix("/json")
            if self._client.find(path) is not None:
                self._client.call("DELETE", target, {"force": True} if target.startswith("/containers") else None)

    def _container(self, name: str, tags: dict[str, str], network: str, *, is_started: bool = True) -> None:
        body: dict[str, Any] = {
            "Image": f"{IMAGE}:1",
            "Labels": self._mark | tags,
            "HostConfig": {"NetworkMode": network},
        }
        created = self._client.post("/containers/create", body, {"name": name})
        if is_started:
            self._client.post(f"/containers/{created['Id']}/start")
        self._paths.append(f"/containers/{created['Id']}/json")

    def _network(self, name: str, tags: dict[str, str]) -> str:
        created = self._client.post("/networks/create", {"Name": name, "Labels": self._mark | tags})
        self._paths.append(f"/networks/{created['Id']}")
        return name

    def _volume(self, name: str, tags: dict[str, str]) -> None:
        self._client.post("/volumes/create", {"Name": name, "Labels": self._mark | tags})
        self._paths.append(f"/volumes/{name}")
