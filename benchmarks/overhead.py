"""Requests a second through our load balancer, against HAProxy of the same image with a file written by hand.

Both send to the same two targets: HAProxys that answer by themselves, so that it is the proxy before them that has
the most to do. The file by hand does what ours is declared to do, and no more: checks, retries, X-Forwarded-For. The
load is wrk's, on loopback; the two take turns, the other one first each time, and the pairs are compared.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.comparisons import PREFIX
from benchmarks.measure import FailedError, Sample, Samples, engine_cpu, run
from benchmarks.peers import RECONCILER
from benchmarks.report import Row
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from tests.acceptance.engine import BYSTANDER, clean, fresh_name, labelled
from tests.acceptance.traffic.declared import BALANCER_IMAGE
from tests.acceptance.traffic.site import free_ports, within

GOAL = 1 / 0.95
"""The longest that the same requests may take, against the file by hand: 95 % of its requests a second."""
REQUESTS = 10_000
"""Times are told for so many requests."""
WRK = ("wrk", "--threads", "1", "--connections", "32", "--duration", "4s")
TARGETS = 2
START_TIMEOUT = 10.0
NANOSECONDS = 1e9

_RATE = re.compile(r"^Requests/sec: +([0-9.]+)$", re.MULTILINE)
_WRONG = re.compile(r"^ *(?:Non-2xx or 3xx responses|Socket errors):.*$", re.MULTILINE)


def overhead(client: Client, folder: Path, rounds: int) -> Iterator[Row]:
    """Apply a stack, start the peer beside it, and measure both in turn."""
    if shutil.which(WRK[0]) is None:
        raise FailedError("wrk is not installed: scripts/apt-install.sh wrk")
    name = fresh_name(PREFIX)
    ours: list[Sample] = []
    theirs: list[Sample] = []
    with _both(client, name, folder / name) as sides:
        for side in sides:
            _measured(client, *side)  # caches, connections and the governor are warm for both
        for number in range(rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                (ours if side is sides[0] else theirs).append(_measured(client, *side))
    what = f"{REQUESTS:,} requests through our balancer, against HAProxy by hand"
    yield Row(what, Samples(ours), Samples(theirs), GOAL, is_paired=True)


@contextmanager
def _both(client: Client, name: str, folder: Path) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    """Start both sides; yields the container and the port of ours, and those of the peer."""
    our_port, their_port = free_ports(2)
    folder.mkdir()
    (folder / "main.hcl").write_text(_stack(name, our_port))
    try:
        run((RECONCILER, "apply", "--stack", folder, "--state", folder / "state", "--auto-approve"))
        rows = labelled(client, labels.STACK, name).containers
        (balancer,) = (row for row in rows if labels.BALANCER in row["Labels"])
        targets = [row for row in rows if row["Labels"].get(labels.SERVICE) == "web"]
        yield (balancer["Id"], our_port), (_start_peer(client, name, their_port, targets), their_port)
    finally:
        clean(client, name)


def _stack(name: str, port: int) -> str:
    """Return our side's stack; texts in it are written as JSON writes them."""
    command, configuration = json.dumps(["sh", "-c", _START]), json.dumps(_TARGET)
    return _STACK.format(
        name=name, port=port, image=BALANCER_IMAGE, count=TARGETS, command=command, configuration=configuration
    )


def _start_peer(client: Client, name: str, port: int, targets: list[Mapping[str, Any]]) -> str:
    networks = [row["NetworkSettings"]["Networks"] for row in targets]
    addresses = [network[name]["IPAddress"] for network in networks]
    servers = "".join(f"  server t{number} {each}:8080 check\n" for number, each in enumerate(addresses))
    body = {
        "Image": BALANCER_IMAGE,
        "Cmd": ["sh", "-c", _START],
        "Env": [f"CONFIGURATION={_BY_HAND}{servers}"],
        "Labels": {BYSTANDER: name},
        "ExposedPorts": {"8080/tcp": {}},
        "HostConfig": {
            "NetworkMode": name,
            "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]},
        },
    }
    identity = str(client.post("/containers/create", body, {"name": f"{name}-by-hand"})["Id"])
    client.post(f"/containers/{identity}/start")
    if within(START_TIMEOUT, lambda: "200" in _head(port)) is None:
        raise FailedError("the HAProxy by hand does not answer")
    return identity


def _head(port: int) -> str:
    """Return the status that a port answers with, as text; empty when it does not answer."""
    command = (
        "curl",
        "--silent",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        f"http://127.0.0.1:{port}/",
    )
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _measured(client: Client, container: str, port: int) -> Sample:
    """Load a port; the sample's times are for so many requests, its CPU is that of the proxy's container."""
    engine_before, before = engine_cpu(), _cpu(client, container)
    ended = subprocess.run((*WRK, f"http://127.0.0.1:{port}/"), capture_output=True, text=True, check=False)
    used = _cpu(client, container) - before
    rate, wrong = _RATE.search(ended.stdout), _WRONG.search(ended.stdout)
    if ended.returncode != 0 or rate is None or wrong is not None:
        raise FailedError(f"wrk ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    wall = REQUESTS / float(rate[1])
    seconds = float(WRK[-1].rstrip("s"))
    return Sample(wall, used * wall / seconds, (engine_cpu() - engine_before) * wall / seconds)


def _cpu(client: Client, container: str) -> float:
    """Return the CPU seconds that a container has used."""
    stats = client.get(f"/containers/{container}/stats", {"stream": False, "one-shot": True})
    return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / NANOSECONDS


_START = 'printf "%s" "$CONFIGURATION" > /tmp/haproxy.cfg && exec haproxy -W -db -f /tmp/haproxy.cfg'

_TARGET = """\
defaults
  mode http
  timeout client 300s
  timeout connect 1s
  timeout server 300s
frontend web
  bind :8080
  http-request return status 200 content-type text/plain string ok
"""

_BY_HAND = """\
global
  hard-stop-after 30s
defaults
  mode http
  timeout client 60s
  timeout connect 1s
  timeout server 60s
  timeout http-keep-alive 60s
  option forwardfor
  option redispatch 1
  retries 3
  retry-on all-retryable-errors
frontend http
  bind :8080
  http-request disable-l7-retry if METH_POST
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port %[dst_port]
  default_backend web
backend web
  balance roundrobin
  option httpchk GET /
  default-server inter 5s fall 2 rise 2
"""

_STACK = """\
stack "{name}" {{}}

load_balancer "public" {{
  image = "{image}"

  listener "http" {{
    port = {port}
    bind = "127.0.0.1"
    forward {{ target_group = target_group.web }}
  }}
}}

target_group "web" {{
  health_check {{
    interval = "1s"
    timeout  = "1s"
  }}
}}

task_definition "web" {{
  memory = 128

  container "app" {{
    image       = "{image}"
    command     = {command}
    environment = {{ CONFIGURATION = {configuration} }}

    port_mapping {{ container_port = 8080 }}
  }}
}}

service "web" {{
  task_definition = task_definition.web
  desired_count   = {count}

  deployment_configuration {{
    minimum_healthy_time = 0
  }}
  load_balancer {{
    target_group   = target_group.web
    container_name = "app"
    container_port = 8080
  }}
}}
"""
