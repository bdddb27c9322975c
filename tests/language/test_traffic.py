"""Load balancers and target groups: what references to them are, what is known when, and what their order means."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.load_balancer import TargetHealthCheck
from reconciler.model.stack import Output

from .stacks import outputs, problems, stack, write

SITE = """
task_definition "web" {
  container "app" {
    image  = "web:1"
    memory = 64
    port_mapping { container_port = 80 }
  }
}
target_group "web" {}
load_balancer "public" {
  listener "http" {
    port = 8080
    forward { target_group = target_group.web }
  }
}
service "web" {
  task_definition = task_definition.web
  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = 80
  }
}
"""


def test_what_a_listener_says_is_known_and_its_url_after_an_apply(tmp_path: Path) -> None:
    text = SITE + (
        'output "port" { value = load_balancer.public.listener.http.port }\n'
        'output "name" { value = load_balancer.public.name }\n'
        'output "url" { value = "${load_balancer.public.listener.http.url}/health" }\n'
    )
    loaded = load(write(tmp_path, {"main.hcl": text}))
    assert loaded.stack is not None
    assert [(each.name, each.value, each.known) for each in loaded.stack.outputs] == [
        ("name", "public", True),
        ("port", 8080, True),
        ("url", None, False),
    ]
    known = {"load_balancer.public": {"listener": {"http": {"url": "http://127.0.0.1:8080"}}}}
    assert loaded.outputs(known)["url"] == Output(name="url", value="http://127.0.0.1:8080/health", type="string")


@pytest.mark.parametrize(
    "known",
    [{}, {"load_balancer.public": {}}, {"load_balancer.public": {"listener": {}}}],
)
def test_a_url_that_nothing_tells_stays_unknown(known: dict[str, dict[str, object]], tmp_path: Path) -> None:
    text = SITE + 'output "url" { value = load_balancer.public.listener.http.url }\n'
    assert load(write(tmp_path, {"main.hcl": text})).outputs(known)["url"].known is False


def test_a_listener_of_a_copy_of_a_load_balancer_is_referred_to_by_its_address(tmp_path: Path) -> None:
    text = SITE.replace('load_balancer "public" {', 'load_balancer "public" {\n  for_each = { eu = 8080, us = 8081 }')
    text = text.replace("port = 8080", "port = each.value").replace(
        "container_port = 80\n  }\n}\n",
        'container_port = 80\n    test_listener = load_balancer.public["us"].listener.http\n  }\n'
        '  deployment_configuration { strategy = "BLUE_GREEN" }\n}\n',
    )
    found = stack(tmp_path, {"main.hcl": text})
    assert [(each.address, each.name, each.listeners[0].address) for each in found.load_balancers] == [
        ('load_balancer.public["eu"]', "public-eu", 'load_balancer.public["eu"].listener.http'),
        ('load_balancer.public["us"]', "public-us", 'load_balancer.public["us"].listener.http'),
    ]
    (registration,) = found.services[0].load_balancers
    assert registration.test_listener == 'load_balancer.public["us"].listener.http'


def test_load_balancers_work_inside_a_module(tmp_path: Path) -> None:
    files = {
        "main.hcl": 'module "shop" { source = "./shop" }\noutput "name" { value = module.shop.name }\n',
        "shop/main.hcl": SITE + 'output "name" { value = load_balancer.public.name }\n',
    }
    found = stack(tmp_path, files)
    assert found.load_balancers[0].listeners[0].address == "module.shop.load_balancer.public.listener.http"
    assert (outputs(found), found.target_groups[0].name) == ({"name": "shop-public"}, "shop-web")


def test_neither_the_order_of_rules_nor_of_forwards_nor_of_what_they_match_matters(tmp_path: Path) -> None:
    one = 'rule "a" {\n priority = 2\n path_pattern = ["/a", "/b"]\n fixed_response {}\n}\n'
    two = 'rule "b" {\n priority = 1\n host_header = ["b"]\n redirect { host = "c" }\n}\n'
    groups = 'target_group "a" {}\ntarget_group "b" {}\n'
    forwards = [f"forward {{ target_group = target_group.{name} }}\n" for name in "ab"]

    def made(*parts: str) -> object:
        text = f'load_balancer "l" {{\n listener "x" {{\n port = 80\n{"".join(parts)} }}\n}}\n{groups}'
        return stack(tmp_path, {"main.hcl": text}).load_balancers

    swapped = one.replace('["/a", "/b"]', '["/b", "/a"]')
    assert made(one, two, *forwards) == made(*reversed(forwards), two, swapped)


def test_a_listener_without_an_action_answers_404_and_an_empty_action_is_one(tmp_path: Path) -> None:
    empty = 'listener "b" {\n    port = 81\n    fixed_response {}\n  }'
    text = f'load_balancer "l" {{\n  listener "a" {{ port = 80 }}\n  {empty}\n}}\n'
    (balancer,) = stack(tmp_path, {"main.hcl": text}).load_balancers
    answers = [each.action.fixed_response for each in balancer.listeners]
    assert [(each.status_code, each.body) for each in answers if each] == [(404, "no rule matches\n"), (200, "")]


ELB = {
    "": TargetHealthCheck(matcher="200", interval=30, timeout=6, healthy_threshold=5),
    'protocol = "TCP"': TargetHealthCheck(matcher="200", interval=30, timeout=10, healthy_threshold=5),
    'protocol = "HTTPS"': TargetHealthCheck(matcher="200", interval=30, timeout=10, healthy_threshold=5),
    "health_check { interval = 60 }": TargetHealthCheck(matcher="200", interval=60, timeout=6, healthy_threshold=5),
}


@pytest.mark.parametrize("said", ELB)
def test_defaults_of_elb_are_for_what_is_not_set(said: str, tmp_path: Path) -> None:
    text = f'target_group "a" {{\n  elb_defaults = true\n  {said}\n}}\n'
    (group,) = stack(tmp_path, {"main.hcl": text}).target_groups
    assert (group.health_check, group.deregistration_delay) == (ELB[said], 300)


def test_defaults_of_elb_are_seen_by_references(tmp_path: Path) -> None:
    text = (
        'target_group "a" {\n  elb_defaults = true\n  health_check { path = "/h" }\n}\n'
        'output "o" { value = [target_group.a.deregistration_delay, target_group.a.health_check.timeout] }\n'
    )
    assert outputs(stack(tmp_path, {"main.hcl": text})) == {"o": [300, 6]}


SECURE = """
load_balancer "public" {
  listener "https" {
    port     = 8443
    protocol = "HTTPS"
    certificate {
      file = "site.pem"
      key  = "site.key"
    }
  }
}
"""
PEM, KEY = "-----BEGIN CERTIFICATE-----\nA\n", "-----BEGIN PRIVATE KEY-----\nhunter2\n"


def test_a_certificate_is_known_by_the_content_of_its_files_and_the_key_is_told_nowhere(tmp_path: Path) -> None:
    files = {"main.hcl": SECURE, "site.pem": PEM, "site.key": KEY}
    first = stack(tmp_path, files)
    renewed, rekeyed = (stack(tmp_path, {**files, name: KEY + "B\n"}) for name in ("site.pem", "site.key"))
    digests = {each.load_balancers[0].listeners[0].certificates[0].digest for each in (first, renewed, rekeyed)}
    assert len(digests) == 3 and "hunter2" not in repr(first)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"site.pem": PEM}, 'main.hcl:8 E0246 there is no file "site.key"'),
        ({"site.pem": "hunter2", "site.key": KEY}, 'main.hcl:7 E0246 the file "site.pem" holds no PEM'),
    ],
)
def test_a_certificate_that_cannot_be_read_is_an_error_where_it_is_named(
    files: dict[str, str], expected: str, tmp_path: Path
) -> None:
    assert problems(tmp_path, {"main.hcl": SECURE, **files}) == [expected]


def test_origins_tell_where_each_rule_and_forward_is_written(tmp_path: Path) -> None:
    rule = (
        '    rule "old" {\n      priority = 10\n      host_header = ["x"]\n'
        "      forward {\n        target_group = target_group.web\n      }\n    }\n"
    )
    places = stack(tmp_path, {"main.hcl": SITE.replace("    port = 8080\n", f"    port = 8080\n{rule}")}).origins
    wanted = {
        "load_balancer.public.listener.http.port": 12,
        "load_balancer.public.listener.http.rule.old.priority": 14,
        "load_balancer.public.listener.http.rule.old.forward.target_group.web.target_group": 17,
        "load_balancer.public.listener.http.forward.target_group.web": 20,
        "service.web.load_balancer.target_group.web.container_port": 28,
    }
    assert {path: span.line for path, span in places.items() if path in wanted} == wanted


def test_a_load_balancer_that_moved_keeps_its_name(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, {"main.hcl": SITE})).renamed({"load_balancer.public": "front"})
    assert loaded.stack is not None
    assert [each.name for each in loaded.stack.load_balancers] == ["front"]


def test_what_moved_and_keeps_a_service_s_name_collides_with_it(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, {"main.hcl": SITE})).renamed({"load_balancer.public": "web"})
    assert [(each.code, each.detail) for each in loaded.diagnostics] == [
        ("E0244", "load_balancer.public keeps it since it moved: give service.web another label.")
    ]


def test_a_lifecycle_of_a_target_group_is_recorded(tmp_path: Path) -> None:
    text = SITE.replace(
        'target_group "web" {}',
        'target_group "web" {\n  lifecycle {\n    prevent_destroy = true\n'
        "    ignore_changes = [health_check.interval]\n  }\n}",
    )
    (lifecycle,) = stack(tmp_path, {"main.hcl": text}).lifecycles.values()
    assert (lifecycle.prevent_destroy, lifecycle.ignore_changes) == (True, ("health_check.interval",))


def test_dynamic_blocks_make_listeners_rules_and_forwards(tmp_path: Path) -> None:
    text = """
target_group "web" { for_each = toset(["a", "b"]) }
load_balancer "l" {
  dynamic "listener" {
    for_each = { http = 80, test = 81 }
    labels   = [listener.key]
    content {
      port = listener.value
      dynamic "forward" {
        for_each = target_group.web
        content { target_group = forward.value }
      }
    }
  }
}
"""
    (balancer,) = stack(tmp_path, {"main.hcl": text}).load_balancers
    assert [(each.name, [one.target_group for one in each.action.forwards]) for each in balancer.listeners] == [
        ("http", ['target_group.web["a"]', 'target_group.web["b"]']),
        ("test", ['target_group.web["a"]', 'target_group.web["b"]']),
    ]
