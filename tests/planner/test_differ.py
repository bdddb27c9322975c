"""Attributes are named as the user wrote them."""

from __future__ import annotations

from reconciler.model.container_definition import HealthCheck, PortMapping
from reconciler.model.load_balancer import (
    Action,
    Forward,
    HttpHeaderCondition,
    Listener,
    LoadBalancer,
    QueryStringCondition,
    Redirect,
    Rule,
)
from reconciler.model.plan import AttributeChange, Effect
from reconciler.model.scaling import Autoscaling, ScalingMetric, StepAdjustment, StepScaling
from reconciler.model.schedule import ContainerOverride, Schedule, ScheduledTask
from reconciler.model.service import (
    Alarm,
    DeploymentConfiguration,
    LifecycleHook,
    LifecycleStage,
    TargetRegistration,
)
from reconciler.planner.differ import changed_attributes
from tests.builders import container, definition, service


def changed(old: object, new: object) -> list[tuple[str, object, object]]:
    changes, _ = changed_attributes(old, new, Effect.NEW_REVISION, lambda path: "")  # type: ignore[arg-type]
    return [(each.path, each.old, each.new) for each in changes]


def test_a_variable_that_changes_comes_or_goes_is_named_alone() -> None:
    old = definition(container(environment={"A": "1", "B": "2"}))
    new = definition(container(environment={"A": "x", "C": "3"}))
    assert changed(old, new) == [
        ("container.app.environment.A", "1", "x"),
        ("container.app.environment.B", "2", None),
        ("container.app.environment.C", None, "3"),
    ]


def test_names_with_dots_and_quotes_are_paths_like_any_other() -> None:
    old = definition(container(docker_labels={"com.example.team": "a", "it's": "b"}))
    new = definition(container(docker_labels={"com.example.team": "c", "it's": "d"}))
    assert changed(old, new) == [
        ("container.app.docker_labels.com.example.team", "a", "c"),
        ("container.app.docker_labels.it's", "b", "d"),
    ]


def balancer(*rules: Rule, host: str = "a") -> LoadBalancer:
    action = Action(redirect=Redirect(host=host))
    listener = Listener(name="http", address="load_balancer.a.listener.http", port=80, action=action, rules=rules)
    return LoadBalancer(address="load_balancer.a", name="a", listeners=(listener,))


def test_what_a_rule_does_is_named_as_in_its_block() -> None:
    forwards = (Forward(target_group="target_group.a"), Forward(target_group="target_group.b"))
    header = HttpHeaderCondition(name="X", values=("a",))
    query = QueryStringCondition(value="a", key="k")
    old = Rule(
        name="old", priority=1, http_headers=(header,), query_strings=(query,), action=Action(forwards=forwards)
    )
    new = old.changed(
        priority=2,
        http_headers=(header.changed(values=("b",)),),
        query_strings=(query, QueryStringCondition(value="c")),
        action=Action(forwards=(forwards[0], forwards[1].changed(weight=3))),
    )
    assert changed(balancer(old), balancer(new)) == [
        ("listener.http.rule.old.forward.target_group.b.weight", 1, 3),
        ("listener.http.rule.old.http_header.X.values", '["a"]', '["b"]'),
        ("listener.http.rule.old.priority", 1, 2),
        ("listener.http.rule.old.query_string.=c.value", None, "c"),
    ]
    assert changed(balancer(), balancer(host="b")) == [("listener.http.redirect.host", "a", "b")]


def test_alarms_hooks_and_registrations_are_named_by_what_tells_them_apart() -> None:
    alarm = Alarm(name="errors", metric="http_5xx_percent")
    hook = LifecycleHook(name="smoke", stages=(LifecycleStage.PRE_SCALE_UP,), pause=True)
    target = TargetRegistration(target_group="target_group.web", container_name="app", container_port=80)
    configuration = DeploymentConfiguration(alarms=(alarm,), lifecycle_hooks=(hook,))
    old = service(configuration=configuration, load_balancers=(target,))
    new = service(
        configuration=configuration.changed(
            alarms=(alarm.changed(period=60.0),), lifecycle_hooks=(hook.changed(timeout=5.0),)
        ),
        load_balancers=(target.changed(container_port=81),),
    )
    assert changed(old, new) == [
        ("deployment_configuration.alarm.errors.period", 10.0, 60.0),
        ("deployment_configuration.lifecycle_hook.smoke.timeout", 86400.0, 5.0),
        ("load_balancer.target_group.web.container_port", 80, 81),
    ]


def test_a_list_is_one_value() -> None:
    old, new = definition(container(command=("a", "b"))), definition(container(command=("a", "c")))
    assert changed(old, new) == [("container.app.command", '["a", "b"]', '["a", "c"]')]


def test_blocks_are_told_apart_by_what_names_them() -> None:
    http, admin = PortMapping(container_port=80, host_port=0), PortMapping(container_port=81, host_port=0)
    old = definition(container(port_mappings=(http, admin)))
    new = definition(container(port_mappings=(admin, http.changed(host_port=8080))))
    assert changed(old, new) == [("container.app.port_mapping.80/tcp.host_port", 0, 8080)]


def test_a_block_that_comes_names_its_attributes() -> None:
    old = definition(container())
    new = definition(container(health_check=HealthCheck(command=("CMD", "true"))))
    assert ("container.app.health_check.interval", None, 30.0) in changed(old, new)


def test_equal_content_has_no_changes_and_counts_what_stays() -> None:
    changes, unchanged = changed_attributes(definition(), definition(), Effect.NEW_REVISION, lambda path: "")
    assert changes == ()
    assert unchanged > 10


def test_the_place_of_an_attribute_is_asked_for_by_its_path() -> None:
    old, new = definition(container(cpu=1)), definition(container(cpu=2))
    changes, _ = changed_attributes(old, new, Effect.NEW_REVISION, lambda path: f"web.hcl:{len(path)}")
    assert changes == (
        AttributeChange(path="container.app.cpu", old=1, new=2, effect=Effect.NEW_REVISION, place="web.hcl:17"),
    )


def test_definitions_that_have_little_in_common_are_still_told_attribute_by_attribute() -> None:
    old = definition(container("app"), container("side"))
    new = definition(container("app", image="other:9"), container("init", command=("x",)))
    assert {
        ("container.app.image", "app:1", "other:9"),
        ("container.init.image", None, "app:1"),
        ("container.side.image", "app:1", None),
    } <= set(changed(old, new))


def test_a_policy_an_action_and_an_override_are_named_as_they_are_written() -> None:
    step = StepAdjustment(lower_bound=0, adjustment=1)
    burst = StepScaling(name="burst", metric=ScalingMetric.CPU, threshold=50, steps=(step,))
    old = Autoscaling(
        address="autoscaling.web", service="service.web", min_capacity=1, max_capacity=4, step_scalings=(burst,)
    )
    two = (StepAdjustment(lower_bound=0, upper_bound=10, adjustment=1), StepAdjustment(lower_bound=10, adjustment=2))
    assert changed(old, old.changed(step_scalings=(burst.changed(steps=two),))) == [
        ("step_scaling.burst.step.0:.adjustment", 1, None),
        ("step_scaling.burst.step.0:.lower_bound", 0.0, None),
        ("step_scaling.burst.step.0:10.adjustment", None, 1),
        ("step_scaling.burst.step.0:10.lower_bound", None, 0.0),
        ("step_scaling.burst.step.0:10.upper_bound", None, 10.0),
        ("step_scaling.burst.step.10:.adjustment", None, 2),
        ("step_scaling.burst.step.10:.lower_bound", None, 10.0),
    ]
    job = ScheduledTask(
        address="scheduled_task.job",
        name="job",
        task_definition="task_definition.job",
        schedule=Schedule(expression="@daily"),
        overrides=(ContainerOverride(name="app", command=("a",), environment={"DAY": "1"}),),
    )
    other = ContainerOverride(name="app", command=("b",), environment={"DAY": "1"}, cpu=5)
    assert changed(job, job.changed(overrides=(other,))) == [
        ("overrides.container.app.command", '["a"]', '["b"]'),
        ("overrides.container.app.cpu", None, 5),
    ]
