"""`make acceptance`: runs the counted figures in full and writes benchmarks/acceptance.md.

python benchmarks/acceptance.py                  everything; several hours
python benchmarks/acceptance.py --only kills     one of them; the others stay as they were last measured
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import machine
from benchmarks.recorded import HEADINGS, document, load, recorded, save
from benchmarks.report import table
from tests.acceptance.adoption import adoption
from tests.acceptance.beside import beside
from tests.acceptance.burners import PREFIX as PREFIX_OF_BURNERS
from tests.acceptance.burners import burners
from tests.acceptance.clock_changes import all_pairs, clock_changes
from tests.acceptance.crash_loops import crash_loops
from tests.acceptance.engine import alone_with_the_engine, clean_leftovers, connect
from tests.acceptance.event_faults import event_faults
from tests.acceptance.figure import Counted, measured
from tests.acceptance.fuzz import fuzz
from tests.acceptance.healing import healing
from tests.acceptance.idle import all_at_once, idle
from tests.acceptance.kills import kills
from tests.acceptance.locks import locks
from tests.acceptance.outages import outages
from tests.acceptance.pauses import pauses
from tests.acceptance.reading import PREFIX as PREFIX_OF_COPIES
from tests.acceptance.reading import example_stacks, plans, reading
from tests.acceptance.schedule_kills import PREFIX as PREFIX_OF_SCHEDULES
from tests.acceptance.schedule_kills import schedule_kills
from tests.acceptance.scheduling import double_runs, overlaps
from tests.acceptance.site import PREFIX
from tests.acceptance.soak import soak
from tests.acceptance.traffic.deploy_kills import deploy_kills
from tests.acceptance.traffic.deploying import traffic, undrained_deployments
from tests.acceptance.traffic.never_healthy import never_healthy
from tests.acceptance.traffic.proxy_killed import proxy_killed
from tests.acceptance.traffic.shift import shift
from tests.acceptance.traffic.site import PREFIX as PREFIX_OF_TRAFFIC
from tests.acceptance.traffic.sudden_death import sudden_death

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("acceptance.md")
RECORDED = RESULTS.with_suffix(".json")
PREFIXES = (PREFIX, PREFIX_OF_COPIES, PREFIX_OF_TRAFFIC, PREFIX_OF_BURNERS, PREFIX_OF_SCHEDULES)
SEED = 1
OUTPUT_SHOWN = 1500

PREFACE = """\
# Acceptance

Written by `make acceptance`: the counted figures in full, as each was last measured, on which day and at which
commit (`+`: with changes). All of them take several hours; `--only NAME` measures one of them again.

`make test` runs a stated part of each: 5 kills, 2 rounds at the lock, 2 lost states, 5 recorded plans, 800 stories,
20 stories of a watch, 1,000 generated files. Of traffic: 6,000 requests, 1 failure without draining, 2 deaths of
tasks, 2,500 requests in each step of a linear shift, all four strategies, 5 kills in a blue/green and 4 of HAProxy.
Of a watch: 5 pauses, 4 applies beside it, a minute of the soak. Of schedules: 3 kills around slots, 50 slots of two
watches, 102 runs that may overlap, and a tenth of the changes of clocks. Of healing: 12 hours of crash loops, 300
stories of events, 5 kills, 20 idle tasks and 20 killed at once, one outage, and 10 deaths behind spoiled events with
a look every 5 s.
"""


class Acceptance(NamedTuple):
    """A figure to be measured."""

    what: str
    stated: int
    counter: Callable[[int], Counted]


def _stories(count: int) -> Counted:
    """Tell so many stories."""
    found = _told(count, "tests/stories", {"RECONCILER_STORIES": str(count)})
    return found._replace(remark="on the simulated driver, faults and kills at every save included")


def _watches(count: int) -> Counted:
    """Tell so many stories of watches that scale, run jobs and take over from each other."""
    found = _told(count, "tests/stories/test_watch_stories.py", {"RECONCILER_WATCH_STORIES": str(count)})
    return found._replace(remark="autoscaling, schedules, requests, lost leases and engine restarts among the faults")


def _events(count: int) -> Counted:
    """Watch so many random stacks through events that are dropped, doubled and late, and looks that lag."""
    found = _told(count, "tests/stories/test_events.py", {"RECONCILER_EVENT_STORIES": str(count)})
    return found._replace(remark="a watch of three simulated minutes each, tasks crashing and killed meanwhile")


def _told(count: int, tests: str, settings: dict[str, str]) -> Counted:
    """Run the simulated stories of some tests; their failures name the seeds."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        tests,
        "--timeout=0",
        "-n",
        "auto",
        "-q",
        "-p",
        "no:cacheprovider",
    )
    environment = {**os.environ, **settings}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    problems = () if ended.returncode == 0 else (ended.stdout[-OUTPUT_SHOWN:],)
    return Counted(count, problems)


def _plans(count: int) -> Counted:
    return reading(example_stacks(), also_applied=example_stacks())


ACCEPTANCES: dict[str, Acceptance] = {
    "plans": Acceptance("`plan` sends only GET and HEAD", plans(example_stacks(), example_stacks()), _plans),
    "kills": Acceptance("kill -9 of `apply`, next one converges", 50, lambda count: kills(count, SEED)),
    "locks": Acceptance("two and more `apply` at once, one works", 20, lambda count: locks(count, SEED)),
    "adoption": Acceptance("state deleted, plan adopts and is empty", 20, lambda count: adoption(count, SEED)),
    "traffic": Acceptance("requests while everything is deployed, 0 fail", 60_000, traffic),
    "undrained": Acceptance("the same load sees failures without draining", 10, undrained_deployments),
    "deaths": Acceptance("SIGKILL of a task, only what was on it fails", 10, lambda count: sudden_death(count, SEED)),
    "shift": Acceptance("no request before or after its colour's time; linear's split", 5000, shift),
    "unhealthy": Acceptance("a revision never healthy, by each strategy", 4, never_healthy),
    "blue-green": Acceptance("kill -9 of a blue/green, next converges", 50, lambda count: deploy_kills(count, SEED)),
    "proxy": Acceptance("SIGKILL of HAProxy, all come back", 12, lambda count: proxy_killed(count, SEED)),
    "pauses": Acceptance("SIGSTOP of a watch, another takes over", 50, lambda count: pauses(count, SEED)),
    "beside": Acceptance("`apply` beside a watch, one acts at a time", 40, lambda count: beside(count, SEED)),
    "crashes": Acceptance("a crash loop's hour, at most 25 tasks started", 12, crash_loops),
    "burners": Acceptance("tasks that burn CPU are scaled 1 -> 4 and back", 10, burners),
    "clocks": Acceptance("schedules around changes of clocks", all_pairs(), clock_changes),
    "healing": Acceptance("`docker kill` to the next task, median <= 1 s", 20, healing),
    "idle": Acceptance("an idle watch of 200 tasks: < 1% of a core, < 120 MiB", 200, idle),
    "at once": Acceptance("200 tasks killed at once, 4 starts in flight", 200, all_at_once),
    "outages": Acceptance("engine paused: nothing is done, then all is mended", 10, outages),
    "event stream": Acceptance(
        "events silent, cut, doubled, swapped: a death is noticed", 100, lambda count: event_faults(count, SEED)
    ),
    "events": Acceptance("events dropped, doubled, late, looks that lag: same end", 10_000, _events),
    "schedules": Acceptance(
        "kill -9 of a watch around slots, none run twice", 30, lambda count: schedule_kills(count, SEED)
    ),
    "slots": Acceptance("two watches of one stack, no slot run twice", 500, lambda count: double_runs(count, SEED)),
    "overlaps": Acceptance("runs overlap only as declared", 1000, lambda count: overlaps(count, SEED)),
    "soak": Acceptance("seconds of kills, engine restarts, applies", 1800, lambda count: soak(count, SEED)),
    "files": Acceptance("generated files, read or refused in words", 20000, lambda count: fuzz(count, SEED)),
    "stories": Acceptance("simulated stories, safe and live", 20000, _stories),
    "watches": Acceptance("simulated stories of a watch, safe and live", 200, _watches),
}


def main() -> int:
    """Measure, print, and record each figure at once; exits with 1 when one of them is not met."""
    names = _arguments().only or list(ACCEPTANCES)
    client = connect()
    before, commit = machine(client), _commit()
    known = load(RECORDED)
    is_met = True
    with alone_with_the_engine():
        for prefix in PREFIXES:  # alone here: whatever is there was left by a killed run
            clean_leftovers(client, prefix, older_than=-1.0)
        for name in names:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            figure = measured(*ACCEPTANCES[name])
            print(figure, file=sys.stderr, flush=True)
            is_met = is_met and figure.is_met
            known[name] = recorded(figure, datetime.now(UTC).strftime("%Y-%m-%d"), commit)
            save(RECORDED, known)
            RESULTS.write_text(PREFACE + "\n" + document(_what_they_are(), known, before))
    print(table(HEADINGS, (known[name].row for name in names)))
    print(f"\nWritten to {RESULTS.relative_to(ROOT)}.")
    return 0 if is_met else 1


def _what_they_are() -> dict[str, str]:
    return {name: each.what for name, each in ACCEPTANCES.items()}


def _commit() -> str:
    """Return the short id of what is measured; `+` when files were changed since."""
    described = ("git", "describe", "--always", "--dirty=+", "--exclude=*")
    return subprocess.run(described, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Run the counted figures in full and write benchmarks/acceptance.md."
    )
    parser.add_argument("--only", action="append", choices=list(ACCEPTANCES), help="run this one; repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
