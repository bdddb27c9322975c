"""Whether one more task fits, in ECS's words (N2)."""

from __future__ import annotations

from reconciler.model.container_definition import PortMapping, ResourceRequirement
from reconciler.model.snapshot import EngineFacts
from reconciler.scheduler.placement import Capacity
from tests.builders import container, definition

ENGINE = EngineFacts(name="box", memory=1000, gpus=1)


def test_memory_runs_out() -> None:
    large = definition(container(memory_reservation=400, memory=900))
    capacity = Capacity.of(ENGINE, (large, large))
    assert capacity.why_not(large) == "closest matching engine box has insufficient memory (needs 400 MiB, has 200)"
    assert capacity.why_not(definition()) == ""


def test_the_ceiling_of_the_task_is_what_counts() -> None:
    assert Capacity.of(ENGINE, ()).why_not(definition(container(memory=4000), memory=1000)) == ""


def test_more_running_than_there_is_room_for_has_nothing_left() -> None:
    large = definition(container(memory=800))
    assert Capacity.of(ENGINE, (large, large)).why_not(large).endswith("(needs 800 MiB, has 0)")


def test_gpus_run_out() -> None:
    found = definition(container(resource_requirements=(ResourceRequirement(value="1"),)))
    capacity = Capacity.of(ENGINE, (found,))
    assert capacity.why_not(found) == "closest matching engine box has insufficient GPUs (needs 1, has 0)"


def test_a_fixed_host_port_is_taken_once_for_each_protocol() -> None:
    tcp = definition(container(port_mappings=(PortMapping(container_port=53, host_port=5300),)))
    udp = definition(container(port_mappings=(PortMapping(container_port=53, host_port=5300, protocol="udp"),)))
    capacity = Capacity.of(ENGINE, (tcp,))
    assert capacity.why_not(tcp) == "closest matching engine box has host port 5300/tcp in use by another task"
    assert capacity.why_not(udp) == ""


def test_cpu_is_a_share_and_never_refuses() -> None:
    assert Capacity.of(ENGINE, ()).why_not(definition(container(cpu=99999))) == ""
