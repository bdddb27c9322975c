"""The sandbox: real plans and applies, on an engine that has whatever a stack asks of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.engine.sandbox import Sandbox
from reconciler.errors import ReconcilerError, StackError
from reconciler.model.container_definition import LogConfiguration, PortMapping
from reconciler.model.plan import Plan
from reconciler.model.stack import EnvironmentSource, Output, Secret, Stack, Volume
from tests.builders import CHECK, container, declared, stack

WEB = container(port_mappings=(PortMapping(name="http", container_port=80, host_port=0),), health_check=CHECK)


class Known:
    """Remembers what the outputs were last evaluated with."""

    def __init__(self) -> None:
        self.attributes: Mapping[str, Mapping[str, object]] = {}

    def outputs(self, attributes: Mapping[str, Mapping[str, object]]) -> tuple[Output, ...]:
        self.attributes = attributes
        return ()


def rename(names: Mapping[str, str]) -> Stack:
    raise AssertionError("nothing has moved")


def actions(plan: Plan) -> dict[str, str]:
    return {each.address: each.action.value for each in plan.changes}


def test_an_apply_ends_steady_and_knows_the_host_ports_of_each_task() -> None:
    sandbox, known = Sandbox(), Known()
    plan = sandbox.apply(stack(declared("web", 3, WEB)), known.outputs, rename)
    assert actions(plan)["service.web"] == "create"
    assert known.attributes == {"service.web": {"host_ports": {"http": [20000, 20001, 20002]}}}


def test_a_plan_leaves_nothing_and_an_apply_is_there_for_the_next() -> None:
    sandbox, known = Sandbox(), Known()
    first, second = stack(declared("web", 1, WEB)), stack(declared("web", 2, WEB))
    for _ in range(2):
        assert actions(sandbox.plan(first, known.outputs, rename))["service.web"] == "create"
    sandbox.apply(first, known.outputs, rename)
    assert actions(sandbox.plan(first, known.outputs, rename)) == {}
    assert known.attributes == {"service.web": {"host_ports": {"http": [20000]}}}
    assert actions(sandbox.plan(second, known.outputs, rename)) == {"service.web": "update"}
    assert known.attributes == {}


def test_the_engine_has_whatever_is_asked_of_it() -> None:
    """Memory without end, log drivers, external volumes, the values of secrets."""
    driver = LogConfiguration(log_driver="splunk", options={})
    greedy = container(memory=10**9, log_configuration=driver, secrets={"KEY": "secret.key"})
    asked = stack(
        declared("web", 1, greedy),
        volumes=[Volume(address="volume.data", name="data", external=True)],
    ).changed(secrets=(Secret(address="secret.key", source=EnvironmentSource(name="NOBODY_SETS_THIS")),))
    assert actions(Sandbox().apply(asked, Known().outputs, rename))["service.web"] == "create"


def test_what_a_plan_refuses_is_refused() -> None:
    sandbox, known = Sandbox(), Known()
    volume = Volume(address="volume.data", name="data")
    sandbox.apply(stack(declared("web", 1), volumes=[volume]), known.outputs, rename)
    with pytest.raises(StackError) as refused:
        sandbox.plan(stack(declared("web", 1)), known.outputs, rename)
    assert [each.code for each in refused.value.diagnostics] == ["E0606"]


def test_an_apply_that_never_ends_is_an_error() -> None:
    """Two services that wait for each other."""
    asked = stack(declared("a", 1, after=("b",)), declared("b", 1, after=("a",)))
    with pytest.raises(ReconcilerError, match=r"service\.a"):
        Sandbox().apply(asked, Known().outputs, rename)
