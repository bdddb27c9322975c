"""Why a deployment failed: the cause, the last lines of the log, and what to type next."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.render.safe import one_line, safe


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of one service. `task` and `container` are empty when there is no log to show."""

    address: str
    reason: str
    task: str = ""
    container: str = ""
    log: tuple[str, ...] = ()


def failure_text(failure: Failure, options: str = "") -> str:
    """Return the failure for people; `options` is what the suggested commands need, such as ` --stack shop`."""
    lines = [f"{failure.address}  FAILED  {one_line(failure.reason)}"]
    if failure.task:
        lines.append(f"  last log lines of task {failure.task}, container {failure.container}:")
        lines += [f"    {safe(line)}" for line in failure.log or ("(it printed nothing)",)]
    task = f"/{failure.task}" if failure.task else ""
    commands = (f"logs {failure.address}{task}", "ps --all", "plan")
    lines += ["  next:", *(f"    reconciler {command}{options}" for command in commands)]
    return "\n".join(lines)
