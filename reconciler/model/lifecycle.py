"""How changes of a declared object are treated (Terraform's lifecycle), and how objects change their address."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.noun import Noun

ALL = "all"
"""In `ignore_changes`: every attribute."""


class Lifecycle(Noun):
    """What an object's lifecycle block says.

    `ignore_changes` are paths such as `container.app.image`. `replace_triggered_by` maps what is watched, as it is
    written, to a digest of its value.
    """

    prevent_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_triggered_by: Mapping[str, str] = {}


class Move(Noun):
    """An object, or all of a module, has another address now. `before` and `after` are addresses."""

    before: str
    after: str


class Moved(Noun):
    """What became of a move: labels on the engine that say `before` mean `address`, which keeps its `name`."""

    before: str
    address: str
    name: str


class Forgotten(Noun):
    """Something on the engine that was ours: it runs on and is left alone. `id` is a task's id, or a name.

    `address` is what it belonged to.
    """

    id: str
    address: str


class Removal(Noun):
    """An object, or all of a module, has left the stack. With `destroy` False it is forgotten and left as it is."""

    address: str
    destroy: bool = True
