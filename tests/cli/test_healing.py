"""What a watch does on the real engine when a task turns unhealthy, or is killed: by the engine's own stamps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.times import engine_seconds

from .conftest import Place, containers, wait_until

pytestmark = pytest.mark.engine

CHECKED = """\
stack "NAME" {}

task_definition "web" {
  container "app" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    command      = ["sh", "-c", "touch /tmp/well; exec sleep 600"]
    stop_timeout = "0s"
    health_check {
      command  = ["CMD", "test", "-e", "/tmp/well"]
      interval = "5s"
      timeout  = "2s"
      retries  = 1
    }
  }
}

service "web" {
  task_definition = task_definition.web
}
"""


@contextmanager
def watching(place: Place) -> Iterator[None]:
    process = place.start("watch")
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_the_replacement_of_an_unhealthy_task_is_healthy_before_the_old_one_stops(
    place: Place, engine: Client
) -> None:
    place.write(CHECKED)
    place.apply()
    (old,) = containers(engine, place.name)
    with watching(place):
        subprocess.run(("docker", "exec", old["Id"], "rm", "/tmp/well"), check=True)
        wait_until(lambda: [each["id"] for each in place.tasks()] not in ([], [old["Labels"]["reconciler.task"]]), 40)
        wait_until(lambda: len(place.tasks()) == 1 and place.tasks()[0]["health_status"] == "HEALTHY", 40)
    stopped = place.tasks("--all")
    new = next(each for each in containers(engine, place.name) if each["State"] == "running")
    checks = engine.get(f"/containers/{new['Id']}/json")["State"]["Health"]["Log"]
    first_pass = min(end for each in checks if each["ExitCode"] == 0 and (end := engine_seconds(each["End"])))
    ended = engine.get(f"/containers/{old['Id']}/json")["State"]
    finished = engine_seconds(ended["FinishedAt"])
    assert finished is not None and first_pass <= finished
    assert "health checks failed" in " ".join(str(each["stopped_reason"]) for each in stopped)
    place.run("destroy", "--auto-approve")
