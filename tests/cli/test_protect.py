"""`protect` on the real engine: what it says, what ps and status show, and what a scale-in then does."""

from __future__ import annotations

import re

import pytest

from .conftest import Place

pytestmark = pytest.mark.engine
ABOUT_HALF_AN_HOUR = r"(30m00s|29m\d\ds)"  # what is left of 30 minutes, rounded, however quick the machine is


def test_a_protected_task_is_shown_and_outlives_a_scale_in(site: Place) -> None:
    site.apply()
    newest = site.tasks()[-1]["id"]
    done = site.run("protect", newest[:8], "--for", "30m")
    assert (done.code, done.out) == (0, f"Task {newest[:8]} of service.web is protected for 30m00s.\n"), done.err
    assert re.search(f"^{newest[:8]} .* protected for {ABOUT_HALF_AN_HOUR}$", site.run("ps").out, re.MULTILINE)
    assert re.search(f"task {newest[:8]} is protected for {ABOUT_HALF_AN_HOUR}", site.run("status").out)
    site.apply("--var", "desired=1")
    assert [each["id"] for each in site.tasks()] == [newest]
    ended = site.run("protect", newest[:8], "--off")
    assert (ended.code, ended.out) == (0, f"Task {newest[:8]} of service.web is no longer protected.\n")
    assert [each["protected_until"] for each in site.tasks()] == [None]
    assert site.run("destroy", "--auto-approve").code == 0


def test_what_cannot_be_protected_is_refused_in_words(site: Place) -> None:
    site.apply()
    task = site.tasks()[0]["id"][:8]
    short = site.run("protect", task, "--for", "10s")
    assert (short.code, short.err) == (1, "Error: a task is protected for 1 minute to 48 hours, not for 10 s\n")
    assert site.run("protect", task, "--for", "1h", "--off").code == 64
