"""What the tests of the command share: stacks of their own, the command as a process, an engine left as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import find_endpoint

PREFIX = "clitest-"
LEFT_BEHIND_SECONDS = 900
PATIENCE = 60
IMAGE = "reconciler-test/busybox:1"
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}

WEB = """\
stack "NAME" {}

variable "greeting" {
  type    = string
  default = "hello"
}

variable "desired" {
  type    = number
  default = 2
}

variable "command" {
  type    = string
  default = "trap 'exit 0' TERM; echo $GREETING; while true; do sleep 0.1; done"
}

task_definition "web" {
  container "app" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    stop_timeout = "1s"
    command      = ["sh", "-c", var.command]
    environment  = { GREETING = var.greeting }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = var.desired

  deployment_configuration {
    minimum_healthy_percent = 50
    maximum_percent         = 200
    minimum_healthy_time    = "0s"
  }
}

output "greeting" {
  value = var.greeting
}
"""

JOB = """\
task_definition "job" {
  container "main" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    stop_timeout = "1s"
    command      = ["sh", "-c", "echo begun; exit 7"]
  }
}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines: it must hold nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def value(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """What the diagnostics of a JSON stream say."""
        assert self.lines[0]["type"] == "version"
        return [each["@message"] for each in self.lines if each["type"] == "diagnostic"]


@dataclass
class Place:
    """A folder with a stack of the test's own, and the command to use on it."""

    name: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, text: str, file: str = "main.hcl") -> None:
        """Write a file of the stack; NAME in it is the stack's name."""
        (self.folder / file).write_text(text.replace("NAME", self.name))

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command in the stack's folder, without a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> Ended:
        """Run the command to its end."""
        return ended(self.start(*words, **environment))

    def apply(self, *words: str) -> Ended:
        """Apply; it must work."""
        applied = self.run("apply", "--auto-approve", *words)
        assert applied.code == 0, applied.err
        return applied

    def tasks(self, *words: str) -> list[dict[str, Any]]:
        """What `ps --json` shows."""
        found: list[dict[str, Any]] = self.run("ps", "--json", *words).value
        return found


def ended(process: subprocess.Popen[str], number: signal.Signals | None = None) -> Ended:
    """Wait for a process to end, after a signal if one is given."""
    if number is not None:
        process.send_signal(number)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, out, err)


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def clean_environment() -> dict[str, str]:
    """Our environment without what would change how the command behaves."""
    ours = ("RECONCILER_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "GITHUB_ACTIONS", "CI", "COLUMNS", "LINES")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A stack's folder for tests that need no engine. Its name is the stack's, also without a `stack` block."""
    name = f"{PREFIX}{int(time.time())}-{uuid4().hex[:6]}"
    folder = tmp_path / name
    folder.mkdir()
    return Place(name, folder, clean_environment())


@pytest.fixture(scope="session")
def engine() -> Iterator[Client]:
    """The engine itself; what killed runs left on it is gone."""
    client = Client(find_endpoint(None, None, os.environ))
    assert client.find(f"/images/{IMAGE}/json"), f"the engine lacks {IMAGE}: run `make images`"
    remove(client, lambda stack: time.time() - int(stack.split("-")[1]) > LEFT_BEHIND_SECONDS)
    yield client
    client.close()


@pytest.fixture
def site(place: Place, engine: Client) -> Iterator[Place]:
    """A stack on the real engine."""
    place.write(WEB)
    yield place
    remove(engine, lambda stack: stack == place.name)


def remove(client: Client, is_meant: Callable[[str], bool]) -> None:
    """Remove what belongs to stacks of these tests, by label."""

    def found(rows: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for row in rows:
            stack = (row.get("Labels") or {}).get(labels.STACK, "")
            if stack.startswith(PREFIX) and is_meant(stack):
                yield row

    only = {"filters": {"label": [labels.STACK]}}
    for row in found(client.get("/containers/json", {"all": True, **only})):
        client.call("DELETE", f"/containers/{row['Id']}", {"force": True, "v": True})
    for row in found(client.get("/networks", only)):
        client.call("DELETE", f"/networks/{row['Id']}")
    for row in found(client.get("/volumes", only)["Volumes"] or []):
        client.call("DELETE", f"/volumes/{row['Name']}")


def containers(client: Client, name: str) -> list[dict[str, Any]]:
    """The containers of one stack as the engine lists them, oldest first."""
    rows = client.get("/containers/json", {"all": True, "filters": {"label": [f"{labels.STACK}={name}"]}})
    return sorted(rows, key=lambda each: each["Created"])
