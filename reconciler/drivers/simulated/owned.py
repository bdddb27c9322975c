"""Networks and volumes of the simulated engine, by name, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from reconciler.drivers.failure import INITIALIZATION, StepFailedError
from reconciler.model.snapshot import ObservedNetwork, ObservedVolume

Thing = TypeVar("Thing", ObservedNetwork, ObservedVolume)


class Owned(dict[str, Thing]):
    """What was made here belongs to who made it. The rest belongs to whoever asks, if it says that it is ours."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._owners: dict[str, str] = {}

    def shown_to(self, owner: str, names: Iterable[str]) -> tuple[Thing, ...]:
        """Return the owner's, and what has one of these names."""
        wanted = set(names)
        return tuple(
            self[name] if is_theirs else self[name].changed(is_ours=False)
            for name in sorted(self)
            if (is_theirs := self._belongs(name, owner)) or name in wanted
        )

    def make(self, thing: Thing, owner: str) -> None:
        """Add a thing of an owner's; one that is there stays as it is."""
        if thing.name not in self:
            self[thing.name] = thing
            self._owners[thing.name] = owner
        elif not self._belongs(thing.name, owner):
            raise StepFailedError(INITIALIZATION, f"{self._kind} {thing.name} exists and is not ours")

    def drop(self, name: str, owner: str) -> None:
        """Remove a thing of an owner's; none is enough."""
        if name not in self:
            return
        if not self._belongs(name, owner):
            raise StepFailedError(INITIALIZATION, f"{self._kind} {name} is not ours: left as it is")
        del self[name]
        self._owners.pop(name, None)

    def _belongs(self, name: str, owner: str) -> bool:
        return bool(owner) and self[name].is_ours and self._owners.get(name, owner) == owner
