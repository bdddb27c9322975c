"""The course that requests take, whoever carries them out: shown as it goes, and judged at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from reconciler.cli.failures import failure_of
from reconciler.cli.output import tell
from reconciler.cli.verdicts import Seen, Verdict, judge, newest
from reconciler.cli.workplace import Workplace
from reconciler.engine.converge import Converged
from reconciler.engine.present import present
from reconciler.engine.requests import request as carry_out
from reconciler.errors import DeploymentFailedError, EngineError, PartialError
from reconciler.model.decision import Decision
from reconciler.model.request import Request
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.step import ASIDES
from reconciler.render.failures import failure_text
from reconciler.render.progress import waiting_words
from reconciler.render.words import duration
from reconciler.store.store import Lease

LOOK_SECONDS = 1.0
"""How often the engine is looked at while somebody else acts."""

PATIENCE_SECONDS = 35.0
"""How long the engine may be out of reach meanwhile: about as long as to who acts without a watch."""


class Course:
    """Follows requests to their end. `observe` is shown every decision, also those that somebody else carries out."""

    def __init__(
        self, place: Workplace, requests: Sequence[Request], observe: Callable[[Decision, Snapshot], None]
    ) -> None:
        self._place = place
        self._requests = tuple(requests)
        self._observe = observe
        self._began = place.clock.now()
        self._taken: State | None = None
        self._ended: Converged | None = None
        self._is_busy = False
        self._look_at = self._reached_at = time.monotonic()

    def act(self, lease: Lease, requests: tuple[Request, ...]) -> None:
        """Carry these out, and go on with what somebody else began, until it is known what becomes of all."""
        place = self._place
        with place.world(self._shown) as world:
            self._ended = carry_out(place.session, world, requests, place.stack, lease, self._is_known)

    def is_over(self, recorded: State) -> bool:
        """Look, show what is, and say whether it is known what became of every request that is recorded."""
        self._taken = self._taken or recorded
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            now = present(self._place.driver, self._place.stack, recorded, self._place.clock)
        except EngineError as problem:
            self._wait_out(problem)
            return False
        self._reached_at = time.monotonic()
        self._shown(now.decision, now.snapshot)
        self._ended = Converged(recorded, now.decision, now.snapshot)
        if not self._are(Verdict.PENDING):
            return True
        # What we see may be ahead of what is recorded: then it is recorded in a moment.
        return now.decision.is_over and not self._is_known(now.decision)

    def conclude(self, operation: str) -> str:
        """Say how long it took.

        Raises DeploymentFailedError when a service failed, or waits for what will not come, or when something newer
        took the place of what was asked for; the cause and the last lines of the log are told before.
        """
        took = duration(self._place.clock.now() - self._began)
        failed = {each.service for each in self._are(Verdict.FAILED)}
        if failed:
            self._tell_failures(sorted(failed))
            raise DeploymentFailedError(f"the deployment of {', '.join(sorted(failed))} failed after {took}")
        for each in self._are(Verdict.SUPERSEDED):
            raise DeploymentFailedError(f"the {operation} was superseded after {took}: {self._what_came(each)}")
        for each in self._are(Verdict.PENDING):
            raise DeploymentFailedError(f"{each.service} does not get there, after {took}: {self._why(each)}")
        return took

    def _shown(self, decision: Decision, snapshot: Snapshot) -> None:
        self._taken = self._taken or decision.state
        self._is_busy = any(not key.startswith(ASIDES) for key in snapshot.in_flight)
        self._observe(decision, snapshot)

    def _is_known(self, decision: Decision) -> bool:
        """Whether the outcome of every request is known, once what was decided is recorded.

        A step of ours that is under way is no longer among those that are to be taken: its end is waited for.
        """
        assert self._taken is not None
        if self._is_busy:
            return False
        seen = Seen(self._taken, decision.state, decision)
        return all(judge(each, seen) is not Verdict.PENDING for each in self._requests)

    def _are(self, verdict: Verdict) -> list[Request]:
        assert self._ended is not None and self._taken is not None  # nothing is judged before a look
        seen = Seen(self._taken, self._ended.state, self._ended.decision)
        return [each for each in self._requests if judge(each, seen) is verdict]

    def _wait_out(self, problem: EngineError) -> None:
        if time.monotonic() - self._reached_at > PATIENCE_SECONDS:
            goes_on = "What was asked for is recorded, and done once it answers"
            raise PartialError(f"{problem}\n{goes_on}: see reconciler status{self._options}") from problem

    def _tell_failures(self, failed: Sequence[str]) -> None:
        assert self._ended is not None
        for address in failed:
            tell("\n" + failure_text(failure_of(self._place.driver, self._ended, address), self._options) + "\n")

    def _what_came(self, request: Request) -> str:
        assert self._ended is not None
        state = self._ended.state
        service = state.target.service(request.service) if state.target else None
        if service is None:
            return f"{request.service} left the stack"
        if request.count is not None:
            return f"{service.address} was set to {service.desired_count} desired tasks meanwhile"
        found = newest(state, service.address)
        if found is None:
            return f"{service.address} has no deployment any more"
        revision = f"{found.family}:{found.revision}"
        return (
            f"{service.address} has a newer deployment, of {revision}.\n"
            f"See: reconciler deployment show {found.id}{self._options}"
        )

    def _why(self, request: Request) -> str:
        assert self._ended is not None
        waits = [each.reason for each in self._ended.decision.waiting_for if each.address == request.service]
        reason = waiting_words(waits[0]) if waits else "nothing more happens by itself"
        return f"it {reason.removeprefix('it ')}. See: reconciler status{self._options}"

    @property
    def _options(self) -> str:
        return self._place.given.options
