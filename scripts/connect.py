"""Connects the scripts to the engine that `reconciler` would use: DOCKER_HOST, the docker context, the local socket.

Run as a program it prints the engine's address and version; else why none answers. The exit code 3 says that it is
this machine's own engine that does not answer, which scripts/engine.sh can start.
"""

from __future__ import annotations

import os
import sys

from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import DEFAULT_URL, find_endpoint
from reconciler.errors import EngineError

LOCAL_ENGINE_DOES_NOT_ANSWER = 3


def connect() -> Client:
    """Return a client for the engine; EngineError when its address cannot be one."""
    return Client(find_endpoint(None, None, os.environ))


def main() -> int:
    """Print the engine's address and version."""
    try:
        client = connect()
    except EngineError as failure:
        print(failure, file=sys.stderr)
        return 1
    address = client.endpoint.url
    try:
        print(f"{address} (version {client.get('/version')['Version']})")
    except EngineError as failure:
        print(failure, file=sys.stderr)
        return LOCAL_ENGINE_DOES_NOT_ANSWER if address == DEFAULT_URL else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
