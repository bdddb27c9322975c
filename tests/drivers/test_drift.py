"""Drift is what was done to a finished container, never what is still being made."""

from __future__ import annotations

from typing import Any

from reconciler.drivers.docker.drift import find_drift
from reconciler.model.snapshot import Drift, EngineFacts
from tests.builders import container, definition, task

TWO_NETWORKS = {"network": "shop", "network.back": "shop_back"}


def shown(status: str, *networks: str, memory: int = 0) -> dict[str, Any]:
    return {
        "State": {"Status": status},
        "HostConfig": {"Memory": memory, "CpuShares": 2},
        "NetworkSettings": {"Networks": {key: {} for key in networks}},
    }


def drift(found: dict[str, Any], memory: int | None = None) -> tuple[Drift, ...]:
    of = task(of=definition(container(memory=memory), networks=("network.back",)))
    return find_drift(of, "app", found, EngineFacts(), TWO_NETWORKS)


def test_a_container_as_declared_has_none() -> None:
    assert drift(shown("running", "shop", "shop_back")) == ()


def test_a_container_whose_second_network_is_yet_to_be_connected_has_none() -> None:
    assert drift(shown("created", "shop")) == ()


def test_a_running_container_that_was_disconnected_is_told() -> None:
    assert drift(shown("running", "shop")) == (
        Drift(attribute="networks", declared="shop, shop_back", observed="shop"),
    )


def test_a_memory_limit_edited_by_hand_is_told_in_the_units_of_the_file() -> None:
    assert drift(shown("running", "shop", "shop_back", memory=256 << 20), memory=128) == (
        Drift(attribute="memory", declared="128 MiB", observed="256 MiB"),
    )
