"""Images are pulled with patience and built from a folder; a registry of the test's own serves them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.driver import DockerDriver
from reconciler.model.container_definition import Build
from reconciler.model.stack import Cluster
from reconciler.model.step import BuildImage, PullImage

from .builders import IMAGE, World, container, definition, eventually, random_name

pytestmark = pytest.mark.engine

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def digest(content: bytes) -> str:
    return "sha256:" + sha256(content).hexdigest()


class Registry(BaseHTTPRequestHandler):
    """One image of one file, as `web:1`; whatever else is asked for is unknown. `ailing` fails that many times."""

    layer = b""
    ailing = 0

    def do_GET(self) -> None:
        layer = gzip.compress(self.layer, mtime=0)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["/hello"]},
                "rootfs": {"type": "layers", "diff_ids": [digest(self.layer)]},
            }
        ).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": "application/vnd.docker.container.image.v1+json",
                    "size": len(config),
                    "digest": digest(config),
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                        "size": len(layer),
                        "digest": digest(layer),
                    }
                ],
            }
        ).encode()
        known = {
            "/v2/": (b"{}", "application/json"),
            "/v2/web/manifests/1": (manifest, MANIFEST),
            f"/v2/web/manifests/{digest(manifest)}": (manifest, MANIFEST),
            f"/v2/web/blobs/{digest(config)}": (config, "application/octet-stream"),
            f"/v2/web/blobs/{digest(layer)}": (layer, "application/octet-stream"),
        }
        kind = type(self)
        if kind.ailing and "manifests" in self.path:
            kind.ailing -= 1
            return self._answer(500, b'{"errors": [{"code": "UNKNOWN", "message": "ailing"}]}', "application/json")
        if self.path not in known:
            unknown = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
            return self._answer(404, unknown, "application/json")
        return self._answer(200, *known[self.path])

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        if kind == MANIFEST:
            self.send_header("Docker-Content-Digest", digest(content))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server(client: Client) -> Iterator[tuple[str, type[Registry]]]:
    """The address of a registry, and its settings; its image is unlike that of any other run."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        content = random_name().encode()
        entry = tarfile.TarInfo("hello")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    handler = type("OneRegistry", (Registry,), {"layer": layer.getvalue()})
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=listener.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()
    address = f"127.0.0.1:{listener.server_address[1]}"
    yield address, handler
    listener.shutdown()
    listener.server_close()
    _remove(client, f"{address}/web:1")


@pytest.fixture
def registry(server: tuple[str, type[Registry]]) -> str:
    return server[0]


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def puller(pauses: list[float]) -> Iterator[DockerDriver]:
    driver = DockerDriver(Cluster(), SystemClock(), sleep=pauses.append)
    yield driver
    driver.close()


def _remove(client: Client, reference: str) -> None:
    if client.find(f"/images/{reference}/json"):
        client.call("DELETE", f"/images/{reference}", {"force": True})


def test_a_pulled_image_is_there_with_its_digest(puller: DockerDriver, registry: str, docker: World) -> None:
    reference = f"{registry}/web:1"
    assert docker.look(images=(reference,)).images == ()
    outcome = puller.perform(PullImage(address="a", reference=reference))
    (image,) = docker.look(images=(reference,)).images
    assert (outcome.ok, outcome.image_id) == (True, image.id)
    assert image.digest.startswith("sha256:") and puller.why_unobtainable(reference) == ""


def test_a_registry_that_ails_is_asked_again(
    puller: DockerDriver, server: tuple[str, type[Registry]], pauses: list[float]
) -> None:
    address, settings = server
    settings.ailing = 2
    assert puller.perform(PullImage(address="a", reference=f"{address}/web:1")).ok
    assert pauses and pauses == [1.1, 2.2][: len(pauses)]


def test_an_unknown_image_is_not_asked_for_twice(puller: DockerDriver, registry: str, pauses: list[float]) -> None:
    outcome = puller.perform(PullImage(address="a", reference=f"{registry}/web:2"))
    assert (outcome.ok, outcome.code, pauses) == (False, "CannotPullContainerError", [])
    assert f"{registry}/web:2" in outcome.reason
    assert "unknown" in puller.why_unobtainable(f"{registry}/web:2")


def test_a_registry_out_of_reach_is_tried_five_times(puller: DockerDriver, pauses: list[float]) -> None:
    outcome = puller.perform(PullImage(address="a", reference="127.0.0.1:1/web:1"))
    assert (outcome.ok, outcome.code) == (False, "CannotPullContainerError")
    assert pauses == [1.1, 2.2, 4.4, 5.0]
    assert "refused" in puller.why_unobtainable("127.0.0.1:1/web:1")


def test_an_image_is_built_from_its_context(docker: World, client: Client) -> None:
    reference = f"reconciler-test/{random_name('built-')}:1"
    context = Path(docker.folder) / "web"
    context.mkdir()
    (context / "Containerfile").write_text(f"FROM {IMAGE}\nCOPY . /srv\n")
    (context / "wanted").write_text("x")
    (context / "ignored").write_text("x")
    (context / ".dockerignore").write_text("ignored\n")
    build = Build(context="./web", dockerfile="Containerfile", context_digest="c1")
    step = BuildImage(address="a", reference=reference, folder=docker.folder, build=build)
    try:
        outcome = docker.perform(step)
        (image,) = docker.look(images=(reference,)).images
        assert (image.id, image.context_digest) == (outcome.image_id, "c1")
        script = ("sh", "-c", "[ -f /srv/wanted ] && [ ! -e /srv/ignored ]")
        task = docker.run(definition(container(image=reference, command=script)))
        eventually(lambda: docker.container(task).has_exited)
        assert docker.container(task).exit_code == 0
    finally:
        docker.perform(docker.remove(task))
        _remove(client, reference)


def never(docker: World, context: str) -> BuildImage:
    """The step of a build that does not work."""
    return BuildImage(
        address="a", reference="reconciler-test/never:1", folder=docker.folder, build=Build(context=context)
    )


def test_a_build_that_fails_says_what_it_said_last(docker: World) -> None:
    (Path(docker.folder) / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo about to fail && exit 3\n")
    step = BuildImage(
        address="a", reference="reconciler-test/never:1", folder=docker.folder, build=Build(context=".")
    )
    outcome = docker.driver.perform(step)
    assert not outcome.ok
    assert "about to fail" in outcome.reason and "non-zero code: 3" in outcome.reason


def test_a_context_that_is_not_there_fails_the_build(docker: World) -> None:
    outcome = docker.driver.perform(never(docker, "./absent"))
    assert not outcome.ok and "absent" in outcome.reason
