"""RSA decryption (PKCS #1 v1.5) with private keys in PEM: PKCS #1, PKCS #8, or OpenSSH's own without a passphrase."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.language.expressions.values import STRING
from reconciler.language.functions.table import FunctionError, function

SMALLEST, LARGEST = 512, 16_384
"""Sizes of keys in bits: smaller ones hold nothing, larger ones take for ever."""

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*\n(.*?)\n?-----END \1-----", re.DOTALL)
_RSA = bytes.fromhex("2a864886f70d010101")
_OPENSSH = b"openssh-key-v1\0"
_INTEGER, _OCTETS, _IDENTIFIER, _SEQUENCE = 0x02, 0x04, 0x06, 0x30


class _Key(NamedTuple):
    modulus: int
    exponent: int


class _KeyError(ValueError):
    """The text is no private key of RSA."""


@function(STRING, STRING, returns=STRING)
def rsadecrypt(ciphertext: str, privatekey: str) -> str:
    """Decrypt base64 text with a private key in PEM."""
    try:
        secret = b64decode(ciphertext.replace("\r", "").replace("\n", ""), validate=True)
    except (Base64Error, ValueError):
        raise FunctionError("the text is not base64", 0) from None
    try:
        key = _private_key(privatekey)
    except (_KeyError, Base64Error, IndexError, ValueError):
        raise FunctionError("the key is no private RSA key in PEM without a passphrase", 1) from None
    message = _decrypted(secret, key)
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise FunctionError("what was encrypted is not UTF-8 text", 0) from None


def _decrypted(secret: bytes, key: _Key) -> bytes:
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(secret, "big")
    if len(secret) != size or number >= key.modulus:
        raise FunctionError("the text is not of the key's size", 0)
    padded = pow(number, key.exponent, key.modulus).to_bytes(size, "big")
    end = padded.find(b"\0", 2)
    if not padded.startswith(b"\0\x02") or end < 10:
        raise FunctionError("the text was not encrypted for this key", 0)
    return padded[end + 1 :]


def _private_key(text: str) -> _Key:
    found = _PEM.search(text)
    if found is None:
        raise _KeyError(text)
    kind, body = found.groups()
    readers = {"RSA PRIVATE KEY": _pkcs1, "PRIVATE KEY": _pkcs8, "OPENSSH PRIVATE KEY": _openssh}
    if kind not in readers or ":" in body:
        raise _KeyError(kind)
    key = readers[kind](b64decode("".join(body.split()), validate=True))
    if not SMALLEST <= key.modulus.bit_length() <= LARGEST or key.exponent >= key.modulus:
        raise _KeyError(kind)
    return key


def _pkcs1(content: bytes) -> _Key:
    ((_, sequence),) = _parts(content)
    _version, modulus, _public, private, *_primes = (
        int.from_bytes(part, "big") for kind, part in _parts(sequence) if kind == _INTEGER
    )
    return _Key(modulus, private)


def _pkcs8(content: bytes) -> _Key:
    ((_, sequence),) = _parts(content)
    (_, _version), (_, algorithm), (_, key), *_attributes = _parts(sequence)
    identifier = next(_parts(algorithm))
    if identifier != (_IDENTIFIER, _RSA):
        raise _KeyError("another algorithm")
    return _pkcs1(key)


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tags and contents of DER elements that follow each other."""
    position = 0
    while position < len(content):
        tag, length = content[position], content[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(content[position : position + count], "big")
            position += count
        if position + length > len(content):
            raise _KeyError("the key is cut off")
        yield tag, content[position : position + length]
        position += length


def _openssh(content: bytes) -> _Key:
    if not content.startswith(_OPENSSH):
        raise _KeyError("no OpenSSH key")
    fields = _fields(content[len(_OPENSSH) :])
    cipher, _derivation, _options = next(fields), next(fields), next(fields)
    header = sum(len(field) + 4 for field in (cipher, _derivation, _options))
    _public, private = _fields(content[len(_OPENSSH) + header + 4 :])
    if cipher != b"none":
        raise _KeyError("a passphrase")
    kind, modulus, _exponent, exponent, *_ = _fields(private[8:])
    if kind != b"ssh-rsa":
        raise _KeyError("another algorithm")
    return _Key(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))


def _fields(content: bytes) -> Iterator[bytes]:
    position = 0
    while position + 4 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        if position + 4 + length > len(content):
            return
        yield content[position + 4 : position + 4 + length]
        position += 4 + length
