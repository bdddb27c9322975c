"""`run`, `stop` and `apply` beside a real watch on a real engine: same results, same exit codes (C7, M1, M3)."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import pytest

from .conftest import JOB, WEB, Place, ended, wait_until

pytestmark = pytest.mark.engine


@pytest.fixture
def watch(site: Place) -> Iterator[subprocess.Popen[str]]:
    """A stack that was applied, and its watch."""
    site.write(WEB + JOB)
    site.apply()
    process = site.start("watch")
    wait_until(lambda: holder(site) == "watch")
    yield process
    if process.poll() is None:
        assert ended(process, signal.SIGTERM).code == 0


def holder(site: Place) -> str:
    """What holds the stack."""
    found = site.run("lock", "status", "--json").value["holder"]
    return found["operation"] if found else ""


def token(site: Place) -> int:
    found: int = site.run("lock", "status", "--json").value["holder"]["token"]
    return found


def test_run_and_stop_leave_the_stack_to_its_watch(site: Place, watch: subprocess.Popen[str]) -> None:
    before = token(site)
    waited = site.run("run", "job", "--wait", "--logs")
    assert (waited.code, "begun" in waited.err) == (7, True), waited.err
    begun = site.run("run", "job", "--count", "2", "--json", "--", "sleep", "60")
    assert begun.code == 0, begun.err
    ids = begun.value["tasks"]
    assert sorted(each["id"] for each in site.tasks() if each["id"] in ids) == sorted(ids)
    stopped = site.run("stop", ids[0], "--reason", "enough")
    assert (stopped.code, stopped.out) == (0, f"Task {ids[0][:8]} of family:job is stopped.\n")
    victim = next(each["id"] for each in site.tasks() if each["group"] == "service.web")
    replaced = site.run("stop", victim)
    assert (replaced.code, replaced.out) == (0, f"Task {victim[:8]} of service.web is stopped and replaced.\n")
    web = [each["id"] for each in site.tasks() if each["group"] == "service.web"]
    assert (len(web), victim in web) == (2, False)
    assert (token(site), holder(site)) == (before, "watch")


def test_a_run_that_cannot_start_is_told_by_its_exit_code(site: Place, watch: subprocess.Popen[str]) -> None:
    failed = site.run("run", "job", "--wait", "--", "/no/such/program")
    assert failed.code == 125
    assert "failed to start: " in failed.err


def test_what_was_not_applied_is_not_run_by_a_watch_that_does_not_know_it(
    site: Place, watch: subprocess.Popen[str]
) -> None:
    site.write(
        JOB.replace('"job"', '"new"').replace("stop_timeout", "secrets = { KEY = secret.key }\n    stop_timeout")
        + 'secret "key" {\n  env = "KEY"\n}\n',
        "new.hcl",
    )
    refused = site.run("run", "new", KEY="value")
    assert refused.code == 1
    assert "family:new needs secret.key: `reconciler apply` it first" in refused.err


def test_a_watch_makes_way_for_an_apply_and_goes_on_afterwards(site: Place, watch: subprocess.Popen[str]) -> None:
    before = token(site)
    applied = site.apply("--var", "greeting=bye")
    assert f"(pid {watch.pid}): it makes way for this apply." in applied.err
    assert "Nobody on this machine watches" not in applied.err
    wait_until(lambda: holder(site) == "watch")
    assert token(site) == before + 2
    destroyed = site.run("destroy", "--auto-approve")
    assert (destroyed.code, site.tasks()) == (0, []), destroyed.err


def test_force_unlock_makes_a_watch_stand_by_and_take_the_stack_again(
    site: Place, watch: subprocess.Popen[str]
) -> None:
    before = token(site)
    assert site.run("force-unlock", "--auto-approve").code == 0
    wait_until(lambda: holder(site) == "watch")
    assert token(site) > before + 1
