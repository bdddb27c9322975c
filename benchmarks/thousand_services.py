"""Plans the stack in the folder given, all of it new, against the simulated driver, and prints the plan.

What `reconciler plan` does, but for the engine: `benchmarks/alone.py` measures it as a whole process. With a second
argument `phases` it says on standard error how long each phase took.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.peers import IMAGE
from reconciler.clock import SystemClock
from reconciler.drivers.simulated import SimulatedEngine
from reconciler.engine.session import Options, Session, prepare
from reconciler.errors import StackError
from reconciler.language.loader import VariableSources, load
from reconciler.model.stack import Stack
from reconciler.render.plan import plan_text
from reconciler.store.memory import MemoryStore


def main() -> None:
    """Load, plan, print."""
    at = [("start", time.perf_counter())]
    stack = _loaded(Path(sys.argv[1]))
    at.append(("load", time.perf_counter()))
    clock = SystemClock()
    engine = SimulatedEngine(clock)
    engine.add_image(IMAGE)
    session = Session(engine, MemoryStore(), clock, lambda key: ())
    prepared = prepare(session, stack, lambda attributes: (), Options())
    at.append(("plan and preview", time.perf_counter()))
    text = plan_text(prepared.plan)
    at.append(("text", time.perf_counter()))
    print(text)
    if sys.argv[2:] == ["phases"]:
        for (_, before), (name, after) in pairwise(at):
            print(f"{name}: {after - before:.2f} s", file=sys.stderr)


def _loaded(folder: Path) -> Stack:
    loaded = load(folder, VariableSources(environment=dict(os.environ)))
    if loaded.stack is None:
        raise StackError(loaded.diagnostics)
    return loaded.stack


if __name__ == "__main__":
    main()
