"""Commands that a stack runs, and URLs that it asks: what can be neither."""

from __future__ import annotations

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings


def check_command(decoded: Decoded, code: str) -> Findings:
    """Yield that the `command` of a block is empty, if it has one."""
    command = decoded.values.get("command")
    if command is not None and (not command or not command[0]):
        detail = 'Write command = ["program", "argument"].'
        yield Finding(decoded, decoded.where("command"), "the command is empty", detail, code)


def check_url(decoded: Decoded, code: str) -> Findings:
    """Yield that the `url` of a block is none, for it has one."""
    url = decoded.get("url")
    if not url.startswith(("http://", "https://")) or any(each.isspace() or ord(each) < 32 for each in url):
        detail = "Begin it with http:// or https://, and leave out spaces."
        yield Finding(decoded, decoded.where("url"), f'"{url[:80]}" is no URL to ask', detail, code)
