"""The stack of the traffic runs: services of scripts/demo/target.py behind one load balancer.

Each service has its paths: `/web/*` is service `web`'s, and so on; what is on no path is the first one's, and so is
the test listener. A service's answers carry its name and its version, and every task logs each request that reaches
it to a folder of this host, which outlives the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

IMAGE = "reconciler-test/target:1"
BALANCER_IMAGE = "reconciler-demo/haproxy:2.6"
PORT_IN_TASK = 8080
TESTED = "POST_TEST_TRAFFIC_SHIFT"
BEFORE_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
AFTER_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
MARKS = (TESTED, BEFORE_SHIFT, AFTER_SHIFT)
"""The stages whose hooks write down when they began; the first one lasts a second, in which green is tested."""

STRATEGIES: Mapping[str, str] = {
    "ROLLING": "",
    "BLUE_GREEN": 'bake_time = "{bake}s"',
    "LINEAR": """bake_time = "{bake}s"
    linear {{
      step_percent   = {percent}
      step_bake_time = "{step_bake}s"
    }}""",
    "CANARY": """bake_time = "{bake}s"
    canary {{
      percent   = {percent}
      bake_time = "{step_bake}s"
    }}""",
}
"""Strategy -> what it is told in a deployment_configuration."""


@dataclass(frozen=True)
class TrafficService:
    """One service: what it is made of, and how the next version takes over. Times are seconds."""

    version: int = 1
    desired_count: int = 3
    health: str = "ok"
    strategy: str = "ROLLING"
    bake: int = 2
    step_bake: int = 3
    percent: int = 40
    deregistration_delay: int = 10

    @property
    def shifting(self) -> str:
        """What the strategy is told."""
        return STRATEGIES[self.strategy].format(bake=self.bake, step_bake=self.step_bake, percent=self.percent)


@dataclass(frozen=True)
class TrafficStack:
    """The whole stack. `logs` is the folder of this host that tasks log to."""

    name: str
    logs: Path
    port: int
    test_port: int
    services: Mapping[str, TrafficService] = field(default_factory=lambda: {"web": TrafficService()})

    def with_service(self, name: str, **changes: object) -> TrafficStack:
        """Return it with one service changed."""
        changed = replace(self.services[name], **changes)  # type: ignore[arg-type]
        return replace(self, services={**self.services, name: changed})

    def next_version(self, name: str, **changes: object) -> TrafficStack:
        """Return it with a new version of one service, and other changes of it."""
        return self.with_service(name, version=self.services[name].version + 1, **changes)

    def write(self, folder: Path) -> None:
        """Write it as HCL."""
        folder.mkdir(parents=True, exist_ok=True)
        first = next(iter(self.services))
        rules = "".join(
            _RULE.format(name=name, priority=number) for number, name in enumerate(sorted(self.services), start=1)
        )
        balancer = _BALANCER.format(stack=self, first=first, rules=rules, image=BALANCER_IMAGE)
        services = (self._service(name, each, is_first=name == first) for name, each in self.services.items())
        (folder / "main.hcl").write_text("\n".join((balancer, *services)))

    def _service(self, name: str, each: TrafficService, is_first: bool) -> str:
        shifts = each.strategy != "ROLLING"
        return _SERVICE.format(
            name=name,
            each=each,
            image=IMAGE,
            logs=self.logs,
            hooks="".join(map(_mark, MARKS)) if shifts else "",
            test="    test_listener  = load_balancer.public.listener.test\n" if is_first and shifts else "",
        )


def _mark(stage: str) -> str:
    label = stage.lower().replace("_", "-")
    return _MARK.format(label=label, stage=stage, lasts=int(stage == TESTED))


_BALANCER = """\
stack "{stack.name}" {{}}

load_balancer "public" {{
  image = "{image}"

  listener "http" {{
    port = {stack.port}
    bind = "127.0.0.1"
    forward {{ target_group = target_group.{first} }}
{rules}  }}
  listener "test" {{
    port = {stack.test_port}
    bind = "127.0.0.1"
    forward {{ target_group = target_group.{first} }}
  }}
}}
"""

_RULE = """\
    rule "{name}" {{
      priority     = {priority}
      path_pattern = ["/{name}/*"]
      forward {{ target_group = target_group.{name} }}
    }}
"""

_MARK = """\
    lifecycle_hook "{label}" {{
      stages  = ["{stage}"]
      command = ["sh", "-c", "date +%s.%N >> {stage}.times; sleep {lasts}"]
    }}
"""

_SERVICE = """\
target_group "{name}" {{
  deregistration_delay = "{each.deregistration_delay}s"
  health_check {{
    path                = "/health"
    interval            = "1s"
    timeout             = "1s"
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }}
}}

task_definition "{name}" {{
  memory = 64

  volume "logs" {{ host_path = "{logs}" }}

  container "app" {{
    image = "{image}"
    environment = {{
      VERSION    = "{each.version}"
      SERVICE    = "{name}"
      HEALTH     = "{each.health}"
      LOG_FOLDER = "/logs"
    }}

    port_mapping {{ container_port = 8080 }}
    mount_point {{
      source_volume  = "logs"
      container_path = "/logs"
    }}
  }}
}}

service "{name}" {{
  task_definition = task_definition.{name}
  desired_count   = {each.desired_count}

  deployment_configuration {{
    strategy             = "{each.strategy}"
    minimum_healthy_time = 0
    timeout              = "60s"
    {each.shifting}
{hooks}  }}
  load_balancer {{
    target_group   = target_group.{name}
    container_name = "app"
    container_port = 8080
{test}  }}
}}
"""
