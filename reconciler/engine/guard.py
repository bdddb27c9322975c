"""What is asked before anything is changed: whether the stack is still ours. A lease may be lost in mid-step."""

from __future__ import annotations

from reconciler.errors import StaleError
from reconciler.store.store import Lease


class Guard:
    """Asks the lease that the newest `converge` works under. Safe from any thread."""

    def __init__(self) -> None:
        self._lease: Lease | None = None

    def hold(self, lease: Lease) -> None:
        """Ask this lease from now on."""
        self._lease = lease

    def check(self) -> None:
        """Raise StaleError when the stack is not ours any more."""
        if self._lease is not None:
            self._lease.check()

    @property
    def is_lost(self) -> bool:
        """Whether nothing may be changed any more."""
        try:
            self.check()
        except StaleError:
            return True
        return False
