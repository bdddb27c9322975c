"""Modules, moves, removals and lifecycles on the real engine: addresses change, and what runs does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.drivers.docker.client import Client

from .conftest import Place, containers

pytestmark = pytest.mark.engine

MAIN = """
stack "NAME" {}
network "back" {}
volume "data" {}
secret "password" { file = "password.txt" }
module "mail" {
  source   = "./mail"
  for_each = { eu = 1, us = 2 }
  amount   = each.value
  network  = network.back
  password = secret.password
  volume   = volume.data
}
output "names" { value = { for key, mail in module.mail : key => mail.name } }
"""

MAIL = """
variable "amount" { type = number }
variable "network" {}
variable "password" {}
variable "volume" {}
task_definition "smtp" {
  memory   = 32
  networks = [var.network]
  volume "data" { source = var.volume }
  container "app" {
    image        = "reconciler-test/busybox:1"
    command      = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
    secrets      = { PASSWORD = var.password }
    stop_timeout = 1
    mount_point {
      source_volume  = "data"
      container_path = "/data"
    }
  }
}
service "smtp" {
  task_definition = task_definition.smtp
  desired_count   = var.amount
  deployment_configuration { minimum_healthy_time = 0 }
}
output "name" { value = service.smtp.name }
"""

MOVED = {
    'network "back"': 'network "rear"',
    "network.back": "network.rear",
    'volume "data" {}': 'volume "store" {}',
    "volume.data": "volume.store",
    'secret "password"': 'secret "pass"',
    "secret.password": "secret.pass",
    'module "mail"': 'module "post"',
    "module.mail": "module.post",
    "{ eu = 1,": "{ de = 1,",
}

MOVES = """
moved {
  from = network.back
  to   = network.rear
}
moved {
  from = volume.data
  to   = volume.store
}
moved {
  from = secret.password
  to   = secret.pass
}
moved {
  from = module.mail
  to   = module.post
}
moved {
  from = module.post["eu"]
  to   = module.post["de"]
}
"""


def replaced(text: str, words: Mapping[str, str]) -> str:
    for before, after in words.items():
        assert before in text
        text = text.replace(before, after)
    return text


def ids(engine: Client, place: Place) -> set[str]:
    return {each["Id"] for each in containers(engine, place.name) if each["State"] == "running"}


def is_unchanged(place: Place) -> bool:
    planned = place.run("plan", "--detailed-exitcode")
    return (planned.code, planned.out) == (0, "No changes. What runs is what is declared.\n")


@pytest.fixture
def mail(site: Place) -> Place:
    """A stack whose module is used twice, applied."""
    (site.folder / "mail").mkdir()
    site.write(MAIL, "mail/main.hcl")
    site.write("secret", "password.txt")
    site.write(MAIN)
    site.apply()
    return site


def test_a_module_used_twice_is_applied_moved_healed_and_destroyed(mail: Place, engine: Client) -> None:
    assert is_unchanged(mail)
    before = ids(engine, mail)
    assert len(before) == 6  # three tasks with a holder each
    mail.write(replaced(MAIN, MOVED) + MOVES)
    planned = mail.run("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert '  > module.mail["eu"].service.smtp has moved to module.post["de"].service.smtp\n' in planned.out
    assert planned.out.endswith("Plan: only 7 addresses moved and outputs change.\n")
    mail.apply()
    assert ids(engine, mail) == before
    assert mail.run("output", "names").value == {"de": "mail-eu-smtp", "us": "mail-us-smtp"}
    assert is_unchanged(mail)
    mail.write(replaced(MAIN, MOVED))
    assert is_unchanged(mail), "the state remembers the moves when their blocks are gone"
    victim = next(each for each in containers(engine, mail.name) if "mail-us" in each["Names"][0])
    engine.call("DELETE", f"/containers/{victim['Id']}", {"force": True})
    mail.apply()
    assert is_unchanged(mail)
    assert len(ids(engine, mail)) == 6
    assert mail.run("destroy", "--auto-approve", "--volumes").code == 0
    assert containers(engine, mail.name) == []


def test_moves_are_followed_though_the_state_was_lost(mail: Place, engine: Client) -> None:
    before = ids(engine, mail)
    for file in (mail.folder / "state").iterdir():
        file.unlink()
    mail.write(replaced(MAIN, MOVED) + MOVES)
    mail.apply()
    assert ids(engine, mail) == before
    assert is_unchanged(mail)


def test_a_key_that_leaves_destroys_its_copy_only(mail: Place, engine: Client) -> None:
    kept = {each["Id"] for each in containers(engine, mail.name) if "mail-us" in each["Names"][0]}
    mail.write(MAIN.replace("eu = 1, ", ""))
    assert "Plan: 0 to create, 0 to update, 1 to destroy" in mail.run("plan").out
    mail.apply()
    assert ids(engine, mail) == kept


def test_what_is_removed_without_destroying_runs_on_and_is_left_alone(mail: Place, engine: Client) -> None:
    before = ids(engine, mail)
    forget = "removed {\n  from = module.mail\n  lifecycle {\n    destroy = false\n  }\n}\n"
    mail.write('stack "NAME" {}\nnetwork "back" {}\nvolume "data" {}\n' + forget)
    planned = mail.run("plan").out
    assert '  . module.mail["us"].service.smtp will no longer be managed: what runs of it is left as it is' in planned
    mail.apply()
    assert ids(engine, mail) == before
    assert mail.run("ps").out == "No tasks.\n"
    mail.write('stack "NAME" {}\nnetwork "back" {}\nvolume "data" {}\n')
    assert is_unchanged(mail)
    destroyed = mail.run("destroy", "--auto-approve")
    assert destroyed.code == 0, destroyed.err
    assert ids(engine, mail) == before
    assert "Nothing to destroy" in mail.run("destroy", "--auto-approve").out


def test_what_a_lifecycle_guards_is_destroyed_neither_by_removing_its_block_nor_by_destroy(site: Place) -> None:
    guarded = '\nnetwork "back" {\n  lifecycle {\n    prevent_destroy = var.guarded\n  }\n}\n'
    text = (site.folder / "main.hcl").read_text()
    site.write(text + 'variable "guarded" { default = true }' + guarded)
    site.apply()
    refused = site.run("destroy", "--auto-approve")
    assert (
        refused.code,
        "network.back would be destroyed, and its lifecycle block prevents that" in refused.err,
    ) == (
        1,
        True,
    )
    assert "Set prevent_destroy = false in its lifecycle block" in refused.err
    site.write(text)
    refused = site.run("plan")
    assert (refused.code, "Put its block back" in refused.err) == (1, True)
    site.write(text + 'variable "guarded" { default = false }' + guarded)
    assert "~ lifecycle.prevent_destroy: true -> false" in site.run("plan").out
    site.apply()
    site.write(text)
    assert "- network.back will be destroyed" in site.apply().out
    assert site.run("destroy", "--auto-approve").code == 0


def test_ignored_attributes_stay_and_watched_values_replace_tasks(site: Place) -> None:
    text = (site.folder / "main.hcl").read_text()
    lifecycle = (
        "  lifecycle {\n    ignore_changes       = [desired_count]\n"
        "    replace_triggered_by = [var.greeting]\n  }\n\n  deployment_configuration"
    )
    text = text.replace("  deployment_configuration", lifecycle).replace("{ GREETING = var.greeting }", "{}")
    site.write(text)
    site.apply()
    before = {each["id"] for each in site.tasks()}
    ignored = site.run("plan", "--var", "desired=5", "--detailed-exitcode")
    assert (ignored.code, ignored.out) == (0, "No changes. What runs is what is declared.\n")
    planned = site.run("plan", "--var", "greeting=bye").out
    assert "its tasks are replaced, for var.greeting changed (replace_triggered_by)" in planned
    assert "start 2 -> stop 2" in planned
    site.apply("--var", "greeting=bye", "--var", "desired=5")
    after = site.tasks()
    assert (len(after), before & {each["id"] for each in after}) == (2, set())
    assert {each["task_definition"] for each in after} == {"web:1"}
    assert site.run("plan", "--var", "greeting=bye", "--detailed-exitcode").code == 0


def test_what_only_what_runs_can_tell_is_checked_after_the_apply(site: Place) -> None:
    text = (site.folder / "main.hcl").read_text()
    published = (
        '    port_mapping {\n      container_port = 80\n      host_port = 0\n      name = "http"\n    }\n'
        "    stop_timeout"
    )
    lifecycle = (
        '  lifecycle {\n    postcondition {\n      condition     = self.host_ports["http"][0] < 1024\n'
        '      error_message = "port ${self.host_ports["http"][0]} is high"\n    }\n  }\n\n  deployment_configuration'
    )
    check = (
        '\ncheck "one" {\n  assert {\n    condition     = length(service.web.host_ports["http"]) == 1\n'
        '    error_message = "there are ${length(service.web.host_ports["http"])} ports"\n  }\n}\n'
    )
    text = text.replace("    stop_timeout", published).replace("  deployment_configuration", lifecycle)
    site.write(text + check)
    assert site.run("validate").out.endswith("The stack is valid.\n")
    applied = site.run("apply", "--auto-approve")
    assert (applied.code, "Apply complete" in applied.out) == (1, True)
    assert "Warning: check.one: there are 2 ports" in applied.err
    assert "Error: service.web is not as it must be: port " in applied.err
