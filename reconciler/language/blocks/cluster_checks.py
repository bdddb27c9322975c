"""What the table cannot say about a cluster: which addresses of engines there are, and where TLS is."""

from __future__ import annotations

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure

_KINDS = ("unix://", "tcp://", "ssh://", "npipe://")


def check_cluster(decoded: Decoded) -> Findings:
    """Yield what does not fit in a cluster."""
    engine = decoded.values.get("engine")
    if engine is not None and not engine.startswith(_KINDS):
        detail = 'Write "unix:///var/run/docker.sock", "tcp://HOST:2376" or "ssh://USER@HOST".'
        place = decoded.where("engine")
        decoded.doubt("engine")
        yield Finding(decoded, place, "the engine's address is of no kind we know", detail, "E0247")
    yield from _tls(decoded)


@as_far_as_sure
def _tls(decoded: Decoded) -> Findings:
    tls = decoded.one("tls")
    if tls is not None and not (decoded.get("engine") or "").startswith("tcp://"):
        detail = 'Set engine = "tcp://HOST:2376", or remove the block.'
        yield Finding(decoded, tls.place, "tls is for a tcp:// engine", detail, "E0247")
