"""Values as words of HAProxy's language. Nothing from a stack reaches a configuration but through here.

Every byte that could mean something to HAProxy's parser is written as `\\xHH`, which it reads back as that byte, and
only as that. A value that cannot be expressed is a ValueError.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/,@=+~")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,127}")
_CODES = re.compile(r"[1-5]\d\d(?:-[1-5]\d\d)?(?:,[1-5]\d\d(?:-[1-5]\d\d)?)*")
_OF_URLS = "%/:?#[]@!$&'()*+,;=-._~"


def word(text: str) -> str:
    """Return a text as exactly one word.

    >>> word("say 'hi' #1")
    "say\\\\x20\\\\x27hi\\\\x27\\\\x20\\\\x231"
    """
    if not text or "\0" in text:
        raise ValueError(f"{text!r} cannot be written in a configuration of HAProxy")
    return "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in _bytes(text))


def literal(text: str) -> str:
    """Return a text as a piece of a word that HAProxy reads as a format, where `%` begins a variable."""
    return word(text.replace("%", "%%")) if text else ""


def name(text: str) -> str:
    """Return a name that was checked: letters, digits, `_`, `-` and `.`."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name: letters, digits, `_`, `-` and `.` only")
    return text


def token(text: str) -> str:
    """Return the name of a header or a cookie that was checked."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a header or a cookie that a rule can use")
    return text


def milliseconds(seconds: float) -> str:
    """Return a duration; less than a millisecond is one.

    >>> milliseconds(1.5)
    '1500ms'
    """
    return f"{max(1, round(seconds * 1000))}ms"


def codes(matcher: str) -> str:
    """Return status codes that were checked: `200-399`, `200,202`."""
    found = matcher.replace(" ", "")
    if not _CODES.fullmatch(found):
        raise ValueError(f"{matcher!r} are no status codes: `200`, `200,202` and `200-399` are")
    return found


def network(text: str) -> str:
    """Return an address or a network in CIDR notation that was checked."""
    return str(ipaddress.ip_network(text.strip(), strict=False))


def socket_address(address: str, port: int) -> str:
    """Return `10.0.0.2:80` or `[fd00::2]:80`, checked."""
    found = ipaddress.ip_address(address)
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    return f"[{found}]:{port}" if found.version == 6 else f"{found}:{port}"


def url_piece(text: str) -> str:
    """Return a text with what a URL may not hold (blanks, line ends, other alphabets) percent-encoded."""
    return quote(text, safe=_OF_URLS)


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} is not a text of Unicode") from None
