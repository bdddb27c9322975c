"""A build's context as an archive: the folder without what `.dockerignore` names, by the SDK's own reading of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def packed(context: Path, dockerfile: str) -> Iterator[tuple[IO[bytes], str]]:
    """Pack a folder; gives the archive and the Dockerfile's name in it. Raises OSError."""
    from docker.api.build import process_dockerfile
    from docker.utils.build import tar

    if not context.is_dir():
        raise NotADirectoryError(f"its context {context} is no folder")
    place = process_dockerfile(dockerfile, str(context))
    with tar(str(context), exclude=_ignored(context), dockerfile=place) as archive:
        yield archive, place[0]


def _ignored(context: Path) -> list[str] | None:
    """The patterns of `.dockerignore`; None when there is none."""
    try:
        lines = (context / ".dockerignore").read_text().splitlines()
    except FileNotFoundError:
        return None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
