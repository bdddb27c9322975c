"""The owners of the simulated engine: a volume for each recorded state of a stack."""

from __future__ import annotations

from reconciler.drivers.failure import INITIALIZATION, StepFailedError
from reconciler.drivers.labels import owner_volume_name
from reconciler.model.snapshot import Owner
from reconciler.model.step import CreateOwner, Outcome, RemoveOwner


class PresentOwners(dict[str, tuple[str, Owner]]):
    """Name of the volume -> the stack, and the owner of its objects."""

    def of_stack(self, stack: str) -> tuple[Owner, ...]:
        """Return a stack's owners, by id."""
        return tuple(sorted((owner for name, owner in self.values() if name == stack), key=lambda owner: owner.id))

    def create(self, step: CreateOwner) -> Outcome:
        """Make an owner's volume; one that is there stays as it is."""
        name = owner_volume_name(step.stack, step.owner)
        owner = Owner(id=step.owner, digest_key=step.digest_key, volume=name)
        if self.setdefault(name, (step.stack, owner))[1].id != step.owner:
            raise StepFailedError(INITIALIZATION, f"volume {name} exists and is not ours")
        return Outcome(step=step)

    def remove(self, step: RemoveOwner) -> Outcome:
        """Remove an owner's volume; none is enough."""
        if step.volume in self and self[step.volume][1].id != step.owner:
            raise StepFailedError(INITIALIZATION, f"volume {step.volume} is not ours: left as it is")
        self.pop(step.volume, None)
        return Outcome(step=step)
