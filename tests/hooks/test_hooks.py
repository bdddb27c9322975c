"""What commands and URLs of hooks and alarms lead to: the real effects, on this machine only."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.drivers.secrets import SecretReader
from reconciler.hooks.hooks import Hooks
from reconciler.model.service import HttpHook, Prometheus
from reconciler.model.stack import EnvironmentSource, Secret
from reconciler.model.step import Notify, Outcome, ProbeAlarm, ProbeMetric, RunHook

INVALID = (
    "could not be reached: its URL is not valid: it begins with http:// or https://, and has a host and no spaces"
)

ANSWERS = {
    "/good": (200, "ok"),
    "/later": (202, '{"status": "IN_PROGRESS"}'),
    "/bad": (503, "no"),
    "/vector/api/v1/query?query=errors": (
        200,
        '{"data": {"resultType": "vector", "result": [{"value": [1, "7.5"]}]}}',
    ),
    "/two/api/v1/query?query=errors": (
        200,
        '{"data": {"resultType": "vector", "result": [{"value": [1, "7"]}, {"value": [1, "8"]}]}}',
    ),
    "/scalar/api/v1/query?query=errors": (200, '{"data": {"resultType": "scalar", "result": [1, "3"]}}'),
    "/none/api/v1/query?query=errors": (200, '{"data": {"resultType": "vector", "result": []}}'),
    "/nan/api/v1/query?query=errors": (200, '{"data": {"resultType": "scalar", "result": [1, "NaN"]}}'),
}


SECRETS: dict[str, SecretReader] = {}
"""Where the value of a secret is read, by its address."""

RECEIVED: list[tuple[str, str, object]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path, (404, ""))
        if self.path == "/who":
            status, body = (200 if self.headers["X-Reconciler-Stage"] == "BAKE_TIME" else 400), "ok"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        RECEIVED.append((self.path, self.headers["Content-Type"], json.loads(body)))
        status = {"/moved": 302, "/bad": 503}.get(self.path.partition("?")[0], 204)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/good")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    found = Hooks(lambda address: SECRETS[address].value(address))
    yield found
    found.close()


def command(text: str, folder: Path, **fields: float) -> RunHook:
    environment = {"RECONCILER_STAGE": "BAKE_TIME"}
    return RunHook(
        address="service.web",
        run="d1/BAKE_TIME/0/smoke",
        command=(sys.executable, "-c", text),
        environment=environment,
        folder=str(folder),
        **fields,
    )


def told(outcome: Outcome) -> tuple[bool, str, str]:
    return outcome.ok, outcome.code, outcome.reason


def test_a_command_that_ends_with_0_goes_on(hooks: Hooks, tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    text = "import os; os.stat('here'); assert os.environ['RECONCILER_STAGE'] == 'BAKE_TIME'"
    assert told(hooks.perform(command(text, tmp_path))) == (True, "", "")


def test_a_command_that_fails_tells_its_code_and_its_last_words(hooks: Hooks, tmp_path: Path) -> None:
    found = hooks.perform(command("print('checkout is broken'); raise SystemExit(3)", tmp_path))
    assert told(found) == (False, "HookFailed", "it ended with 3: checkout is broken")


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(hooks: Hooks, tmp_path: Path) -> None:
    text = "import subprocess; subprocess.run(['sleep', '60'])"
    found = hooks.perform(command(text, tmp_path, timeout=0.5))
    assert told(found) == (False, "HookFailed", "it did not end within 0.5 s")


def test_a_command_that_is_not_there_fails_in_words(hooks: Hooks, tmp_path: Path) -> None:
    step = command("", tmp_path).changed(command=("./smoke.sh",))
    assert told(hooks.perform(step)) == (False, "HookFailed", "./smoke.sh: No such file or directory")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/good", (True, "", "")),
        ("/later", (True, "IN_PROGRESS", "{site}/later says IN_PROGRESS")),
        ("/bad", (False, "HookFailed", "{site}/bad answered 503")),
        ("/who", (True, "", "")),
    ],
)
def test_a_url_goes_on_with_2xx(hooks: Hooks, site: str, path: str, expected: tuple[bool, str, str]) -> None:
    step = command("", Path()).changed(command=(), http=HttpHook(url=site + path))
    ok, code, reason = expected
    assert told(hooks.perform(step)) == (ok, code, reason.format(site=site))


def test_a_url_that_nobody_answers_fails(hooks: Hooks) -> None:
    step = command("", Path()).changed(command=(), http=HttpHook(url="http://127.0.0.1:9/"))
    assert told(hooks.perform(step)) == (False, "HookFailed", "http://127.0.0.1:9/: [Errno 111] Connection refused")


@pytest.mark.parametrize(
    ("path", "value"),
    [("/vector", 7.5), ("/scalar", 3.0), ("/two", None), ("/none", None), ("/nan", None), ("/bad", None)],
)
def test_a_query_gives_a_number_or_none(hooks: Hooks, site: str, path: str, value: float | None) -> None:
    prometheus = Prometheus(url=site + path, query="errors")
    for step in (
        ProbeAlarm(address="service.web", probe="d1/errors", prometheus=prometheus),
        ProbeMetric(address="autoscaling.web", policy="load", prometheus=prometheus),
    ):
        found = hooks.perform(step)
        assert (found.ok, found.value) == (value is not None, value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/two", "{site} gave 2 series for the query, where it needs one"),
        ("/none", "{site} gave no series for the query, where it needs one"),
        ("/nan", "the query gave NaN"),
        ("/bad", "{site} answered 404"),
    ],
)
def test_a_query_without_a_number_says_what_it_gave_and_no_more_of_its_url_than_the_host(
    hooks: Hooks, site: str, path: str, reason: str
) -> None:
    prometheus = Prometheus(url=site + path, query="errors")
    found = hooks.perform(ProbeMetric(address="autoscaling.web", policy="load", prometheus=prometheus))
    assert (found.code, found.reason) == ("NoValue", reason.format(site=site))


@pytest.mark.parametrize(("code", "fires"), [(0, False), (2, True)])
def test_an_alarm_command_fires_unless_it_ends_with_0(hooks: Hooks, code: int, fires: bool) -> None:
    argv = (sys.executable, "-c", f"raise SystemExit({code})")
    step = ProbeAlarm(address="service.web", probe="d1/errors", command=argv, greater_than=5)
    value = hooks.perform(step).value
    assert value is not None
    assert (value > 5) is fires


def notice(folder: Path = Path(), url: str = "", text: str = "", **fields: float) -> Notify:
    command = (sys.executable, "-c", text) if text else ()
    body = json.dumps({"detail": {"reason": "ünï\nline"}})
    return Notify(
        address="notification.n", event=1, url=url, command=command, body=body, folder=str(folder), **fields
    )


def test_an_event_is_posted_as_json(hooks: Hooks, site: str) -> None:
    RECEIVED.clear()
    assert told(hooks.perform(notice(url=f"{site}/token?key=1"))) == (True, "", "")
    assert RECEIVED == [("/token?key=1", "application/json", {"detail": {"reason": "ünï\nline"}})]


@pytest.mark.parametrize(("path", "said"), [("/bad", "answered 503"), ("/moved", "answered 302")])
def test_what_is_refused_or_led_elsewhere_is_not_delivered_and_only_the_host_is_told(
    hooks: Hooks, site: str, path: str, said: str
) -> None:
    """What follows the host may be a token."""
    RECEIVED.clear()
    assert told(hooks.perform(notice(url=f"{site}{path}?key=1"))) == (False, "NotDelivered", f"{site} {said}")
    assert [each[0] for each in RECEIVED] == [f"{path}?key=1"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/T0K3N", "http://127.0.0.1:1 could not be reached: [Errno 111] Connection refused"),
        ("file:///etc/hostname", f"file:// {INVALID}"),
        ("http://[::1/x", f"http://[::1 {INVALID}"),
        ("http://chat.example/T0 K3N", f"http://chat.example {INVALID}"),
        ("http://chat.example/T0K3N\x7f", f"http://chat.example {INVALID}"),
        ("http://chat.example/T0K3Né", f"http://chat.example {INVALID}"),
        ("http://ada:T0K3N@chat.example/", f"http://chat.example {INVALID}"),
    ],
)
def test_a_url_that_cannot_be_reached_is_an_outcome(hooks: Hooks, url: str, said: str) -> None:
    assert told(hooks.perform(notice(url=url))) == (False, "NotDelivered", said)


def hidden(value: str | None, *, name: str = "RECONCILER_TEST_HOOK") -> Notify:
    """A notice to the URL in a secret, which is in an environment variable; None: that is not set."""
    secret = Secret(address="secret.chat", source=EnvironmentSource(name=name))
    SECRETS["secret.chat"] = SecretReader([secret], ".", {} if value is None else {name: value})
    return notice().changed(command=(), url_from="secret.chat")


def test_a_url_in_a_secret_is_read_when_something_is_sent(hooks: Hooks, site: str) -> None:
    RECEIVED.clear()
    assert told(hooks.perform(hidden(f"{site}/T0K3N\n"))) == (True, "", "")
    assert told(hooks.perform(hidden(f"{site}/R0TAT3D"))) == (True, "", "")
    assert [each[0] for each in RECEIVED] == ["/T0K3N", "/R0TAT3D"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("http://127.0.0.1:1/T0K3N", "the URL of secret.chat could not be reached: [Errno 111] Connection refused"),
        ("T0K3N", f"the URL of secret.chat {INVALID}"),
        ("http://T0K3N:T0K3N@x/", f"the URL of secret.chat {INVALID}"),
        ("", f"the URL of secret.chat {INVALID}"),
        (None, "secret.chat: the environment variable RECONCILER_TEST_HOOK is not set"),
    ],
)
def test_of_a_url_in_a_secret_nothing_is_told(hooks: Hooks, value: str | None, said: str) -> None:
    assert told(hooks.perform(hidden(value))) == (False, "NotDelivered", said)


def test_an_answer_to_a_url_in_a_secret_is_told_without_it(hooks: Hooks, site: str) -> None:
    assert told(hooks.perform(hidden(f"{site}/bad?key=T0K3N"))) == (
        False,
        "NotDelivered",
        "the URL of secret.chat answered 503",
    )


def test_a_receiver_that_says_nothing_is_given_up_in_time(hooks: Hooks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        outcome = hooks.perform(notice(url=url, timeout=0.1))
    assert told(outcome) == (False, "NotDelivered", f"{url} could not be reached: timed out")


def test_a_command_gets_an_event_on_standard_input(hooks: Hooks, tmp_path: Path) -> None:
    text = "import sys; open('got', 'w').write(sys.stdin.read())"
    assert told(hooks.perform(notice(tmp_path, text=text))) == (True, "", "")
    assert json.loads((tmp_path / "got").read_text()) == {"detail": {"reason": "ünï\nline"}}


def test_a_command_that_fails_has_not_taken_an_event(hooks: Hooks, tmp_path: Path) -> None:
    outcome = hooks.perform(notice(tmp_path, text="import sys; print('no pager'); sys.exit(3)"))
    assert told(outcome) == (False, "NotDelivered", f"{sys.executable} ended with 3: no pager")


def test_a_command_that_does_not_read_is_no_failure(hooks: Hooks, tmp_path: Path) -> None:
    step = notice(tmp_path, text="pass").changed(body=json.dumps("x" * 200_000))
    assert told(hooks.perform(step)) == (True, "", "")
