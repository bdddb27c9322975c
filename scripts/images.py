"""Makes the images of the demo and of the tests on the engine, from this machine's Debian packages: no registry.

One is made of a later Debian's packages. Where those cannot be had it is left out with a warning: the tests that
need it fail and say so.

An image carries the fingerprint of its recipe as a label; one that is there with the right fingerprint is left alone.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import debian
from connect import connect

from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.errors import EngineError

SOURCES = Path(__file__).parent / "demo"
FINGERPRINT_LABEL = "reconciler-images.recipe"
LAYOUT = 1  # goes up when the same recipe shall give another image

BUSYBOX = ("busybox-static",)
PYTHON = ("busybox-static", "python3-minimal")  # with Debian's C library and its resolver
HAPROXY = ("busybox-static", "haproxy")
LATER_RELEASE = "trixie"  # has HAProxy 3.0, the default of a load_balancer
HAPROXY_PLAIN = ("bash", "coreutils", "dash", "haproxy")  # as little to work with as in the official image
USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUPS = "root:x:0:\nnogroup:x:65534:\n"


@dataclass(frozen=True)
class Recipe:
    """An image: Debian packages, files of its own (path -> content) and Dockerfile instructions.

    `release` is the release of Debian that the packages are of, where it is not the machine's own.
    """

    name: str
    packages: tuple[str, ...]
    instructions: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    release: str = ""

    @property
    def fingerprint(self) -> str:
        """Digest of all that decides what the image holds, the versions of Debian's packages excepted."""
        content = repr((LAYOUT, self.packages, self.instructions, sorted(self.files.items()))) + self.release
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def recipes() -> tuple[Recipe, ...]:
    """List every image of the demo and of the tests."""
    return (_web(1), _web(2), _worker(), _busybox(1), _busybox(2), _healthy(), _target(1), _target(2), *_haproxy())


def _web(version: int) -> Recipe:
    return Recipe(
        f"reconciler-demo/web:{version}",
        PYTHON,
        (f"ENV VERSION={version}", 'CMD ["python3", "/srv/web.py"]', "EXPOSE 8080"),
        {"srv/web.py": _source("web.py")},
    )


def _worker() -> Recipe:
    files = {"srv/worker.py": _source("worker.py")}
    return Recipe("reconciler-demo/worker:1", PYTHON, ('CMD ["python3", "/srv/worker.py"]',), files)


def _busybox(version: int) -> Recipe:
    files = {"usr/bin/idle": _source("idle.sh"), "etc/version": f"{version}\n"}
    return Recipe(f"reconciler-test/busybox:{version}", BUSYBOX, ('CMD ["idle"]',), files)


def _target(version: int) -> Recipe:
    """Answer and log requests, for tests of traffic; only the version in the answers differs."""
    instructions = (f"ENV VERSION={version}", 'CMD ["python3", "/srv/target.py"]', "EXPOSE 8080")
    return Recipe(f"reconciler-test/target:{version}", PYTHON, instructions, {"srv/target.py": _source("target.py")})


def _healthy() -> Recipe:
    """Set whatever an image can set, for tests that an image's own settings are no drift."""
    return Recipe(
        "reconciler-test/healthy:1",
        BUSYBOX,
        (
            "HEALTHCHECK --interval=1s --timeout=1s --retries=2 CMD true",
            "USER 1000:1000",
            "WORKDIR /srv",
            "ENV COLOUR=green",
            'ENTRYPOINT ["idle"]',
            'CMD ["from", "the", "image"]',
            "VOLUME /data",
            "EXPOSE 8080/tcp",
            "LABEL team=image",
        ),
        {"usr/bin/idle": _source("idle.sh")},
    )


def _haproxy() -> tuple[Recipe, ...]:
    """Make Debian's HAProxy: with busybox's commands, and, for tests, without, in this and the later version."""
    command = ('CMD ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]',)
    return (
        Recipe("reconciler-demo/haproxy:2.6", HAPROXY, command),
        Recipe("reconciler-test/haproxy-plain:2.6", HAPROXY_PLAIN, command),
        Recipe("reconciler-test/haproxy:3.0", HAPROXY_PLAIN, command, release=LATER_RELEASE),
    )


def _source(name: str) -> str:
    return (SOURCES / name).read_text()


def make(client: Client, recipe: Recipe) -> None:
    """Import the image, and remove the one it replaces unless a container uses that."""
    replaced = client.find(f"/images/{recipe.name}/json")
    repository, tag = recipe.name.split(":")
    label = f"LABEL {FINGERPRINT_LABEL}={recipe.fingerprint}"
    changes = (*recipe.instructions, label)
    query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes}
    answer = client.call("POST", "/images/create", query, _file_system(recipe))
    if not is_current(client, recipe):
        raise EngineError(f"The engine did not take {recipe.name}: {answer}")
    if replaced is not None:
        _remove_if_unused(client, replaced["Id"])


def is_current(client: Client, recipe: Recipe) -> bool:
    """Tell whether the engine has the image as the recipe makes it."""
    image = client.find(f"/images/{recipe.name}/json") or {"Config": {}}
    labels = image["Config"].get("Labels") or {}
    return bool(labels.get(FINGERPRINT_LABEL) == recipe.fingerprint)


def _remove_if_unused(client: Client, identity: str) -> None:
    try:
        client.call("DELETE", f"/images/{identity}")
    except ApiError as refusal:
        if refusal.status not in (404, 409):
            raise


def _file_system(recipe: Recipe) -> bytes:
    archive = io.BytesIO(_base(recipe.packages, recipe.release))
    with tarfile.open(fileobj=archive, mode="a") as tar:
        for name, content in recipe.files.items():
            _add(tar, name, content)
    return archive.getvalue()


@cache
def _base(packages: tuple[str, ...], release: str) -> bytes:
    """Make the part that images of the same packages share: their files, busybox's commands, two users, /tmp."""
    archive = io.BytesIO(debian.file_system(*packages, release=release))
    with tarfile.open(fileobj=archive, mode="r") as tar:
        present = set(tar.getnames())
        busybox = tar.extractfile("usr/bin/busybox") if "usr/bin/busybox" in present else None
        commands = _commands(busybox.read()) if busybox else ()
    archive.seek(0)
    with tarfile.open(fileobj=archive, mode="a") as tar:
        for command in (f"usr/bin/{name}" for name in commands):
            if command not in present:
                tar.addfile(debian.symbolic_link(command, "busybox"))
        _add(tar, "etc/passwd", USERS)
        _add(tar, "etc/group", GROUPS)
        _add(tar, "etc/nsswitch.conf", "hosts: files dns\n")
        for name, mode in (("root", 0o700), ("run", 0o755), ("srv", 0o755), ("tmp", 0o1777)):
            if name not in present:
                tar.addfile(_entry(name, tarfile.DIRTYPE, mode))
    return archive.getvalue()


def _commands(busybox: bytes) -> Iterable[str]:
    """Ask busybox which commands it has."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "busybox"
        program.write_bytes(busybox)
        program.chmod(0o700)
        return subprocess.check_output((program, "--list"), text=True).split()


def _add(tar: tarfile.TarFile, name: str, content: str) -> None:
    """Add a file; one that starts with #! can be run."""
    entry = _entry(name, tarfile.REGTYPE, 0o755 if content.startswith("#!") else 0o644)
    entry.size = len(content.encode())
    tar.addfile(entry, io.BytesIO(content.encode()))


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def main() -> int:
    """Make the images that are missing or outdated, and say in one line what was done."""
    started_at = time.monotonic()
    try:
        client = connect()
        missing = [recipe for recipe in recipes() if not is_current(client, recipe)]
        if missing:
            _require_same_architecture(client)
        made = [recipe.name for recipe in missing if _made(client, recipe)]
    except (ApiError, EngineError, debian.PackagesError) as failure:
        print(f"images: {failure}", file=sys.stderr)
        return 1
    print(_summary(made, len(missing), time.monotonic() - started_at))
    return 0


def _made(client: Client, recipe: Recipe) -> bool:
    """Make an image; tells whether it is there. Only one of another release of Debian may be missing."""
    try:
        make(client, recipe)
    except debian.PackagesError as failure:
        if not recipe.release:
            raise
        print(f"images: warning: without {recipe.name}, so the tests on it will fail: {failure}", file=sys.stderr)
        return False
    return True


def _require_same_architecture(client: Client) -> None:
    theirs, ours = client.get("/version")["Arch"], debian.architecture()
    if theirs != ours:
        raise debian.PackagesError(f"the engine is {theirs}, this machine's packages are {ours}: run this there")


def _summary(made: list[str], missing: int, seconds: float) -> str:
    if not missing:
        return f"images: all {len(recipes())} are there and current"
    return f"images: made {', '.join(made) or 'none'} in {seconds:.1f} s; {len(recipes()) - missing} were there"


if __name__ == "__main__":
    sys.exit(main())
