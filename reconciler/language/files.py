"""Files that a stack's expressions and task definitions name: read below the stack's folder only.

Together with `loader` and `cache` the only module of the language that reads the disk.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.language.globs import matcher
from reconciler.language.limits import MAXIMUM_ELEMENTS, MAXIMUM_FILE_BYTES

IGNORE_FILE = ".dockerignore"
MAXIMUM_SHOWN = 200


class FolderReader:
    """Reads files of a stack's folder and of its modules'; links and `..` that lead out of them are refused."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._roots = [self._root]
        self._places: dict[Path, str] = {}
        self.folder = str(self._root)

    def place_of(self, folder: Path) -> str:
        """Return where a folder is, links followed; that of a folder that cannot be is its own name."""
        if folder not in self._places:
            try:
                self._places[folder] = os.path.realpath(folder)
            except (OSError, ValueError):  # a name too long, or with a zero byte
                self._places[folder] = str(folder)
        return self._places[folder]

    def admit(self, folder: Path) -> None:
        """Let the files of a module's folder be read too; raise ValueError when there is no such folder."""
        found = Path(self.place_of(folder))
        try:
            is_folder = found.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if not is_folder:
            raise ValueError(f'there is no folder "{os.path.relpath(folder, self._root)[:MAXIMUM_SHOWN]}"')
        self._roots.append(found)

    def read_bytes(self, path: str) -> bytes:
        """Return what a file holds."""
        found = self._inside(path)
        try:
            if not found.is_file():
                raise ValueError(f'there is no file "{path}" in the stack\'s folder')
            if found.stat().st_size > MAXIMUM_FILE_BYTES:
                raise ValueError(f'the file "{path}" is larger than 1 MiB')
            return found.read_bytes()
        except OSError as error:
            raise ValueError(f'the file "{path}" cannot be read: {error.strerror}') from None

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        found = self._inside(path)
        if found.is_dir():
            raise ValueError(f'"{path}" is a folder')
        return found.is_file()

    def matching(self, path: str, pattern: str) -> list[str]:
        """Return the files below `path` that match a pattern, relative to it."""
        if not pattern:
            return []
        base = self._inside(path)
        wanted = os.path.normpath(f"{base}/{pattern}")
        folder = Path(wanted)
        while any(sign in str(folder) for sign in "*?[{\\") or folder == Path(wanted):
            folder = folder.parent
        matches = matcher(os.path.relpath(wanted, folder))
        if not self._is_inside(folder):
            raise ValueError(f'"{pattern}" leads out of the stack\'s folder')
        found = []
        for number, file in enumerate(self._linked_files(folder, ())):
            if number > MAXIMUM_ELEMENTS:
                raise ValueError(f'there are too many files below "{path}"')
            if matches(file.relative_to(folder).as_posix()) and self._is_inside(file):
                found.append(os.path.relpath(file, base))
        return sorted(found)

    def _linked_files(self, folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
        """Yield the files below a folder, links to folders inside followed, but never in a circle."""
        real = os.path.realpath(folder)
        if real in above or not self._is_inside(folder) or not folder.is_dir():
            return
        for entry in sorted(folder.iterdir()):
            if entry.is_file():
                yield entry
            else:
                yield from self._linked_files(entry, (*above, real))

    def environment_file(self, path: str) -> Mapping[str, str]:
        """Return the variables of an env file: quotes stay, `#` lines are skipped, the first line for a name wins."""
        try:
            text = self.read_bytes(path).decode()
        except UnicodeDecodeError:
            raise ValueError(f'the file "{path}" is not UTF-8 text') from None
        variables: dict[str, str] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            line = line.removesuffix("\r")
            if not line.strip() or line.startswith("#"):
                continue
            name, equals, value = line.partition("=")
            if not equals or not name.strip():
                raise ValueError(f"{path}:{number} is no line of the form NAME=value")
            variables.setdefault(name.strip(), value)
        return variables

    def context_digest(self, context: str) -> str:
        """Return the digest of a build context: names, modes and contents of what is not ignored."""
        base = Path(os.path.realpath(self._root / context))
        if not base.is_dir():
            raise ValueError(f'there is no folder "{context}" to build from')
        ignored = _ignored(base / IGNORE_FILE)
        digest = hashlib.sha256()
        try:
            for file in _files(base):
                relative = file.relative_to(base).as_posix()
                if not ignored(relative):
                    digest.update(_entry(file, relative))
        except OSError as error:
            raise ValueError(f'the folder "{context}" cannot be read: {error.strerror}') from None
        return "sha256:" + digest.hexdigest()

    def pem_digest(self, path: str) -> str:
        """Return the digest of what a PEM file holds; certificates and keys may lie anywhere."""
        if "\0" in path:
            raise ValueError("a path holds no zero byte")
        found = self._root / path
        try:
            if not found.is_file():
                raise ValueError(f'there is no file "{path}"')
            if found.stat().st_size > MAXIMUM_FILE_BYTES:
                raise ValueError(f'the file "{path}" is larger than 1 MiB')
            content = found.read_bytes()
        except OSError as error:
            raise ValueError(f'the file "{path}" cannot be read: {error.strerror}') from None
        if b"-----BEGIN " not in content:
            raise ValueError(f'the file "{path}" holds no PEM')
        return hashlib.sha256(content).hexdigest()

    def _inside(self, path: str) -> Path:
        if "\0" in path:
            raise ValueError("a path holds no zero byte")
        found = Path(os.path.realpath(self._root / path))
        if not self._is_inside(found):
            raise ValueError(f'"{path}" lies outside of the stack\'s folder')
        return found

    def _is_inside(self, path: Path) -> bool:
        found = Path(os.path.realpath(path))
        return any(found.is_relative_to(root) for root in self._roots)


def _files(base: Path) -> Iterator[Path]:
    """Yield the files below a folder in order of names, links to folders not followed."""
    for folder, folders, names in os.walk(base):
        folders.sort()
        for name in sorted(names):
            yield Path(folder) / name


def _entry(file: Path, relative: str) -> bytes:
    if file.is_symlink():
        content, mode = str(file.readlink()).encode(), 0o777
    elif file.is_file():
        content, mode = file.read_bytes(), 0o755 if file.stat().st_mode & 0o100 else 0o644
    else:
        return b""
    return f"{relative}\0{mode:o}\0{hashlib.sha256(content).hexdigest()}\n".encode()


def _ignored(file: Path) -> _Ignored:
    if not file.is_file():
        return _Ignored([])
    lines = [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    return _Ignored([line for line in lines if line and not line.startswith("#")])


class _Ignored:
    """Says which files of a context a .dockerignore leaves out: the last line that matches decides."""

    def __init__(self, lines: list[str]) -> None:
        self._rules = [(line.startswith("!"), _glob(line.removeprefix("!").strip().strip("/"))) for line in lines]

    def __call__(self, relative: str) -> bool:
        ignored = False
        parts = relative.split("/")
        for kept, expression in self._rules:
            if any(expression.fullmatch("/".join(parts[:count])) for count in range(1, len(parts) + 1)):
                ignored = not kept
        return ignored


def _glob(pattern: str) -> re.Pattern[str]:
    """Translate *, ?, ** and [...] of a path pattern."""
    parts, position = [], 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            parts.append("(?:[^/]+/)*")
            position += 3
            continue
        if pattern.startswith("**", position):
            parts.append(".*")
            position += 2
            continue
        character = pattern[position]
        closing = pattern.find("]", position + 2) if character == "[" else -1
        if closing > 0:
            inside = pattern[position + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            parts.append(f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]")
            position = closing
        elif character == "{" and "}" in pattern[position:]:
            closing = pattern.index("}", position)
            options = pattern[position + 1 : closing].split(",")
            parts.append("(?:" + "|".join(map(re.escape, options)) + ")")
            position = closing
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)))
        position += 1
    try:
        return re.compile("".join(parts))
    except re.error:
        raise ValueError(f'"{pattern}" is no pattern of file names') from None
