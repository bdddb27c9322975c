"""`reconciler fmt`: lay files out as Terraform lays out its own. Needs neither an engine nor a valid stack."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from reconciler.cli.output import say, say_exactly, tell
from reconciler.errors import StackError, UsageError
from reconciler.language.cache import cache_folder
from reconciler.language.formatting.formatter import formatted
from reconciler.language.limits import MAXIMUM_FILE_BYTES
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.render.safe import safe

SUFFIX, STANDARD_INPUT = ".hcl", "-"
WOULD_CHANGE = 3


@click.command("fmt")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--check", "is_check", is_flag=True, help="Write nothing; exit with 3 when a file would change.")
@click.option("--diff", "with_diff", is_flag=True, help="Show what changes, as unified diffs.")
@click.option("--recursive", "is_recursive", is_flag=True, help="Look into sub-folders too, but for hidden ones.")
def command(paths: tuple[str, ...], is_check: bool, with_diff: bool, is_recursive: bool) -> int:
    """Lay *.hcl files out as `terraform fmt` does: those of this folder, or the files and folders given.

    Prints the names of the files that changed. Comments stay, and a second run changes nothing. A file with syntax
    errors is left as it is. With - the text comes from standard input, and its new layout goes to standard output.
    """
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise UsageError("- stands alone: standard input is formatted by itself")
        return _format_input(is_check, with_diff)
    problems: list[Diagnostic] = []
    changed = 0
    for path in _files(paths or (".",), is_recursive, problems):
        try:
            changed += _format_file(path, is_check, with_diff)
        except StackError as problem:
            problems += problem.diagnostics
    if problems:
        raise StackError(tuple(problems))
    return WOULD_CHANGE if is_check and changed else 0


def _format_input(is_check: bool, with_diff: bool) -> int:
    before = _decoded(sys.stdin.buffer.read() if sys.stdin else b"", "stdin")
    after = formatted(before, "stdin", cache_folder(os.environ))
    if with_diff:
        _say_diff("stdin", before, after)
    elif not is_check:
        say_exactly(after.encode())
    return WOULD_CHANGE if is_check and before != after else 0


def _format_file(path: Path, is_check: bool, with_diff: bool) -> bool:
    """Format one file and say whether that changes it; raise StackError for one that cannot be formatted."""
    name = _name(path)
    before = _read(path)
    after = formatted(before, name, cache_folder(os.environ))
    if before == after:
        return False
    if not is_check:
        _write(path, after)
    say(safe(name))
    if with_diff:
        _say_diff(name, before, after)
    return True


def _files(paths: Iterable[str], is_recursive: bool, problems: list[Diagnostic]) -> Iterator[Path]:
    """Yield the files to format, each once; what cannot be looked at is added to `problems`."""
    found: dict[Path, None] = {}
    for path in paths:
        if Path(path).is_dir():
            found |= dict.fromkeys(_in_folder(path, is_recursive, problems))
        elif path.endswith(SUFFIX):
            found[Path(path)] = None
        else:
            problems.append(_unusable(path))
    if not found and not problems:
        tell(f"Note: there are no *{SUFFIX} files to format.")
    yield from found


def _unusable(path: str) -> Diagnostic:
    if os.path.lexists(path):
        return error("E0508", f"{_name(path)} is no *{SUFFIX} file", "Other files are not formatted.")
    return error("E0508", f"there is no file or folder {_name(path)}", "Check the path.")


def _name(path: Path | str) -> str:
    """Return a path as it can be printed: a file's name need not be UTF-8."""
    return os.fsencode(path).decode(errors="replace")


def _in_folder(folder: str, is_recursive: bool, problems: list[Diagnostic]) -> Iterator[Path]:
    """Yield files by name, neither hidden ones nor those behind links to folders."""

    def note(problem: OSError) -> None:
        problems.append(_unreadable(_name(problem.filename), problem))

    for base, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if is_recursive and not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIX) and not name.startswith("."):
                yield Path(base) / name


def _read(path: Path) -> str:
    name = _name(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise StackError((error("E0508", f"{name} is no regular file", "Give the path of a file or folder."),))
        if found.st_size > MAXIMUM_FILE_BYTES:
            raise StackError((error("E0508", f"{name} is larger than 1 MiB", "Split it in several files."),))
        return _decoded(path.read_bytes(), name)
    except OSError as problem:
        raise StackError((_unreadable(name, problem),)) from None


def _unreadable(name: str, problem: OSError) -> Diagnostic:
    return error("E0508", f"{name} cannot be read: {problem.strerror}", "Check the path and its rights.")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        summary = f"{name} is not UTF-8 text (byte {problem.start})"
        raise StackError((error("E0508", summary, "Save it as UTF-8."),)) from None


def _write(path: Path, text: str) -> None:
    """Replace what a file holds in one go. A link stays one, and the file behind it keeps its mode and owner."""
    target = path.resolve()
    draft = target.with_name(f".reconciler-fmt-{os.getpid()}")
    try:
        found = target.stat()
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        draft.write_bytes(text.encode())
        with suppress(PermissionError):
            os.chown(draft, found.st_uid, found.st_gid)
        draft.chmod(stat.S_IMODE(found.st_mode))
        draft.replace(target)
    except OSError as problem:
        detail = "Check the rights of the file and of its folder."
        raise StackError((error("E0509", f"{_name(path)} cannot be written: {problem.strerror}", detail),)) from None
    finally:
        draft.unlink(missing_ok=True)


def _say_diff(name: str, before: str, after: str) -> None:
    import difflib

    lines = difflib.unified_diff(_lines(before), _lines(after), f"old/{name}", f"new/{name}")
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    text = "".join(ended).removesuffix("\n")
    if text:
        say(safe(text))


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]
