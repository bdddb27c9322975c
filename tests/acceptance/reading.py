"""`plan` changes nothing: a recording proxy before the engine sees it only read, and the state stays as it is."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .command import Command
from .engine import clean, clean_leftovers, connect, fresh_name
from .figure import Counted, told
from .proxy import recording

STACKS = Path(__file__).parents[2] / "stacks"
PREFIX = "reading"
PLANS_OF_AN_APPLIED_ONE = 3
_STACK_BLOCK = re.compile(r'^stack "[^"]+"', re.MULTILINE)


def example_stacks() -> tuple[str, ...]:
    """Return the names of the stacks in stacks/."""
    return tuple(sorted({path.parent.name for path in STACKS.glob("*/*.hcl")}))


def plans(stacks: Collection[str], also_applied: Collection[str]) -> int:
    """Return how many plans `reading` makes."""
    return len(stacks) + PLANS_OF_AN_APPLIED_ONE * len(also_applied)


def reading(stacks: Collection[str], also_applied: Collection[str]) -> Counted:
    """Plan example stacks where they lie; apply copies of some, and plan those before, after, and without a state."""
    found: list[str] = []
    tried = 0
    for stack in stacks:
        with tempfile.TemporaryDirectory() as folder:
            found += told(f"stacks/{stack}", _plan(Command(STACKS / stack, Path(folder) / "state"), 0, 2))
        tried += 1
    for stack in also_applied:
        with _copy_of(stack) as command:
            found += told(f"{stack}, not applied", _plan(command, 2))
            command.apply()
            found += told(f"{stack}, applied", _plan(command, 0))
            shutil.rmtree(command.state)
            found += told(f"{stack}, without its state", _plan(command, 0))
        tried += PLANS_OF_AN_APPLIED_ONE
    return Counted(tried, tuple(found), "requests seen by a proxy: GET and HEAD only; files of the state unchanged")


def _plan(command: Command, *expect: int) -> Iterator[str]:
    state = _content(command.state)
    with recording() as record:
        plan = replace(command, engine=record.address).plan(0, 1, 2)
    if plan.code not in expect:
        yield f"the plan ended with {plan.code}: {plan.output}"
    if not record.requests:
        yield "the proxy saw no request"
    yield from (f"the plan sent {request}" for request in record.changing)
    if _content(command.state) != state:
        yield "the plan wrote to the state's folder"


def _content(folder: Path) -> dict[str, bytes] | None:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else None


@contextmanager
def _copy_of(stack: str) -> Iterator[Command]:
    """Copy an example under a name of its own; what is applied of it is removed at the end."""
    client = connect()
    clean_leftovers(client, PREFIX)
    name = fresh_name(PREFIX)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / name
        shutil.copytree(STACKS / stack, files)
        for path in files.glob("*.hcl"):
            path.write_text(_STACK_BLOCK.sub(f'stack "{name}"', path.read_text()))
        try:
            yield Command(files, Path(folder) / "state")
        finally:
            clean(client, name)
            client.close()
