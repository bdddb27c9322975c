"""The engine and its driver, as driver tests have them."""

from __future__ import annotations

from tests.drivers.conftest import client, docker_driver

__all__ = ["client", "docker_driver"]
