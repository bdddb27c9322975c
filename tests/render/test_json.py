"""JSON lines in the shape of Terraform's machine-readable UI, safe to print."""

from __future__ import annotations

import json
from collections.abc import Iterable

from reconciler.model.diagnostic import Span, error
from reconciler.model.plan import Action, AttributeChange, Change, DriftEntry, OutputChange, Plan, Rollout
from reconciler.model.stack import Output
from reconciler.render import json_lines
from reconciler.render.failures import Failure
from reconciler.render.json_text import compact, indented
from reconciler.render.outputs import outputs_json, outputs_text
from reconciler.render.progress import ServiceRow

NOW = 1_000_000.0
TIME = "1970-01-12T13:46:40Z"


def parsed(lines: Iterable[str]) -> list[dict[str, object]]:
    """Lines without what all of them have."""
    found = [json.loads(line) for line in lines]
    assert {(each.pop("@module"), each.pop("@timestamp")) for each in found} == {("reconciler", TIME)}
    return found


def test_the_first_line_is_the_version() -> None:
    assert parsed([json_lines.version_line("1.2", NOW)]) == [
        {"@level": "info", "@message": "reconciler 1.2", "type": "version", "reconciler": "1.2", "ui": "1.0"}
    ]


def test_a_plan_is_drift_changes_previews_outputs_notes_and_the_summary_last() -> None:
    secret = AttributeChange(path="token", old="a", new="hunter2", sensitive=True)
    plan = Plan(
        stack="shop",
        serial=1,
        changes=(Change(address="service.web", action=Action.UPDATE, attributes=(secret,)),),
        drift=(DriftEntry(address="service.web", task="7f3c1a2b", reason="it ended"),),
        outputs=(OutputChange(name="password", action=Action.CREATE, new="hunter2", sensitive=True),),
        rollouts=(Rollout(address="service.web", desired_count=1, phases=("start 1",), duration=0.30000001),),
        notes=("volume shop_data is kept",),
    )
    lines = list(json_lines.plan_lines(plan, NOW))
    shown = parsed(lines)
    assert [each["type"] for each in shown] == [
        "resource_drift",
        "planned_change",
        "rollout_preview",
        "outputs",
        "note",
        "change_summary",
    ]
    assert "hunter2" not in "".join(lines)
    assert shown[1]["change"]["resource"] == {"addr": "service.web"}  # type: ignore[index]
    assert shown[2]["rollout"]["duration"] == 0.3  # type: ignore[index]
    assert shown[-1]["changes"] == {"add": 0, "change": 1, "remove": 0, "operation": "plan"}


def test_an_apply_tells_each_service_from_its_start_to_its_end() -> None:
    rolling = ServiceRow(address="service.web", state="rolling", desired=2, new=1)
    steady = ServiceRow(address="service.web", state="steady", desired=2, new=2, healthy=2)
    begun = parsed(json_lines.progress_lines(None, rolling, 0.04, NOW))
    ended = parsed(json_lines.progress_lines(rolling, steady, 3.14, NOW))
    assert [each["type"] for each in (*begun, *ended)] == ["apply_start", "apply_progress", "apply_complete"]
    assert ended[0]["hook"] == {
        "resource": {"addr": "service.web"},
        "elapsed_seconds": 3.1,
        "state": "steady",
        "desired": 2,
        "new": 2,
        "old": 0,
        "healthy": 2,
        "healthy_new": 0,
        "draining": 0,
        "failures": 0,
        "failure_limit": None,
        "stage": None,
        "traffic": None,
        "waiting_for": None,
        "waiting_until": None,
    }


def test_a_failed_deployment_is_an_error_with_its_log() -> None:
    failure = Failure("service.web", "3 failures, the limit is 3", "7f3c1a2b", "app", ("boom", "\x1b[31mred"))
    line = json_lines.failure_line(failure, NOW)
    assert "\x1b" not in line
    assert parsed([line]) == [
        {
            "@level": "error",
            "@message": "service.web: 3 failures, the limit is 3",
            "type": "apply_errored",
            "hook": {
                "resource": {"addr": "service.web"},
                "reason": "3 failures, the limit is 3",
                "deployment": None,
                "rolled_back_to": None,
                "task": "7f3c1a2b",
                "container": "app",
                "log": ["boom", "\x1b[31mred"],
            },
        }
    ]


def test_the_end_of_an_apply_has_the_outputs_but_never_a_sensitive_value() -> None:
    outputs = (Output(name="a", value=1, type="number"), Output(name="b", value="hunter2", sensitive=True))
    lines = list(json_lines.applied_lines(Plan(stack="shop", serial=1), outputs, "apply", NOW))
    assert "hunter2" not in "".join(lines)
    assert [each["type"] for each in parsed(lines)] == ["outputs", "change_summary"]


def test_a_diagnostic_has_its_place() -> None:
    problem = error("E0203", "unknown attribute", "Did you mean?", Span("a.hcl", 3, 5, 3, 10))
    assert parsed([json_lines.diagnostic_line(problem, NOW)]) == [
        {
            "@level": "error",
            "@message": "unknown attribute",
            "type": "diagnostic",
            "diagnostic": {
                "severity": "error",
                "code": "E0203",
                "summary": "unknown attribute",
                "detail": "Did you mean?",
                "range": {
                    "filename": "a.hcl",
                    "start": {"line": 3, "column": 5},
                    "end": {"line": 3, "column": 10},
                },
            },
        }
    ]


def test_json_keeps_letters_and_escapes_what_a_terminal_obeys() -> None:
    value = {"name": "café \x9b31m \x7f \u202e \x1b"}
    assert compact(value) == '{"name": "café \\u009b31m \\u007f \\u202e \\u001b"}'
    assert json.loads(compact(value)) == json.loads(indented(value)) == value


def test_outputs_are_values_for_people_and_for_scripts() -> None:
    outputs = (
        Output(name="ports", value={"http": [1]}, type="object"),
        Output(name="later", known=False),
        Output(name="secret", value="x", type="string", sensitive=True),
    )
    assert outputs_text(outputs) == 'ports = {"http": [1]}\nlater = (known after apply)\nsecret = (sensitive value)'
    assert outputs_json(outputs)["secret"] == {"sensitive": True, "type": "string", "value": None}
