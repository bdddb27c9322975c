"""Reading stacks: lines parsed and evaluated, in CPU seconds of one process; and `validate` as a whole process.

Run as a script it reads the stack of a folder once and prints what that took, so that every run begins cold:

    python benchmarks/reading.py FOLDER trees|stack
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.alone import PLANNED_SERVICES, write_services
from benchmarks.measure import Sample, Samples, run
from benchmarks.peers import RECONCILER
from benchmarks.report import Row

GOALS = {1_000: 0.25, 10_000: 2.0, 50_000: 12.0}
"""Lines -> CPU seconds, parsed and evaluated without any tree in the cache; the grammar's table is there."""
CACHED_LINES, CACHED_GOAL = 10_000, 0.1
VALIDATE_GOAL = 0.25
BLOCKS_IN_A_FILE = 200

_HEAD = 'stack "lines" {}\n\nvariable "tag" {\n  default = "1"\n}\n\nlocals {\n  port = 8080\n}\n'
_BLOCKS = """
task_definition "web{number}" {{
  family = "web{number}"
  memory = 64

  container "app" {{
    image       = "shop/web:${{var.tag}}"
    command     = ["--port", tostring(local.port), "--name", "web{number}"]
    environment = {{ PORT = local.port, NAMES = join(",", [for each in range(3) : "v${{each}}"]) }}

    port_mapping {{
      name           = "http"
      container_port = 8080
      host_port      = 0
    }}

    health_check {{
      command  = ["CMD-SHELL", "wget -q -O- localhost:8080/health"]
      interval = "30s"
    }}
  }}
}}

service "web{number}" {{
  task_definition = task_definition.web{number}
  desired_count   = 3
}}
"""


def reading(folder: Path, rounds: int) -> Iterator[Row]:
    """Measure stacks of growing length, cold and from the cache, and `validate` on ten services."""
    for lines, goal in GOALS.items():
        files = folder / f"lines-{lines}"
        _write_lines(files, lines)
        samples = Samples(_read(files, _cache(folder, f"{lines}-{number}"), "stack") for number in range(rounds))
        yield Row(f"{lines:,} lines parsed and evaluated, cold (CPU)", samples, None, goal)
    files, cache = folder / f"lines-{CACHED_LINES}", folder / f"cache-{CACHED_LINES}-0"
    trees = Samples(_read(files, cache, "trees") for _ in range(rounds))
    yield Row(f"{CACHED_LINES:,} lines parsed, files read before (CPU)", trees, None, CACHED_GOAL)
    whole = Samples(_read(files, cache, "stack") for _ in range(rounds))
    yield Row(f"{CACHED_LINES:,} lines parsed and evaluated, files read before (CPU)", whole, None, None)
    write_services(folder / "ten", "ten", PLANNED_SERVICES, count=1)
    command = (RECONCILER, "validate", "--stack", folder / "ten")
    run(command)
    validated = Samples(run(command) for _ in range(rounds))
    yield Row(f"`validate` on {PLANNED_SERVICES} services, files read before", validated, None, VALIDATE_GOAL)


def _write_lines(folder: Path, lines: int) -> None:
    folder.mkdir(parents=True)
    (folder / "stack.hcl").write_text(_HEAD)
    count = lines // _BLOCKS.count("\n")
    for first in range(0, count, BLOCKS_IN_A_FILE):
        blocks = (_BLOCKS.format(number=number) for number in range(first, min(count, first + BLOCKS_IN_A_FILE)))
        (folder / f"blocks_{first:05d}.hcl").write_text("".join(blocks))


def _cache(folder: Path, name: str) -> Path:
    """Return a new cache that holds the grammar's table, and no tree that is measured."""
    cache, small = folder / f"cache-{name}", folder / "small"
    small.mkdir(exist_ok=True)
    (small / "stack.hcl").write_text('stack "small" {}\n')
    _read(small, cache, "stack")
    return cache


def _read(files: Path, cache: Path, what: str) -> Sample:
    command = (sys.executable, __file__, files, cache, what)
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    taken: dict[str, float] = json.loads(ended.stdout)
    return Sample(taken["cpu"], taken["cpu"], 0.0)


def _measure(files: Path, cache: Path, what: str) -> float:
    """Read once and return the CPU seconds that took, imports of the parser included."""
    from reconciler.language.cache import cache_folder
    from reconciler.language.loader import VariableSources, load
    from reconciler.language.report import Report
    from reconciler.language.source_files import read_folder

    environment = {"XDG_CACHE_HOME": str(cache)}
    began = time.process_time()
    if what == "trees":
        found: object = read_folder(files, Report(), cache_folder(environment))
    else:
        found = load(files, VariableSources(environment=environment)).stack
    taken = time.process_time() - began
    assert found, "the stack is right"
    return taken


if __name__ == "__main__":
    print(json.dumps({"cpu": _measure(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])}))
