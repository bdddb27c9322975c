"""A count that autoscaling owns, on the real engine: set by hand, shown by a plan, and left alone by an apply."""

from __future__ import annotations

import pytest

from .conftest import WEB, Place

pytestmark = pytest.mark.engine

SCALED = (
    WEB
    + """
autoscaling "web" {
  service      = service.web
  min_capacity = 1
  max_capacity = 4

  target_tracking "memory" {
    metric       = "memory"
    target_value = 50
  }
}
"""
)


def test_a_count_set_by_hand_is_where_autoscaling_goes_on_and_no_file_takes_it_back(site: Place) -> None:
    site.write(SCALED)
    assert site.run("apply", "--auto-approve").code == 0
    scaled = site.run("scale", "web=3")
    assert scaled.out == "service.web has 3 desired tasks, set here; autoscaling.web goes on from there.\n"
    assert len(site.tasks()) == 3
    planned = site.run("plan", "--detailed-exitcode", "--var", "desired=1")
    assert (planned.code, planned.out.splitlines()) == (
        0,
        [
            "Note: service.web: desired_count = 3 (managed by autoscaling.web, 1..4)",
            "",
            "No changes. What runs is what is declared.",
        ],
    )
    assert site.run("apply", "--auto-approve", "--var", "greeting=bye").code == 0
    assert len(site.tasks()) == 3
    refused = site.run("scale", "web=file")
    assert (refused.code, "the count of service.web is no file's: autoscaling.web owns it" in refused.err) == (
        1,
        True,
    )


def test_an_autoscaling_that_leaves_the_file_gives_the_count_back(site: Place) -> None:
    site.write(SCALED)
    assert site.run("apply", "--auto-approve").code == 0
    assert site.run("scale", "web=3").code == 0
    site.write(WEB)
    planned = site.run("plan")
    assert "- autoscaling.web will be destroyed: it is no longer in the stack" in planned.out
    assert "~ desired_count: 3 -> 2   # in-place" in planned.out
    assert site.run("apply", "--auto-approve").code == 0
    assert len(site.tasks()) == 2


def test_a_count_outside_of_the_bounds_is_set_with_a_warning(site: Place) -> None:
    site.write(SCALED)
    assert site.run("apply", "--auto-approve").code == 0
    above = site.run("scale", "web=5")
    high = "5 is above max_capacity 4; it stays so until autoscaling.web scales in, to 4 at most\n"
    assert f"Warning: service.web: {high}" in above.err
    assert above.out == "service.web has 5 desired tasks, set here; autoscaling.web goes on from there.\n"
    assert len(site.tasks()) == 5
    below = site.run("scale", "web=0", "--no-wait")
    low = "0 is below min_capacity 1; it stays so until autoscaling.web scales out, to 1 at least\n"
    assert f"Warning: service.web: {low}" in below.err
    assert below.out.startswith("service.web is being scaled to 0 desired tasks, set here; ")
