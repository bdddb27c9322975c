"""Whole processes without a peer: `plan` with nothing to do, `--help`, `--version`, and a plan of 1,000 services."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.comparisons import PREFIX
from benchmarks.measure import Samples, run, wait_for_rest
from benchmarks.peers import IMAGE, RECONCILER
from benchmarks.report import Row
from reconciler.drivers.docker.client import Client
from tests.acceptance.engine import clean, fresh_name

PLANNED_SERVICES = 10
PLAN_GOAL = 0.5
START_GOAL = 0.15
THOUSAND = 1000
THOUSAND_GOAL = 10.0
FILES = 20

_SERVICE = """
task_definition "s{number}" {{
  memory = 64

  container "app" {{
    image       = "{image}"
    environment = {{ NUMBER = {number} }}

    port_mapping {{
      container_port = 8080
    }}
  }}
}}

service "s{number}" {{
  task_definition = task_definition.s{number}
  desired_count   = {count}

  deployment_configuration {{
    minimum_healthy_time = 0
  }}
}}
"""


def plan_of_nothing(client: Client, folder: Path, rounds: int) -> Iterator[Row]:
    """Apply services, then measure plans that find nothing to do."""
    name = fresh_name(PREFIX)
    files = folder / name
    write_services(files, name, PLANNED_SERVICES, count=1)
    where = ("--stack", files, "--state", files / "state")
    try:
        run((RECONCILER, "apply", *where, "--auto-approve", "--progress", "quiet"))
        run((RECONCILER, "plan", *where))
        wait_for_rest()
        samples = Samples(run((RECONCILER, "plan", *where, "--detailed-exitcode")) for _ in range(rounds))
    finally:
        clean(client, name)
    yield Row(f"`plan` on {PLANNED_SERVICES} services, nothing to do", samples, None, PLAN_GOAL)


def start_up(rounds: int) -> Iterator[Row]:
    """Measure the process that only says what it is."""
    for option in ("--help", "--version"):
        run((RECONCILER, option))
        samples = Samples(run((RECONCILER, option)) for _ in range(rounds))
        yield Row(f"`{option}`", samples, None, START_GOAL)


def plan_of_a_thousand(folder: Path, rounds: int) -> Iterator[Row]:
    """Measure plans of 1,000 new services with two tasks each: simulated driver, preview and text included."""
    files = folder / "thousand"
    write_services(files, "thousand", THOUSAND, count=2)
    command = (sys.executable, Path(__file__).with_name("thousand_services.py"), files)
    cold = Samples(run(command, environment=_cache(folder, number)) for number in range(rounds))
    warm = Samples(run(command, environment=_cache(folder, 0)) for _ in range(rounds))
    yield Row(f"plan of {THOUSAND:,} services, simulated driver, no cache of files", cold, None, THOUSAND_GOAL)
    yield Row(f"plan of {THOUSAND:,} services, simulated driver, files read before", warm, None, THOUSAND_GOAL)


def write_services(folder: Path, name: str, services: int, count: int) -> None:
    """Write a stack of that many services, a definition each, in a few files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stack.hcl").write_text(f'stack "{name}" {{}}\n')
    for file in range(min(FILES, services)):
        blocks = (_SERVICE.format(number=number, image=IMAGE, count=count) for number in range(file, services, FILES))
        (folder / f"services_{file:02d}.hcl").write_text("".join(blocks))


def _cache(folder: Path, number: int) -> dict[str, str]:
    """A cache folder of the run's own, so that what other runs have read counts for nothing."""
    return {"XDG_CACHE_HOME": str(folder / f"cache-{number}")}
