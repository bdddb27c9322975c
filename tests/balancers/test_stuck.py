"""A process that does not do what it is told: it is asked again, and then replaced by a reload."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.balancers.haproxy.balancer import Balancer, File, Ran, RefusedError
from reconciler.balancers.haproxy.configuration import description, render
from reconciler.balancers.haproxy.scripts import MARK
from reconciler.model.routing import BalancerConfiguration

from .builders import ONE, TWO, configuration, target
from .test_running import replies, server

BEFORE, AFTER = configuration(target(ONE), target(TWO), green=250), configuration(target(ONE), green=250)


class StuckHost:
    """A HAProxy that keeps a server of its own, whatever it is told; a reload rids it of that, if it works."""

    def __init__(self, *, reloads: bool = True) -> None:
        self.reloads = reloads
        self.file = BEFORE
        self.keeps = True
        self.ways: list[str] = []

    def run(self, container_id: str, command: Sequence[str]) -> Ran:
        if "configure" in command:
            how = "reload" if "reload" in command else "tell"
            self.ways.append(how)
            self.file = AFTER
            self.keeps = self.keeps and not (how == "reload" and self.reloads)
        return Ran(0, MARK.join(("", render(self.file), self._says(self.file), "")))

    def put(self, container_id: str, files: Sequence[File]) -> None: ...

    def read(self, container_id: str, path: str) -> str | None: ...

    def _says(self, file: BalancerConfiguration) -> str:
        kept = [server("MAINT").replace(ONE, TWO)] if self.keeps else []
        return replies(server("UP"), *kept, said=description(file))


def configure(host: StuckHost) -> None:
    Balancer(host, "c", sleep=lambda seconds: None).configure(AFTER, {})


def test_a_server_that_is_not_removed_goes_with_its_process() -> None:
    host = StuckHost()
    configure(host)
    assert host.ways == [*("tell",) * 5, "reload"]


def test_what_a_reload_does_not_mend_is_told_in_the_end() -> None:
    host = StuckHost(reloads=False)
    with pytest.raises(RefusedError, match="HAProxy still does not do what it was told: set server web-blue/"):
        configure(host)
    assert host.ways == [*("tell",) * 5, "reload", "tell", "tell"]
