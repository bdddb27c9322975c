"""`reconciler deployment`: list deployments, show one, answer its pause, stop it."""

from __future__ import annotations

from collections.abc import Callable

import click

from reconciler.cli.options import Given, How, how_options, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.requests import Answered, Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.shown import shown_tasks
from reconciler.cli.verdicts import newest
from reconciler.cli.workplace import Workplace, open_recorded
from reconciler.engine.present import Present, present
from reconciler.errors import ReconcilerError
from reconciler.model.deployment import Deployment, HookStatus, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.model.task import is_one_off_group
from reconciler.planner.requests import deployment_named
from reconciler.render.deployment_status import status_of
from reconciler.render.deployments import (
    DeploymentDetail,
    deployment_json,
    deployment_text,
    deployments_json,
    deployments_text,
)
from reconciler.render.json_text import indented
from reconciler.render.traffic import shares_of


@click.group("deployment")
def command() -> None:
    """List deployments, show one, answer its pause, or stop it.

    ID is a deployment's id, or its first characters.

    \b
    Examples:
      reconciler deployment list web
      reconciler deployment show
      reconciler deployment continue
      reconciler deployment stop --rollback
    """


@command.command("list")
@click.argument("service", required=False)
@place_options
@json_option
def list_deployments(service: str | None, given: Given, as_json: bool) -> None:
    """List the deployments of SERVICE, or of all, the newest first. It needs no engine.

    STATUS is ECS's word for how a deployment stands, its rollback included.
    """
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    wanted = service_named(applied_stack(state), service).address if service else None
    found = tuple(each for each in _deployments(state) if wanted in (None, each.service))
    waiting = _posted(place)
    if as_json:
        say(indented(deployments_json(found, state, waiting)))
    else:
        say(deployments_text(found, state, waiting, place.clock.now()))


@command.command("show")
@click.argument("deployment_id", required=False, metavar="[ID]")
@place_options
@json_option
def show(deployment_id: str | None, given: Given, as_json: bool) -> None:
    """Show one deployment [default: the newest]: its stages, hooks, alarms, shares of the traffic, and tasks.

    When it pauses, the command that lets it go on is the last thing that is shown.
    """
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    detail = _detail(place, now, _shown(now.state, deployment_id))
    if as_json:
        say(indented(deployment_json(detail)))
    else:
        say(deployment_text(detail, place.clock.now()))


@command.command("continue")
@click.argument("deployment_id", required=False, metavar="[ID]")
@click.option("--rollback", "rolls_back", is_flag=True, help="Answer no: the deployment fails and is rolled back.")
@place_options
@how_options
def go_on(deployment_id: str | None, rolls_back: bool, given: Given, how: How) -> None:
    """Let a deployment go on that pauses at a lifecycle hook. ID may be left out when only one does.

    The apply or the watch that waits there takes the answer over; without one, this command carries on with the
    deployment. It waits for the deployment's end either way, and exits with 3 when that fails.
    """
    wanted = Request(kind=RequestKind.CONTINUE, deployment=deployment_id or "", rolls_back=rolls_back)
    _act(wanted, given, how)


@command.command("stop")
@click.argument("deployment_id", required=False, metavar="[ID]")
@click.option("--rollback", "rolls_back", is_flag=True, help="Bring the last revision that worked back.")
@place_options
@how_options
def stop(deployment_id: str | None, rolls_back: bool, given: Given, how: How) -> None:
    """Stop a deployment that is in progress. ID may be left out when only one is.

    Without --rollback everything stays as it is then: new tasks, old tasks, and shares of the traffic.
    """
    wanted = Request(kind=RequestKind.STOP, deployment=deployment_id or "", rolls_back=rolls_back)
    _act(wanted, given, how)


def _act(wanted: Request, given: Given, how: How) -> None:
    """Ask it of the deployment that is named, or of the only one that can be meant."""
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    deployment = deployment_named(state, wanted.deployment) if wanted.deployment else _only(state, wanted.kind)
    request = wanted.changed(service=deployment.service, deployment=deployment.id)
    answered = ask(place, Asked(f"deployment {wanted.kind.value}", (request,), how))
    say(_told(answered, deployment))


def _told(answered: Answered, deployment: Deployment) -> str:
    after = answered.state.deployment(deployment.id) or deployment
    status = status_of(after, answered.state).value
    return f"Deployment {deployment.id} of {deployment.service}: {status}."


def _only(state: State, kind: RequestKind) -> Deployment:
    """Return the only deployment that this may be about; raises with all of them when there are several."""
    what, is_meant = _MEANT[kind]
    found = [each for each in _deployments(state) if each.is_primary and is_meant(each)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ReconcilerError(f"no deployment {what}; see: reconciler deployment list")
    names = ", ".join(f"{each.id} ({each.service})" for each in found)
    raise ReconcilerError(f"several deployments {what.replace('is ', 'are ')}: {names}; give the ID of one")


def _is_in_progress(deployment: Deployment) -> bool:
    return deployment.rollout_state is RolloutState.IN_PROGRESS


def _pauses(deployment: Deployment) -> bool:
    return _is_in_progress(deployment) and any(each.status is HookStatus.AWAITING_ACTION for each in deployment.hooks)


_MEANT: dict[RequestKind, tuple[str, Callable[[Deployment], bool]]] = {
    RequestKind.CONTINUE: ("is waiting for anybody", _pauses),
    RequestKind.STOP: ("is in progress", _is_in_progress),
}


def _deployments(state: State) -> tuple[Deployment, ...]:
    """Return the deployments of services, the newest first: not those of one-off tasks."""
    found = [each for each in state.deployments if not is_one_off_group(each.service)]
    return tuple(sorted(found, key=lambda each: (each.created_at, each.number), reverse=True))


def _shown(state: State, deployment_id: str | None) -> Deployment:
    if deployment_id:
        return deployment_named(state, deployment_id)
    found = _deployments(state)
    if not found:
        raise ReconcilerError("there was no deployment yet: `reconciler apply` makes the first ones")
    return newest(state, found[0].service) or found[0]


def _detail(place: Workplace, now: Present, deployment: Deployment) -> DeploymentDetail:
    service = now.stack.service(deployment.service)
    is_current = deployment.is_primary
    waits = next((each for each in now.decision.waiting_for if each.address == deployment.service), None)
    return DeploymentDetail(
        deployment=deployment,
        state=now.state,
        service=service,
        waiting=_posted(place),
        shares=shares_of(deployment.registrations, now.snapshot) if is_current else (),
        tasks=shown_tasks(each for each in now.tasks if each.record.deployment == deployment.id),
        waits=waits if is_current else None,
        options=place.given.options,
    )


def _posted(place: Workplace) -> tuple[Request, ...]:
    return tuple(each.request for each in place.store.posted(place.stack.name))
