"""Functions that read files below the stack's folder, and those of their paths."""

from __future__ import annotations

import base64
import posixpath

from reconciler.language.expressions.values import BOOL, STRING, Value, set_of, set_type, string
from reconciler.language.functions.context import Context
from reconciler.language.functions.encoding import utf8
from reconciler.language.functions.hashing import digest, digest_base64
from reconciler.language.functions.table import FunctionError, function

INSIDE = "Paths are relative to the stack's folder, and end inside it."


def read(context: Context, path: str) -> bytes:
    """Return what a file of the stack holds; raise FunctionError."""
    try:
        return context.files().read_bytes(path)
    except ValueError as error:
        if isinstance(error, FunctionError):
            raise
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, returns=STRING, contextual=True)
def file(context: Context, path: str) -> str:
    """Return a file as text."""
    return utf8(read(context, path), "the file")


@function(STRING, returns=BOOL, contextual=True)
def fileexists(context: Context, path: str) -> bool:
    """Say whether there is such a file."""
    try:
        return context.files().exists(path)
    except FunctionError:
        raise
    except ValueError as error:
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, STRING, returns=set_type(STRING), contextual=True)
def fileset(context: Context, path: str, pattern: str) -> Value:
    """Return the files below `path` that match a pattern with *, ? and **."""
    try:
        return set_of(STRING, map(string, context.files().matching(path, pattern)))
    except FunctionError:
        raise
    except ValueError as error:
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, returns=STRING, contextual=True)
def filebase64(context: Context, path: str) -> str:
    """Return a file's bytes in base64."""
    return base64.b64encode(read(context, path)).decode()


def _enter(algorithm: str) -> None:
    def body(context: Context, path: str) -> str:
        """Return the digest of a file."""
        return digest(algorithm, read(context, path))

    def body_base64(context: Context, path: str) -> str:
        """Return the digest of a file, in base64."""
        return digest_base64(algorithm, read(context, path))

    function(STRING, returns=STRING, name=f"file{algorithm}", contextual=True)(body)
    if algorithm in ("sha256", "sha512"):
        function(STRING, returns=STRING, name=f"filebase64{algorithm}", contextual=True)(body_base64)


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _enter(_algorithm)


@function(STRING, returns=STRING)
def basename(path: str) -> str:
    """Return the last part of a path."""
    trimmed = path.rstrip("/")
    if not path:
        return "."
    return trimmed.rpartition("/")[2] if trimmed else "/"


@function(STRING, returns=STRING)
def dirname(path: str) -> str:
    """Return a path without its last part."""
    folder = path.rpartition("/")[0] if "/" in path else "."
    if path.startswith("/") and not folder:
        return "/"
    return posixpath.normpath(folder) if folder else "."


@function(STRING, returns=STRING, contextual=True)
def abspath(context: Context, path: str) -> str:
    """Return a path from the root: that of the stack's folder in front of a relative one."""
    return posixpath.normpath(posixpath.join(context.files().folder, path))


@function(STRING, returns=STRING)
def pathexpand(path: str) -> str:
    """Return the path; a leading ~ is refused, for a stack must not depend on who applies it."""
    if path.startswith("~"):
        raise FunctionError("a home folder is not a part of the stack", 0, "Write the path out, or use a variable.")
    return path
