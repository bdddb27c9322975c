"""Stack, State and Snapshot in, Plan out. An empty plan means: `decide` has no steps, and all is as declared.

What is compared: declared against recorded for what a user wrote, recorded against observed for drift. Where the two
say nothing and `decide` would still act, the plan says so in its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.noun import Noun, fingerprint
from reconciler.model.plan import Action, AttributeChange, Change, Effect, OutputChange, Plan
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.model.step import Step
from reconciler.model.task import is_one_off_group
from reconciler.planner.asides import aside_changes, is_lost
from reconciler.planner.differ import changed_attributes
from reconciler.planner.drift import find_drift, network_address
from reconciler.planner.healing import heal
from reconciler.planner.lifecycle import NONE, triggered
from reconciler.planner.outputs import output_changes
from reconciler.planner.places import line
from reconciler.planner.scaling import scaling_notes, with_running_counts
from reconciler.planner.target import adopt_deployments, retarget, used_definitions
from reconciler.planner.traffic import traffic_changes
from reconciler.scheduler.recorder import adopt
from reconciler.scheduler.resources import networks_of
from reconciler.scheduler.scheduler import decide


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the State that an apply of it would record, and what `decide` says to that."""

    plan: Plan
    target: State
    decision: Decision


def plan(stack: Stack, state: State, snapshot: Snapshot, now: float) -> Planned:
    """Compare what is declared with what is recorded and observed.

    `state` carries the owner already. With nothing recorded, what runs is adopted first: then a lost State plans
    nothing. Outputs are those of `stack`, evaluated by the caller.
    """
    recorded = adopt(state, snapshot, now)
    stack = with_running_counts(stack, recorded) if is_lost(state, snapshot) else stack
    recorded = adopt_deployments(stack, recorded, snapshot, now)
    first = retarget(stack, recorded, now)
    configured = _configured(stack, recorded, snapshot)
    decision = decide(stack, first, snapshot, now)
    named = {change.address for change in configured}
    healing = frozenset(decision.unsettled) - named
    if healing:
        first = retarget(stack, recorded, now, healing)
        decision = decide(stack, first, snapshot, now)
    changes = (
        *configured,
        *heal(stack, healing, decision, snapshot, now),
        *_other_steps(stack, decision, named | healing),
    )
    result = Plan(
        stack=stack.name,
        serial=state.serial,
        changes=tuple(sorted(changes, key=lambda change: change.address)),
        drift=find_drift(stack, state, recorded, decision, snapshot),
        outputs=plan_outputs(stack, state, snapshot),
        notes=(*_notes(stack, recorded, snapshot), *_tidied(decision)),
    )
    return Planned(result, first, decision)


def plan_outputs(stack: Stack, state: State, snapshot: Snapshot) -> tuple[OutputChange, ...]:
    """Compare the outputs of `stack` with the recorded ones. What a lost State had recorded is taken as unchanged."""
    return () if is_lost(state, snapshot) else output_changes(state.outputs, stack.outputs)


def _configured(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Change, ...]:
    """Return what the files change."""
    changes = (
        *_networks(stack, snapshot),
        *_volumes(stack, state, snapshot),
        *_definitions(stack, state, snapshot),
        *_services(stack, state),
        *traffic_changes(stack, state, snapshot),
        *aside_changes(stack, state, snapshot),
    )
    return _with_lifecycles(stack, state, changes)


def _networks(stack: Stack, snapshot: Snapshot) -> Iterable[Change]:
    wanted = {each.name: each for each in networks_of(stack)}
    for network in wanted.values():
        if snapshot.network(network.name) is None:
            yield _create(stack, network.address, label=network.name)
    for observed in snapshot.networks:
        if observed.is_ours and observed.name not in wanted and observed.name not in snapshot.kept_networks:
            address = network_address(observed.name, stack)
            yield Change(address=address, action=Action.DELETE, label=observed.name, reason=_why_removed(stack))


def _volumes(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    for volume in stack.volumes:
        if not volume.external and snapshot.volume(volume.name) is None:
            yield _create(stack, volume.address, label=volume.name)
    wanted = {each.name for each in stack.volumes}
    for observed in snapshot.volumes:
        if observed.is_ours and observed.name in state.doomed_volumes and observed.name not in wanted:
            reason = "its removal was asked for; its data will be lost"
            yield Change(address=observed.address or observed.name, action=Action.DELETE, reason=reason)


def _definitions(stack: Stack, state: State, snapshot: Snapshot) -> Iterable[Change]:
    """Compare each definition with the revision that its service was last given, or else its schedule.

    Of a lost State nobody knows what schedules were given: that is taken as unchanged.
    """
    deployed = {each.family: each for each in state.deployments if each.is_primary}
    addresses = {definition.family: address for address, definition in stack.definitions.items()}
    scheduled, is_unknown = _only_scheduled(stack), is_lost(state, snapshot)
    for definition in used_definitions(stack):
        address, primary = addresses[definition.family], deployed.get(definition.family)
        if address in scheduled and is_unknown:
            continue
        latest = state.latest_revision(definition.family)
        given = state.revision(definition.family, primary.revision) if primary else _recorded(address, state)
        before = given or latest
        if before is None or latest is None:
            yield _create(stack, address, label="revision 1")
        elif before.definition != definition:
            again = state.revision_of(definition.family, fingerprint(definition))
            label = f"revision {again.number} again" if again else f"revision {latest.number + 1}"
            why = "the next run has it, and what runs runs to its end" if address in scheduled else ""
            yield _update(stack, address, before.definition, definition, Effect.NEW_REVISION, label, why)


def _only_scheduled(stack: Stack) -> frozenset[str]:
    """Return the addresses of definitions that schedules run and services do not."""
    scheduled = {each.task_definition for each in stack.scheduled_tasks}
    return frozenset(scheduled - {each.task_definition for each in stack.services})


def _recorded(address: str, state: State) -> Revision | None:
    """Return the revision that was applied last of a definition, if it was registered."""
    definition = state.target.definitions.get(address) if state.target is not None else None
    return state.revision_of(definition.family, fingerprint(definition)) if definition is not None else None


def _with_lifecycles(stack: Stack, state: State, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Add what changes in lifecycle blocks: it is recorded, for it also counts once the block is gone."""
    if state.target is None:
        return changes
    by_address = {each.address: each for each in changes}
    for address in sorted(stack.addresses & state.target.addresses):
        found = line(stack, address)
        change = by_address.get(address) or Change(address=address, action=Action.UPDATE, place=found)
        attributes = _lifecycle_changes(stack, state.target, address)
        if attributes and change.action is Action.UPDATE:
            by_address[address] = change.changed(attributes=(*change.attributes, *attributes))
    return tuple(by_address.values())


def _lifecycle_changes(stack: Stack, target: Stack, address: str) -> tuple[AttributeChange, ...]:
    old, new = (_guards(each.lifecycles.get(address, NONE)) for each in (target, stack))
    if old == new:
        return ()
    changes, _ = changed_attributes(
        old, new, Effect.IN_PLACE, lambda path: line(stack, f"{address}.lifecycle.{path}")
    )
    return tuple(each.changed(path=f"lifecycle.{each.path}") for each in changes)


def _guards(lifecycle: Lifecycle) -> Lifecycle:
    """Return a lifecycle without the digests of what it watches: a change of those replaces tasks, and says so."""
    return lifecycle.changed(replace_triggered_by=dict.fromkeys(lifecycle.replace_triggered_by, "watched"))


def _services(stack: Stack, state: State) -> Iterable[Change]:
    replaced = triggered(stack, state)
    recorded = {each.address: each for each in (state.target.services if state.target else ())}
    for service in stack.services:
        primary = state.primary(service.address)
        if primary is None:
            yield _create(stack, service.address, label=_tasks(service.desired_count))
            continue
        before = recorded.get(service.address)
        revision = state.revision(primary.family, primary.revision)
        is_rolled = revision is None or revision.definition != stack.definition_of(service)
        why = _why_rolled(replaced.get(service.address, ()), is_rolled=is_rolled)
        if primary.rolls_back and is_rolled:
            why = f"{why}; its last deployment failed and was rolled back ({_cause(primary, state)})"
        if primary.rollout_state.value == "FAILED" and not is_rolled:
            reason = f"its last deployment failed ({primary.reason}); it is tried again"
            yield Change(
                address=service.address, action=Action.UPDATE, reason=reason, place=line(stack, service.address)
            )
        elif before is not None and before != service:
            yield _update(stack, service.address, before, service, Effect.IN_PLACE, reason=why)
        elif why:
            yield Change(
                address=service.address, action=Action.UPDATE, reason=why, place=line(stack, service.address)
            )
    wanted = {each.address for each in stack.services}
    for address in sorted(recorded.keys() - wanted):
        running = [each for each in state.tasks if each.group == address and not each.is_stopped]
        label = _tasks(len(running))
        yield Change(address=address, action=Action.DELETE, label=label, reason=_why_removed(stack))


def _cause(rollback: Deployment, state: State) -> str:
    failed = state.deployment(rollback.rolls_back)
    return failed.reason if failed else "its record is gone"


def _why_rolled(triggers: tuple[str, ...], *, is_rolled: bool) -> str:
    if is_rolled:
        return "a new revision replaces its tasks"
    return f"its tasks are replaced, for {', '.join(triggers)} changed (replace_triggered_by)" if triggers else ""


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"


def _why_removed(stack: Stack) -> str:
    """Nobody who destroys a stack asks why its parts go."""
    return "" if stack.is_empty else "it is no longer in the stack"


def _create(stack: Stack, address: str, label: str = "") -> Change:
    return Change(address=address, action=Action.CREATE, label=label, place=line(stack, address))


def _update(
    stack: Stack, address: str, old: Noun, new: Noun, effect: Effect, label: str = "", reason: str = ""
) -> Change:
    attributes, unchanged = changed_attributes(old, new, effect, lambda path: line(stack, f"{address}.{path}"))
    return Change(
        address=address,
        action=Action.UPDATE,
        reason=reason,
        label=label,
        attributes=attributes,
        unchanged=unchanged,
        place=line(stack, address),
    )


def _other_steps(stack: Stack, decision: Decision, named: Iterable[str]) -> Iterable[Change]:
    """Whatever else `decide` would do: an empty plan must mean that it does nothing.

    But for what ended one-off tasks left: that is tidied up on the way, and only noted (`_tidied`).
    """
    known = {*named, "stack", "network"}
    for step in decision.steps:
        if step.address not in known and (stack.is_empty or not _is_one_off(step)):
            known.add(step.address)
            action = Action.DELETE if stack.is_empty else Action.UPDATE
            yield Change(address=step.address, action=action, reason=step.reason)


def _is_one_off(step: Step) -> bool:
    return is_one_off_group(step.address)


def _tidied(decision: Decision) -> Iterable[str]:
    """Say of which families an apply removes what ended one-off tasks left."""
    families = sorted({step.address for step in decision.steps if _is_one_off(step)})
    yield from (f"{family}: an apply removes what ended one-off tasks left" for family in families)


def _notes(stack: Stack, state: State, snapshot: Snapshot) -> tuple[str, ...]:
    """Return what is worth a line though nothing changes by it."""
    used = {definition.family for definition in used_definitions(stack)}
    notes = []
    for address, definition in sorted(stack.definitions.items()):
        latest = state.latest_revision(definition.family)
        if definition.family not in used and latest is not None and latest.definition != definition:
            notes.append(f"{address} differs from {latest}; `reconciler run` registers the new revision when it runs")
        for container in definition.containers:
            image = snapshot.image(container.image)
            if image is not None and image.has_health_check and container.health_check is None:
                notes.append(
                    f"{address}.container.{container.name}: the image's own health check is not used (as in ECS); "
                    "health_check { from_image = true } uses it"
                )
    notes += scaling_notes(stack, state)
    kept = [each.name for each in snapshot.volumes if each.is_ours and stack.is_empty]
    notes += [f"volume {name} is kept; --volumes removes it" for name in kept if name not in state.doomed_volumes]
    notes += [f"{each.reason}; tasks that need it will not start" for each in snapshot.secrets if each.digest is None]
    return tuple(notes)
