"""Texts that a proxy sends or matches: nothing in them may end a line or a header of its configuration or answers."""

from __future__ import annotations

import re

from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.language.expressions.access import similar

MAXIMUM_BODY, MAXIMUM_PART = 1024, 128

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PLACEHOLDER = re.compile(r"#\{([^}]*)\}")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")

PLACEHOLDERS = ("protocol", "host", "port", "path", "query")


def check_text(block: Decoded) -> Findings:
    """Yield each text of a block, and of those inside, that has control characters; checks that follow doubt it."""
    for decoded in block.every():
        for name, value in [*decoded.values.items()]:
            pattern = _CONTROL_IN_BODY if name == "body" else _CONTROL
            texts = value if isinstance(value, tuple) else (value,)
            if any(isinstance(text, str) and pattern.search(text) for text in texts):
                body = " Only \\n and \\t may stand in a body." if name == "body" else ""
                detail = f"Remove it: what ends a line, or is not seen, has no place there.{body}"
                summary = f"{name} has a control character"
                decoded.doubt(name)
                yield Finding(decoded, decoded.where(name), summary, detail, "E0254")


def check_actions(balancer: Decoded) -> Findings:
    """Yield what is wrong with the redirects and fixed responses of a load balancer."""
    for decoded in balancer.every():
        if decoded.schema.word == "redirect":
            yield from _redirect(decoded)
        if decoded.schema.word == "fixed_response":
            yield from _fixed_response(decoded)


def _redirect(redirect: Decoded) -> Findings:
    yield from _leads_nowhere(redirect)
    for name in ("host", "path", "query", "port"):
        yield from _redirect_part(redirect, name)


@as_far_as_sure
def _leads_nowhere(redirect: Decoded) -> Findings:
    if not any(map(redirect.has, PLACEHOLDERS)):
        detail = "Set at least one of protocol, host, port, path and query."
        yield Finding(redirect, redirect.place, "a redirect leads to where the request came from", detail, "E0252")


@as_far_as_sure
def _redirect_part(redirect: Decoded, name: str) -> Findings:
    text, place = redirect.get(name), redirect.where(name)
    unknown = next((each for each in _PLACEHOLDER.findall(text) if each not in PLACEHOLDERS), None)
    bare = _PLACEHOLDER.sub("", text)
    if unknown is not None:
        detail = similar(unknown, PLACEHOLDERS) or f"There is {', '.join(f'#{{{each}}}' for each in PLACEHOLDERS)}."
        yield Finding(redirect, place, f"#{{{unknown}}} stands for nothing", detail, "E0252")
    elif len(text) > MAXIMUM_PART or re.search(r"\s", text):
        detail = f"Leave out spaces, and use at most {MAXIMUM_PART} characters."
        yield Finding(redirect, place, f"{name} cannot be a part of an address", detail, "E0252")
    elif name == "path" and not text.startswith("/"):
        yield Finding(redirect, place, f'the path "{text}" does not begin with /', f'Write "/{text}".', "E0252")
    elif name == "port" and text != "#{port}" and (not _PORT.match(text) or int(text) > 65535):
        yield Finding(redirect, place, f'"{text}" is no port', 'Write "443", or "#{port}".', "E0252")
    elif name == "host" and not (text and re.fullmatch(r"[A-Za-z0-9.:_-]*", bare)):
        yield Finding(redirect, place, f'"{text}" is no host', "Use letters, digits, - and .", "E0252")


def _fixed_response(response: Decoded) -> Findings:
    yield from _status(response)
    if len(response.values.get("body", "")) > MAXIMUM_BODY:
        detail = "Shorten it, or forward to a service that has the page."
        summary = f"the body is longer than {MAXIMUM_BODY} characters"
        yield Finding(response, response.where("body"), summary, detail, "E0252")


@as_far_as_sure
def _status(response: Decoded) -> Findings:
    status = response.get("status_code")
    if 300 <= status <= 399:
        detail = "Use 2xx, 4xx or 5xx, or a redirect block."
        yield Finding(response, response.where("status_code"), f"{status} is no fixed response", detail, "E0252")
