"""What a real watch shows of itself: its log, metrics, health, events and notifications, while a task is killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reconciler.drivers.docker.client import Client

from .conftest import Place, containers, ended, wait_until

pytestmark = pytest.mark.engine

NOTIFICATION = """
notification "file" {
  command = ["sh", "-c", "cat >>told; echo >>told"]
}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def watching(site: Place, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = site.start("watch", *words)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def told(site: Place) -> list[str]:
    """What the notification's command was given, as `KIND NAME`."""
    found = [json.loads(line) for line in (site.folder / "told").read_text().splitlines()]
    return [f"{each['detail']['kind']} {_name(each['detail'])}" for each in found]


def _name(detail: dict[str, str | None]) -> str:
    return detail["eventName"] or detail.get("lastStatus") or ""


def test_an_apply_notifies_of_all_that_happened_before_it_ends(site: Place) -> None:
    site.write(NOTIFICATION, "notification.hcl")
    site.apply()
    assert told(site) == [
        "deployment SERVICE_DEPLOYMENT_IN_PROGRESS",
        "service ",
        "task RUNNING",
        "task RUNNING",
        "deployment SERVICE_DEPLOYMENT_COMPLETED",
        "service SERVICE_STEADY_STATE",
    ]


WEBHOOK = """
secret "chat" { env = "CHAT_WEBHOOK" }
notification "chat" { url_from = secret.chat }
"""


def test_a_destroy_is_told_to_the_end_and_the_url_in_a_secret_is_nowhere(site: Place) -> None:
    site.write(WEBHOOK, "notification.hcl")
    with receiving() as (address, received):
        site.environment["CHAT_WEBHOOK"] = f"{address}/T0K3N"
        shown = [site.apply(), site.run("destroy", "--auto-approve")]
        site.environment["CHAT_WEBHOOK"] = "http://127.0.0.1:1/T0K3N"
        shown += [site.apply(), site.run("plan", "--json"), site.run("events", "--json")]
    assert [path for path, _ in received] == ["/T0K3N"] * len(received)
    assert [reason for _, reason in received][-2:] == 2 * ["STOPPED"]
    kept = b"".join(each.read_bytes() for each in (site.folder / "state").iterdir())
    assert "T0K3N" not in kept.decode(errors="replace") + "".join(each.out + each.err for each in shown)


@contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A receiver: where it is, and what it was sent, as (path, last status of the task that it is about)."""
    received: list[tuple[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            detail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["detail"]
            received.append((self.path, detail.get("lastStatus", "")))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", received
        server.shutdown()


def test_a_watch_shows_and_tells_that_it_heals(site: Place, engine: Client) -> None:
    site.write(NOTIFICATION, "notification.hcl")
    site.apply()
    address = f"127.0.0.1:{free_port()}"
    before = len(told(site))
    with watching(site, "--listen", address, "--log-format", "json") as watch:
        wait_until(lambda: _steady(site, address))
        engine.call("POST", f"/containers/{containers(engine, site.name)[0]['Id']}/kill")
        wait_until(lambda: told(site)[-1:] == ["service SERVICE_STEADY_STATE"] and len(told(site)) > before)
        metrics = read(f"http://{address}/metrics")
        ended_watch = ended(watch, signal.SIGTERM)
    healed = ["service ", "task STOPPED", "service ", "task RUNNING", "service SERVICE_STEADY_STATE"]
    assert told(site)[before:] == healed
    lines = [json.loads(line) for line in ended_watch.err.splitlines() if line.startswith("{")]
    assert [each["detail"]["kind"] for each in lines if each["type"] == "event"] == [
        each.split()[0] for each in healed
    ]
    assert f'reconciler_task_failures_total{{service="service.web",stack="{site.name}"}} 1.0' in metrics
    assert ended_watch.code == 0


def _steady(site: Place, address: str) -> bool:
    try:
        health = json.loads(read(f"http://{address}/healthz"))
        text = read(f"http://{address}/metrics")
    except OSError:
        return False
    is_looked_at = bool(health["stacks"].get(site.name, {}).get("last_look_at"))
    return is_looked_at and f'reconciler_stack_steady{{stack="{site.name}"}} 1.0' in text
