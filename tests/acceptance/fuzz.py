"""Generated stacks through `validate`: each is read, or refused in words, within two seconds of work."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from unittest import mock

from reconciler.cli.validate import command

from .figure import Counted
from .generated import Generated, generated

LONGEST_SECONDS, HANGING_SECONDS = 2.0, 20.0
CRASHED = 70
NO_CACHE = {"HOME": "", "XDG_CACHE_HOME": ""}


def fuzz(count: int, seed: int) -> Counted:
    """Run so many generated stacks through `validate`."""
    problems: list[str] = []
    refused = slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="reconciler-fuzz-") as name, _without_cache():
        folder = Path(name) / "stack"
        for number, each in enumerate(generated(count, seed)):
            _write(folder, each)
            code, took, found = _validated(folder, as_json=number % 2 == 0)
            problems += [f"{each.kind}, seed {seed}, number {number}: {what}" for what in found]
            refused, slowest = refused + (code == 1), max(slowest, took)
    return Counted(count, tuple(problems), f"{refused:.0f} refused; the slowest took {slowest:.1f} s of work")


@contextlib.contextmanager
def _without_cache() -> Iterator[None]:
    """Leave the user's cache alone: not one of these texts comes a second time."""
    with mock.patch.dict(os.environ, NO_CACHE):
        yield


def _write(folder: Path, case: Generated) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in case.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _validated(folder: Path, *, as_json: bool) -> tuple[int, float, list[str]]:
    """Return the exit code, the seconds of work, and what is wrong about how the command went."""
    out, err = io.StringIO(), io.StringIO()
    words = ["--stack", str(folder), *(["--json"] if as_json else [])]
    began_at = time.process_time()
    signal.signal(signal.SIGVTALRM, _hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGING_SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command.main(words, standalone_mode=False)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - whatever it is, it is what we look for
        return CRASHED, 0.0, [traceback.format_exc()]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = time.process_time() - began_at
    found = [f"took {took:.1f} s of work"] if took > LONGEST_SECONDS else []
    if code not in (0, 1):
        found.append(f"exit code {code}")
    return code, took, found + (_wrong_json(out.getvalue(), code) if as_json else _wrong_text(err.getvalue(), code))


def _hangs(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"still at it after {HANGING_SECONDS:.0f} s of work")


def _wrong_json(text: str, code: int) -> list[str]:
    shape = json.loads(text)
    errors = [each for each in shape["diagnostics"] if each["severity"] == "error"]
    if shape["valid"] != (code == 0) or bool(errors) != (code == 1):
        return [f"exit code {code} with {len(errors)} errors"]
    return [f"no place or no next step: {each['summary']}" for each in errors if not _is_whole(each)]


def _is_whole(error: dict[str, object]) -> bool:
    return bool(error["summary"] and error["detail"] and error["code"])


def _wrong_text(text: str, code: int) -> list[str]:
    return ["an error without a word"] if code == 1 and "Error: " not in text else []
