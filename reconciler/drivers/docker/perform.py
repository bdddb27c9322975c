"""From a step to what does it: a table. Every expected failure becomes an Outcome here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.drivers.docker import images, objects, removal, stored
from reconciler.drivers.docker.api_errors import ApiError, EngineTimeoutError
from reconciler.drivers.docker.balancers import Balancers
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.look import Looker
from reconciler.drivers.docker.start import Starter
from reconciler.drivers.docker.usage import sample_usage
from reconciler.drivers.failure import CANNOT_CREATE, TIMED_OUT, StepFailedError, cleaned
from reconciler.model.step import (
    BuildImage,
    ConfigureBalancer,
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    ListImages,
    Outcome,
    PullImage,
    RemoveBalancer,
    RemoveImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveTask,
    RemoveVolume,
    SampleUsage,
    StartBalancer,
    StartContainer,
    Step,
    StopContainer,
)


class Performer:
    """Performs steps, and makes the looker forget what they changed."""

    def __init__(self, client: Client, looker: Looker, starter: Starter, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._looker = looker
        self._starter = starter
        self._sleep = sleep
        balancers = Balancers(client, sleep)
        self._methods: dict[type[Any], Callable[[Any], Outcome]] = {
            CreateOwner: self._plain(objects.create_owner),
            RemoveOwner: self._plain(objects.remove_owner),
            CreateNetwork: self._plain(objects.create_network),
            RemoveNetwork: self._plain(objects.remove_network),
            CreateVolume: self._plain(objects.create_volume),
            RemoveVolume: self._plain(objects.remove_volume),
            PullImage: self._pull,
            BuildImage: self._build,
            StartContainer: self._start,
            StopContainer: self._stop,
            RemoveTask: self._remove_task,
            StartBalancer: _done(balancers.start),
            ConfigureBalancer: _done(balancers.configure),
            RemoveBalancer: _done(balancers.remove),
            ListImages: self._list_images,
            RemoveImage: self._remove_image,
            SampleUsage: lambda step: sample_usage(client, step),
        }

    def perform(self, step: Step) -> Outcome:
        """Do one thing; raises EngineError when the engine is out of reach."""
        busy = _busy(step)
        self._looker.containers.busy.add(busy)
        try:
            return self._methods[type(step)](step)
        except StepFailedError as failure:
            return Outcome(step=step, ok=False, code=failure.code, reason=failure.reason)
        except EngineTimeoutError as silence:
            return Outcome(step=step, ok=False, code=TIMED_OUT, reason=cleaned(str(silence)))
        except ApiError as refusal:
            return Outcome(step=step, ok=False, code=CANNOT_CREATE, reason=cleaned(refusal.message))
        finally:
            self._looker.containers.busy.discard(busy)

    def _plain(self, act: Callable[[Client, Any], None]) -> Callable[[Any], Outcome]:
        return _done(lambda step: act(self._client, step))

    def _pull(self, step: PullImage) -> Outcome:
        return self._fetched(step, lambda: images.pull(self._client, step, self._sleep))

    def _build(self, step: BuildImage) -> Outcome:
        return self._fetched(step, lambda: images.build(self._client, step))

    def _fetched(self, step: PullImage | BuildImage, fetch: Callable[[], str]) -> Outcome:
        before = stored.image_ids(self._client)
        image_id = fetch()
        self._looker.images.forget()
        return Outcome(step=step, image_id=image_id, is_new=image_id not in before)

    def _list_images(self, step: ListImages) -> Outcome:
        return Outcome(step=step, images=stored.list_images(self._client))

    def _remove_image(self, step: RemoveImage) -> Outcome:
        stored.remove_image(self._client, step)
        self._looker.images.forget()
        return Outcome(step=step)

    def _start(self, step: StartContainer) -> Outcome:
        self._looker.containers.forget(self._starter.start(step))
        return Outcome(step=step)

    def _stop(self, step: StopContainer) -> Outcome:
        removal.stop_container(self._client, step)
        self._looker.containers.forget(step.container_id)
        return Outcome(step=step)

    def _remove_task(self, step: RemoveTask) -> Outcome:
        return Outcome(step=step, containers=removal.remove_task(self._client, step))


def _done(act: Callable[[Any], None]) -> Callable[[Any], Outcome]:
    def method(step: Any) -> Outcome:
        act(step)
        return Outcome(step=step)

    return method


def _busy(step: Step) -> tuple[str, str]:
    """Return the task and container that a step holds up; all of a task's when it is removed."""
    if isinstance(step, StartContainer):
        return step.task.id, step.container
    if isinstance(step, StopContainer):
        return step.task_id, step.container
    return (step.task_id, "") if isinstance(step, RemoveTask) else ("", "")
