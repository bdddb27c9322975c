"""A command in a running container, with our standard streams."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.drivers.docker.client import Client


def execute(client: Client, container_id: str, command: Sequence[str], *, interactive: bool, terminal: bool) -> int:
    raise NotImplementedError
