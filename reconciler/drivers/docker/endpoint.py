"""Which engine: what the stack says, else DOCKER_HOST, else the docker context in use, else the local socket.

The order is the docker command's own (DOCKER_HOST before DOCKER_CONTEXT, as its code has it). Files are read
here by hand, because importing the SDK for it costs more than a whole `plan` may.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.errors import EngineError
from reconciler.model.noun import Noun
from reconciler.model.stack import Tls

DEFAULT_URL = "unix:///var/run/docker.sock"
SCHEMES = ("unix://", "tcp://", "ssh://", "http://", "https://")


class Endpoint(Noun):
    """Where an engine listens. `source` says who chose it, for error messages."""

    url: str
    tls: Tls | None = None
    source: str = "the local socket"

    @property
    def socket_path(self) -> str | None:
        """The path of a local socket, or None."""
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else None


def find_endpoint(engine: str | None, tls: Tls | None, environ: Mapping[str, str]) -> Endpoint:
    """Return the engine to use; raises EngineError when its address cannot be one."""
    endpoint = (
        (Endpoint(url=engine, tls=tls, source="cluster.engine") if engine else None)
        or _from_environment(environ)
        or _from_context(environ)
        or Endpoint(url=DEFAULT_URL)
    )
    if not endpoint.url.startswith(SCHEMES):
        raise EngineError(
            f"The engine's address {endpoint.url!r} ({endpoint.source}) begins with none of unix://, tcp://, ssh://."
        )
    return endpoint


def _from_environment(environ: Mapping[str, str]) -> Endpoint | None:
    url = environ.get("DOCKER_HOST")
    if not url:
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or _docker_folder(environ))
    is_verified = bool(environ.get("DOCKER_TLS_VERIFY")) and url.startswith("tcp://")
    return Endpoint(url=url, tls=_tls(folder) if is_verified else None, source="DOCKER_HOST")


def _from_context(environ: Mapping[str, str]) -> Endpoint | None:
    folder = _docker_folder(environ)
    name = environ.get("DOCKER_CONTEXT") or _read(folder / "config.json").get("currentContext")
    if not name or name == "default":
        return None
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = _read(folder / "contexts" / "meta" / key / "meta.json")
    url = meta.get("Endpoints", {}).get("docker", {}).get("Host")
    if not url:
        raise EngineError(f"The docker context {name!r} is in use but not known. See `docker context ls`.")
    certificates = folder / "contexts" / "tls" / key / "docker"
    tls = _tls(certificates) if certificates.is_dir() else None
    return Endpoint(url=url, tls=tls, source=f"docker context {name}")


def _docker_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or "~").expanduser() / ".docker")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _tls(folder: Path) -> Tls:
    return Tls(ca=str(folder / "ca.pem"), cert=str(folder / "cert.pem"), key=str(folder / "key.pem"))
