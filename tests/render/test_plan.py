"""Plans as text: whole texts, as people see them."""

from __future__ import annotations

from reconciler.model.plan import Action, AttributeChange, Change, DriftEntry, Effect, OutputChange, Plan, Rollout
from reconciler.render.plan import plan_text


def plan(*changes: Change, **fields: object) -> Plan:
    return Plan(stack="shop", serial=1, changes=changes, **fields)


def attribute(path: str, old: object, new: object, effect: Effect = Effect.NEW_REVISION, **fields: object) -> str:
    """The line that tells of one changed attribute."""
    change = AttributeChange(path=path, old=old, new=new, effect=effect, **fields)
    update = Change(address="task_definition.web", action=Action.UPDATE, attributes=(change,))
    lines = plan_text(plan(update)).splitlines()
    return "\n".join(line[6:] for line in lines[3 : lines.index("", 3)])


def test_a_first_plan_says_what_is_created_and_how_it_starts() -> None:
    rollout = Rollout(
        address="service.web",
        desired_count=2,
        minimum_healthy_percent=50,
        maximum_percent=150,
        phases=("start 2",),
        peak=2,
        duration=5.4,
    )
    shown = plan(
        Change(address="network", action=Action.CREATE, label="shop"),
        Change(address="service.web", action=Action.CREATE, label="2 tasks", place="web.hcl:20"),
        Change(address="task_definition.web", action=Action.CREATE, label="revision 1", place="web.hcl:3"),
        outputs=(OutputChange(name="ports", action=Action.CREATE, known=False),),
        rollouts=(rollout,),
    )
    assert (
        plan_text(shown)
        == """\
Stack "shop":

  + network will be created (shop)
  + service.web will be created (2 tasks)   web.hcl:20
  + task_definition.web will be created (revision 1)   web.hcl:3

Outputs:

  + ports = (known after apply)

Rollout, as simulated:

  service.web: 2 tasks, rolling 50%/150%, about 5s
      start 2

Plan: 3 to create, 0 to update, 0 to destroy.
"""
    )


def test_an_update_names_attributes_their_effect_and_place_and_what_the_rollout_costs() -> None:
    image = AttributeChange(
        path="container.app.image", old="web:1", new="web:2", effect=Effect.NEW_REVISION, place="web.hcl:5"
    )
    memory = AttributeChange(path="memory", old=128, new=96, effect=Effect.NEW_REVISION, place="web.hcl:4")
    rollout = Rollout(
        address="service.web",
        desired_count=4,
        minimum_healthy_percent=50,
        maximum_percent=150,
        phases=("start 2", "stop 2", "start 2", "stop 2"),
        peak=6,
        minimum_healthy=2,
        duration=17.6,
    )
    shown = plan(
        Change(address="service.web", action=Action.UPDATE, reason="a new revision replaces its tasks"),
        Change(
            address="task_definition.web",
            action=Action.UPDATE,
            label="revision 2",
            attributes=(image, memory),
            unchanged=18,
        ),
        rollouts=(rollout,),
    )
    assert (
        plan_text(shown)
        == """\
Stack "shop":

  ~ service.web will be updated: a new revision replaces its tasks
  ~ task_definition.web will be updated (revision 2)
      ~ container.app.image: "web:1" -> "web:2"   # forces new revision   web.hcl:5
      ~ memory: 128 -> 96   # forces new revision   web.hcl:4
      (18 unchanged hidden)

Rollout, as simulated:

  service.web: 4 tasks, rolling 50%/150%, about 18s, no downtime; 6 tasks at most, 2 healthy at least
      start 2 -> stop 2 -> start 2 -> stop 2

Plan: 0 to create, 2 to update, 0 to destroy; 4 tasks replaced.
"""
    )


def test_scaling_is_one_attribute_in_place_and_replaces_nothing() -> None:
    count = AttributeChange(path="desired_count", old=5, new=3, effect=Effect.IN_PLACE, place="web.hcl:9")
    shown = plan(
        Change(address="service.web", action=Action.UPDATE, attributes=(count,), unchanged=13),
        rollouts=(Rollout(address="service.web", desired_count=3, phases=("stop 2",), peak=5, minimum_healthy=3),),
    )
    assert (
        plan_text(shown)
        == """\
Stack "shop":

  ~ service.web will be updated
      ~ desired_count: 5 -> 3   # in-place   web.hcl:9
      (13 unchanged hidden)

Rollout, as simulated:

  service.web: 3 tasks, rolling 100%/200%, no downtime; 5 tasks at most, 3 healthy at least
      stop 2

Plan: 0 to create, 1 to update, 0 to destroy.
"""
    )


def test_a_plan_that_only_heals_names_the_reason_and_what_drifted() -> None:
    reason = "1 of 2 tasks run; task 7f3c1a2b: its containers were removed from outside"
    shown = plan(
        Change(address="service.web", action=Action.UPDATE, reason=reason, place="web.hcl:2"),
        drift=(
            DriftEntry(address="service.web", task="7f3c1a2b", reason="its containers were removed from outside"),
            DriftEntry(address="service.web", task="90ab12cd", attribute="app.memory", declared="64", observed="128"),
        ),
    )
    assert (
        plan_text(shown)
        == """\
Changed outside of the stack's files:

  ! service.web/7f3c1a2b: its containers were removed from outside
  ! service.web/90ab12cd: app.memory is 128, declared 64

Stack "shop":

  ~ service.web will be updated: 1 of 2 tasks run; task 7f3c1a2b: its containers were removed from outside   web.hcl:2

Plan: 0 to create, 1 to update, 0 to destroy.
"""
    )


def test_a_destruction_names_what_goes_and_what_stays() -> None:
    shown = plan(
        Change(address="network", action=Action.DELETE, label="shop"),
        Change(address="service.web", action=Action.DELETE, label="2 tasks"),
        outputs=(OutputChange(name="url", action=Action.DELETE, old="x"),),
        notes=("volume shop_data is kept; --volumes removes it",),
    )
    assert (
        plan_text(shown)
        == """\
Stack "shop":

  - network will be destroyed (shop)
  - service.web will be destroyed (2 tasks)

Outputs:

  - url

Note: volume shop_data is kept; --volumes removes it

Plan: 0 to create, 0 to update, 2 to destroy.
"""
    )


def test_downtime_and_a_rollout_that_gets_stuck_are_said_in_the_impact_line() -> None:
    rollout = Rollout(
        address="service.db",
        desired_count=1,
        minimum_healthy_percent=0,
        maximum_percent=100,
        phases=("stop 1", "start 1"),
        duration=12,
        downtime=3.4,
        outcome="task 7f3c1a2b to become healthy",
    )
    change = Change(address="service.db", action=Action.UPDATE)
    assert (
        "  service.db: 1 task, rolling 0%/100%, about 12s, DOWNTIME about 3s, "
        "and then waits: task 7f3c1a2b to become healthy\n      stop 1 -> start 1\n"
    ) in plan_text(plan(change, rollouts=(rollout,)))


def test_an_empty_plan_is_one_line() -> None:
    assert plan_text(plan()) == "No changes. What runs is what is declared.\n"


def test_a_plan_of_outputs_only_shows_old_and_new() -> None:
    ports = OutputChange(name="ports", action=Action.UPDATE, old={"http": [8080]}, new={"http": [8081]})
    password = OutputChange(name="password", action=Action.UPDATE, old=None, new="hunter2", sensitive=True)
    assert (
        plan_text(plan(outputs=(password, ports)))
        == """\
Outputs:

  ~ password = (sensitive value) -> (sensitive value)
  ~ ports = {"http": [8080]} -> {"http": [8081]}

Plan: only outputs change.
"""
    )


def test_an_attribute_that_is_new_or_gone_has_one_side() -> None:
    assert attribute("cpu", None, 256) == "+ cpu: 256   # forces new revision"
    assert attribute("cpu", 256, None, place="web.hcl:3") == "- cpu: 256   # forces new revision   web.hcl:3"


def test_a_sensitive_attribute_hides_both_sides() -> None:
    shown = attribute("container.app.command", '["a"]', '["b"]', sensitive=True)
    assert shown == "~ container.app.command: (sensitive value) -> (sensitive value)   # forces new revision"


def test_long_values_are_cut_around_what_differs() -> None:
    old, new = "x" * 200 + "OLD" + "y" * 200, "x" * 200 + "NEW" + "y" * 200
    cut_old, cut_new = (f"...{'x' * 24}{word}{'y' * 70}..." for word in ("OLD", "NEW"))
    assert attribute("name", old, new) == f"~ name: {cut_old} -> {cut_new}   # forces new revision"


def test_texts_of_several_lines_show_the_lines_that_differ() -> None:
    script = '["sh", "-c", "set -e\\nmigrate\\nexec serve"]'
    assert (
        attribute("container.app.command", script, script.replace("migrate", "migrate --fast"))
        == """\
~ container.app.command:   # forces new revision
      set -e
    - migrate
    + migrate --fast
      exec serve"""
    )


def test_full_shows_long_values_whole() -> None:
    change = AttributeChange(path="name", old="a" * 300, new="b" * 300)
    update = Change(address="service.web", action=Action.UPDATE, attributes=(change,))
    assert f'"{"a" * 300}" -> "{"b" * 300}"' in plan_text(plan(update), full=True)


def test_names_reasons_and_values_cannot_command_a_terminal() -> None:
    reason = "exited\x1b[2J\x1b]0;owned\x07\r\nError: \u202egone\x9b1m"
    value = AttributeChange(path="container.app.command", old="[\x1b[31m", new="a\x1b[0mb\rc")
    shown = plan_text(plan(Change(address="service.web", action=Action.UPDATE, reason=reason, attributes=(value,))))
    assert "  ~ service.web will be updated: exited Error: <U+202E>gone1m\n" in shown
    assert not set(shown) & {"\x1b", "\x07", "\r", "\x9b", "\u202e"}


def test_what_acts_beside_is_told_as_it_is_written_and_the_count_that_is_not_the_file_s_is_a_note() -> None:
    changes = (
        Change(
            address="autoscaling.web",
            action=Action.UPDATE,
            attributes=(
                AttributeChange(path="max_capacity", old=10, new=12, place="web.hcl:3"),
                AttributeChange(path="target_tracking.cpu.target_value", old=60.0, new=62.5),
            ),
            unchanged=8,
        ),
        Change(
            address="scheduled_task.report",
            action=Action.UPDATE,
            attributes=(
                AttributeChange(path="schedule", old="cron(0 3 * * ? *)", new="@daily"),
                AttributeChange(path="timeout", old=3600.0, new=1800.0),
            ),
        ),
    )
    note = "service.web: desired_count = 7 (managed by autoscaling.web, 2..10)"
    assert (
        plan_text(plan(*changes, notes=(note,)))
        == """\
Stack "shop":

  ~ autoscaling.web will be updated
      ~ max_capacity: 10 -> 12   # in-place   web.hcl:3
      ~ target_tracking.cpu.target_value: 60 -> 62.5   # in-place
      (8 unchanged hidden)
  ~ scheduled_task.report will be updated
      ~ schedule: "cron(0 3 * * ? *)" -> "@daily"   # in-place
      ~ timeout: 3600 -> 1800   # in-place

Note: service.web: desired_count = 7 (managed by autoscaling.web, 2..10)

Plan: 0 to create, 2 to update, 0 to destroy.
"""
    )
