"""What the table cannot say about a secret: that it has one source, and that a command is one."""

from __future__ import annotations

from reconciler.language.blocks.call_checks import check_command
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure

_SOURCES = ("env", "file", "command")


def check_secret(decoded: Decoded) -> Findings:
    """Yield what does not fit in a secret."""
    yield from check_command(decoded, "E0245")
    yield from _source(decoded)


@as_far_as_sure
def _source(decoded: Decoded) -> Findings:
    given = [name for name in _SOURCES if decoded.has(name)]
    if len(given) != 1:
        summary = "a secret has one source" + (f", not {len(given)}" if given else "")
        detail = 'Set one of env = "NAME", file = "path" and command = ["program", ...].'
        yield Finding(decoded, decoded.where(given[1]) if given else decoded.place, summary, detail, "E0245")
