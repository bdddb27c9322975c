"""Functions that digest."""

from __future__ import annotations

import base64
import hashlib

from reconciler.language.expressions.values import NUMBER, STRING, Number, Value, unknown
from reconciler.language.functions.table import FunctionError, function

LONGEST_PASSWORD, HIGHEST_COST = 72, 31


def digest(algorithm: str, content: bytes) -> str:
    """Return a digest in hexadecimal; md5 and sha1 serve as checksums only."""
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def digest_base64(algorithm: str, content: bytes) -> str:
    """Return a digest in base64."""
    return base64.b64encode(hashlib.new(algorithm, content, usedforsecurity=False).digest()).decode()


def _enter(name: str, algorithm: str) -> None:
    def body(text: str) -> str:
        """Return the digest of a string's UTF-8 bytes."""
        return digest(algorithm, text.encode())

    def body_base64(text: str) -> str:
        """Return the digest of a string's UTF-8 bytes, in base64."""
        return digest_base64(algorithm, text.encode())

    function(STRING, returns=STRING, name=name)(body)
    if name in ("sha256", "sha512"):
        function(STRING, returns=STRING, name=f"base64{name}")(body_base64)


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _enter(_algorithm, _algorithm)


@function(returns=STRING)
def uuid() -> Value:
    """Return a random UUID: unknown before the apply."""
    return unknown(STRING, True)


@function(STRING, returns=STRING, variadic=NUMBER)
def bcrypt(text: str, *cost: Number) -> Value:
    """Return a salted hash, of the cost of 4 to 31: unknown before the apply."""
    if len(cost) > 1:
        raise FunctionError(f"1 to 2 arguments wanted, {1 + len(cost)} given", None, "", "E0322")
    if len(text.encode()) > LONGEST_PASSWORD:
        raise FunctionError(f"the text is longer than {LONGEST_PASSWORD} bytes", 0)
    if cost and not (isinstance(cost[0], int) and cost[0] <= HIGHEST_COST):
        raise FunctionError(f"a whole number of at most {HIGHEST_COST} is required", 1)
    return unknown(STRING, True)


@function(STRING, STRING, returns=STRING)
def uuidv5(namespace: str, name: str) -> str:
    """Return the UUID of a name in a namespace (dns, url, oid, x500 or a UUID)."""
    import uuid as standard

    named = {
        "dns": standard.NAMESPACE_DNS,
        "url": standard.NAMESPACE_URL,
        "oid": standard.NAMESPACE_OID,
        "x500": standard.NAMESPACE_X500,
    }
    found = named.get(namespace)
    if found is None:
        try:
            found = standard.UUID(namespace)
        except ValueError:
            raise FunctionError("the namespace must be dns, url, oid, x500 or a UUID", 0) from None
    return str(standard.uuid5(found, name))
