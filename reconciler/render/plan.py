"""A Plan as text: what changes and why first, what it costs, and one summary line last."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action, AttributeChange, Change, DriftEntry, OutputChange, Plan, Rollout
from reconciler.render.safe import one_line, safe
from reconciler.render.values import changed, line_changes, shown
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
    parts = [
        *_drift(plan),
        *_moves(plan),
        *_changes(plan, full),
        *_outputs(plan),
        *_rollouts(plan),
        *_notes(plan),
        summary(plan),
    ]
    return safe("\n".join(parts)) + "\n"


def summary(plan: Plan) -> str:
    """Return the last line: `Plan: 2 to create, 1 to update, 0 to destroy; 3 tasks replaced.`"""
    if plan.is_empty:
        return "No changes. What runs is what is declared."
    if not plan.changes:
        others = (*(_readdressed(plan)), *(("outputs change",) if plan.outputs else ()))
        return f"Plan: only {' and '.join(others)}."
    created, updated = plan.count(Action.CREATE), plan.count(Action.UPDATE, Action.REPLACE)
    line = f"Plan: {created} to create, {updated} to update, {plan.count(Action.DELETE)} to destroy"
    replaced = sum(min(_tasks(each, "start"), _tasks(each, "stop")) for each in plan.rollouts)
    return f"{line}; {count(replaced, 'task')} replaced." if replaced else f"{line}."


def _tasks(rollout: Rollout, verb: str) -> int:
    """Return how many tasks a rollout starts, or stops."""
    return sum(int(phase.split()[1]) for phase in rollout.phases if phase.startswith(verb))


def _readdressed(plan: Plan) -> Iterator[str]:
    if plan.moves:
        yield (
            f"{count(len(plan.moves), 'address')} moved"
            if len(plan.moves) == 1
            else f"{len(plan.moves)} addresses moved"
        )
    if plan.forgotten:
        yield f"{count(len(plan.forgotten), 'object')} forgotten"


def _moves(plan: Plan) -> Iterator[str]:
    """Say what changes in the records only."""
    if not plan.moves and not plan.forgotten:
        return
    yield "Changed in the state only, nothing is touched:"
    yield ""
    yield from (f"  > {each.before} has moved to {each.after}" for each in plan.moves)
    yield from (f"  . {each} will no longer be managed: what runs of it is left as it is" for each in plan.forgotten)
    yield ""


def _changes(plan: Plan, full: bool) -> Iterator[str]:
    if not plan.changes:
        return
    yield f'Stack "{plan.stack}":'
    yield ""
    for change in plan.changes:
        yield from _change(change, full)
    yield ""


def _change(change: Change, full: bool) -> Iterator[str]:
    label = f" ({change.label})" if change.label else ""
    reason = f": {one_line(change.reason)}" if change.reason else ""
    place = f"   {change.place}" if change.place and not change.attributes else ""
    yield f"  {SYMBOLS[change.action]} {change.address} {_WORDS[change.action]}{label}{reason}{place}"
    for attribute in change.attributes:
        yield from (f"      {line}" for line in _attribute(attribute, full))
    if change.unchanged and change.attributes:
        yield f"      ({change.unchanged} unchanged hidden)"


def _attribute(change: AttributeChange, full: bool) -> Iterator[str]:
    place = f"   {change.place}" if change.place else ""
    tail = f"   # {change.effect.value}{place}"
    if change.old is None or change.new is None:
        symbol, value = ("+", change.new) if change.old is None else ("-", change.old)
        yield f"{symbol} {change.path}: {shown(value, sensitive=change.sensitive, full=full)}{tail}"
        return
    lines = () if change.sensitive else line_changes(change.old, change.new)
    if lines:
        yield f"~ {change.path}:{tail}"
        yield from (f"    {line}" for line in lines)
        return
    values = changed(change.old, change.new, sensitive=change.sensitive, full=full)
    yield f"~ {change.path}: {values}{tail}"


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
    if change.action is Action.DELETE:
        return change.name
    new = shown(change.new, sensitive=change.sensitive) if change.known else "(known after apply)"
    if change.action is Action.CREATE:
        return f"{change.name} = {new}"
    if change.known:
        return f"{change.name} = {changed(change.old, change.new, sensitive=change.sensitive)}"
    return f"{change.name} = {shown(change.old, sensitive=change.sensitive)} -> {new}"


def _rollouts(plan: Plan) -> Iterator[str]:
    moving = [each for each in plan.rollouts if each.phases]
    if not moving:
        return
    yield "Rollout, as simulated:"
    yield ""
    for rollout in moving:
        yield f"  {impact(rollout)}"
        yield f"      {' -> '.join(rollout.phases)}"
        if rollout.stages:
            yield f"      stages: {' -> '.join(rollout.stages)}"
    yield ""


def impact(rollout: Rollout) -> str:
    """Return `service.web: 4 tasks, rolling 50%/150%, about 16s, no downtime; ...`."""
    words = [count(rollout.desired_count, "task"), _strategy(rollout)]
    if rollout.duration is not None:
        words.append(f"about {_roughly(rollout.duration)}")
    if rollout.downtime is not None:
        words.append(f"DOWNTIME about {_roughly(rollout.downtime)}")
    elif any(each.startswith("stop") for each in rollout.phases):
        words.append(f"no downtime; {rollout.peak} tasks at most, {rollout.minimum_healthy} healthy at least")
    if rollout.outcome:
        words.append(f"and then waits: {one_line(rollout.outcome)}")
    return f"{rollout.address}: {', '.join(words)}"


def _strategy(rollout: Rollout) -> str:
    """Return `rolling 50%/200%`; the percents bound no deployment that has its tasks beside the old ones."""
    if rollout.strategy != "ROLLING":
        return rollout.strategy.lower().replace("_", "/")
    return f"rolling {rollout.minimum_healthy_percent}%/{rollout.maximum_percent}%"


def _roughly(seconds: float) -> str:
    """A simulation knows no tenths of a second."""
    return duration(max(1, round(seconds)))


def _notes(plan: Plan) -> Iterator[str]:
    if plan.notes:
        yield from (f"Note: {one_line(note)}" for note in plan.notes)
        yield ""
