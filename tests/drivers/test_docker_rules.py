"""The driver's arithmetic and its reading of the engine's words."""

from __future__ import annotations

import doctest
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.drivers.docker import ports
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import Endpoint, find_endpoint
from reconciler.drivers.docker.facts import read_facts
from reconciler.drivers.docker.image_cache import read_image
from reconciler.drivers.docker.objects import _network_reason
from reconciler.drivers.docker.resources import host_resources
from reconciler.drivers.docker.rows import StatusText, read_status
from reconciler.drivers.docker.times import age_range, engine_seconds
from reconciler.drivers.failure import cleaned
from reconciler.errors import EngineError
from reconciler.model.container_definition import PortMapping
from reconciler.model.snapshot import ContainerHealth, EngineFacts, ObservedImage
from reconciler.model.stack import Tls
from reconciler.model.task_definition import TaskDefinition

from .builders import container, definition

MODULES = ("docker.times", "docker.rows", "docker.resources", "docker.images", "failure", "docker.socket_transport")
MIB = 1024**2


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_hold(name: str) -> None:
    module = importlib.import_module(f"reconciler.drivers.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Up Less than a second", StatusText(age=age_range("Less than a second"))),
        ("Up 5 seconds (healthy)", StatusText(health=ContainerHealth.HEALTHY, age=age_range("5 seconds"))),
        ("Up 2 hours (unhealthy)", StatusText(health=ContainerHealth.UNHEALTHY, age=age_range("2 hours"))),
        ("Up 1 second (health: starting)", StatusText(health=ContainerHealth.STARTING, age=age_range("1 second"))),
        ("Up 3 days (Paused)", StatusText(age=age_range("3 days"))),
        ("Exited (137) About a minute ago", StatusText(exit_code=137, age=age_range("About a minute"))),
        ("Restarting (1) 2 weeks ago", StatusText(exit_code=1, age=age_range("2 weeks"))),
        ("Created", StatusText()),
        ("Removal In Progress", StatusText()),
    ],
)
def test_a_status_text_is_read(text: str, meaning: StatusText) -> None:
    assert read_status(text) == meaning


@pytest.mark.parametrize(
    ("words", "age"),
    [
        ("Less than a second", 0.5),
        ("59 seconds", 59.9),
        ("About a minute", 119),
        ("59 minutes", 3599),
        ("About an hour", 5399),
        ("2 hours", 5401),
        ("47 hours", 169000),
        ("2 days", 200000),
        ("2 weeks", 15 * 86400),
        ("2 months", 70 * 86400),
        ("3 years", 1100 * 86400),
    ],
)
def test_an_age_in_words_holds_the_age_it_was_made_of(words: str, age: float) -> None:
    low, high = age_range(words)
    assert low <= age < high


def test_stamps_of_the_engine() -> None:
    assert engine_seconds("0001-01-01T00:00:00Z") is None
    assert engine_seconds("1970-01-01T01:00:01.5+01:00") == 1.5


@pytest.mark.parametrize(
    ("blueprint", "limits"),
    [
        (definition(container("a", memory=60), container("b"), memory=100), {"a": 60 * MIB, "b": 40 * MIB}),
        (definition(container("a"), container("b"), memory=101), {"a": 50.5 * MIB, "b": 50.5 * MIB}),
        (
            definition(container("a", memory_reservation=60), container("b"), memory=100),
            {"a": 80 * MIB, "b": 20 * MIB},
        ),
        (
            definition(container("a", memory=60), container("b", memory=20), memory=100),
            {"a": 60 * MIB, "b": 20 * MIB},
        ),
        (definition(container("a", memory=100), container("b"), memory=100), {"a": 100 * MIB, "b": 6 * MIB}),
        (definition(container("a", memory=60), container("b")), {"a": 60 * MIB, "b": None}),
    ],
)
def test_a_tasks_memory_is_dealt_out(blueprint: TaskDefinition, limits: dict[str, int | None]) -> None:
    assert {name: host_resources(blueprint, name, EngineFacts()).get("Memory") for name in limits} == limits


@pytest.mark.parametrize(
    ("cpus", "ceiling", "nano"),
    [
        ((256, None, None), 1024, [250_000_000, 375_000_000, 375_000_000]),
        ((256, 256), 1024, [500_000_000, 500_000_000]),
        ((None, None, None), 1000, [325_520_834, 325_520_833, 325_520_833]),
        ((None,), 99999, [2_000_000_000]),
        ((None,), None, [None]),
    ],
)
def test_a_tasks_cpu_is_dealt_out_to_the_last_unit(
    cpus: tuple[int | None, ...], ceiling: int | None, nano: list[int | None]
) -> None:
    blueprint = definition(*(container(f"c{place}", cpu=cpu) for place, cpu in enumerate(cpus)), cpu=ceiling)
    names = [each.name for each in blueprint.containers]
    assert [host_resources(blueprint, name, EngineFacts(cpu=2048)).get("NanoCpus") for name in names] == nano


def test_cpu_of_nothing_zero_and_one_are_two_shares() -> None:
    for cpu in (None, 0, 1, 2):
        assert host_resources(definition(container(cpu=cpu)), "app", EngineFacts())["CpuShares"] == 2


def test_free_ports_are_below_the_range_of_outgoing_connections_and_differ_by_attempt() -> None:
    mapping = PortMapping(container_port=80, container_port_end=179, host_port=0)
    found = {ports.candidate("task", mapping, attempt) for attempt in range(ports.ATTEMPTS)}
    assert len(found) == ports.ATTEMPTS
    assert all(first >= ports.FIRST_FREE and first + 99 < 32768 for first in found)


@pytest.mark.parametrize(
    ("message", "again"),
    [
        ("Bind for 127.0.0.1:21000 failed: port is already allocated", True),
        ("listen tcp4 127.0.0.1:21000: bind: address already in use", True),
        ("Bind for 127.0.0.1:8080 failed: port is already allocated", False),
        ("exec: no such file", False),
    ],
)
def test_only_a_taken_port_of_our_choice_is_tried_again(message: str, again: bool) -> None:
    mappings = [PortMapping(container_port=80, host_port=0), PortMapping(container_port=81, host_port=8080)]
    assert ports.is_worth_another_try(message, mappings) is again


def test_without_a_port_of_our_choice_nothing_is_tried_again() -> None:
    mappings = [PortMapping(container_port=81, host_port=8080)]
    assert not ports.is_worth_another_try("Bind for 0.0.0.0:21000 failed: port is already allocated", mappings)


def test_a_reason_is_one_line_without_the_engines_preamble() -> None:
    message = 'failed to create shim task: OCI runtime create failed: exec: "x":\n executable file not found: unknown'
    assert cleaned(message) == 'exec: "x": executable file not found'
    assert len(cleaned("x" * 1000)) == 400


def test_no_address_range_left_says_what_to_do() -> None:
    message = "could not find an available, non-overlapping IPv4 address pool among the defaults"
    assert "docker network prune" in _network_reason("shop", message)


INFO: dict[str, Any] = {
    "Name": "box",
    "ServerVersion": "20.10.24",
    "Architecture": "aarch64",
    "NCPU": 4,
    "MemTotal": 8 * 1024**3,
    "Plugins": {"Log": ["local", "json-file"]},
    "InitBinary": "docker-init",
    "InitCommit": {"ID": "N/A"},
    "GenericResources": [
        {"DiscreteResourceSpec": {"Kind": "NVIDIA-GPU", "Value": 2}},
        {"NamedResourceSpec": {"Kind": "gpu", "Value": "UUID1"}},
        {"DiscreteResourceSpec": {"Kind": "SSD", "Value": 3}},
    ],
}


def test_facts_are_read() -> None:
    assert read_facts(INFO, "1.41") == EngineFacts(
        name="box",
        version="20.10.24",
        api_version="1.41",
        architecture="arm64",
        cpu=4096,
        memory=8192,
        gpus=3,
        log_drivers=("json-file", "local"),
        has_init=False,
    )


def test_an_image_tells_its_digest_and_whether_it_checks_its_health() -> None:
    found = {
        "Id": "sha256:1",
        "RepoDigests": ["web@sha256:2"],
        "Config": {"Healthcheck": {"Test": ["NONE"]}, "Labels": {"reconciler.context-digest": "c"}},
    }
    image = read_image("web:1", found)
    assert image == ObservedImage(reference="web:1", id="sha256:1", digest="sha256:2", context_digest="c")


def docker_folder(home: Path, current: str, host: str) -> None:
    """A docker configuration with one context, which has TLS files."""
    import hashlib

    key = hashlib.sha256(b"far").hexdigest()
    meta = home / ".docker" / "contexts" / "meta" / key
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": "far", "Endpoints": {"docker": {"Host": host}}}))
    (home / ".docker" / "contexts" / "tls" / key / "docker").mkdir(parents=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": current}))


def test_the_engine_is_the_stacks_then_the_variables_then_the_contexts_then_the_local_one(tmp_path: Path) -> None:
    docker_folder(tmp_path, "far", "tcp://far:2376")
    home = {"HOME": str(tmp_path)}
    variable = {**home, "DOCKER_HOST": "tcp://near:2375"}
    found = [
        find_endpoint("ssh://me@box", None, variable),
        find_endpoint(None, None, variable),
        find_endpoint(None, None, home),
        find_endpoint(None, None, {"HOME": "/nowhere"}),
    ]
    assert [(each.url, each.source) for each in found] == [
        ("ssh://me@box", "cluster.engine"),
        ("tcp://near:2375", "DOCKER_HOST"),
        ("tcp://far:2376", "docker context far"),
        ("unix:///var/run/docker.sock", "the local socket"),
    ]
    assert found[2].tls is not None and found[2].tls.ca.endswith("/docker/ca.pem")


def test_tls_files_of_the_environment_are_used_when_asked_for() -> None:
    environ = {"DOCKER_HOST": "tcp://far:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}
    assert find_endpoint(None, None, environ).tls == Tls(
        ca="/certs/ca.pem", cert="/certs/cert.pem", key="/certs/key.pem"
    )


@pytest.mark.parametrize(
    ("engine", "environ", "message"),
    [
        ("box:2375", {}, "begins with none of"),
        (None, {"HOME": "/nowhere", "DOCKER_CONTEXT": "gone"}, "docker context 'gone' is in use but not known"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(engine: str | None, environ: dict[str, str], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        find_endpoint(engine, None, environ)


def test_permission_denied_says_which_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("reconciler.drivers.docker.socket_transport.Connection.connect", refuse)
    with pytest.raises(EngineError, match=r"Permission denied on the socket.*group `docker`"):
        Client(Endpoint(url="unix:///somewhere.sock")).get("/info")
