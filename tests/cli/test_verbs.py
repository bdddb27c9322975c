"""Every verb on the real engine, as people and scripts use it."""

from __future__ import annotations

import json

import pytest

from reconciler.drivers.docker.client import Client

from .conftest import JOB, NO_ENGINE, WEB, Place, containers
from .terminal import Terminal

pytestmark = pytest.mark.engine


def test_a_stack_lives_from_init_to_destroy(place: Place, engine: Client) -> None:
    written = place.run("init", ".", "--image", "reconciler-test/busybox:1", "--port", "8080")
    assert (written.code, written.err) == (0, "")
    assert "reconciler apply" in written.out
    assert place.run("init").code == 1
    main = place.folder / "main.hcl"
    main.write_text(main.read_text().replace('"5s"', '"0s"'))
    assert place.run("validate").out == "The stack is valid.\n"
    assert place.run("validate", "--stack", str(place.folder)).out == f"{place.folder}: the stack is valid.\n"
    assert place.run("plan", "--detailed-exitcode").code == 2
    refused = place.run("apply")
    assert (refused.code, "--auto-approve" in refused.err, containers(engine, place.name)) == (1, True, [])
    applied = place.apply()
    assert "Apply complete after" in applied.out
    assert "service.web" in applied.err
    assert place.run("plan", "--detailed-exitcode").out == "No changes. What runs is what is declared.\n"
    ports = place.run("output", "ports", "--raw").value["http"]
    assert len(ports) == 2
    destroyed = place.run("destroy", "--auto-approve")
    assert (destroyed.code, "Destroy complete after" in destroyed.out) == (0, True)
    assert containers(engine, place.name) == []
    assert place.run("destroy", "--auto-approve").out.startswith("Nothing to destroy:")


def test_a_changed_value_is_planned_rolled_out_and_then_nothing_is_left_to_do(site: Place) -> None:
    site.apply()
    planned = site.run("plan", "--var", "greeting=bye", "--detailed-exitcode")
    assert planned.code == 2
    assert (
        '~ container.app.environment.GREETING: "hello" -> "bye"   # forces new revision   main.hcl:24' in planned.out
    )
    assert "Rollout, as simulated:\n\n  service.web: 2 tasks, rolling 50%/200%" in planned.out
    assert "start 2 -> stop 2" in planned.out
    assert planned.out.endswith("Plan: 0 to create, 2 to update, 0 to destroy; 2 tasks replaced.\n")
    before = {each["id"] for each in site.tasks()}
    site.apply("--var", "greeting=bye")
    after = site.tasks()
    assert before.isdisjoint(each["id"] for each in after)
    assert [(each["task_definition"], each["last_status"]) for each in after] == [("web:2", "RUNNING")] * 2
    assert site.run("plan", "--var", "greeting=bye", "--detailed-exitcode").code == 0
    scaled = site.run("plan", "--var", "greeting=bye", "--var", "desired=3")
    assert "      ~ desired_count: 2 -> 3   # in-place   main.hcl:30\n" in scaled.out
    assert site.run("output", "greeting", "--raw").out == "bye\n"
    assert site.run("output", "--json").value == {"greeting": {"sensitive": False, "type": "string", "value": "bye"}}


def test_a_removed_container_is_drift_with_a_reason_and_apply_heals_it(site: Place, engine: Client) -> None:
    site.apply()
    victim, *_ = containers(engine, site.name)
    engine.call("DELETE", f"/containers/{victim['Id']}", {"force": True})
    planned = site.run("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert "its containers were removed from outside" in planned.out
    assert "~ service.web will be updated: 1 of 2 tasks run; task " in planned.out
    site.apply()
    assert len(site.tasks()) == 2
    assert site.run("plan", "--detailed-exitcode").code == 0


def test_a_lost_state_is_adopted_and_the_plan_is_empty(site: Place) -> None:
    site.apply()
    before = {each["id"] for each in site.tasks()}
    for file in (site.folder / "state").iterdir():
        file.unlink()
    planned = site.run("plan", "--detailed-exitcode")
    assert (planned.code, planned.out) == (0, "No changes. What runs is what is declared.\n")
    assert "what runs is adopted from its labels" in planned.err
    assert 'Stack "NAME": 1 of 1 services steady.'.replace("NAME", site.name) in site.run("status").out
    assert {each["id"] for each in site.tasks()} == before
    assert "What runs is recorded again." in site.apply().out
    assert site.run("plan").err == ""


def test_what_looks_works_with_broken_files_and_missing_variables_and_so_does_destroy(
    site: Place, engine: Client
) -> None:
    site.apply()
    site.write(WEB.replace('default = "hello"', ""))
    assert (site.run("plan").code, site.run("status").code, site.run("status").err) == (1, 0, "")
    site.write(WEB + "broken {")
    looked = site.run("status")
    assert (looked.code, "1 of 1 services steady" in looked.out) == (0, True)
    assert "Note: the stack's files have 1 error, told by `reconciler validate`" in looked.err
    assert len(site.tasks()) == 2
    assert site.run("output", "greeting", "--raw").out == "hello\n"
    assert site.run("exec", "web", "--", "echo", "x").out == "x\n"
    task = site.tasks()[0]["id"]
    assert site.run("stop", task, "--reason", "to see").code == 0
    assert site.run("destroy", "--auto-approve").code == 0
    assert containers(engine, site.name) == []


def test_logs_are_merged_cut_followed_and_kept_of_stopped_tasks(site: Place) -> None:
    escapes = r"printf '\033[31mred\033[0m\n'; echo two; exit 3"
    site.write(WEB + JOB.replace("echo begun; exit 7", escapes.replace("\\", "\\\\")))
    site.apply()
    first, second = (each["id"][:8] for each in site.tasks())
    assert sorted(site.run("logs", "web").out.splitlines()) == sorted(
        f"{each}/app  hello" for each in (first, second)
    )
    assert site.run("logs", f"service.web/{first}/app", "--tail", "1").out == f"{first}/app  hello\n"
    assert site.run("logs", first, "--since", "1h", "-t").out.count("Z  hello") == 1
    assert site.run("logs", "web", "--tail", "0").out == ""
    job = site.run("run", "job", "--wait", "--logs")
    assert (job.code, job.err) == (3, "red\ntwo\n")
    short = job.out.strip()[:8]
    assert site.run("logs", "-f", "job").out == f"{short}/main  red\n{short}/main  two\n"
    missing = site.run("logs", "nope")
    assert (missing.code, 'no task matches "nope"' in missing.err) == (1, True)


def test_exec_has_pipes_exit_codes_and_a_terminal(site: Place) -> None:
    site.apply()
    ended = site.run("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 9")
    assert (ended.code, ended.out, ended.err) == (9, "out\n", "err\n")
    assert site.run("exec", "service.web", "-c", "app", "--", "echo", "-n", "x").out == "x"
    absent = site.run("exec", "web", "-c", "nope", "--", "ls")
    assert (absent.code, 'has no container "nope"; it has: app' in absent.err) == (1, True)
    assert site.run("exec", "web", "--", "nosuchcommand").code in (126, 127)
    terminal = Terminal(site.folder, site.environment, "exec", "web", "--", "sh", "-c", "test -t 1 && read x; exit 4")
    terminal.expect("container app")
    terminal.type("typed\r")
    assert terminal.end() == 4


def test_run_has_overrides_exit_codes_and_ids(site: Place, engine: Client) -> None:
    site.write(WEB + JOB)
    ended = site.run("run", "job", "--wait")
    assert (ended.code, len(ended.out.strip())) == (7, 32)
    changed = site.run(
        "run", "job", "--wait", "--logs", "-e", "DAY=monday", "--memory", "24", "--", "sh", "-c", "echo $DAY"
    )
    assert (changed.code, changed.err) == (0, "monday\n")
    refused = site.run("run", "job", "--wait", "--", "nosuchcommand")
    assert (refused.code, "failed to start: CannotStartContainerError" in refused.err) == (125, True)
    unknown = site.run("run", "nope")
    assert (unknown.code, 'there is no task definition "nope"; there are: job, web' in unknown.err) == (1, True)
    started = site.run("run", "job", "--json", "--count", "2", "--", "sleep", "30")
    assert len(started.value["tasks"]) == 2
    stopped = site.run("stop", started.value["tasks"][0], "--reason", "enough")
    assert stopped.out == f"Task {started.value['tasks'][0][:8]} of family:job is stopped.\n"
    reasons = {each["id"]: each["stopped_reason"] for each in site.tasks("--all")}
    assert reasons[started.value["tasks"][0]] == "enough"
    assert site.run("destroy", "--auto-approve").code == 0
    assert containers(engine, site.name) == []


def test_a_sidecar_does_not_keep_run_waiting_and_is_stopped(site: Place, engine: Client) -> None:
    sidecar = JOB.replace(
        'container "main"',
        """container "side" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    essential    = false
    stop_timeout = "1s"
    command      = ["sleep", "600"]
  }

  container "main\"""",
    )
    site.write(sidecar)
    ended = site.run("run", "job", "--wait", "--logs")
    assert (ended.code, "begun" in ended.err) == (7, True)
    assert [each["State"] for each in containers(engine, site.name) if each["State"] == "running"] == []


def test_a_stopped_task_of_a_service_is_replaced(site: Place) -> None:
    site.apply()
    task = site.tasks()[0]["id"]
    stopped = site.run("stop", f"web/{task}", "--reason", "for the\x1b[31m test")
    assert stopped.out == f"Task {task[:8]} of service.web is stopped and replaced.\n"
    assert task not in {each["id"] for each in site.tasks()}
    assert len(site.tasks()) == 2
    assert "for the test" in site.run("ps", "--all", "web").out


def test_json_streams_hold_nothing_but_json(site: Place) -> None:
    assert [each["type"] for each in site.run("plan", "--json").lines] == [
        "version",
        "planned_change",
        "planned_change",
        "planned_change",
        "rollout_preview",
        "outputs",
        "change_summary",
    ]
    applied = site.run("apply", "--json", "--auto-approve")
    kinds = [each["type"] for each in applied.lines]
    assert (applied.code, applied.err) == (0, "")
    assert kinds[0] == "version"
    assert {"apply_start", "apply_progress", "apply_complete"} <= set(kinds)
    assert kinds[-2:] == ["outputs", "change_summary"]
    assert applied.lines[-1]["changes"] == {"add": 3, "change": 0, "remove": 0, "operation": "apply"}
    assert site.run("plan", "--json").lines[-1]["changes"] == {
        "add": 0,
        "change": 0,
        "remove": 0,
        "operation": "plan",
    }
    status = site.run("status", "--json").value
    assert (status["steady"], status["services"][0]["running_count"]) == (True, 2)
    assert [each["last_status"] for each in site.tasks()] == ["RUNNING", "RUNNING"]
    lost = site.run("ps", "--json", **NO_ENGINE)
    assert (lost.code, "Cannot reach the Docker engine" in lost.errors[0]) == (1, True)
    asked = site.run("destroy", "--json")
    assert (asked.code, "needs --auto-approve" in asked.errors[0]) == (1, True)
    destroyed = site.run("destroy", "--json", "--auto-approve")
    assert destroyed.lines[-1]["@message"] == "Destroy complete."
    assert json.loads(place_version(site))["reconciler"]


def place_version(site: Place) -> str:
    return site.run("version", "--json").out
