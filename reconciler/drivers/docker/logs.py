"""A container's output as lines, each with its time; standard output and error in the order they were written."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.facts import Engine
from reconciler.errors import EngineError

_PATIENCE = 10.0
"""The longest silence amid a log that is not followed, in seconds."""
_HEADER = 8
_LONGEST_PART = 16384
"""The engine takes a longer line apart, and writes the time before each part."""


def read_logs(
    client: Client, engine: Engine, container_id: str, *, tail: int | None, follow: bool, since: float | None
) -> Iterator[str]:
    """Yield lines; with `follow` until the container ends. Raises EngineError when there is nothing to read."""
    query: dict[str, object] = {"stdout": True, "stderr": True, "timestamps": True, "follow": follow}
    query["tail"] = "all" if tail is None else tail
    if since is not None:
        query["since"] = f"{since + engine.offset:.9f}"
    try:
        has_terminal = client.get(f"/containers/{container_id}/json")["Config"]["Tty"]
        stream = client.stream("GET", f"/containers/{container_id}/logs", query)
    except ApiError as refusal:
        raise EngineError(f"No logs of container {container_id[:12]}: {refusal.message}") from refusal
    try:
        chunks = client.read(stream)
        yield from _lines_of_terminal(chunks) if has_terminal else _lines(frames(chunks))
    finally:
        stream.close()


def read_now(client: Client, container_id: str, **query: object) -> str:
    """Return what a container without a terminal has written; nothing when the engine does not have its log."""
    wanted = {"stdout": True, "stderr": True, **query}
    try:
        stream = client.stream("GET", f"/containers/{container_id}/logs", wanted, timeout=_PATIENCE)
        try:
            written = b"".join(content for _, content in frames(client.read(stream)))
        finally:
            stream.close()
    except ApiError:
        return ""
    return written.decode(errors="replace")


def frames(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Take the engine's multiplexed stream apart: (1 for output or 2 for error, bytes)."""
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= _HEADER:
            size = int.from_bytes(buffer[4:_HEADER], "big")
            if len(buffer) < _HEADER + size:
                break
            yield buffer[0], buffer[_HEADER : _HEADER + size]
            buffer = buffer[_HEADER + size :]


def _lines(parts: Iterator[tuple[int, bytes]]) -> Iterator[str]:
    """A line longer than 16 KiB comes in several frames, each with the time before it: only the first one's stays."""
    unfinished: dict[int, bytes] = {}
    for number, part in parts:
        begun = unfinished.pop(number, None)
        line = part if begun is None else begun + part.partition(b" ")[2]
        if line.endswith(b"\n"):
            yield _text(line)
        else:
            unfinished[number] = line
    yield from (_text(line) for line in unfinished.values())


def _lines_of_terminal(chunks: Iterator[bytes]) -> Iterator[str]:
    """A terminal's output has no frames: in a long line the times of its parts are found by their place."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (_text(_put_together(line)) for line in lines)
    if rest:
        yield _text(_put_together(rest))


def _put_together(line: bytes) -> bytes:
    width = line.find(b" ") + 1
    starts = range(width, len(line), _LONGEST_PART + width)
    return line[:width] + b"".join(line[start : start + _LONGEST_PART] for start in starts)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")
