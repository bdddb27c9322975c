"""Balancers on the real engine: made, told, looked at, healed and removed, with real tasks behind them."""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.balancers.haproxy.balancer import File, new_file
from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import EngineTimeoutError
from reconciler.drivers.docker.balancer_host import DockerHost
from reconciler.drivers.docker.client import Client
from reconciler.model.load_balancer import (
    Action,
    Certificate,
    FixedResponse,
    Forward,
    Listener,
    Protocol,
    TargetGroup,
    TargetHealthCheck,
)
from reconciler.model.noun import fingerprint
from reconciler.model.routing import (
    BalancerConfiguration,
    BalancerSettings,
    CheckResult,
    Color,
    ObservedBalancer,
    Route,
    Target,
    TargetState,
)
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, StartBalancer
from reconciler.model.task import Task

from .balancing import BALANCER_IMAGE, LATER_IMAGE, need
from .builders import World, container, definition, eventually

pytestmark = pytest.mark.engine

HAPROXY = BALANCER_IMAGE
PLAIN = "reconciler-test/haproxy-plain:2.6"
ON_BOTH_VERSIONS = pytest.mark.parametrize("image", [HAPROXY, LATER_IMAGE])
WEB = TargetGroup(
    address="target_group.web",
    name="web",
    health_check=TargetHealthCheck(path="/health", interval=1, timeout=1),
)
PORT = 8080
TO_WEB = Action(forwards=(Forward(target_group=WEB.address),))
HTTP = Listener(name="http", address="load_balancer.public.listener.http", port=PORT, action=TO_WEB)


def run(client: Client, container_id: str, script: str) -> str:
    """Run a script in a container, as `docker exec` does."""
    return DockerHost(client).run(container_id, ("sh", "-c", script)).output


def target(task_id: str, address: str, state: TargetState = TargetState.READY, color: Color = Color.BLUE) -> Target:
    return Target(task_id=task_id, color=color, address=address, port=8080, state=state)


def configuration(*targets: Target, green: int = 0, **fields: Any) -> BalancerConfiguration:
    return BalancerConfiguration(
        **{
            "name": "public",
            "listeners": (HTTP,),
            "target_groups": (WEB,),
            "routes": (Route(target_group=WEB.address, green=green, targets=targets),),
            **fields,
        }
    )


@dataclass
class Site:
    """A stack with tasks that answer, and a balancer."""

    world: World
    image: str = HAPROXY

    @property
    def settings(self) -> BalancerSettings:
        return BalancerSettings(name="public", image=self.image, networks=(self.world.stack,))

    def task(self, greeting: str) -> tuple[Task, str]:
        """Run a task, and return it and its address."""
        app = container(image="reconciler-demo/web:1", command=None, environment={"GREETING": greeting})
        task = self.world.run(definition(app))
        return task, self.world.container(task).addresses[self.world.stack]

    def start(self, wanted: BalancerConfiguration, **fields: Any) -> StartBalancer:
        return StartBalancer(
            **{
                "address": "load_balancer.public",
                "stack": self.world.stack,
                "owner": self.world.owner,
                "settings": self.settings,
                "configuration": wanted,
                **fields,
            }
        )

    def configure(self, wanted: BalancerConfiguration) -> ConfigureBalancer:
        return ConfigureBalancer(
            address="load_balancer.public",
            owner=self.world.owner,
            container_id=self.seen().container_id,
            configuration=wanted,
        )

    def seen(self) -> ObservedBalancer:
        found = self.world.look().balancer("public")
        assert found is not None
        return found

    def addresses(self, client: Client) -> str:
        found = client.get(f"/containers/{self.seen().container_id}/json")
        return str(found["NetworkSettings"]["Networks"][self.world.stack]["IPAddress"])

    def get(self, client: Client, path: str = "/") -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.addresses(client), PORT, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def states(self) -> Mapping[str, tuple[TargetState, CheckResult]]:
        running = self.seen().running
        assert running is not None
        return {each.task_id: (each.state, each.check) for each in running.targets}


@pytest.fixture
def site(docker: World) -> Site:
    docker.perform(docker.create_network())
    return Site(docker)


@pytest.mark.parametrize("image", [HAPROXY, PLAIN, LATER_IMAGE])
def test_a_balancer_is_started_and_sends_requests_to_its_ready_targets(
    site: Site, client: Client, image: str
) -> None:
    site.image = need(client, image)
    task, address = site.task("one")
    wanted = configuration(target(task.id, address))
    site.world.perform(site.start(wanted))
    seen = site.seen()
    assert seen.running is not None
    assert seen == ObservedBalancer(
        address="load_balancer.public",
        name="public",
        container_id=seen.container_id,
        is_live=True,
        settings=fingerprint(site.settings),
        configuration=wanted,
        running=seen.running,
    )
    assert (seen.running.structure, seen.running.leaving) == (wanted.structure, 0)
    assert seen.running.shares == {WEB.address: (0, 0)}
    status, body = site.get(client)
    assert (status, body.split(" ")[0]) == (200, "one")
    eventually(lambda: site.states() == {task.id: (TargetState.READY, CheckResult.PASSED)})


@pytest.mark.parametrize("image", [HAPROXY, PLAIN, LATER_IMAGE])
def test_a_target_is_added_checked_made_ready_drained_and_removed_without_a_reload(
    site: Site, client: Client, image: str
) -> None:
    site.image = need(client, image)
    site.world.perform(site.start(configuration()))
    assert site.get(client)[0] == 503
    process = _worker(site, client)
    task, address = site.task("one")
    for state, check, status in (
        (TargetState.INITIAL, CheckResult.PASSED, 503),
        (TargetState.READY, CheckResult.PASSED, 200),
        (TargetState.DRAINING, CheckResult.NONE, 503),
    ):
        wanted = configuration(target(task.id, address, state))
        site.world.perform(site.configure(wanted))
        eventually(lambda s=state, c=check: site.states() == {task.id: (s, c)})  # type: ignore[misc]
        assert site.get(client)[0] == status
        assert site.seen().configuration == wanted
    site.world.perform(site.configure(configuration()))
    assert site.states() == {}
    assert _worker(site, client) == process


@pytest.mark.parametrize("image", [HAPROXY, PLAIN, LATER_IMAGE])
def test_a_look_waits_for_no_connection_that_stays_open(site: Site, client: Client, image: str) -> None:
    site.image = need(client, image)
    site.world.perform(site.start(configuration()))
    began_at = time.monotonic()
    for _ in range(3):
        site.seen()
    assert time.monotonic() - began_at < 10  # 5 s each, when HAProxy waits for a next question


def _worker(site: Site, client: Client) -> str:
    """Return the processes below the master: what commands of ours leave behind shows here too."""
    return run(client, site.seen().container_id, "cat /proc/1/task/1/children")


@ON_BOTH_VERSIONS
def test_traffic_is_shifted_between_the_pools(site: Site, client: Client, image: str) -> None:
    site.image = need(client, image)
    (one, at_one), (two, at_two) = site.task("one"), site.task("two")
    members = (target(one.id, at_one), target(two.id, at_two, color=Color.GREEN))
    site.world.perform(site.start(configuration(*members)))
    greetings = {}
    for green in (0, 500, 1000):
        site.world.perform(site.configure(configuration(*members, green=green)))
        assert site.seen().shares(WEB.address) == (green, 0)
        greetings[green] = {site.get(client)[1].split(" ")[0] for _ in range(20)}
    assert greetings == {0: {"one"}, 500: {"one", "two"}, 1000: {"two"}}


@ON_BOTH_VERSIONS
def test_another_structure_is_reloaded_and_a_refused_one_replaces_nothing(
    site: Site, client: Client, image: str
) -> None:
    site.image = need(client, image)
    task, address = site.task("one")
    good = configuration(target(task.id, address))
    site.world.perform(site.start(good))
    answer = Action(fixed_response=FixedResponse(status_code=410, body="gone"))
    other = good.changed(listeners=(HTTP.changed(action=answer),))
    site.world.perform(site.configure(other))
    seen = site.seen()
    assert seen.configuration == other
    assert seen.running is not None
    assert seen.running.structure == other.structure
    assert site.get(client) == (410, "gone")
    run(
        client,
        seen.container_id,
        "mv /usr/sbin/haproxy /usr/sbin/good; printf '#!/bin/sh\\necho no\\nexit 1\\n' "
        ">/usr/sbin/haproxy; chmod +x /usr/sbin/haproxy",
    )
    outcome = site.world.driver.perform(site.configure(good))
    assert (outcome.ok, outcome.code, outcome.reason) == (False, "CannotStartContainerError", "no")
    assert site.seen().configuration == other
    assert site.get(client) == (410, "gone")


def test_a_listener_whose_port_is_taken_inside_leaves_the_old_configuration_in_force(
    site: Site, client: Client
) -> None:
    task, address = site.task("one")
    good = configuration(target(task.id, address))
    site.world.perform(site.start(good))
    container_id = site.seen().container_id
    run(client, container_id, "httpd -p 7000 -h /srv")
    taken = HTTP.changed(name="other", port=7000)
    outcome = site.world.driver.perform(site.configure(good.changed(listeners=(HTTP, taken))))
    assert not outcome.ok
    seen = site.seen()
    assert (seen.configuration, seen.problem) == (good, "")
    assert seen.running is not None
    assert seen.running.structure == good.structure
    assert site.get(client)[0] == 200


@pytest.mark.parametrize("victim", ["worker", "master"])
@ON_BOTH_VERSIONS
def test_a_killed_process_is_back_with_all_its_members_within_two_seconds(
    site: Site, client: Client, victim: str, image: str
) -> None:
    site.image = need(client, image)
    (one, at_one), (two, at_two) = site.task("one"), site.task("two")
    site.world.perform(site.start(configuration(target(one.id, at_one))))
    wanted = configuration(target(one.id, at_one), target(two.id, at_two))
    site.world.perform(site.configure(wanted))
    container_id = site.seen().container_id
    if victim == "worker":
        run(client, container_id, "for each in $(cat /proc/1/task/1/children); do kill -9 $each; done")
    else:
        _kill_from_outside(client, container_id)
    killed_at = time.monotonic()
    eventually(lambda: (running := site.seen().running) is not None and len(running.targets) == 2, seconds=2)
    assert time.monotonic() - killed_at < 2
    assert {site.get(client)[1].split(" ")[0] for _ in range(10)} == {"one", "two"}


def _kill_from_outside(client: Client, container_id: str) -> None:
    """Kill the first process as the kernel would: the engine did not do it, so its restart policy applies."""
    os.kill(int(client.get(f"/containers/{container_id}/json")["State"]["Pid"]), 9)


@ON_BOTH_VERSIONS
def test_a_balancer_killed_by_hand_is_seen_dead_and_started_again(site: Site, client: Client, image: str) -> None:
    site.image = need(client, image)
    task, address = site.task("one")
    site.world.perform(site.start(configuration()))
    wanted = configuration(target(task.id, address))
    client.post(f"/containers/{site.seen().container_id}/kill")
    eventually(lambda: not site.seen().is_live)
    assert site.seen().configuration == configuration()
    site.world.perform(site.configure(wanted))
    assert (site.seen().is_live, site.seen().configuration) == (False, wanted)
    site.world.perform(site.start(wanted))
    assert site.get(client)[0] == 200


def test_other_settings_replace_the_container_and_a_second_start_changes_nothing(site: Site, client: Client) -> None:
    task, address = site.task("one")
    wanted = configuration(target(task.id, address))
    site.world.perform(site.start(wanted))
    before = site.seen()
    site.world.perform(site.start(wanted))
    assert site.seen().container_id == before.container_id
    site.image = PLAIN
    site.world.perform(site.start(wanted))
    after = site.seen()
    assert after.container_id != before.container_id
    assert (after.settings, after.stale) == (fingerprint(site.settings), ())
    assert client.find(f"/containers/{before.container_id}/json") is None
    assert site.get(client)[0] == 200


def test_a_removed_balancer_leaves_nothing_and_twice_is_no_error(site: Site, client: Client) -> None:
    site.world.perform(site.start(configuration()))
    step = RemoveBalancer(
        address="load_balancer.public", stack=site.world.stack, owner=site.world.owner, name="public"
    )
    site.world.perform(step)
    site.world.perform(step)
    assert site.world.look().balancers == ()
    assert client.find(f"/volumes/{labels.balancer_volume_name(site.world.stack, 'public')}") is None


def test_a_balancer_is_no_task_no_volume_of_the_stack_and_not_foreign_on_its_network(site: Site) -> None:
    site.world.perform(site.start(configuration()))
    seen = site.world.look(detailed=True)
    assert (seen.tasks, seen.volumes) == ((), ())
    assert [each.foreign for each in seen.networks if each.name == site.world.stack] == [()]


@ON_BOTH_VERSIONS
def test_latencies_are_read_from_the_access_log(site: Site, client: Client, image: str) -> None:
    site.image = need(client, image)
    task, address = site.task("one")
    site.world.perform(site.start(configuration(target(task.id, address), access_log=True)))
    for _ in range(5):
        site.get(client)
    running = site.world.look(latency_periods={"public": 60.0}).balancers[0].running
    assert running is not None
    found = {each.color: (each.requests, each.latency_p95 is not None) for each in running.counters}
    assert found == {Color.BLUE: (5, True), Color.GREEN: (0, False)}


def test_a_balancer_that_ends_again_and_again_is_healed_by_a_good_configuration(site: Site, client: Client) -> None:
    site.world.perform(site.start(configuration()))
    container_id = site.seen().container_id
    run(client, container_id, "echo nonsense >/etc/reconciler/haproxy.cfg")
    _kill_from_outside(client, container_id)
    eventually(lambda: client.get(f"/containers/{container_id}/json")["RestartCount"] >= 2)
    assert site.seen().configuration is None
    task, address = site.task("one")
    site.world.perform(site.start(configuration(target(task.id, address))))
    assert site.get(client)[0] == 200


def test_certificates_are_put_on_the_volume_and_nowhere_else(site: Site, client: Client) -> None:
    certificate = Certificate(file="web.crt", key="web.key", digest="0123456789")
    listener = HTTP.changed(protocol=Protocol.HTTPS, certificates=(certificate,))
    wanted = configuration(listeners=(listener,))
    outcome = site.world.driver.perform(site.start(wanted, folder=site.world.folder))
    assert (outcome.ok, outcome.code) == (False, "ResourceInitializationError")
    assert outcome.reason == f"cannot read {site.world.folder}/web.crt: No such file or directory"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout web.key -out web.crt"
    subprocess.run(command.split(), cwd=site.world.folder, check=True, capture_output=True)
    site.world.perform(site.start(wanted, folder=site.world.folder))
    container_id = site.seen().container_id
    names = run(client, container_id, "cd /etc/reconciler/certs && stat -c '%a %u %n' *")
    assert names == "400 0 http-0-01234567.pem\n"
    key = Path(site.world.folder, "web.key").read_text().splitlines()[1]
    assert key not in str(client.get(f"/containers/{container_id}/json"))
    assert key not in run(client, container_id, "cat /etc/reconciler/haproxy.cfg")
    renewed = listener.changed(certificates=(certificate.changed(digest="fedcba98765"),))
    step = site.configure(configuration(listeners=(renewed,))).changed(folder=site.world.folder)
    site.world.perform(step)
    assert run(client, container_id, "ls /etc/reconciler/certs") == "http-0-fedcba98.pem\n"


@ON_BOTH_VERSIONS
def test_five_hundred_targets_come_and_go_at_once(site: Site, client: Client, image: str) -> None:
    site.image = need(client, image)
    site.world.perform(site.start(configuration()))
    targets = [target(f"{number:032x}", f"127.0.{number // 250}.1", TargetState.INITIAL) for number in range(500)]
    for members in (targets, []):
        wanted = configuration(*members)
        site.world.perform(site.configure(wanted))
        assert site.seen().configuration == wanted
        assert sorted(site.states()) == sorted(each.task_id for each in members)


def test_a_command_without_end_is_given_up(site: Site, client: Client) -> None:
    site.world.perform(site.start(configuration()))
    with pytest.raises(EngineTimeoutError, match=r"^A command in container \w{12} did not end within 0\.5 s\.$"):
        DockerHost(client, run_seconds=0.5).run(site.seen().container_id, ("sleep", "30"))


def test_what_a_crash_left_of_another_configuration_is_not_taken(site: Site, client: Client) -> None:
    site.world.perform(site.start(configuration()))
    container_id = site.seen().container_id
    left = new_file("of somebody else")
    DockerHost(client).put(container_id, [File(left, b"nonsense")])
    wanted = configuration(green=500)
    site.world.perform(site.configure(wanted))
    assert site.seen().configuration == wanted
    assert run(client, container_id, "ls /etc/reconciler") == "haproxy.cfg\n"
