"""Steps on load balancers."""

from __future__ import annotations

from typing import Literal

from reconciler.model.routing import BalancerConfiguration, BalancerSettings
from reconciler.model.step_base import BaseStep, Lane


class StartBalancer(BaseStep):
    """Make a balancer's container run with these settings and this configuration, and remove those it replaces.

    One that runs already is enough. `folder` is the stack's, for certificates; `image` of the settings is an id where
    it is pinned.
    """

    kind: Literal["start_balancer"] = "start_balancer"
    stack: str
    owner: str
    settings: BalancerSettings
    configuration: BalancerConfiguration
    folder: str = "."

    @property
    def key(self) -> str:
        return f"balancer {self.settings.name}"

    @property
    def lane(self) -> Lane:
        return Lane.START


class ConfigureBalancer(BaseStep):
    """Bring a balancer to a configuration, first its volume, then its process. A bad one replaces no good one."""

    kind: Literal["configure_balancer"] = "configure_balancer"
    owner: str
    container_id: str
    configuration: BalancerConfiguration
    folder: str = "."

    @property
    def key(self) -> str:
        return f"balancer {self.configuration.name}"


class RemoveBalancer(BaseStep):
    """Remove a balancer's containers and its volume; none is enough."""

    kind: Literal["remove_balancer"] = "remove_balancer"
    stack: str
    owner: str
    name: str

    @property
    def key(self) -> str:
        return f"balancer {self.name}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP
