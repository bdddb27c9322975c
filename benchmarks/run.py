"""`make bench`: measures against peers, in one run on one engine, and writes benchmarks/results.md.

python benchmarks/run.py                   everything; about 15 minutes
python benchmarks/run.py --quick           fewer rounds; prints, and writes nothing
python benchmarks/run.py --only plan       one of them; prints, and writes nothing
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.alone import plan_of_a_thousand, plan_of_nothing, start_up
from benchmarks.comparisons import PREFIX, compare
from benchmarks.healing import healing
from benchmarks.looking import look_at_a_thousand
from benchmarks.machine import machine
from benchmarks.measure import run
from benchmarks.overhead import overhead
from benchmarks.peers import RECONCILER
from benchmarks.reading import reading
from benchmarks.report import DETAIL_HEADINGS, HEADINGS, Row, markdown, table
from reconciler.drivers.docker.client import Client
from tests.acceptance.engine import alone_with_the_engine, clean_leftovers, connect

RESULTS = Path(__file__).with_name("results.md")


class Bench(NamedTuple):
    """One benchmark: its rows, given a client, a scratch folder and a number of rounds."""

    rows: Callable[[Client, Path, int], Iterator[Row]]
    rounds: int
    quick_rounds: int


BENCHES: dict[str, Bench] = {
    "start-up": Bench(lambda client, folder, rounds: start_up(rounds), 21, 5),
    "read": Bench(lambda client, folder, rounds: reading(folder, rounds), 9, 3),
    "plan": Bench(plan_of_nothing, 21, 5),
    "thousand": Bench(lambda client, folder, rounds: plan_of_a_thousand(folder, rounds), 3, 1),
    "look": Bench(lambda client, folder, rounds: look_at_a_thousand(client, rounds), 15, 5),
    "healing": Bench(lambda client, folder, rounds: healing(rounds), 20, 5),
    "overhead": Bench(overhead, 9, 3),
    "compose-10": Bench(lambda client, folder, rounds: compare(client, folder, 10, rounds), 5, 2),
    "compose-50": Bench(lambda client, folder, rounds: compare(client, folder, 50, rounds), 1, 1),
}

PREFACE = """\
# Benchmarks

Written by `make bench`; figures are as measured, met or not. Times are wall times of whole processes, measured from
outside, Python's start-up included (its bytecode is cached, as after any first run); the looks are timed inside one
process. Shown are medians, and ratios of medians.

The peer is Docker Compose with the same image, variable and number of tasks on the same engine. The two sides take
turns, each time under fresh names, and each measurement begins once the engine is at rest. On our side
`minimum_healthy_time = 0`, `minimum_healthy_percent = 0` and `maximum_percent = 100`: Compose waits for nothing
either. After each step all containers are checked to run with the variable's new value. For the looks the peer is
the bare `GET /containers/json` with the same label filter over the same kind of connection, its JSON decoded. What
reading stacks takes is told in CPU seconds of the process.

For the load balancer the peer is HAProxy of the same image with a file written by hand, before the same two targets;
wrk loads the two in turn over 32 kept connections. Told is what 10,000 requests take, and the proxy's CPU for them;
the ratio is the median of the pairs' ratios, 1.05 being 95 % of the peer's requests a second.

For healing the peer is Docker Swarm, without a restart delay and on the same kind of network, both on a second
engine of the measurement's own. Told is the time from the end of a killed container to the start of the next one, by
the engine's stamps; the two sides take turns, and the ratio is the median of the pairs' ratios.
"""


def main() -> int:
    """Measure, print, and write the results when everything was measured in full."""
    arguments = _arguments()
    names = arguments.only or list(BENCHES)
    client = connect()
    before = machine(client)
    rows: list[Row] = []
    with alone_with_the_engine(), tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        clean_leftovers(client, PREFIX, older_than=-1.0)  # alone here: whatever is there was left by a killed run
        _write_bytecode(Path(folder))
        for name in names:
            bench = BENCHES[name]
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += bench.rows(client, Path(folder), bench.quick_rounds if arguments.quick else bench.rounds)
    print(table(HEADINGS, (row.cells() for row in rows)))
    print("\n" + table(DETAIL_HEADINGS, (row.details() for row in rows)))
    if arguments.quick or arguments.only:
        print("\nNot written to benchmarks/results.md: that is for full runs.")
    else:
        RESULTS.write_text(_results(before, rows))
        print("\nWritten to benchmarks/results.md.")
    return 0


def _write_bytecode(folder: Path) -> None:
    """Run the command once, in a folder without a stack, so that no measured process has to compile Python."""
    run((RECONCILER, "apply", "--stack", folder), expect=(1,))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure against Docker Compose and write benchmarks/results.md.")
    parser.add_argument("--only", action="append", choices=list(BENCHES), help="measure this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    return parser.parse_args()


def _results(before: tuple[tuple[str, str], ...], rows: list[Row]) -> str:
    parts = (
        PREFACE,
        markdown(("machine", ""), before),
        "\n## Figures\n",
        markdown(HEADINGS, (row.cells() for row in rows)),
        "\n## Spread and CPU\n",
        "CPU is user and system time of the measured process; the engine's is that of dockerd and containerd.\n",
        markdown(DETAIL_HEADINGS, (row.details() for row in rows)),
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
