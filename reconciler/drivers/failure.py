"""How a step fails: raised inside the driver, handed out as an Outcome."""

from __future__ import annotations

import re

CANNOT_PULL = "CannotPullContainerError"
CANNOT_CREATE = "CannotCreateContainerError"
CANNOT_START = "CannotStartContainerError"
CANNOT_STOP = "CannotStopContainerError"
TIMED_OUT = "DockerTimeoutError"
INITIALIZATION = "ResourceInitializationError"

_LONGEST = 400
_NOISE = re.compile(
    r"^(?:Error response from daemon: |failed to create (?:shim task|task for container|shim): "
    r"|OCI runtime create failed: |runc create failed: |unable to start container process: )+|: unknown$"
)


class StepFailedError(Exception):
    """A step did not work. `code` is ECS's word, `reason` is one line for people."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = cleaned(reason)
        super().__init__(f"{code}: {self.reason}")


def cleaned(message: str) -> str:
    """Return an engine's message as one line of at most 400 characters.

    >>> cleaned("Error response from daemon: no such\\n image: unknown")
    'no such image'
    """
    line = _NOISE.sub("", " ".join(message.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
