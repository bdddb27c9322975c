"""Two and more applies of one stack at once: one works, the others exit with 4 or wait for their turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import NamedTuple

from .command import Ended
from .figure import Counted, told
from .proxy import Recording, recording
from .site import Site, site

LOCKED = 4
PATIENCE = ("--lock-timeout", "120")


class Contender(NamedTuple):
    """One of the applies, and what it asked of the engine."""

    number: int
    ended: Ended
    record: Recording


def locks(count: int, seed: int = 1) -> Counted:
    """Let two to four applies of different contents compete, in turn without and with --lock-timeout."""
    random = Random(seed)
    found: list[str] = []
    with site() as place:
        place.declare(place.declared.with_counts(web=2, worker=1, plain=1))
        place.command.apply()
        for number in range(count):
            is_patient = number % 2 == 1
            contenders = _compete(place, random.randint(2, 4), first=10 * (number + 1), is_patient=is_patient)
            judged = [*(_all_worked if is_patient else _one_worked)(contenders), *_overlaps(contenders)]
            winner = next((each.number for each in _in_order(contenders)[::-1] if each.ended.code == 0), None)
            if winner is not None:
                place.declared = place.declared.with_round(winner)
                judged += place.problems()
            found += told(f"round {number + 1}, {len(contenders)} applies", judged)
    return Counted(count, tuple(found), f"2 to 4 applies each, every second round with --lock-timeout; seed {seed}")


def _compete(place: Site, size: int, first: int, *, is_patient: bool) -> list[Contender]:
    """Start all at once. Each replaces every task, by a value of its own, so that each has work to do."""
    with ExitStack() as until_all_ended:
        started = []
        for number in range(first, first + size):
            record = until_all_ended.enter_context(recording())
            files = place.command.stack.with_name(f"stack-{number}")
            place.declared.with_round(number).write(files)
            command = replace(place.command, stack=files, engine=record.address)
            started.append((number, record, command.start_apply(*(PATIENCE if is_patient else ()))))
        return [Contender(number, running.end(), record) for number, record, running in started]


def _one_worked(contenders: list[Contender]) -> Iterator[str]:
    codes = sorted(each.ended.code for each in contenders)
    if codes != [0] + [LOCKED] * (len(contenders) - 1):
        yield f"exit codes {codes}: {contenders[0].ended.output}"
    for each in contenders:
        if each.ended.code == LOCKED and each.record.changing:
            yield f"an apply that exited with {LOCKED} sent {each.record.changing[0]}"


def _all_worked(contenders: list[Contender]) -> Iterator[str]:
    for each in contenders:
        if each.ended.code != 0:
            yield f"exit code {each.ended.code} in spite of --lock-timeout: {each.ended.output}"
        elif not each.record.changing:
            yield "an apply with something to do sent nothing"


def _overlaps(contenders: list[Contender]) -> Iterator[str]:
    """The first changing request of each must come after the last one of whoever worked before."""
    workers = _in_order(contenders)
    for before, after in pairwise(workers):
        if after.record.changing[0].at < before.record.changing[-1].at:
            yield f"two worked at once: {after.record.changing[0]} before {before.record.changing[-1]}"


def _in_order(contenders: list[Contender]) -> list[Contender]:
    return sorted((each for each in contenders if each.record.changing), key=lambda each: each.record.changing[0].at)
