"""Images: pulled with patience, built from a folder, and the holder's own, which needs no registry."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError, EngineTimeoutError
from reconciler.drivers.docker.build_context import packed
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.credentials import all_credentials, credentials
from reconciler.drivers.docker.holder import HOLDER_COMMAND, HOLDER_IMAGE, Architecture, image_archive
from reconciler.drivers.failure import CANNOT_PULL, StepFailedError, cleaned
from reconciler.model.step import BuildImage, PullImage

PULL_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.1, 5.0
"""ECS's agent tries five times, 1.1 s to 5 s apart, twice as long each time."""
PULL_SILENCE = 60.0
"""ECS's agent gives up on a pull that says nothing for a minute."""
REGISTRY_PATIENCE = 10.0
BUILD_SILENCE = 7200.0
"""A step of a build may say nothing for as long as ECS's agent lets a pull last."""

_FINAL = re.compile(
    r"not found|manifest unknown|denied|unauthorized|does not exist|invalid reference|no basic auth"
    r"|no matching manifest",
    re.IGNORECASE,
)


class HolderImage:
    """The image of holders, imported once when it is absent."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._is_there = False

    def ensure(self, architecture: str) -> None:
        """Import the image unless the engine has it."""
        with self._lock:
            if self._is_there:
                return
            if self._client.find(f"/images/{HOLDER_IMAGE}/json") is None:
                self._import(cast(Architecture, architecture))
            self._is_there = True

    def forget(self) -> None:
        """Look again next time: an image was removed."""
        self._is_there = False

    def _import(self, architecture: Architecture) -> None:
        repository, _, tag = HOLDER_IMAGE.partition(":")
        query = {
            "fromSrc": "-",
            "repo": repository,
            "tag": tag,
            "changes": f"CMD {json.dumps(list(HOLDER_COMMAND))}",
            "message": "the namespace holder of reconciler's tasks",
        }
        self._client.call("POST", "/images/create", query, image_archive(architecture))


def pull(client: Client, step: PullImage, sleep: Callable[[float], None]) -> str:
    """Pull an image and return its id; raises StepFailedError after five tries, or at once if there is no hope."""
    pause = FIRST_PAUSE
    for tries_left in reversed(range(PULL_TRIES)):
        try:
            _pull_once(client, step.reference)
            return _image_id(client, step.reference)
        except ApiError as refusal:
            if tries_left == 0 or refusal.status in (401, 403, 404) or _FINAL.search(refusal.message):
                raise StepFailedError(CANNOT_PULL, f"{step.reference}: {refusal.message}") from refusal
        except EngineTimeoutError as silence:
            if tries_left == 0:
                reason = f"{step.reference}: nothing came for {PULL_SILENCE:.0f} s, {PULL_TRIES} times"
                raise StepFailedError(CANNOT_PULL, reason) from silence
        sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    raise AssertionError("the last try returns or raises")


def build(client: Client, step: BuildImage) -> str:
    """Build an image with the engine's classic builder and return its id."""
    context = Path(step.folder, step.build.context)
    query = {
        "t": step.reference,
        "labels": {labels.CONTEXT: step.build.context_digest},
        "rm": True,
        "forcerm": True,
    }
    try:
        with packed(context, step.build.dockerfile) as (archive, dockerfile):
            stream = client.stream(
                "POST",
                "/build",
                {**query, "dockerfile": dockerfile},
                archive,
                headers=all_credentials(),
                timeout=BUILD_SILENCE,
            )
            try:
                _follow(_json_lines(client.read(stream)))
            finally:
                stream.close()
    except OSError as problem:
        raise StepFailedError(CANNOT_PULL, f"cannot build {step.reference}: {problem}") from problem
    except ApiError as refusal:
        raise StepFailedError(CANNOT_PULL, f"cannot build {step.reference}: {refusal.message}") from refusal
    return _image_id(client, step.reference)


def why_unobtainable(client: Client, reference: str) -> str:
    """Return why the registry does not hand out an image, in one line, or an empty text."""
    headers = credentials(_name_and_tag(reference)[0])
    try:
        client.call("GET", f"/distribution/{quoted(reference)}/json", headers=headers, timeout=REGISTRY_PATIENCE)
    except ApiError as refusal:
        return cleaned(refusal.message)
    except EngineTimeoutError:
        return f"its registry did not answer within {REGISTRY_PATIENCE:.0f} s"
    return ""


def quoted(reference: str) -> str:
    """Return a reference as a part of a path."""
    return quote(reference, safe="/:@")


def _pull_once(client: Client, reference: str) -> None:
    name, tag = _name_and_tag(reference)
    stream = client.stream(
        "POST",
        "/images/create",
        {"fromImage": name, "tag": tag},
        headers=credentials(_name_and_tag(reference)[0]),
        timeout=PULL_SILENCE,
    )
    try:
        _follow(_json_lines(client.read(stream)))
    finally:
        stream.close()


def _follow(progress: Iterable[Any]) -> None:
    """Read to the end what a pull or build says; raises ApiError with its error and the lines before it."""
    last_lines: list[str] = []
    for line in progress:
        if "error" in line:
            raise ApiError(500, " | ".join([*last_lines[-3:], str(line["error"])]))
        if text := str(line.get("stream", "")).strip():
            last_lines.append(text)


def _json_lines(chunks: Iterator[bytes]) -> Iterator[Any]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines if line.strip())
    if rest.strip():
        yield json.loads(rest)


def _name_and_tag(reference: str) -> tuple[str, str]:
    """Without a tag the engine would pull every tag there is.

    >>> _name_and_tag("127.0.0.1:5000/web")
    ('127.0.0.1:5000/web', 'latest')
    """
    if "@" in reference:
        name, _, digest = reference.partition("@")
        return name, digest
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference, "latest")


def _image_id(client: Client, reference: str) -> str:
    return str(client.get(f"/images/{quoted(reference)}/json")["Id"])
