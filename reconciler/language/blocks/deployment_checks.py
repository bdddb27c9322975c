"""How a service's way of deploying fits what it runs: strategies, alarms and lifecycle hooks (ECS)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from reconciler.language.blocks.call_checks import check_command, check_prometheus, check_url
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.blocks.traffic import REGISTRATION, Registrant
from reconciler.language.expressions.access import similar
from reconciler.model.service import LifecycleStage

ROLLING = "ROLLING"

SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")
"""Strategies that run the new revision beside the old one, and then shift the traffic."""

_WITHOUT_HOOKS = (LifecycleStage.SCALE_UP, LifecycleStage.BAKE_TIME, LifecycleStage.CLEAN_UP)
_WITHOUT_PAUSE = (LifecycleStage.TEST_TRAFFIC_SHIFT, LifecycleStage.PRODUCTION_TRAFFIC_SHIFT)
_OF_ROLLING = (LifecycleStage.RECONCILE_SERVICE, LifecycleStage.PRE_SCALE_UP, LifecycleStage.POST_SCALE_UP)
_SOURCES = ("metric", "command", "prometheus")
_KINDS = ("command", "http", "task", "pause")


def check_deployment(service: Registrant) -> Findings:
    """Yield what does not fit in a service's deployments."""
    for configuration in service.decoded.some("deployment_configuration"):
        yield from chain.from_iterable(check(configuration, service) for check in _CHECKS)


@as_far_as_sure
def _strategy(configuration: Decoded, service: Registrant) -> Findings:
    strategy, place = service.strategy, configuration.where("strategy")
    if strategy not in SHIFTING:
        return
    yield from _daemon(configuration, service)
    if service.single:
        what = "use host_port = 0 or none" if service.single.startswith("host") else "set exclusive = false there"
        detail = f'Two tasks cannot both have {service.single}: {what}, or use strategy = "ROLLING".'
        summary = f"{strategy} runs old and new tasks side by side, and these cannot be"
        yield Finding(configuration, place, summary, detail, "E0258")
    if strategy != "BLUE_GREEN" and not service.decoded.all(REGISTRATION):
        detail = 'Add a load_balancer block to the service, or use strategy = "ROLLING" or "BLUE_GREEN".'
        yield Finding(configuration, place, f"{strategy} has no traffic to shift", detail, "E0258")


@as_far_as_sure
def _daemon(configuration: Decoded, service: Registrant) -> Findings:
    if service.is_daemon:
        place, strategy = configuration.where("strategy"), service.strategy
        detail = 'Use strategy = "ROLLING": an engine has one task of a DAEMON at a time.'
        yield Finding(configuration, place, f"a DAEMON service cannot deploy by {strategy}", detail, "E0258")


def _steps(configuration: Decoded, service: Registrant) -> Findings:
    for word, strategy, name in (("linear", "LINEAR", "step_percent"), ("canary", "CANARY", "percent")):
        for block in configuration.some(word):
            yield from _step(block, strategy, service)
            yield from _whole_tenth(block, name)


@as_far_as_sure
def _step(block: Decoded, strategy: str, service: Registrant) -> Findings:
    if service.strategy != strategy:
        detail = f'Set strategy = "{strategy}", or remove the block.'
        summary = f"the block {block.schema.word} is for {strategy}, and the strategy is {service.strategy}"
        yield Finding(block, block.place, summary, detail, "E0258")


@as_far_as_sure
def _whole_tenth(block: Decoded, name: str) -> Findings:
    percent = block.get(name)
    if abs(percent * 10 - round(percent * 10)) > 1e-9:
        detail = "Use at most one digit behind the point."
        yield Finding(block, block.where(name), f"{percent:g} is no whole tenth", detail, "E0258")


def _alarms(configuration: Decoded, service: Registrant) -> Findings:
    for alarm in configuration.some("alarm"):
        yield from _sources(alarm, service)
        yield from check_command(alarm, "E0261")
        for prometheus in alarm.some("prometheus"):
            yield from check_prometheus(prometheus, "E0261")


@as_far_as_sure
def _sources(alarm: Decoded, service: Registrant) -> Findings:
    sources = [each for each in _SOURCES if alarm.has(each)]
    if len(sources) != 1:
        what = " and ".join(sources) or "nothing"
        detail = 'It has one of metric = "http_5xx_percent", command = ["..."] and prometheus { ... }.'
        yield Finding(alarm, alarm.place, f'alarm "{alarm.label}" looks at {what}', detail, "E0261")
    elif sources == ["metric"] and not service.decoded.all(REGISTRATION):
        detail = "Add a load_balancer block to the service, or use command or prometheus."
        summary = f"no load balancer could tell the {alarm.get('metric')} of this service"
        yield Finding(alarm, alarm.where("metric"), summary, detail, "E0261")


def _hooks(configuration: Decoded, service: Registrant) -> Findings:
    for hook in configuration.some("lifecycle_hook"):
        yield from _kinds(hook)
        yield from check_command(hook, "E0262")
        for http in hook.some("http"):
            yield from check_url(http, "E0262")
        yield from _stages(hook, service)
        for task in hook.some("task"):
            yield from _task(task, service)
            yield from check_command(task, "E0262")


@as_far_as_sure
def _kinds(hook: Decoded) -> Findings:
    kinds = [each for each in _KINDS if hook.has(each)]
    if len(kinds) != 1 or (kinds == ["pause"] and not hook.get("pause")):
        what = "is both " + " and ".join(kinds) if len(kinds) > 1 else "does nothing"
        detail = 'It has one of command = ["..."], http { ... }, task { ... } and pause = true.'
        yield Finding(hook, hook.place, f'hook "{hook.label}" {what}', detail, "E0262")


@as_far_as_sure
def _stages(hook: Decoded, service: Registrant) -> Findings:
    stages, place = hook.get("stages"), hook.where("stages")
    if not stages:
        detail = 'Name one or more: stages = ["PRE_SCALE_UP"].'
        yield Finding(hook, place, f'hook "{hook.label}" has no stage', detail, "E0262")
        return
    without = next((each for each in stages if each in _WITHOUT_HOOKS), None)
    if without is not None:
        allowed = ", ".join(each for each in LifecycleStage if each not in _WITHOUT_HOOKS)
        yield Finding(hook, place, f"there are no hooks at {without}", f"There are at {allowed}.", "E0262")
        return
    paused = next((each for each in stages if each in _WITHOUT_PAUSE), None) if hook.get("pause") else None
    rolling = next((each for each in stages if each not in _OF_ROLLING), None)
    if paused is not None:
        detail = f"Pause at PRE_{paused} or POST_{paused}." if "PROD" in paused else f"Pause at POST_{paused}."
        yield Finding(hook, place, f"a deployment cannot pause at {paused}", detail, "E0262")
    elif rolling is not None and service.strategy == ROLLING:
        detail = f"It has {', '.join(_OF_ROLLING)}; the others are of {', '.join(SHIFTING)}."
        yield Finding(hook, place, f"a ROLLING deployment has no hooks at {rolling}", detail, "E0262")


@as_far_as_sure
def _task(task: Decoded, service: Registrant) -> Findings:
    """The command of a task needs to know whose it is."""
    if service.definition is None:
        return
    name, names = task.get("container"), [each.name for each in service.definition.containers]
    there = f"The containers are {', '.join(names)}."
    if name is not None and name not in names:
        detail = similar(name, names) or there
        summary = f'{service.decoded.get("task_definition")} has no container "{name}"'
        yield Finding(task, task.where("container"), summary, detail, "E0262")
    elif name is None and task.has("command") and len(service.definition.essential) > 1:
        detail = f'Add container = "NAME". {there}'
        yield Finding(task, task.where("command"), "it is not said which container gets the command", detail, "E0262")


_CHECKS: tuple[Callable[[Decoded, Registrant], Findings], ...] = (_strategy, _steps, _alarms, _hooks)
