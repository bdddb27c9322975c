"""Progress in words: one line a change, a heartbeat when nothing changes, and JSON lines."""

from __future__ import annotations

import json
import time

import pytest

from reconciler.cli.output import begin
from reconciler.cli.progress import HEARTBEAT_SECONDS, JsonProgress, PlainProgress
from reconciler.drivers.simulated import VirtualClock
from reconciler.model.decision import Decision, Waiting
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.task import TaskStatus
from tests.builders import NOW, declared, record, stack


def decision(healthy: int) -> Decision:
    tasks = tuple(
        record(each, last_status=TaskStatus.RUNNING, healthy_at=NOW if each <= healthy else None, created_at=NOW)
        for each in (1, 2)
    )
    waits = (Waiting(address="service.web", reason="tasks to become healthy"),)
    return Decision(state=State(stack_name="shop", target=stack(declared("web", 2)), tasks=tasks), waiting_for=waits)


def test_a_change_is_one_line_and_nothing_new_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    progress = PlainProgress(VirtualClock(NOW))
    for healthy in (0, 0, 1, 1, 1, 2):
        progress.observe(decision(healthy), Snapshot())
    told = capsys.readouterr()
    assert (told.out, [line.split("healthy")[1].split()[0] for line in told.err.splitlines()]) == (
        "",
        ["0/2", "1/2", "2/2"],
    )


def test_silence_is_broken_by_a_heartbeat(capsys: pytest.CaptureFixture[str]) -> None:
    clock = VirtualClock(NOW)
    with PlainProgress(clock) as progress:
        progress.observe(decision(0), Snapshot())
        capsys.readouterr()
        clock.advance_to(NOW + HEARTBEAT_SECONDS)
        deadline = time.monotonic() + 5
        told = ""
        while not told and time.monotonic() < deadline:
            time.sleep(0.05)
            told = capsys.readouterr().err
    assert told == "still at it after 30s: service.web waits for tasks to become healthy\n"


def test_json_progress_begins_the_stream_and_tells_each_change_once(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    progress = JsonProgress(VirtualClock(NOW))
    for healthy in (0, 0, 1):
        progress.observe(decision(healthy), Snapshot())
    kinds = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["version", "apply_start", "apply_progress", "apply_progress"]
