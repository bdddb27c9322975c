"""A load balancer whose image cannot be had: known before an apply, and no endless pulling in one."""

from __future__ import annotations

import pytest

from reconciler.errors import PartialError, StackError
from reconciler.model.step import PullImage
from tests.builders import balanced, stack
from tests.site import Site


def test_a_plan_refuses_an_image_of_a_load_balancer_that_cannot_be_had() -> None:
    site = Site()
    site.engine.obtainable = lambda reference: not reference.startswith("haproxy")
    with pytest.raises(StackError) as refused:
        site.plan(stack(balanced("web", 1)))
    (problem,) = refused.value.diagnostics
    assert (problem.code, problem.summary) == ("E0610", "image haproxy:3.0 cannot be had")


def test_an_image_of_a_load_balancer_that_goes_missing_is_tried_five_times() -> None:
    site = Site()
    wanted = stack(balanced("web", 1))
    prepared = site.prepare(wanted)
    site.prepare = lambda again: prepared  # type: ignore[method-assign]
    site.engine.obtainable = lambda reference: not reference.startswith("haproxy")
    with pytest.raises(PartialError, match=r"load_balancer\.edge: CannotPullContainerError: .*haproxy:3\.0"):
        site.apply(wanted)
    pulls = [each for each in site.engine.steps if isinstance(each, PullImage) and each.address.startswith("load_")]
    assert len(pulls) == 5
