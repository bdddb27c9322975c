"""The stack of the acceptance runs, and its random changes.

Three services: `web` has two containers, so that a holder keeps their namespace, a health check, a private volume
and the shared one; `worker` has one container in the same mode; `plain` is in bridge mode and is sometimes left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from reconciler.model.task_definition import HOLDER

IMAGE = "reconciler-test/busybox"
CONTAINERS = {
    "web": frozenset({"app", "sidecar", HOLDER}),
    "worker": frozenset({"worker"}),
    "plain": frozenset({"plain"}),
}
"""Service -> the containers of each of its tasks."""
PRIVATE_VOLUMES = {"web": 1}
SHARED_VOLUME = "shared"
MOST_TASKS = 3


@dataclass(frozen=True)
class Declared:
    """What one service is declared to be."""

    image_tag: int = 1
    round: int = 0
    desired_count: int = 2

    @property
    def image(self) -> str:
        """The image that its containers run."""
        return f"{IMAGE}:{self.image_tag}"

    @property
    def environment(self) -> str:
        """The variable that each of its containers carries."""
        return f"ROUND={self.round}"


@dataclass(frozen=True)
class DeclaredStack:
    """A stack of this shape, by service."""

    name: str
    services: dict[str, Declared]

    @classmethod
    def first(cls, name: str) -> DeclaredStack:
        """Return the stack before any change."""
        return cls(name, {service: Declared() for service in CONTAINERS})

    def changed(self, random: Random) -> DeclaredStack:
        """Return it with one to three random changes: an image, a variable, a count, a service gone or back."""
        stack = self
        for _ in range(random.randint(1, 3)):
            stack = replace(stack, services=_with_change(stack.services, random))
        return stack if stack != self else self.changed(random)

    def with_round(self, number: int) -> DeclaredStack:
        """Return it with the variable of every service set: all tasks are to be replaced."""
        return replace(self, services={name: replace(each, round=number) for name, each in self.services.items()})

    def with_counts(self, **counts: int) -> DeclaredStack:
        """Return it with other desired counts, by service."""
        changed = {name: replace(self.services[name], desired_count=count) for name, count in counts.items()}
        return replace(self, services=self.services | changed)

    def write(self, folder: Path) -> None:
        """Write it as HCL."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = [f'stack "{self.name}" {{}}\n\nvolume "{SHARED_VOLUME}" {{}}\n']
        parts += [_SERVICES[name].format(each=each) for name, each in sorted(self.services.items())]
        (folder / "main.hcl").write_text("\n".join(parts))


def _with_change(services: dict[str, Declared], random: Random) -> dict[str, Declared]:
    name = random.choice(sorted(CONTAINERS))
    if name not in services:
        return {**services, name: Declared()}
    if name == "plain" and random.random() < 0.3:
        return {other: each for other, each in services.items() if other != name}
    before = services[name]
    choices = (
        {"image_tag": 3 - before.image_tag},
        {"round": before.round + 1},
        {"desired_count": random.randint(0, MOST_TASKS)},
    )
    return {**services, name: replace(before, **random.choice(choices))}


_WEB = """
task_definition "web" {{
  memory = 64

  volume "cache" {{}}
  volume "shared" {{ source = volume.shared }}

  container "app" {{
    image       = "{each.image}"
    environment = {{ ROUND = {each.round} }}

    health_check {{
      command  = ["CMD", "true"]
      interval = "1s"
    }}
    mount_point {{
      source_volume  = "cache"
      container_path = "/cache"
    }}
    mount_point {{
      source_volume  = "shared"
      container_path = "/shared"
    }}
  }}
  container "sidecar" {{
    image       = "{each.image}"
    environment = {{ ROUND = {each.round} }}
    depends_on {{
      container = "app"
      condition = "START"
    }}
  }}
}}

service "web" {{
  task_definition = task_definition.web
  desired_count   = {each.desired_count}
  deployment_configuration {{
    minimum_healthy_percent = 100
    maximum_percent         = 200
    minimum_healthy_time    = 0
  }}
}}
"""

_ONE_CONTAINER = """
task_definition "{name}" {{{{
  network_mode = "{mode}"
  memory       = 64

  container "{name}" {{{{
    image       = "{{each.image}}"
    environment = {{{{ ROUND = {{each.round}} }}}}
  }}}}
}}}}

service "{name}" {{{{
  task_definition = task_definition.{name}
  desired_count   = {{each.desired_count}}
  deployment_configuration {{{{
    minimum_healthy_percent = {minimum}
    maximum_percent         = {maximum}
    minimum_healthy_time    = 0
  }}}}
}}}}
"""

_SERVICES = {
    "web": _WEB,
    "worker": _ONE_CONTAINER.format(name="worker", mode="awsvpc", minimum=0, maximum=100),
    "plain": _ONE_CONTAINER.format(name="plain", mode="bridge", minimum=50, maximum=200),
}
