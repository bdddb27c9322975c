"""A Plan as text: what changes and why first, what it costs, and one summary line last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.model.plan import Action, AttributeChange, Change, DriftEntry, OutputChange, Plan, Rollout
from reconciler.render.safe import one_line, safe
from reconciler.render.words import count, duration

SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.REPLACE: "-/+", Action.DELETE: "-", Action.NO_OP: " "}
_WORDS = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated",
    Action.REPLACE: "will be replaced",
    Action.DELETE: "will be destroyed",
    Action.NO_OP: "stays as it is",
}


def plan_text(plan: Plan, *, full: bool = False) -> str:
    """Return the whole plan. `full` shows every value at its length."""
    parts = [*_drift(plan), *_changes(plan, full), *_outputs(plan), *_rollouts(plan), *_notes(plan), summary(plan)]
    return safe("\n".join(parts)) + "\n"


def summary(plan: Plan) -> str:
    """Return the last line: `Plan: 2 to create, 1 to update, 0 to destroy; 3 tasks replaced.`"""
    if plan.is_empty:
        return "No changes. What runs is what is declared."
    if not plan.changes:
        return "Plan: only outputs change."
    created, updated = plan.count(Action.CREATE), plan.count(Action.UPDATE, Action.REPLACE)
    line = f"Plan: {created} to create, {updated} to update, {plan.count(Action.DELETE)} to destroy"
    replaced = sum(
        int(phase.split()[1]) for each in plan.rollouts for phase in each.phases if phase.startswith("stop")
    )
    return f"{line}; {count(replaced, 'task')} replaced." if replaced else f"{line}."


def _changes(plan: Plan, full: bool) -> Iterator[str]:
    if plan.changes:
        yield f'Stack "{plan.stack}":'
        yield ""
    for change in plan.changes:
        yield from _change(change, full)
        yield ""


def _change(change: Change, full: bool) -> Iterator[str]:
    label = f" ({change.label})" if change.label else ""
    reason = f": {one_line(change.reason)}" if change.reason else ""
    yield f"  {SYMBOLS[change.action]} {change.address} {_WORDS[change.action]}{label}{reason}"
    if change.place and not change.attributes:
        yield f"      {change.place}"
    for attribute in change.attributes:
        yield f"      {_attribute(attribute, full)}"
    if change.unchanged and change.attributes:
        yield f"      ({change.unchanged} unchanged hidden)"


def _attribute(change: AttributeChange, full: bool) -> str:
    old, new = _value(change.old, change.sensitive, full), _value(change.new, change.sensitive, full)
    symbol, values = "~", f"{old} -> {new}"
    if change.old is None:
        symbol, values = "+", new
    elif change.new is None:
        symbol, values = "-", old
    place = f"   {change.place}" if change.place else ""
    return f"{symbol} {change.path}: {values}   # {change.effect.value}{place}"


def _value(value: Any, sensitive: bool, full: bool) -> str:
    if sensitive:
        return "(sensitive value)"
    text = value if isinstance(value, str) and value[:1] in ("[", "{") else json.dumps(value, ensure_ascii=False)
    return text if full or len(text) <= 100 else text[:97] + "..."


def _drift(plan: Plan) -> Iterator[str]:
    if not plan.drift:
        return
    yield "Changed outside of the stack's files:"
    yield ""
    yield from (f"  ! {_drift_line(entry)}" for entry in plan.drift)
    yield ""


def _drift_line(entry: DriftEntry) -> str:
    where = f"{entry.address}/{entry.task}" if entry.task else entry.address
    if entry.reason:
        return f"{where}: {one_line(entry.reason)}"
    return f"{where}: {entry.attribute} is {one_line(entry.observed)}, declared {one_line(entry.declared)}"


def _outputs(plan: Plan) -> Iterator[str]:
    if not plan.outputs:
        return
    yield "Outputs:"
    yield ""
    yield from (f"  {SYMBOLS[each.action]} {_output(each)}" for each in plan.outputs)
    yield ""


def _output(change: OutputChange) -> str:
    new = _value(change.new, change.sensitive, full=False) if change.known else "(known after apply)"
    if change.action is Action.DELETE:
        return change.name
    if change.action is Action.CREATE:
        return f"{change.name} = {new}"
    return f"{change.name} = {_value(change.old, change.sensitive, full=False)} -> {new}"


def _rollouts(plan: Plan) -> Iterator[str]:
    shown = [each for each in plan.rollouts if each.phases]
    if not shown:
        return
    yield "Rollout, as simulated:"
    yield ""
    for rollout in shown:
        yield f"  {impact(rollout)}"
        yield f"      {' -> '.join(rollout.phases)}"
    yield ""


def impact(rollout: Rollout) -> str:
    """Return `service.web: 4 tasks, rolling 50%/150%, about 16s, no downtime; ...`."""
    percents = f"rolling {rollout.minimum_healthy_percent}%/{rollout.maximum_percent}%"
    words = [count(rollout.desired_count, "task"), percents]
    if rollout.duration is not None:
        words.append(f"about {duration(rollout.duration)}")
    if rollout.downtime is not None:
        words.append(f"DOWNTIME about {duration(rollout.downtime)}")
    elif any(each.startswith("stop") for each in rollout.phases):
        words.append(f"no downtime; {rollout.peak} tasks at most, {rollout.minimum_healthy} healthy at least")
    if rollout.outcome:
        words.append(f"and then waits: {one_line(rollout.outcome)}")
    return f"{rollout.address}: {', '.join(words)}"


def _notes(plan: Plan) -> Iterator[str]:
    if plan.notes:
        yield from (f"Note: {one_line(note)}" for note in plan.notes)
        yield ""
