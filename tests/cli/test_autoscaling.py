"""`autoscaling` on the real engine: a watch that scales, what list and history tell of it, suspend and resume."""

from __future__ import annotations

import pytest

from .conftest import WEB, Place, wait_until
from .test_schedules import watching

pytestmark = pytest.mark.engine

BUSY = (
    WEB
    + """
autoscaling "web" {
  service      = service.web
  min_capacity = 1
  max_capacity = 3

  target_tracking "memory" {
    metric             = "memory"
    target_value       = 0.5
    period             = "2s"
    scale_out_periods  = 1
    scale_out_cooldown = "0s"
  }
}
"""
)
"""A shell takes more than half a percent of 16 MiB."""


def test_a_watch_scales_tells_why_and_rests_when_it_is_suspended(site: Place) -> None:
    site.write(BUSY)
    site.apply()
    suspended = site.run("autoscaling", "suspend", "web", "out")
    assert (suspended.code, suspended.out) == (0, "autoscaling.web: suspended: out.\n"), suspended.err
    with watching(site):
        wait_until(lambda: "DynamicScalingOutSuspended" in site.run("autoscaling", "history").out)
        (rests,) = site.run("autoscaling", "list", "--json").value
        assert rests["desired_count"] == 2
        resumed = site.run("autoscaling", "resume", "service.web")
        assert (resumed.code, resumed.out) == (0, "autoscaling.web: nothing is suspended.\n"), resumed.err
        wait_until(lambda: [each["last_status"] for each in site.tasks()] == ["RUNNING"] * 3)
    assert site.run("autoscaling", "list").err.startswith("Nobody watches this stack: ")
    (listed,) = site.run("autoscaling", "list", "--json").value
    assert (listed["desired_count"], listed["min_capacity"], listed["max_capacity"]) == (3, 1, 3)
    assert listed["policies"][0]["value"] > 0.5
    changes = [each for each in site.run("autoscaling", "history", "web", "--json").value if each["after"] == 3]
    assert [(each["before"], each["policy"]) for each in changes if each["before"] == 2] == [(2, "memory")]
    assert "service.web: 3 desired, managed by autoscaling.web (1..3)" in site.run("status").out
    assert "Successfully set desired count to 3. Cause: policy memory: memory was " in site.run("events").out
    planned = site.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out


def test_what_nothing_scales_is_refused_in_words(site: Place) -> None:
    site.apply()
    assert site.run("autoscaling", "list").out == "Nothing is scaled: no autoscaling is applied.\n"
    refused = site.run("autoscaling", "suspend", "web")
    problem = "Error: service.web has no autoscaling; these services have one: none\n"
    assert (refused.code, refused.err) == (1, problem)
    assert site.run("autoscaling", "suspend", "web", "sideways").code == 64
