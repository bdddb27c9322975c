"""The stages of a deployment to come, in words: those in which something happens or is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.deployment import Deployment
from reconciler.model.service import LifecycleStage, Service
from reconciler.scheduler.strategies import bakes, shifts, stages


def stage_words(deployment: Deployment, service: Service) -> tuple[str, ...]:
    """Return what is told of each stage, in order; empty for a rolling update without hooks and bake.

    `PRODUCTION_TRAFFIC_SHIFT: 10 %, then 60 s` once for each shift.
    """
    told = tuple(word for stage in stages(deployment) for word in _told(stage, deployment, service))
    return told if len(told) > 2 else ()


def _told(stage: LifecycleStage, deployment: Deployment, service: Service) -> tuple[str, ...]:
    """Hooks of the two stages that come with each shift are told once."""
    hooks = [each.name for each in service.deployment_configuration.lifecycle_hooks if stage in each.stages]
    hooked = f" ({', '.join(hooks)})" if hooks else ""
    words = _WORDS.get(stage, _nothing)(deployment, service)
    if not words:
        return (f"{stage}{hooked}",) if hooks else ()
    return tuple(f"{stage}{word}{hooked}" for word in words)


def _nothing(deployment: Deployment, service: Service) -> tuple[str, ...]:
    return ()


def _always(deployment: Deployment, service: Service) -> tuple[str, ...]:
    return ("",)


def _test(deployment: Deployment, service: Service) -> tuple[str, ...]:
    return ("",) if any(each.test_listener for each in deployment.registrations) else ()


def _shift(deployment: Deployment, service: Service) -> tuple[str, ...]:
    found = shifts(deployment, service.deployment_configuration)
    return tuple(f": {each.percent:g} %" + (f", then {each.bake:g} s" if each.bake else "") for each in found)


def _bake(deployment: Deployment, service: Service) -> tuple[str, ...]:
    bake = service.deployment_configuration.bake_time
    return (f": {bake:g} s",) if bake and bakes(deployment) else ()


_WORDS: Mapping[LifecycleStage, Callable[[Deployment, Service], tuple[str, ...]]] = {
    LifecycleStage.SCALE_UP: _always,
    LifecycleStage.TEST_TRAFFIC_SHIFT: _test,
    LifecycleStage.PRODUCTION_TRAFFIC_SHIFT: _shift,
    LifecycleStage.BAKE_TIME: _bake,
    LifecycleStage.CLEAN_UP: _always,
}
