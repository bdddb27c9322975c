"""A restart whose new tasks fail has failed, though the old ones are back and run what is declared."""

from __future__ import annotations

import pytest

from reconciler.cli.requests import has_failed
from reconciler.drivers.simulated import Behaviour, expected_behaviour
from reconciler.engine.session import request
from reconciler.model.request import Request, RequestKind
from tests.builders import Site
from tests.scenarios.traffic import BLUE_GREEN, web


@pytest.mark.parametrize(("serves", "failed"), [(True, False), (False, True)])
def test_a_restart_fails_when_its_tasks_do(serves: bool, failed: bool) -> None:
    site, wanted = Site(), web(2, 1, BLUE_GREEN)
    site.apply(wanted)
    ill = Behaviour(serves_after=None)
    site.engine.behave = lambda step: expected_behaviour(step) if serves else ill
    restart = Request(kind=RequestKind.RESTART, service="service.web")
    lease = site.store.acquire("shop", "restart", 0)
    ended = request(site.session(), site.world(), [restart], wanted, lease)
    assert (ended.decision.is_steady, has_failed("service.web", [restart], ended)) == (True, failed)
