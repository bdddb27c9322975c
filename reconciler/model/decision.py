"""What `decide` returns: facts to record, steps to take now, and why nothing else happens."""

from __future__ import annotations

from reconciler.model.noun import Noun
from reconciler.model.state import State
from reconciler.model.step import Step


class Waiting(Noun):
    """What an address waits for, in words for people; `until` is the time when it will look again, if known.

    `event` names the event that tells it too, if one does.
    """

    address: str
    reason: str
    until: float | None = None
    event: str = ""


class Decision(Noun):
    """The answer of one look. Save `state` first, then perform `steps`: they are independent of each other.

    `wake_at` is when to look again though nothing happened; `is_steady` says that the target is reached;
    `failed` names services whose primary deployment failed; `is_over` that nothing more will happen by itself: each
    service is steady, failed, or waits for one that failed. `unsettled` names services that are not as wanted.
    """

    state: State
    steps: tuple[Step, ...] = ()
    asides: tuple[Step, ...] = ()
    """Steps beside the target: measuring, notifying, cleaning up. No plan shows them, nothing waits for them."""
    wake_at: float | None = None
    waiting_for: tuple[Waiting, ...] = ()
    is_steady: bool = False
    failed: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    is_over: bool = False


class Pass(Noun):
    """How long one round of looking and deciding took, in seconds. `waited` is how long it slept before.

    `decide_seconds` end when what was decided is saved. From a wake to that is the latency of reconciling.
    """

    look_seconds: float
    decide_seconds: float
    waited_seconds: float

    @property
    def latency_seconds(self) -> float:
        """From the wake until what was decided is saved."""
        return self.look_seconds + self.decide_seconds
