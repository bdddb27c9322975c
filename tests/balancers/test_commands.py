"""What a running process is told, and in which order."""

from __future__ import annotations

from reconciler.balancers.haproxy.commands import LONGEST_LINE, commands, lines
from reconciler.model.load_balancer import Stickiness
from reconciler.model.routing import Color, TargetState

from .builders import ONE, TWO, WEB, configuration, running, target

INITIAL, READY, DRAINING = TargetState.INITIAL, TargetState.READY, TargetState.DRAINING
CHECK = "check port 8080 inter 5000ms fastinter 1000ms downinter 1000ms rise 2 fall 2"
KEPT = "pool-max-conn -1 pool-purge-delay 5s"
CHECKED, UNCHECKED = f"web-blue/{ONE}", f"web-blue-open/{ONE}"


def test_nothing_is_said_to_a_process_that_does_what_is_wanted() -> None:
    wanted = configuration(target(ONE), target(TWO, INITIAL, Color.GREEN), green=250)
    assert commands(wanted, running(wanted)) == ()


def test_a_new_target_is_added_with_its_check_and_enabled() -> None:
    assert commands(configuration(target(ONE, INITIAL)), running(configuration())) == (
        f"add server {CHECKED} 10.0.0.1:8080 {CHECK} weight 0 {KEPT}",
        f"add server {UNCHECKED} 10.0.0.1:8080 weight 0 {KEPT}",
        f"enable health {CHECKED}",
        f"enable server {CHECKED}",
        f"enable server {UNCHECKED}",
    )


def test_a_new_target_that_drains_is_known_and_stands_still() -> None:
    found = commands(configuration(target(ONE, DRAINING)), running(configuration()))
    assert [line for line in found if line.startswith("enable server")] == []


def test_the_cookies_of_a_pool_are_made_anew_for_a_new_target() -> None:
    sticky = (WEB.changed(stickiness=Stickiness()),)
    before = configuration(target_groups=sticky)
    found = commands(configuration(target(ONE), target_groups=sticky), running(before))
    assert [line for line in found if "cookie" in line] == [
        "enable dynamic-cookie backend web-blue",
        "enable dynamic-cookie backend web-blue-open",
    ]


def test_a_target_that_is_ready_gets_its_weight() -> None:
    before, after = configuration(target(ONE, INITIAL)), configuration(target(ONE))
    assert commands(after, running(before)) == (
        f"set server {CHECKED} weight 100",
        f"set server {CHECKED} state ready",
        f"set server {UNCHECKED} weight 100",
        f"set server {UNCHECKED} state ready",
    )


def test_a_slow_start_begins_with_maintenance() -> None:
    slow = (WEB.changed(slow_start=30),)
    before, after = configuration(target(ONE, INITIAL)), configuration(target(ONE), target_groups=slow)
    assert commands(after, running(before))[:3] == (
        f"set server {CHECKED} state maint",
        f"set server {CHECKED} weight 100",
        f"set server {CHECKED} state ready",
    )


def test_a_target_that_drains_gets_nothing_new() -> None:
    before, after = configuration(target(ONE)), configuration(target(ONE, DRAINING))
    assert commands(after, running(before)) == (
        f"set server {CHECKED} state maint",
        f"set server {UNCHECKED} state maint",
    )


def test_a_target_that_is_gone_is_removed_with_what_is_left_of_its_sessions() -> None:
    before = configuration(target(ONE, DRAINING))
    assert commands(configuration(), running(before)) == tuple(
        line
        for each in (CHECKED, UNCHECKED)
        for line in (f"set server {each} state maint", f"shutdown sessions server {each}", f"del server {each}")
    )


def test_a_shift_is_one_command() -> None:
    assert commands(configuration(green=250), running(configuration())) == ("set var proc.green_web int(250)",)


def test_who_gets_traffic_comes_before_the_share_and_who_loses_it_after() -> None:
    before = configuration(target(ONE), target(TWO, INITIAL, Color.GREEN))
    after = configuration(target(ONE, DRAINING), target(TWO, READY, Color.GREEN), green=1000)
    found = commands(after, running(before))
    share = found.index("set var proc.green_web int(1000)")
    assert {line.split()[2] for line in found[:share]} == {f"web-green/{TWO}", f"web-green-open/{TWO}"}
    assert {line.split()[2] for line in found[share + 1 :]} == {CHECKED, UNCHECKED}


def test_a_target_of_another_address_is_removed_before_it_is_added() -> None:
    before = configuration(target(ONE).changed(address="10.0.0.9"))
    verbs = [line.split()[0] for line in commands(configuration(target(ONE)), running(before))]
    assert verbs.index("del") < verbs.index("add")


def test_commands_are_sent_in_lines_that_are_not_too_long() -> None:
    found = lines(["set var proc.green_web int(250)"] * 1000)
    assert all(len(line) < LONGEST_LINE + 100 for line in found)
    assert all(line.startswith("@1;experimental-mode on;set var") and line.endswith(";quit") for line in found)
    assert sum(line.count("set var") for line in found) == 1000
    assert lines(()) == ()
