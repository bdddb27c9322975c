"""Commands that a stack runs, and URLs that it asks: what can be neither."""

from __future__ import annotations

from urllib.parse import urlsplit

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure


def check_command(decoded: Decoded, code: str) -> Findings:
    """Yield that the `command` of a block is empty, if it has one."""
    command = decoded.values.get("command")
    if command is not None and (not command or not command[0]):
        detail = 'Write command = ["program", "argument"].'
        yield Finding(decoded, decoded.where("command"), "the command is empty", detail, code)


def check_prometheus(decoded: Decoded, code: str) -> Findings:
    """Yield what is wrong with a `prometheus` block: a query of nothing, or a URL that is none."""
    yield from check_url(decoded, code)
    yield from _query(decoded, code)


@as_far_as_sure
def _query(decoded: Decoded, code: str) -> Findings:
    if not decoded.get("query").strip():
        yield Finding(decoded, decoded.where("query"), "the query is empty", 'Write one in PromQL: "sum(up)".', code)


@as_far_as_sure
def check_url(decoded: Decoded, code: str) -> Findings:
    """Yield that the `url` of a block cannot be asked, for it has one."""
    url = decoded.get("url")
    detail = _no_url(url)
    if detail:
        yield Finding(decoded, decoded.where("url"), f'"{url[:80]}" is no URL to ask', detail, code)
    elif "@" in urlsplit(url).netloc:  # not quoted: what stands before it is a secret
        summary, detail = (
            "a URL holds a name or a password, which are not sent",
            "Leave out what stands before the @.",
        )
        yield Finding(decoded, decoded.where("url"), summary, detail, code)


def _no_url(url: str) -> str:
    """Return what would make a URL one; empty when it is."""
    if not url.startswith(("http://", "https://")) or any(each.isspace() or ord(each) < 32 for each in url):
        return "Begin it with http:// or https://, and leave out spaces."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "Write a port from 1 to 65535, and an IPv6 address in brackets: http://[::1]:8080/."
    return "" if parts.hostname else "Name the host behind the two slashes: http://HOST/PATH."
