"""What every driver keeps of load balancers: the volume is the whole truth, and the process does what it is told."""

from __future__ import annotations

from reconciler.drivers.driver import LookRequest
from reconciler.model.noun import fingerprint
from reconciler.model.routing import CheckResult, TargetState
from reconciler.model.stack import Network

from .balancing import ADDRESS, WEB, Balancing, configuration


def test_without_a_balancer_none_is_shown(balancing: Balancing) -> None:
    assert balancing.world.look().balancers == ()


def test_a_started_balancer_shows_what_it_was_told(balancing: Balancing) -> None:
    wanted = balancing.run()
    seen = balancing.seen()
    assert (seen.address, seen.name, seen.is_live, seen.stale, seen.problem) == (ADDRESS, "edge", True, (), "")
    assert seen.settings == fingerprint(balancing.start().settings)
    assert seen.configuration == wanted
    running = balancing.running()
    assert (running.structure, running.leaving, running.targets) == (wanted.structure, 0, ())
    assert running.shares == {WEB: (0, 0)}


def test_starting_a_balancer_twice_is_one_container(balancing: Balancing) -> None:
    balancing.run()
    before = balancing.seen()
    balancing.world.perform(balancing.start())
    assert balancing.seen().changed(running=None) == before.changed(running=None)


def test_starting_a_balancer_that_runs_configures_it(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run()
    container_id = balancing.seen().container_id
    wanted = configuration(balancing.target(task), green=50)
    balancing.world.perform(balancing.start(wanted))
    assert (balancing.seen().container_id, balancing.seen().configuration) == (container_id, wanted)
    assert (balancing.listed(task).state, balancing.seen().shares(WEB)) == (TargetState.INITIAL, (50, 0))


def test_other_settings_replace_the_container(balancing: Balancing) -> None:
    wanted = balancing.run()
    before = balancing.seen()
    back = Network(address="network.back", name=f"{balancing.world.stack}-back")
    balancing.world.perform(balancing.world.create_network(back))
    step = balancing.start(wanted, networks=(balancing.world.stack, back.name))
    balancing.world.perform(step)
    balancing.world.eventually(lambda: balancing.seen().running is not None)
    seen = balancing.seen()
    assert seen.container_id != before.container_id
    assert (seen.settings, seen.stale, seen.configuration) == (fingerprint(step.settings), (), wanted)


def test_a_target_is_checked_before_it_gets_traffic(balancing: Balancing) -> None:
    balancing.run()
    task = balancing.served()
    target = balancing.target(task)
    balancing.configure(target)
    listed = balancing.listed(task)
    assert (listed.target_group, listed.address, listed.port) == (WEB, target.address, 8080)
    assert (listed.color, listed.state, listed.sessions) == (target.color, TargetState.INITIAL, 0)
    checked = balancing.eventually_checked(task, "passed")
    assert checked.state is TargetState.INITIAL
    wanted = balancing.configure(target.changed(state=TargetState.READY))
    assert balancing.seen().configuration == wanted
    assert (balancing.listed(task).state, balancing.listed(task).check) == (TargetState.READY, CheckResult.PASSED)


def test_a_target_that_does_not_answer_fails_its_check(balancing: Balancing) -> None:
    balancing.run()
    task = balancing.world.run()
    balancing.configure(balancing.target(task))
    assert balancing.eventually_checked(task, "failed").description


def test_a_target_that_dies_fails_its_check(balancing: Balancing) -> None:
    balancing.run()
    task = balancing.served()
    target = balancing.target(task)
    balancing.configure(target)
    balancing.eventually_checked(task, "passed")
    balancing.configure(target.changed(state=TargetState.READY))
    balancing.world.perform(balancing.world.stop(task))
    assert balancing.eventually_checked(task, "failed").state is TargetState.READY


def test_a_target_retires_by_draining(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run(balancing.target(task, "ready"))
    balancing.configure(balancing.target(task, "draining"))
    assert (balancing.listed(task).state, balancing.listed(task).sessions) == (TargetState.DRAINING, 0)
    balancing.configure()
    seen = balancing.seen()
    assert (seen.targets_of(task.id), seen.lists(task.id)) == ((), False)


def test_a_draining_target_may_come_back(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run(balancing.target(task, "draining"))
    balancing.configure(balancing.target(task, "ready"))
    assert balancing.eventually_checked(task, "passed").state is TargetState.READY


def test_both_pools_have_targets_and_the_traffic_shifts_between_them(balancing: Balancing) -> None:
    blue, green = balancing.served(), balancing.served()
    targets = (balancing.target(blue, "ready"), balancing.target(green, "ready", "green"))
    structure = balancing.run(*targets).structure
    for shares in ((0, 1000), (50, 1000), (1000, 1000), (0, 0)):
        balancing.configure(*targets, green=shares[0], test_green=shares[1])
        assert balancing.seen().shares(WEB) == shares
        assert balancing.running().structure == structure
    assert {each.task_id: each.color for each in balancing.running().targets} == {
        blue.id: targets[0].color,
        green.id: targets[1].color,
    }


def test_a_task_with_another_address_is_another_target(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run(balancing.target(task, "ready", address="10.255.255.254"))
    balancing.configure(balancing.target(task))
    assert balancing.listed(task).address == balancing.target(task).address
    balancing.eventually_checked(task, "passed")


def test_another_structure_is_taken_on_with_all_targets(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run(balancing.target(task, "ready"))
    container_id = balancing.seen().container_id
    wanted = balancing.configure(balancing.target(task, "ready"), green=50, idle_timeout=30.0)
    balancing.world.eventually(lambda: balancing.running().structure == wanted.structure)
    assert (balancing.seen().container_id, balancing.seen().configuration) == (container_id, wanted)
    assert (balancing.listed(task).state, balancing.seen().shares(WEB)) == (TargetState.READY, (50, 0))


def test_the_same_configuration_twice_changes_nothing(balancing: Balancing) -> None:
    task = balancing.served()
    wanted = balancing.run(balancing.target(task, "ready"))
    balancing.eventually_checked(task, "passed")
    before = balancing.seen()
    balancing.world.perform(balancing.configuring(wanted))
    assert balancing.seen() == before


def test_a_balancer_stopped_by_hand_stays_down_until_it_is_started(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run()
    balancing.stop_by_hand(balancing.seen())
    balancing.world.eventually(lambda: not balancing.seen().is_live)
    wanted = balancing.configure(balancing.target(task, "ready"))
    seen = balancing.seen()
    assert (seen.is_live, seen.running, seen.configuration) == (False, None, wanted)
    balancing.world.perform(balancing.start(wanted))
    balancing.world.eventually(lambda: balancing.seen().running is not None)
    assert balancing.listed(task).state is TargetState.READY
    assert balancing.seen().container_id == seen.container_id


def test_what_a_start_says_is_what_a_balancer_comes_back_with(balancing: Balancing) -> None:
    task = balancing.served()
    balancing.run()
    balancing.stop_by_hand(balancing.seen())
    balancing.world.eventually(lambda: not balancing.seen().is_live)
    wanted = configuration(balancing.target(task, "ready"))
    balancing.world.perform(balancing.start(wanted))
    balancing.world.eventually(lambda: balancing.seen().running is not None)
    assert balancing.seen().configuration == wanted
    assert balancing.listed(task).state is TargetState.READY


def test_a_removed_balancer_leaves_nothing(balancing: Balancing) -> None:
    balancing.run()
    balancing.world.perform(balancing.removal())
    balancing.world.perform(balancing.removal())
    assert balancing.world.look().balancers == ()


def test_a_balancer_is_no_task_and_no_foreigner_on_its_network(balancing: Balancing) -> None:
    balancing.run()
    snapshot = balancing.world.look()
    assert (snapshot.tasks, snapshot.volumes) == ((), ())
    assert [each.foreign for each in snapshot.networks] == [()]


def test_another_owner_neither_sees_nor_touches_a_balancer(balancing: Balancing) -> None:
    wanted = balancing.run()
    driver, stack = balancing.world.driver, balancing.world.stack
    assert driver.look(LookRequest(stack=stack, owner="somebody-else")).balancers == ()
    step = balancing.configuring(wanted.changed(idle_timeout=5), owner="somebody-else")
    assert not driver.perform(step).ok
    driver.perform(balancing.removal(owner="somebody-else"))
    seen = balancing.seen()
    assert (seen.is_live, seen.configuration) == (True, wanted)


def test_an_absent_image_fails_the_start_of_a_balancer(balancing: Balancing) -> None:
    balancing.world.perform(balancing.world.create_network())
    outcome = balancing.world.driver.perform(balancing.start(image="reconciler-test/absent:1"))
    assert (outcome.ok, outcome.code) == (False, "CannotPullContainerError")


def test_a_container_has_its_address_while_it_runs(balancing: Balancing) -> None:
    task = balancing.world.run()
    assert list(balancing.world.container(task).addresses) == [balancing.world.stack]
    balancing.world.perform(balancing.world.stop(task))
    assert balancing.world.container(task).addresses == {}
