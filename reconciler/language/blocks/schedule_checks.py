"""What the table cannot say about schedules, scheduled tasks and notifications. Sources: ECS RunTask, EventBridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.language.blocks.call_checks import check_command, check_url
from reconciler.language.blocks.decode import LABEL, Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.expressions.access import similar
from reconciler.model.overrides import LONGEST, length
from reconciler.model.schedule import ScheduledTask
from reconciler.model.task_definition import TaskDefinition
from reconciler.model.timetable import check

_TIMES: Mapping[str, Callable[[str], str]] = {
    "schedule": lambda text: check(text, "UTC"),
    "timezone": lambda text: check("@daily", text),
}
"""Attribute -> what is wrong with its value; empty when nothing is."""


def check_schedule(decoded: Decoded) -> Findings:
    """Yield why the schedule of a block is never due, or its zone is none."""
    for name, why_not in _TIMES.items():
        wrong = why_not(decoded.values[name]) if name in decoded.values else ""
        if wrong:
            problem, _, hint = wrong.rpartition(": ")
            yield Finding(decoded, decoded.where(name), problem, _sentence(hint), "E0265")


def _sentence(hint: str) -> str:
    """Return a hint as a sentence; one that begins with what to write stays as that is written."""
    word = hint.split(" ")[0]
    text = hint[:1].upper() + hint[1:] if word.isalpha() else hint
    return text if text.endswith(("?", ".")) else f"{text}."


def check_scheduled_task(decoded: Decoded, definition: TaskDefinition | None) -> Findings:
    """Yield what is wrong with a scheduled task; `definition` is None when that is wrong itself."""
    yield from check_schedule(decoded)
    for overrides in decoded.some("overrides"):
        for container in overrides.some("container"):
            yield from check_command(container, "E0266")
            yield from _container(container, decoded, definition)
    yield from _port(decoded, definition)


def check_length(decoded: Decoded, task: ScheduledTask) -> Findings:
    """Yield that the overrides of a scheduled task are too long."""
    if length(task.overrides) > LONGEST:
        detail = f"All overrides together are {length(task.overrides)} characters as JSON: move some to the image."
        block = decoded.all("overrides")[0]
        yield Finding(decoded, block.place, f"the overrides are longer than {LONGEST} characters", detail, "E0266")


def _container(container: Decoded, task: Decoded, definition: TaskDefinition | None) -> Findings:
    names = [each.name for each in definition.containers] if definition is not None else [container.label]
    if container.label not in names and LABEL not in container.unsure:
        detail = similar(container.label, names) or f"The containers are {', '.join(names)}."
        summary = f'{task.get("task_definition")} has no container "{container.label}"'
        yield Finding(container, container.place, summary, detail, "E0266")


@as_far_as_sure
def _port(task: Decoded, definition: TaskDefinition | None) -> Findings:
    if definition is not None and definition.fixed_host_ports and task.get("task_count") > 1:
        port = definition.fixed_host_ports[0][0]
        detail = f"Set `host_port = 0`, or `task_count = 1`. One engine has port {port} once."
        summary = f"{task.get('task_count')} tasks cannot all have host port {port}"
        yield Finding(task, task.where("task_count"), summary, detail, "E0241")


def check_notification(decoded: Decoded) -> Findings:
    """Yield what is wrong with whom a notification tells."""
    yield from _receiver(decoded)
    if "url" in decoded.values:
        yield from check_url(decoded, "E0267")
    yield from check_command(decoded, "E0267")
    if decoded.values.get("events") == ():
        detail = "Name some, or remove it: then there are all."
        yield Finding(decoded, decoded.where("events"), "no event would ever be told", detail, "E0267")


@as_far_as_sure
def _receiver(decoded: Decoded) -> Findings:
    given = [name for name in _RECEIVERS if decoded.has(name)]
    if len(given) != 1:
        both = " and ".join(_RECEIVERS[name] for name in given[:2])
        summary = f"a notification tells {f'both {both}' if given else 'nobody'}"
        detail = 'Set one of url = "https://HOST/PATH", url_from = secret.NAME and command = ["program", ...].'
        place = decoded.where(given[1]) if given else decoded.place
        yield Finding(decoded, place, summary, detail, "E0267")


_RECEIVERS = {"url": "a URL", "url_from": "the URL of a secret", "command": "a command"}
