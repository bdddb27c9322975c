"""What an engine's API may fail with, in our words: a refusal, silence, and nobody there."""

from __future__ import annotations

import http.client

from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.errors import EngineError


class ApiError(Exception):
    """The engine answered, and the answer was no."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{status}: {message}")


class EngineTimeoutError(EngineError):
    """The engine took a request and did not answer in time."""


class InOurWords:
    """Turns what transports raise into EngineErrors with a next step."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, EngineError | ApiError):
            return
        if isinstance(problem, TimeoutError):
            raise EngineTimeoutError(
                f"The Docker engine at {self._endpoint.url} did not answer in time. Is it overloaded or stopped?"
            ) from problem
        if isinstance(problem, OSError | http.client.HTTPException) or _is_of_sdk(problem):
            raise EngineError(_out_of_reach(self._endpoint, problem)) from problem


def _is_of_sdk(problem: BaseException | None) -> bool:
    module = type(problem).__module__.split(".")[0]
    return isinstance(problem, Exception) and module in ("docker", "requests", "urllib3", "paramiko")


def _out_of_reach(endpoint: Endpoint, problem: BaseException | None) -> str:
    where = f"the Docker engine at {endpoint.url} ({endpoint.source})"
    if isinstance(problem, PermissionError):
        return (
            f"Permission denied on the socket of {where}. Run as a user of the group `docker` "
            "(`sudo usermod -aG docker $USER`, then log in again), or as root."
        )
    what = _system_says(problem) or str(problem) or type(problem).__name__
    return (
        f"Cannot reach {where}: {what}. Is it running (`docker info`)? "
        "Another engine is chosen with DOCKER_HOST, `docker context use`, or `engine` in the cluster block."
    )


def _system_says(problem: BaseException | None) -> str:
    """Return what the operating system said, also below the wrappings of libraries; empty when it said nothing."""
    while problem is not None:
        if isinstance(problem, OSError) and problem.strerror:
            return problem.strerror
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return ""
