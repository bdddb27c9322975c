"""What is asked for beside the files, on the real engine: while an apply waits, and without one."""

from __future__ import annotations

import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.drivers.docker.client import Client

from .conftest import Place, containers, ended, wait_until

pytestmark = pytest.mark.engine

BALANCED = """\
stack "NAME" {}

variable "page" {
  type    = string
  default = "one"
}

variable "desired" {
  type    = number
  default = 2
}

load_balancer "edge" {
  image = "reconciler-demo/haproxy:2.6"

  listener "http" {
    port = PORT
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }
  }
}

target_group "web" {
  deregistration_delay = "1s"

  health_check {
    interval = "1s"
    timeout  = "1s"
  }
}

task_definition "web" {
  container "app" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    stop_timeout = "1s"
    command      = ["sh", "-c", "mkdir /www; echo ${var.page} > /www/index.html; exec httpd -f -p 8080 -h /www"]
    port_mapping { container_port = 8080 }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = var.desired

  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = 8080
  }

  deployment_configuration {
    strategy             = "BLUE_GREEN"
    minimum_healthy_time = "0s"

    lifecycle_hook "approval" {
      stages = ["PRE_PRODUCTION_TRAFFIC_SHIFT"]
      pause  = true
    }
  }
}
"""


class Balanced:
    """A stack behind a load balancer, applied once."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.started: list[subprocess.Popen[str]] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        place.write(BALANCED.replace("PORT", str(self.port)))
        place.apply()

    def answer(self) -> tuple[int, str]:
        """What a client gets: the status and the body."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as found:
                return found.status, found.read().decode().strip()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode().strip()

    def paused(self, page: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        """Apply another page, up to the pause; returns the apply that waits, and its deployment."""
        process = self.place.start("apply", "--auto-approve", "--progress", "plain", "--var", f"page={page}")
        self.started.append(process)
        wait_until(lambda: bool(self.shown()["continue_command"]), 30)
        return process, self.shown()

    def shown(self) -> dict[str, Any]:
        """What `deployment show` tells of the newest deployment."""
        found: dict[str, Any] = self.place.run("deployment", "show", "--json").value
        return found

    def statuses(self) -> list[str]:
        return [each["status"] for each in self.place.run("deployment", "list", "--json").value]


@pytest.fixture
def balanced(site: Place) -> Iterator[Balanced]:
    found = Balanced(site)
    yield found
    for process in found.started:  # one that a failed test left waiting
        process.kill()
        process.wait()


def test_a_paused_deployment_is_answered_by_another_command(balanced: Balanced) -> None:
    apply, shown = balanced.paused("two")
    assert (shown["status"], shown["stage"]) == ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT")
    assert [each["target_health"] for each in shown["tasks"]] == ["healthy", "healthy"]
    assert balanced.answer() == (200, "one")
    told = balanced.place.run("status").out
    assert f"http://127.0.0.1:{balanced.port} (http)" in told
    assert "  service.web: PRE_PRODUCTION_TRAFFIC_SHIFT\n" in told
    answered = balanced.place.run("deployment", "continue", "--progress", "plain")
    assert (answered.code, answered.out) == (0, f"Deployment {shown['id']} of service.web: SUCCESSFUL.\n")
    assert f"(pid {apply.pid}): this deployment continue is handed over to it.\n" in answered.err
    assert "blue/green  " in answered.err
    applied = ended(apply)
    assert applied.code == 0
    assert "blue/green  PRODUCTION_TRAFFIC_SHIFT" in applied.err
    assert balanced.answer() == (200, "two")
    assert balanced.statuses() == ["SUCCESSFUL", "SUCCESSFUL"]


def test_a_deployment_that_is_stopped_with_rollback_leaves_what_worked_as_it_was(
    balanced: Balanced, engine: Client
) -> None:
    before = {each["Id"] for each in containers(engine, balanced.place.name)}
    apply, shown = balanced.paused("two")
    stopped = balanced.place.run("deployment", "stop", shown["id"][:6], "--rollback")
    assert (stopped.code, stopped.out) == (0, f"Deployment {shown['id']} of service.web: ROLLBACK_SUCCESSFUL.\n")
    applied = ended(apply)
    assert applied.code == 3
    assert "service.web  FAILED  stopped by the user\n  it was rolled back: web:1 runs, as before\n" in applied.err
    assert f"reconciler deployment show {shown['id']}" in applied.err
    assert {each["Id"] for each in containers(engine, balanced.place.name) if each["State"] == "running"} == before
    assert (balanced.answer(), balanced.shown()["status"]) == ((200, "one"), "ROLLBACK_SUCCESSFUL")
    refused = balanced.place.run("deployment", "continue")
    assert (refused.code, "no deployment is waiting for anybody" in refused.err) == (1, True)


def test_without_an_apply_the_command_carries_the_request_out_itself(balanced: Balanced) -> None:
    place = balanced.place
    assert place.run("maintenance", "on", "web", "--message", "Back at noon.").code == 0
    assert balanced.answer() == (503, "Back at noon.")
    assert 'in maintenance, every request is answered with 503 and "Back at noon."' in place.run("status").out
    assert place.run("maintenance", "off", "service.web").out == "service.web is out of maintenance.\n"
    assert balanced.answer() == (200, "one")
    assert place.run("scale", "web=3").out == "service.web has 3 desired tasks, set here; the file says 2.\n"
    assert len(place.tasks()) == 3
    assert "3 desired, set by `reconciler scale`; the file says 2" in place.run("status").out
    assert place.run("plan", "--detailed-exitcode").code == 0
    assert place.run("scale", "web=file").out == "service.web has 2 desired tasks, as the file says.\n"
    assert len(place.tasks()) == 2


def test_restart_and_rollback_are_deployments_of_their_own(balanced: Balanced) -> None:
    place = balanced.place
    place.write(BALANCED.replace("PORT", str(balanced.port)).replace("pause  = true", 'command = ["true"]'))
    place.apply("--var", "page=two")
    before = {each["id"] for each in place.tasks()}
    assert place.run("restart", "web").code == 0
    after = place.tasks()
    assert before.isdisjoint(each["id"] for each in after)
    assert [each["task_definition"] for each in after] == ["web:2"] * 2
    back = place.run("rollback", "web", "web:1")
    assert (back.code, "it runs web:1" in back.out) == (0, True)
    assert balanced.answer() == (200, "one")
    assert balanced.statuses() == ["SUCCESSFUL"] * 4
