"""One effect on the engine (Step), how it went (Outcome), and what `decide` says is to be done now (Decision).

A step's `key` is its identity: the same effect has the same key in every decision, so one in flight is never
emitted twice. Every step is safe to repeat.
"""

from __future__ import annotations

from reconciler.model.aside_step import (
    ASIDES,
    Aside,
    ListImages,
    Notify,
    ProbeMetric,
    RemoveImage,
    SampleUsage,
    StoredImage,
)
from reconciler.model.balancer_step import ConfigureBalancer, RemoveBalancer, StartBalancer
from reconciler.model.beside import ContainerUsage
from reconciler.model.engine_step import (
    BuildImage,
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    PullImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveTask,
    RemoveVolume,
    StartContainer,
    StopContainer,
)
from reconciler.model.hook_step import ProbeAlarm, RunHook
from reconciler.model.noun import Noun
from reconciler.model.step_base import Lane
from reconciler.model.task import ContainerResult

__all__ = [
    "ASIDES",
    "Aside",
    "BuildImage",
    "ConfigureBalancer",
    "CreateNetwork",
    "CreateOwner",
    "CreateVolume",
    "Lane",
    "ListImages",
    "Notify",
    "Outcome",
    "ProbeAlarm",
    "ProbeMetric",
    "PullImage",
    "RemoveBalancer",
    "RemoveImage",
    "RemoveNetwork",
    "RemoveOwner",
    "RemoveTask",
    "RemoveVolume",
    "RunHook",
    "SampleUsage",
    "StartBalancer",
    "StartContainer",
    "Step",
    "StopContainer",
    "StoredImage",
]

Step = (
    CreateOwner
    | RemoveOwner
    | CreateNetwork
    | RemoveNetwork
    | CreateVolume
    | RemoveVolume
    | PullImage
    | BuildImage
    | StartContainer
    | StopContainer
    | RemoveTask
    | StartBalancer
    | ConfigureBalancer
    | RemoveBalancer
    | RunHook
    | ProbeAlarm
    | SampleUsage
    | ProbeMetric
    | Notify
    | ListImages
    | RemoveImage
)


class Outcome(Noun):
    """How a step ended. `code` is ECS's word for a failure (`CannotPullContainerError`), `reason` is for people.

    `image_id` is what a pull or build made; `containers` how a removed task's containers ended.
    """

    step: Step
    ok: bool = True
    code: str = ""
    reason: str = ""
    image_id: str = ""
    is_new: bool = False
    """Whether a pull or build brought an image that the engine did not have under any name."""
    value: float | None = None
    """What an alarm's source, or a policy's, said."""
    usage: tuple[ContainerUsage, ...] = ()
    images: tuple[StoredImage, ...] = ()
    containers: tuple[ContainerResult, ...] = ()
