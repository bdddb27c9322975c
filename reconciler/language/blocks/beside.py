"""What acts beside deployments: made, and checked against the services and task definitions that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

from reconciler.language.blocks import assemble_beside
from reconciler.language.blocks.findings import tell
from reconciler.language.blocks.instances import Instance
from reconciler.language.blocks.scaling_checks import Scaled, check_autoscalings
from reconciler.language.blocks.schedule_checks import check_length, check_notification, check_scheduled_task
from reconciler.language.blocks.traffic import Traffic
from reconciler.language.report import Report
from reconciler.model.notification import Notification
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import ScheduledTask
from reconciler.model.task_definition import TaskDefinition

Made = TypeVar("Made")


class Make(Protocol):
    """Makes a noun of an instance."""

    def __call__(self, instance: Instance, make: Callable[[], Made], /) -> Made | None:
        """Return it; None after reporting why it cannot be made."""


def autoscalings(instances: list[Instance], make: Make, traffic: Traffic, report: Report) -> tuple[Autoscaling, ...]:
    """Make the autoscalings, and report what is wrong with them."""
    services = {each.address: each for each in traffic.services}
    scaled = [
        Scaled(each.decoded, each.address, services.get(each.decoded.values.get("service", ""))) for each in instances
    ]
    made = [make(each, partial(assemble_beside.autoscaling, each)) for each in instances]
    tell(check_autoscalings(scaled, traffic), report)
    return tuple(sorted((each for each in made if each is not None), key=lambda each: each.address))


def scheduled_tasks(
    instances: list[Instance], make: Make, definitions: Mapping[str, TaskDefinition], report: Report
) -> tuple[ScheduledTask, ...]:
    """Make the scheduled tasks, and report what is wrong with them."""
    made = []
    for instance in instances:
        decoded = instance.decoded
        tell(check_scheduled_task(decoded, definitions.get(decoded.values.get("task_definition", ""))), report)
        noun = make(instance, partial(assemble_beside.scheduled_task, instance))
        if noun is not None:
            tell(check_length(decoded, noun), report)
            made.append(noun)
    return tuple(sorted(made, key=lambda each: each.address))


def notifications(instances: list[Instance], make: Make, report: Report) -> tuple[Notification, ...]:
    """Make the notifications, and report what is wrong with them."""
    made = []
    for instance in instances:
        tell(check_notification(instance.decoded), report)
        noun = make(instance, partial(assemble_beside.notification, instance))
        made += [noun] if noun is not None else []
    return tuple(sorted(made, key=lambda each: each.address))
