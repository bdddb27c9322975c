"""Verbs that a real watch does, on a real engine: the same words and exit codes as without one."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from .conftest import WEB, Place, ended, wait_until

pytestmark = pytest.mark.engine

MORTAL = WEB.replace(
    "trap 'exit 0' TERM; echo $GREETING;",
    "[ $(date +%s) -lt $UNTIL ] || { echo too late; exit 3; }; trap 'exit 0' TERM; echo $GREETING;",
).replace("environment  = { GREETING", "environment  = { UNTIL = var.until, GREETING")
MORTAL = MORTAL.replace(
    "  deployment_configuration {",
    '  deployment_configuration {\n    deployment_circuit_breaker {\n      threshold {\n        type  = "COUNT"\n'
    "        value = 1\n      }\n    }\n",
)
MORTAL = MORTAL.replace('minimum_healthy_time    = "0s"', 'minimum_healthy_time    = "3s"')
MORTAL += '\nvariable "until" {\n  type = string\n}\n'
"""Tasks that start after a certain time end at once."""


@pytest.fixture
def watch(site: Place) -> Iterator[subprocess.Popen[str]]:
    """The watch of a stack that is not applied yet."""
    process = site.start("watch")
    wait_until(lambda: bool(site.run("lock", "status", "--json").value["watches"]))
    yield process
    if process.poll() is None:
        assert ended(process, signal.SIGTERM).code == 0


def is_held(site: Place) -> bool:
    """Whether the watch has the stack."""
    holder = site.run("lock", "status", "--json").value["holder"]
    return bool(holder) and holder["operation"] == "watch"


def applied(site: Place, *words: str) -> None:
    site.apply(*words)
    wait_until(lambda: is_held(site))


def test_restart_scale_and_rollback_end_when_it_is_done(site: Place, watch: subprocess.Popen[str]) -> None:
    applied(site)
    before = {each["id"] for each in site.tasks()}
    restarted = site.run("restart", "web", "--progress", "plain")
    assert (restarted.code, restarted.out.startswith("service.web was restarted in ")) == (0, True), restarted.err
    assert f"(pid {watch.pid}): this restart is handed over to it.\n" in restarted.err
    assert "service.web               rolling " in restarted.err
    after = site.tasks()
    assert [(each["id"] in before, each["last_status"]) for each in after] == [(False, "RUNNING")] * 2
    scaled = site.run("scale", "web=3")
    assert (scaled.code, scaled.out) == (0, "service.web has 3 desired tasks, set here; the file says 2.\n")
    assert [each["last_status"] for each in site.tasks()] == ["RUNNING"] * 3
    applied(site, "--var", "greeting=bye")
    back = site.run("rollback", "web")
    assert (back.code, "it runs web:1. The next apply deploys the files." in back.out) == (0, True), back.err
    assert {each["task_definition"] for each in site.tasks()} == {"web:1"}
    assert is_held(site)


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_restart_that_fails_ends_with_3_and_the_last_lines(site: Place, is_watched: bool) -> None:
    site.write(MORTAL)
    until = time.time() + 15
    site.environment["RECONCILER_VAR_until"] = f"{until:.0f}"
    site.apply()
    watch = site.start("watch") if is_watched else None
    wait_until(lambda: time.time() > until + 1 and is_held(site) is is_watched)
    failed = site.run("restart", "web")
    assert (failed.code, failed.out) == (3, "")
    assert re.search("^service.web  FAILED  [12] failures, the limit is 1;", failed.err, re.MULTILINE), failed.err
    assert "    too late\n" in failed.err
    assert "Error: the deployment of service.web failed after " in failed.err
    assert ("is handed over to it" in failed.err) is is_watched
    if watch is not None:
        assert ended(watch, signal.SIGTERM).code == 0


def test_ctrl_c_leaves_it_to_the_watch(site: Place, watch: subprocess.Popen[str]) -> None:
    applied(site)
    before = {each["id"] for each in site.tasks()}
    restart = site.start("restart", "web", "--progress", "plain")
    wait_until(lambda: len(site.run("deployment", "list", "--json").value) == 2)
    interrupted = ended(restart, signal.SIGINT)
    assert interrupted.code == 130
    assert "whoever holds the stack goes on with it. To look: reconciler status" in interrupted.err
    wait_until(lambda: site.run("deployment", "list", "--json").value[0]["status"] == "SUCCESSFUL")
    assert before.isdisjoint(each["id"] for each in site.tasks())


def test_when_the_watch_is_killed_the_command_carries_on(site: Place, watch: subprocess.Popen[str]) -> None:
    applied(site)
    before = {each["id"] for each in site.tasks()}
    restart = site.start("restart", "web")
    wait_until(lambda: len(site.run("deployment", "list", "--json").value) == 2)
    watch.kill()
    assert ended(watch).code == -signal.SIGKILL
    done = ended(restart)
    assert (done.code, done.out.startswith("service.web was restarted in ")) == (0, True), done.err
    assert before.isdisjoint(each["id"] for each in site.tasks())


def test_without_a_wait_it_is_recorded_and_the_watch_does_it(site: Place, watch: subprocess.Popen[str]) -> None:
    applied(site)
    left = site.run("restart", "web", "--no-wait")
    assert (left.code, left.out, left.err) == (0, "service.web is being restarted.\n", "")
    wait_until(
        lambda: [each["status"] for each in site.run("deployment", "list", "--json").value] == ["SUCCESSFUL"] * 2
    )


def test_an_apply_without_a_wait_is_recorded_and_the_watch_does_it(site: Place, watch: subprocess.Popen[str]) -> None:
    left = site.run("apply", "--auto-approve", "--no-wait")
    assert left.code == 0, left.err
    assert left.out.endswith("\nThe apply is recorded, and the watch does it. What comes of it: reconciler status\n")
    wait_until(lambda: [each["status"] for each in site.run("deployment", "list", "--json").value] == ["SUCCESSFUL"])
