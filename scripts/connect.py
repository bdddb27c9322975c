"""Connects the scripts to the engine that `reconciler` would use: DOCKER_HOST, the docker context, the local socket.

Run as a program it prints the engine's address and version; else why none answers, and exits 1 when that engine is
this machine's own (which scripts/engine.sh can start) and 2 when it is anywhere else.
"""

from __future__ import annotations

import os
import sys

import docker
from docker.context import Context, ContextAPI
from docker.errors import DockerException

LOCAL_SOCKET = "unix:///var/run/docker.sock"

# requests lets these variables overrule the certificate authority of an engine's own TLS settings.
_OVERRULE_THE_ENGINES_AUTHORITY = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def connect() -> docker.DockerClient:
    """Return a client for the engine; DockerException when none answers."""
    for name in _OVERRULE_THE_ENGINES_AUTHORITY:
        os.environ.pop(name, None)
    if os.environ.get("DOCKER_HOST"):
        return docker.DockerClient.from_env()
    context = _context()
    return docker.DockerClient(base_url=address(), tls=context.TLSConfig if context else None)


def address() -> str:
    """Return where the engine is, whether it answers or not."""
    context = _context()
    return os.environ.get("DOCKER_HOST") or (context.Host if context else None) or LOCAL_SOCKET


def _context() -> Context | None:
    """Return what `docker context use` or DOCKER_CONTEXT chose, if anything."""
    name = os.environ.get("DOCKER_CONTEXT")
    return ContextAPI.get_context(name) if name else ContextAPI.get_current_context()


def main() -> int:
    """Print the engine's address and version."""
    try:
        version = connect().version()["Version"]
    except DockerException as failure:
        print(f"no engine answers at {address()}: {failure}", file=sys.stderr)
        return 1 if address() == LOCAL_SOCKET else 2
    print(f"{address()} (version {version})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
