"""How containers of a task, and tasks of a stack, reach each other; and how the host reaches them."""

from __future__ import annotations

import socket
import time

import pytest

from reconciler.drivers.docker import ports
from reconciler.drivers.docker.client import Client
from reconciler.model.container_definition import PortMapping
from reconciler.model.snapshot import PublishedPort
from reconciler.model.stack import Network
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER, NetworkMode

from .builders import World, container, definition, eventually, shell

pytestmark = pytest.mark.engine

SERVER = "while true; do echo hello | nc -l -p 8080; done"


def ends_with(docker: World, task: Task, name: str = "client", code: int = 0) -> None:
    """Wait for a container to end, and compare how."""
    eventually(lambda: docker.container(task, name).has_exited, seconds=20)
    found = docker.container(task, name)
    output = "\n".join(docker.driver.logs(found.id))
    assert found.exit_code == code, output


def resolves(name: str, to_exactly: int = 1) -> str:
    """A script that ends well once the network's DNS knows `name` by so many addresses."""
    count = f"nslookup {name} 127.0.0.11 2>/dev/null | grep -A99 ^Name | grep -c ^Address"
    return f'for i in $(seq 60); do [ "$({count})" = {to_exactly} ] && exit 0; sleep 0.1; done; exit 1'


def test_containers_of_a_task_talk_over_localhost(docker: World) -> None:
    client = 'for i in $(seq 50); do [ "$(nc 127.0.0.1 8080 </dev/null)" = hello ] && exit 0; sleep 0.1; done; exit 1'
    task = docker.run(definition(shell(SERVER, "server"), shell(client, "client")))
    ends_with(docker, task)
    assert docker.container(task, HOLDER).networks == (docker.stack,)
    assert docker.container(task, "server").networks == ()


def test_one_container_without_file_secrets_needs_no_holder(docker: World) -> None:
    task = docker.run()
    assert [each.name for each in docker.seen(task).containers] == ["app"]


@pytest.mark.parametrize("members", [1, 2])
def test_a_service_answers_to_its_name_with_all_its_tasks(docker: World, members: int) -> None:
    names = ["app", "side"][:members]
    for _ in range(2):
        docker.run(definition(*(container(name) for name in names)), service_name="db")
    task = docker.run(definition(shell(resolves("db", to_exactly=2), "client")))
    ends_with(docker, task)


def test_in_bridge_mode_only_a_container_with_a_port_has_the_service_name(docker: World) -> None:
    blueprint = definition(
        container("app", port_mappings=(PortMapping(container_port=80),)),
        container("side"),
        network_mode=NetworkMode.BRIDGE,
    )
    docker.run(blueprint, service_name="db")
    task = docker.run(definition(shell(resolves("db", to_exactly=1), "client")))
    ends_with(docker, task)


def test_a_link_names_a_container_of_the_same_task_only(docker: World) -> None:
    for _ in range(2):
        script = resolves("database", to_exactly=1)
        task = docker.run(
            definition(
                container("db"), shell(script, "client", links=("db:database",)), network_mode=NetworkMode.BRIDGE
            )
        )
        ends_with(docker, task)
    stranger = docker.run(definition(shell("nslookup database 127.0.0.11 | grep -A9 ^Name", "client")))
    ends_with(docker, stranger, code=1)


def test_a_further_network_is_connected_before_the_start(docker: World) -> None:
    back = Network(address="network.back", name=f"{docker.stack}-back", internal=True)
    docker.perform(docker.create_network(back))
    script = "ip addr | grep -c 'inet .*eth' | grep -q 2"
    task = docker.run(definition(shell(script, "client")), networks=(docker.stack, back.name))
    ends_with(docker, task)


@pytest.mark.parametrize("mode", [NetworkMode.HOST, NetworkMode.NONE])
def test_host_and_none_are_on_no_network_of_the_stack(docker: World, mode: NetworkMode) -> None:
    task = docker.run(definition(network_mode=mode))
    assert docker.container(task).networks == (mode.value,)


def test_a_fixed_port_and_a_free_one_answer_on_the_host(docker: World) -> None:
    fixed = free_port()
    mappings = (
        PortMapping(container_port=8080, host_port=fixed),
        PortMapping(container_port=8081, host_port=0),
        PortMapping(container_port=8082),
    )
    task = docker.run(definition(shell(SERVER, port_mappings=mappings)))
    free = ports.candidate(task.id, mappings[1], 0)
    assert docker.container(task).ports == (
        PublishedPort(container_port=8080, host_port=fixed),
        PublishedPort(container_port=8081, host_port=free),
    )
    eventually(lambda: answer_of(fixed) == b"hello\n")


def test_a_range_of_ports_gets_as_many_in_a_row(docker: World) -> None:
    task = docker.run(
        definition(container(port_mappings=(PortMapping(container_port=7000, container_port_end=7002, host_port=0),)))
    )
    found = docker.container(task).ports
    first = found[0].host_port
    assert [(port.container_port, port.host_port - first) for port in found] == [(7000, 0), (7001, 1), (7002, 2)]
    assert ports.FIRST_FREE <= first < 32768


def test_a_free_port_that_somebody_took_is_replaced_by_the_next(docker: World) -> None:
    mapping = PortMapping(container_port=8080, host_port=0)
    task = docker.task(definition(container(port_mappings=(mapping,))))
    docker.perform(docker.create_network())
    with socket.create_server(("127.0.0.1", ports.candidate(task.id, mapping, 0))):
        docker.perform(docker.start(task))
    assert [port.host_port for port in docker.container(task).ports] == [ports.candidate(task.id, mapping, 1)]


def test_a_fixed_port_that_somebody_has_fails_the_start(docker: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        task = docker.task(definition(container(port_mappings=(PortMapping(container_port=80, host_port=number),))))
        docker.perform(docker.create_network())
        outcome = docker.driver.perform(docker.start(task))
    assert (outcome.ok, outcome.code) == (False, "CannotStartContainerError")
    assert f":{number}" in outcome.reason and "\n" not in outcome.reason


def test_a_foreign_container_on_our_network_is_shown(docker: World, client: Client) -> None:
    docker.run()
    name = f"{docker.stack}-foreign"
    body = {"Image": "reconciler-test/busybox:1", "Cmd": ["sleep", "60"], "HostConfig": {"NetworkMode": docker.stack}}
    client.post("/containers/create", body, {"name": name})
    try:
        client.post(f"/containers/{name}/start")
        (network,) = docker.look(detailed=True).networks
        assert network.foreign == (name,)
    finally:
        client.call("DELETE", f"/containers/{name}", {"force": True})


def free_port() -> int:
    """A port below the range of outgoing connections that nobody has now."""
    for number in range(19000 + int(time.time()) % 800, 20000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number
    raise AssertionError("no free port")


def answer_of(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(100)
    except OSError:
        return b""
