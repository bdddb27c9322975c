"""Autoscalings, scheduled tasks and notifications: repeated, in modules, and by reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from .stacks import SMTP, outputs, problems, stack

WEB = """
task_definition "web" {
  cpu = 256
  container "app" {
    image  = "web:1"
    memory = 64
  }
}
service "web" {
  task_definition = task_definition.web
  for_each        = toset(["eu", "us"])
  desired_count   = 2
}
"""
SCALING = """
autoscaling "web" {
  for_each     = service.web
  service      = each.value
  min_capacity = 2
  max_capacity = 4
}
"""


JOB = """
scheduled_task "NAME" {
  task_definition = task_definition.web
  schedule        = "@daily"
  MORE
}
"""


def test_one_autoscaling_for_each_of_many_services(tmp_path: Path) -> None:
    found = stack(tmp_path, {"main.hcl": WEB + SCALING})
    assert [(each.address, each.service) for each in found.autoscalings] == [
        ('autoscaling.web["eu"]', 'service.web["eu"]'),
        ('autoscaling.web["us"]', 'service.web["us"]'),
    ]


def test_one_autoscaling_cannot_have_many_services(tmp_path: Path) -> None:
    text = WEB + SCALING.replace("  for_each     = service.web\n", "").replace("each.value", "service.web")
    assert problems(tmp_path, {"main.hcl": text}) == [
        'main.hcl:16 E0206 "service": one service is required, not 2 of them'
    ]


def test_a_module_has_schedules_of_its_own_with_names_of_their_own(tmp_path: Path) -> None:
    job = JOB.replace("web", "smtp").replace("NAME", "purge").replace("MORE", "count = 2")
    call = 'module "mail" {\n  source = "./mail"\n  tag = "1"\n}\n'
    found = stack(tmp_path, {"main.hcl": call, "mail/mail.hcl": SMTP + job})
    assert [(each.address, each.name, each.task_definition) for each in found.scheduled_tasks] == [
        ("module.mail.scheduled_task.purge[0]", "mail-purge-0", "module.mail.task_definition.smtp"),
        ("module.mail.scheduled_task.purge[1]", "mail-purge-1", "module.mail.task_definition.smtp"),
    ]


def test_two_schedules_of_one_name_are_refused(tmp_path: Path) -> None:
    job = JOB.replace("web", "smtp").replace("MORE", "")
    call = 'module "a" {\n  source = "./mail"\n  tag = "1"\n}\n'
    files = {"main.hcl": SMTP + job.replace("NAME", "a-b") + call, "mail/mail.hcl": SMTP + job.replace("NAME", "b")}
    found = problems(tmp_path, files)
    assert 'module.a.scheduled_task.b would have the name "a-b" a second time' in " ".join(found)


def test_what_they_say_may_be_referred_to(tmp_path: Path) -> None:
    text = (
        WEB
        + SCALING
        + 'output "most" { value = autoscaling.web["eu"].max_capacity }\n'
        + 'output "zone" { value = scheduled_task.x.timezone }\n'
        + 'output "who" { value = notification.x.url }\n'
        + JOB.replace("NAME", "x").replace("MORE", "")
        + 'notification "x" { url = "https://x.example" }\n'
    )
    assert outputs(stack(tmp_path, {"main.hcl": text})) == {
        "most": 4,
        "who": "https://x.example",
        "zone": "UTC",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("schedule", []),
        ("overrides.container.app.command", []),
        (
            "overrides.container.app.cmd",
            ['E0213 a scheduled_task has no attribute "overrides.container.app.cmd"'],
        ),
    ],
)
def test_an_ignored_attribute_is_one_that_there_is(path: str, expected: list[str], tmp_path: Path) -> None:
    job = JOB.replace("NAME", "x").replace("MORE", f'lifecycle {{ ignore_changes = ["{path}"] }}')
    assert [each.partition(" ")[2] for each in problems(tmp_path, {"main.hcl": WEB + job})] == expected


def test_a_step_is_ignored_by_its_range(tmp_path: Path) -> None:
    policy = """
autoscaling "web" {
  service      = service.web["eu"]
  min_capacity = 2
  max_capacity = 4
  step_scaling "burst" {
    metric    = "cpu"
    threshold = 50
    step {
      lower_bound = 0
      adjustment  = 1
    }
  }
  lifecycle { ignore_changes = ["step_scaling.burst.step.RANGE.adjustment"] }
}
"""
    assert problems(tmp_path, {"main.hcl": WEB + policy.replace("RANGE", "0:")}) == []
    (found,) = problems(tmp_path, {"main.hcl": WEB + policy.replace("RANGE", "0")})
    assert found.endswith('there is no step "0"')


@pytest.mark.parametrize(
    ("limit", "is_enough"),
    [("cpu = 256", True), ("", False)],
)
def test_percent_of_cpu_is_of_the_task_s_ceiling_or_of_every_container_s(
    limit: str, is_enough: bool, tmp_path: Path
) -> None:
    web = WEB.replace("  cpu = 256\n", "").replace("memory = 64", f"memory = 64\n    {limit}")
    policy = 'target_tracking "cpu" {\n    metric       = "cpu"\n    target_value = 50\n  }\n}\n'
    text = web + SCALING.rstrip().removesuffix("}") + policy
    assert (problems(tmp_path, {"main.hcl": text}) == []) is is_enough


@pytest.mark.parametrize(
    ("protocol", "listener", "expected"),
    [
        ("HTTP", "HTTP", []),
        ("TCP", "TCP", ["E0264 there are no requests_per_target of TCP targets"]),
    ],
)
def test_requests_are_counted_of_http_only(protocol: str, listener: str, expected: list[str], tmp_path: Path) -> None:
    text = f"""
task_definition "web" {{
  container "app" {{
    image  = "web:1"
    memory = 64
    port_mapping {{ container_port = 80 }}
  }}
}}
service "web" {{
  task_definition = task_definition.web
  load_balancer {{
    target_group   = target_group.web
    container_name = "app"
    container_port = 80
  }}
}}
target_group "web" {{ protocol = "{protocol}" }}
load_balancer "public" {{
  type = "{"network" if listener == "TCP" else "application"}"
  listener "in" {{
    port     = 8080
    protocol = "{listener}"
    forward {{ target_group = target_group.web }}
  }}
}}
autoscaling "web" {{
  service      = service.web
  min_capacity = 0
  max_capacity = 4
  target_tracking "load" {{
    metric       = "requests_per_target"
    target_value = 100
  }}
}}
"""
    assert [each.partition(" ")[2] for each in problems(tmp_path, {"main.hcl": text})] == expected
