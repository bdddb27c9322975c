"""What a look at 1,000 containers costs beside the one list call that it cannot do without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.comparisons import PREFIX
from benchmarks.measure import FailedError, Sample, Samples, timed, wait_for_rest
from benchmarks.peers import IMAGE
from benchmarks.report import Row
from reconciler.clock import SystemClock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.drivers.driver import LookRequest
from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.noun import fingerprint
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Cluster
from reconciler.model.task import Task
from reconciler.model.task_definition import TaskDefinition
from tests.acceptance.engine import clean, fresh_name

CONTAINERS = 1000
GOAL = 1.5
DEFINITION = TaskDefinition(
    family="web",
    containers=(ContainerDefinition(name="app", image=IMAGE, environment={"VALUE": "x"}, memory=64),),
)


def look_at_a_thousand(client: Client, rounds: int) -> Iterator[Row]:
    """Make containers without starting them, then look at them in turn with the bare call."""
    name = fresh_name(PREFIX)
    owner = name.encode().hex()[:32]
    driver = DockerDriver(Cluster(), SystemClock())
    request = LookRequest(stack=name, owner=owner, images=(IMAGE,))
    try:
        _make(client, name, owner)
        wait_for_rest()
        listing = partial(_list, client, owner)
        again, raw = _in_turn(partial(driver.look, request), listing, rounds)
        first, raw_beside_first = _in_turn(partial(_first_look, request), listing, rounds)
        detailed, raw_beside_detailed = _in_turn(
            partial(_first_look, request.changed(detailed=True)), listing, max(1, rounds // 3)
        )
    finally:
        driver.close()
        clean(client, name)
    beside = f"{CONTAINERS:,} containers, against the list call"
    yield Row(f"look again at {beside}", again, raw, GOAL)
    yield Row(f"first look at {beside}", first, raw_beside_first, GOAL)
    yield Row(f"first look with drift at {beside}", detailed, raw_beside_detailed, None)


def _in_turn(look: Callable[[], Snapshot], listing: Callable[[], object], rounds: int) -> tuple[Samples, Samples]:
    """Measure both, one after the other, so many times; what each does for the first time is not counted."""
    _require_all(look())
    listing()
    ours: list[Sample] = []
    theirs: list[Sample] = []
    for _ in range(rounds):
        ours.append(timed(look))
        theirs.append(timed(listing))
    return Samples(ours), Samples(theirs)


def _require_all(snapshot: Snapshot) -> None:
    if len(snapshot.tasks) != CONTAINERS:
        raise FailedError(f"the look shows {len(snapshot.tasks)} tasks instead of {CONTAINERS}")


def _first_look(request: LookRequest) -> Snapshot:
    """Look with a driver that knows nothing yet, over a connection of its own, as each command does."""
    driver = DockerDriver(Cluster(), SystemClock())
    try:
        return driver.look(request)
    finally:
        driver.close()


def _list(client: Client, owner: str) -> object:
    """The bare call over the same kind of connection, its answer decoded from JSON."""
    filters = json.dumps({"label": [f"{labels.OWNER}={owner}"]})
    return client.get("/containers/json", {"all": 1, "filters": filters})


def _make(client: Client, name: str, owner: str) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(partial(_make_one, client, name, owner), range(CONTAINERS)))


def _make_one(client: Client, name: str, owner: str, ordinal: int) -> None:
    task = Task(
        id=f"{ordinal:08x}" + "0" * 24,
        stack=name,
        owner=owner,
        group="service.web",
        service_name="web",
        family="web",
        revision=1,
        deployment="d1",
        ordinal=ordinal,
        fingerprint=fingerprint(DEFINITION),
        definition=DEFINITION,
    )
    body = {
        "Image": IMAGE,
        "Env": ["VALUE=x"],
        "Labels": labels.container_labels(task, "app"),
        "HostConfig": {"NetworkMode": "none"},
    }
    client.post("/containers/create", body, {"name": labels.container_name(task, "app")})
