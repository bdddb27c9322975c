"""Why a deployment failed: the cause, the last lines of the log, and what to type next."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.render.safe import one_line, safe


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of one service. `task` and `container` are empty when there is no log to show.

    `rolled_back_to` is the revision that came back, empty when none did; `deployment` is the failed one's id, and
    `is_restored` says that all tasks of that revision are there and healthy.
    """

    address: str
    reason: str
    task: str = ""
    container: str = ""
    log: tuple[str, ...] = ()
    deployment: str = ""
    rolled_back_to: str = ""
    is_restored: bool = True


def failure_text(failure: Failure, options: str = "") -> str:
    """Return the failure for people; `options` is what the suggested commands need, such as ` --stack shop`."""
    lines = [f"{failure.address}  FAILED  {one_line(failure.reason)}"]
    if failure.rolled_back_to:
        lines.append(f"  {_outcome(failure)}")
    if failure.task:
        lines.append(f"  last log lines of task {failure.task}, container {failure.container}:")
        lines += [f"    {safe(line)}" for line in failure.log or ("(it printed nothing)",)]
    task = f"/{failure.task}" if failure.task else ""
    details = (f"deployment show {failure.deployment}",) if failure.deployment else ()
    commands = (f"logs {failure.address}{task}", *details, "ps --all", "plan")
    lines += ["  next:", *(f"    reconciler {command}{options}" for command in commands)]
    return "\n".join(lines)


def _outcome(failure: Failure) -> str:
    if failure.is_restored:
        return f"it was rolled back: {failure.rolled_back_to} runs, as before"
    return f"it was rolled back to {failure.rolled_back_to}, but that does not get healthy either"
