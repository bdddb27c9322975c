"""One look at the engine: a list of containers, of volumes and of networks, and the images that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.clock import Clock
from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.balancer_look import BalancerLook
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.containers import Containers, FindDrift, Sighting
from reconciler.drivers.docker.drift import find_drift
from reconciler.drivers.docker.facts import Engine
from reconciler.drivers.docker.image_cache import ImageCache
from reconciler.drivers.driver import LookRequest
from reconciler.errors import EngineError
from reconciler.model.snapshot import Container, ObservedNetwork, ObservedTask, ObservedVolume, Owner, Snapshot
from reconciler.model.task import Task


class Looker:
    """Looks. `containers` and `images` remember, and are told by events what to forget."""

    def __init__(self, client: Client, engine: Engine, clock: Clock) -> None:
        self._client = client
        self._engine = engine
        self._clock = clock
        self.containers = Containers(client, engine)
        self.images = ImageCache(client, clock)
        self._balancers = BalancerLook(client)
        self._names: Mapping[str, str] = {}
        """What networks were called when drift was last looked for, by address."""
        self.owner = ""
        """Whose objects the last look was for: what happens to others' is no reason to look again."""
        self.container_ids: frozenset[str] = frozenset()
        """The containers that it showed."""

    def look(self, request: LookRequest) -> Snapshot:
        """Return what the engine shows now; raises EngineError when it is out of reach."""
        try:
            return self._look(request)
        except ApiError as refusal:
            raise EngineError(f"The engine does not let us look: {refusal.message}") from refusal

    def _look(self, request: LookRequest) -> Snapshot:
        engine = self._engine.facts
        all_volumes = self._client.get("/volumes", {"filters": {"label": [labels.OWNER]}}).get("Volumes") or ()
        owners = _owners(all_volumes, request.stack)
        owner = request.owner or (owners[0].id if len(owners) == 1 else "")
        self.owner = owner
        all_networks = self._client.get("/networks")
        networks = _networks(all_networks, owner, request.networks)
        drift = self._drift(all_networks, owner, request.moved_networks) if request.detailed else None
        rows = self._rows(owner) if owner else ()
        self.container_ids = frozenset(row["Id"] for row in rows)
        sightings = self.containers.read(rows, self._clock.now(), drift)
        if request.detailed:
            ours = {row["Id"] for row in rows if labels.BALANCER in row["Labels"]}
            ours |= {each.container.id for each in sightings}
            networks = tuple(self._with_foreign(each, ours) if each.is_ours else each for each in networks)
        return Snapshot(
            engine=engine,
            owners=owners,
            tasks=_tasks(sightings, _private_volumes(all_volumes, owner)),
            networks=networks,
            volumes=self._volumes(all_volumes, owner, request.volumes),
            balancers=self._balancers.look(
                rows, [each for each in all_volumes if _is_ours(each, owner)], request, self._engine.now()
            ),
            images=self.images.look(request.images),
        )

    def _rows(self, owner: str) -> list[Mapping[str, Any]]:
        query = {"all": True, "filters": {"label": [f"{labels.OWNER}={owner}"]}}
        rows: list[Mapping[str, Any]] = self._client.get("/containers/json", query)
        return rows

    def _drift(self, networks: Iterable[Mapping[str, Any]], owner: str, moved: Mapping[str, str]) -> FindDrift:
        labelled = {
            (each["Labels"] or {}).get(labels.ADDRESS, ""): each["Name"] for each in networks if _is_ours(each, owner)
        }
        engine, names = self._engine.facts, {**labelled, **moved}
        if names != self._names:
            self.containers.forget_drift()
            self._names = names
        return lambda task, name, found: find_drift(task, name, found, engine, names)

    def _with_foreign(self, network: ObservedNetwork, ours: set[str]) -> ObservedNetwork:
        found = self._client.find(f"/networks/{network.id}") or {}
        members: Mapping[str, Any] = found.get("Containers") or {}
        foreign = sorted(member["Name"] for id_, member in members.items() if id_ not in ours)
        return network.changed(foreign=tuple(foreign))

    def _volumes(
        self, found: Iterable[Mapping[str, Any]], owner: str, names: tuple[str, ...]
    ) -> tuple[ObservedVolume, ...]:
        volumes = {each["Name"]: _volume(each, owner) for each in found if _is_ours(each, owner) and _is_shared(each)}
        for name in names:
            if name not in volumes and (other := self._client.find(f"/volumes/{name}")):
                volumes[name] = _volume(other, owner)
        return tuple(volumes[name] for name in sorted(volumes))


def _owners(volumes: Iterable[Mapping[str, Any]], stack: str) -> tuple[Owner, ...]:
    found = [
        Owner(id=tags[labels.OWNER], digest_key=tags[labels.DIGEST_KEY], volume=each["Name"])
        for each in volumes
        if (tags := each["Labels"]).get(labels.STACK) == stack and labels.DIGEST_KEY in tags
    ]
    return tuple(sorted(found, key=lambda owner: owner.id))


def _networks(found: Iterable[Mapping[str, Any]], owner: str, names: tuple[str, ...]) -> tuple[ObservedNetwork, ...]:
    wanted = [
        ObservedNetwork(
            id=each["Id"], name=each["Name"], is_ours=_is_ours(each, owner), internal=bool(each.get("Internal"))
        )
        for each in found
        if _is_ours(each, owner) or each["Name"] in names
    ]
    return tuple(sorted(wanted, key=lambda network: (network.name, not network.is_ours, network.id)))


def _is_ours(thing: Mapping[str, Any], owner: str) -> bool:
    return bool(owner) and (thing.get("Labels") or {}).get(labels.OWNER) == owner


def _is_shared(volume: Mapping[str, Any]) -> bool:
    return bool(volume["Labels"].get(labels.ADDRESS)) and labels.TASK not in volume["Labels"]


def _volume(found: Mapping[str, Any], owner: str) -> ObservedVolume:
    return ObservedVolume(
        name=found["Name"],
        is_ours=_is_ours(found, owner),
        driver=found["Driver"],
        driver_opts=found.get("Options") or {},
        address=(found.get("Labels") or {}).get(labels.ADDRESS, ""),
    )


def _private_volumes(volumes: Iterable[Mapping[str, Any]], owner: str) -> dict[str, tuple[Task, list[str]]]:
    """Volumes that belong to a task, by its id. Their labels tell of the task even when it has no container left."""
    found: dict[str, tuple[Task, list[str]]] = {}
    for each in volumes:
        if not _is_ours(each, owner) or labels.TASK not in each["Labels"]:
            continue
        task = labels.task_from_labels(each["Labels"])
        if task is not None:
            found.setdefault(task.id, (task, []))[1].append(each["Name"])
    return found


def _tasks(sightings: Iterable[Sighting], volumes: Mapping[str, tuple[Task, list[str]]]) -> tuple[ObservedTask, ...]:
    tasks = {id_: task for id_, (task, _) in volumes.items()}
    containers: dict[str, list[Container]] = {}
    for task, container in sightings:
        tasks[task.id] = task
        containers.setdefault(task.id, []).append(container)
    return tuple(
        ObservedTask(
            task=tasks[id_],
            containers=tuple(sorted(containers.get(id_, ()), key=lambda container: container.name)),
            volumes=tuple(sorted(volumes[id_][1])) if id_ in volumes else (),
        )
        for id_ in sorted(tasks)
    )
