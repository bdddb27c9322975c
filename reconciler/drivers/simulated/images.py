"""The images of the simulated engine, by reference, and the effects of steps on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from reconciler.drivers.failure import CANNOT_PULL, StepFailedError
from reconciler.model.snapshot import ObservedImage
from reconciler.model.step import BuildImage, ListImages, Outcome, PullImage, RemoveImage, StoredImage


class PresentImages(dict[str, ObservedImage]):
    """Images by reference: one that has several names is here once for each."""

    def add(self, reference: str, image_id: str = "") -> None:
        """Make an image present."""
        self[reference] = ObservedImage(reference=reference, id=image_id or f"sha256:{reference}")

    def find(self, name: str) -> ObservedImage | None:
        """Return an image by its reference, or by its id as an engine takes it too."""
        found = self.get(name)
        if found is None and name.startswith("sha256:"):
            found = next((each.changed(reference=name) for each in self.values() if each.id == name), None)
        return found

    def needed(self, name: str) -> ObservedImage:
        """Return an image that something is to be started of; raises StepFailedError when there is none."""
        found = self.find(name)
        if found is None:
            raise StepFailedError(CANNOT_PULL, f"no such image: {name}")
        return found

    def pull(self, step: PullImage, obtainable: Callable[[str], bool]) -> Outcome:
        """Make an image present, if a registry has it."""
        if not obtainable(step.reference):
            raise StepFailedError(CANNOT_PULL, f"no such image: {step.reference}")
        before = self._ids()
        self.add(step.reference)
        image_id = self[step.reference].id
        return Outcome(step=step, image_id=image_id, is_new=image_id not in before)

    def build(self, step: BuildImage) -> Outcome:
        """Make the image of a context present: of equal contexts it is the same."""
        digest = step.build.context_digest
        image = ObservedImage(reference=step.reference, id=f"sha256:{step.reference}@{digest}", context_digest=digest)
        is_new = image.id not in self._ids()
        self[step.reference] = image
        return Outcome(step=step, image_id=image.id, is_new=is_new)

    def listed(self, step: ListImages, used: Iterable[str]) -> Outcome:
        """Return every image with its names; `used` are the images of containers, once for each container."""
        names: dict[str, list[str]] = {}
        for each in self.values():
            names.setdefault(each.id, []).append(each.reference)
        uses = Counter(used)
        return Outcome(
            step=step,
            images=tuple(
                StoredImage(id=image_id, references=tuple(sorted(found)), used_by=uses[image_id])
                for image_id, found in sorted(names.items())
            ),
        )

    def remove(self, step: RemoveImage, used: Iterable[str]) -> Outcome:
        """Take the names away, and with the last of them the image, unless a container is of it."""
        if step.image_id not in set(used):
            for name in step.references:
                if name in self and self[name].id == step.image_id:
                    del self[name]
        return Outcome(step=step)

    def _ids(self) -> set[str]:
        return {each.id for each in self.values()}
