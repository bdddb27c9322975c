"""The table of blocks and attributes: it covers the model, and it is its own reference."""

from __future__ import annotations

import pytest

from reconciler.language import schema
from reconciler.language.schema import Attribute, Block
from reconciler.language.schema_stack import ROOT
from reconciler.model.container_definition import ContainerDefinition, HealthCheck, LinuxParameters
from reconciler.model.load_balancer import (
    FixedResponse,
    Forward,
    Listener,
    LoadBalancer,
    QueryStringCondition,
    Redirect,
    Rule,
    Stickiness,
    TargetGroup,
    TargetHealthCheck,
)
from reconciler.model.notification import Notification
from reconciler.model.noun import Noun
from reconciler.model.scaling import Autoscaling, ScheduledAction, StepAdjustment, StepScaling, TargetTracking
from reconciler.model.schedule import ContainerOverride, ScheduledTask
from reconciler.model.service import (
    Alarm,
    Canary,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    LifecycleHook,
    Linear,
    Prometheus,
    Service,
    TargetRegistration,
    TaskHook,
)
from reconciler.model.stack import Volume
from reconciler.model.task_definition import TaskDefinition

MADE = {"address", "name"}
"""Fields that no attribute sets: they are made from the block's label."""


def block(path: str) -> Block:
    found = schema.find(path)
    assert isinstance(found, Block)
    return found


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("task_definition", TaskDefinition),
        ("container", ContainerDefinition),
        ("health_check", HealthCheck),
        ("linux_parameters", LinuxParameters),
        ("service", Service),
        ("deployment_configuration", DeploymentConfiguration),
        ("deployment_circuit_breaker", DeploymentCircuitBreaker),
        ("volume", Volume),
        ("service.load_balancer", TargetRegistration),
        ("linear", Linear),
        ("canary", Canary),
        ("alarm", Alarm),
        ("alarm.prometheus", Prometheus),
        ("lifecycle_hook", LifecycleHook),
        ("lifecycle_hook.task", TaskHook),
        ("load_balancer", LoadBalancer),
        ("forward", Forward),
        ("redirect", Redirect),
        ("fixed_response", FixedResponse),
        ("query_string", QueryStringCondition),
        ("target_group.health_check", TargetHealthCheck),
        ("stickiness", Stickiness),
        ("autoscaling", Autoscaling),
        ("target_tracking", TargetTracking),
        ("step_scaling", StepScaling),
        ("step_scaling.step", StepAdjustment),
        ("overrides.container", ContainerOverride),
        ("notification", Notification),
    ],
)
def test_each_field_of_the_model_can_be_written_and_each_attribute_has_a_field(path: str, model: type) -> None:
    found = block(path)
    written = {each.name for each in found.attributes} | {each.field or each.word for each in found.blocks}
    fields = set(model.model_fields)  # type: ignore[attr-defined]
    assert written - {"count", "for_each", "lifecycle", "name"} == fields - MADE


@pytest.mark.parametrize(
    ("path", "model"), [("scheduled_action", ScheduledAction), ("scheduled_task", ScheduledTask)]
)
def test_a_schedule_is_written_with_its_zone_beside_it(path: str, model: type) -> None:
    found = block(path)
    written = {each.name for each in found.attributes} | {each.field or each.word for each in found.blocks}
    fields = set(model.model_fields)  # type: ignore[attr-defined]
    assert written - {"count", "for_each", "lifecycle"} == fields - MADE | {"timezone"}


@pytest.mark.parametrize(("path", "model"), [("listener", Listener), ("listener.rule", Rule)])
def test_an_action_is_written_as_its_kind(path: str, model: type) -> None:
    found = block(path)
    written = {each.name for each in found.attributes} | {each.field or each.word for each in found.blocks}
    fields = set(model.model_fields)  # type: ignore[attr-defined]
    assert written == fields - MADE - {"action"} | {"forwards", "redirect", "fixed_response"}


def test_a_target_group_has_each_field_of_the_model_and_what_fills_them_in() -> None:
    found = block("target_group")
    written = {each.name for each in found.attributes} | {each.field or each.word for each in found.blocks}
    assert written - {"count", "for_each", "lifecycle", "elb_defaults"} == set(TargetGroup.model_fields) - MADE


@pytest.mark.parametrize("path", schema.paths())
def test_every_block_and_attribute_is_described_in_one_sentence(path: str) -> None:
    found = schema.find(path)
    assert found is not None and "\n" not in found.doc and len(found.doc) > 3
    assert found.doc.endswith((".", '".', ")")) or found.doc.endswith("`."), found.doc


def test_a_path_may_leave_out_what_is_around_it() -> None:
    found = schema.find("container.image")
    assert isinstance(found, Attribute) and found is schema.find("task_definition.container.image")
    assert schema.find("container.imgae") is None


def test_an_attribute_is_described_with_its_kind_default_and_bounds() -> None:
    found = [schema.find(path) for path in ("health_check.interval", "service.task_definition", "container.pull")]
    assert [schema.describe(each) for each in found if isinstance(each, Attribute)] == [
        'Time between two checks. *(duration; default "30s"; 1 to 300 s)*',
        "The task definition to run. *(reference to task_definition; required)*",
        'When the image is pulled. *(string; default "missing"; one of "missing", "always", "never")*',
    ]


def test_the_reference_names_every_path() -> None:
    text = schema.reference_markdown()
    assert [each.word for each in ROOT.blocks if f"## `{each.word}" not in text] == []
    assert [path for path in schema.paths() if f"`{path.rpartition('.')[2]}" not in text] == []


def test_defaults_of_the_table_are_those_of_the_model() -> None:
    pairs: dict[str, type[Noun]] = {
        "health_check": HealthCheck,
        "deployment_configuration": DeploymentConfiguration,
        "deployment_circuit_breaker": DeploymentCircuitBreaker,
        "linear": Linear,
        "canary": Canary,
        "alarm": Alarm,
        "lifecycle_hook": LifecycleHook,
        "target_tracking": TargetTracking,
        "step_scaling": StepScaling,
        "load_balancer": LoadBalancer,
        "listener": Listener,
        "forward": Forward,
        "redirect": Redirect,
        "fixed_response": FixedResponse,
        "target_group": TargetGroup,
        "target_group.health_check": TargetHealthCheck,
        "stickiness": Stickiness,
    }
    for path, model in pairs.items():
        for attribute in block(path).attributes:
            if attribute.default is not None and attribute.name != "elb_defaults":
                assert model.model_fields[attribute.name].default == attribute.default, (path, attribute.name)
