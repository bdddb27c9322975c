"""The user's cache folder: the grammar's table, and the trees of texts read before.

A pickle is code to whoever writes it, so the folder is used only when it is ours and nobody else can write to it.
Everything here may fail silently: without a cache a run is slower and right.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.language.collector import paused

MAXIMUM_TREES = 256


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return our folder in the user's cache, made when absent; None when there is none to trust."""
    home = environment.get("HOME", "")
    base = environment.get("XDG_CACHE_HOME", "") or (f"{home}/.cache" if home else "")
    if not base or not Path(base).is_absolute():
        return None
    folder = Path(base) / "reconciler"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return folder if ours and not found.st_mode & 0o022 else None


def key(text: str, *versions: object) -> str:
    """Return the name under which what was made of `text` by `versions` is kept."""
    return hashlib.sha256("\0".join((*map(str, versions), text)).encode("utf-8", "surrogatepass")).hexdigest()


def read(folder: Path | None, name: str) -> Any:
    """Return what was kept under `name`, or None."""
    if folder is None:
        return None
    try:
        with paused():
            return pickle.loads((folder / f"{name}.bin").read_bytes())
    except (
        OSError,
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        ImportError,
        TypeError,
        ValueError,
        IndexError,
    ):
        return None


def write(folder: Path | None, name: str, content: object) -> None:
    """Keep `content` under `name`; a reader sees all of it or nothing."""
    if folder is None:
        return
    draft = folder / f".{name}.{os.getpid()}"
    try:
        _make_room(folder)
        draft.write_bytes(pickle.dumps(content, protocol=5))
        draft.replace(folder / f"{name}.bin")
    except (OSError, RecursionError):
        draft.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Drop the older half of the trees once there are many: every edit leaves one behind."""
    trees = list(folder.glob("tree-*.bin"))
    if len(trees) < MAXIMUM_TREES:
        return
    for tree in sorted(trees, key=lambda each: each.stat().st_mtime)[: MAXIMUM_TREES // 2]:
        tree.unlink(missing_ok=True)
