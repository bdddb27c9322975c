"""Functions that digest."""

from __future__ import annotations

import base64
import hashlib

from reconciler.language.functions.table import FunctionError, function
from reconciler.language.values import STRING


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


@function(STRING, STRING, returns=STRING)
def uuidv5(namespace: str, name: str) -> str:
    """Return the UUID of a name in a namespace (dns, url, oid, x500 or a UUID)."""
    import uuid

    named = {
        "dns": uuid.NAMESPACE_DNS,
        "url": uuid.NAMESPACE_URL,
        "oid": uuid.NAMESPACE_OID,
        "x500": uuid.NAMESPACE_X500,
    }
    found = named.get(namespace)
    if found is None:
        try:
            found = uuid.UUID(namespace)
        except ValueError:
            raise FunctionError("the namespace must be dns, url, oid, x500 or a UUID", 0) from None
    return str(uuid.uuid5(found, name))
