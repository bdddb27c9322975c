"""What people type for tasks and task definitions: addresses, short names, ids."""

from __future__ import annotations

import pytest

from reconciler.cli.addresses import matching_tasks, named_container, one_task
from reconciler.cli.run import find_definition
from reconciler.engine.present import TaskNow
from reconciler.errors import ReconcilerError
from reconciler.model.stack import Stack
from reconciler.model.task import HealthStatus
from tests.builders import definition, running

WEB, BLUE, SLASH = "service.web", 'service.site["blue"]', 'service.site["a/b"]'
EU, US = 'module.mail["eu"].service.smtp', 'module.mail["us"].service.smtp'
ODD = "module.service.service.web"
ALL = (WEB, BLUE, SLASH, EU, US, ODD)
NAMES = ("web", "site-blue", "site-a-b", "mail-eu-smtp", "mail-us-smtp", "service-web")

TASKS = tuple(
    TaskNow(running(number, group=group, service_name=name), None, HealthStatus.HEALTHY, None)
    for number, (group, name) in enumerate(zip(ALL, NAMES, strict=True), start=10)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WEB, [WEB]),
        ("web", [WEB]),
        (ODD, [ODD]),
        ("service-web", [ODD]),
        ("service.site", [BLUE, SLASH]),
        ('site["blue"]', [BLUE]),
        ("site[blue]", [BLUE]),
        (SLASH, [SLASH]),
        (f"{SLASH}/{12:032x}", [SLASH]),
        ("module.mail", [EU, US]),
        ("module.mail[eu]", [EU]),
        ("module.mail[eu].service.smtp", [EU]),
        ("smtp", [EU, US]),
        ("mail-eu-smtp", [EU]),
        (f"{10:032x}", [WEB]),
    ],
)
def test_an_address_means_tasks(text: str, expected: list[str]) -> None:
    assert [each.record.group for each in matching_tasks(TASKS, text)] == expected


def test_a_container_is_named_behind_the_task_also_when_a_key_holds_a_slash() -> None:
    assert [named_container(f"{SLASH}/7f/app"), named_container(f"{SLASH}/7f"), named_container(SLASH)] == [
        "app",
        "",
        "",
    ]


def test_one_task_is_never_chosen_among_those_of_several_services() -> None:
    with pytest.raises(ReconcilerError) as caught:
        one_task(TASKS, "smtp")
    assert str(caught.value) == f'"smtp" means tasks of several: {EU}, {US}; give one of these addresses'


def test_a_task_definition_is_found_by_address_family_or_a_label_that_only_it_has() -> None:
    families = {
        'module.mail["eu"].task_definition.job': "mail-eu-job",
        'module.mail["us"].task_definition.job': "mail-us-job",
        "module.a.task_definition.report": "a-report",
    }
    stack = Stack(name="shop", definitions={each: definition(family=name) for each, name in families.items()})
    for name in ("mail-eu-job", 'module.mail["eu"].task_definition.job', "module.mail[eu].task_definition.job"):
        assert find_definition(stack, name).family == "mail-eu-job"
    assert find_definition(stack, "report").family == "a-report"
    with pytest.raises(ReconcilerError, match='"job" means several'):
        find_definition(stack, "job")
    with pytest.raises(ReconcilerError, match="there is no task definition"):
        find_definition(stack, "jobs")
