"""The names of a stack as expressions see them: `var.x`, `local.y`, `service.web`, `path.module`."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.language.declarations import Declarations
from reconciler.language.references import Key, similar
from reconciler.language.report import SkippedError
from reconciler.language.schema_stack import RESOURCES, ROOT
from reconciler.language.scope import EvaluationError
from reconciler.language.syntax import Place
from reconciler.language.values import Value, string

LOOPS = {"each": "for_each", "count": "count"}
PATHS = ("module", "root")


class StackNames:
    """Values by key, filled in as blocks are evaluated; a key that failed is remembered as such."""

    def __init__(self, declarations: Declarations, stack_name: str) -> None:
        self.declarations, self.stack_name = declarations, stack_name
        self.values: dict[Key, Value] = {}
        self.failed: set[Key] = set()

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return what `root.name` stands for."""
        key = Key(root, name)
        if key in self.values:
            return self.values[key]
        if key in self.failed:
            raise SkippedError(place)
        if root == "path" and name in PATHS:
            return string(".")
        if root == "stack" and name == "name":
            return string(self.stack_name)
        raise self._missing(key, place)

    def bare(self, root: str, place: Place) -> Value:
        """Refuse: no name of a stack stands alone."""
        if root in ("var", "local", *RESOURCES):
            raise EvaluationError("E0401", f'"{root}" alone is no value', f"Write {root}.NAME.", place)
        raise self._unknown_root(root, place)

    def _missing(self, key: Key, place: Place) -> EvaluationError:
        root, name = key
        known = self._known(root)
        if root in LOOPS:
            detail = f"It is there only in a block that has {LOOPS[root]}."
            return EvaluationError("E0405", f'"{root}.{name}" is not known here', detail, place)
        if known is None:
            return self._unknown_root(root, place)
        what = {"var": "variable", "local": "local"}.get(root, root)
        block = f'{what} "{name}" {{ ... }}' if root != "local" else f"locals {{ {name} = ... }}"
        detail = similar(name, known) or f"Declare it: {block}"
        return EvaluationError("E0402", f'there is no {what} "{name}"', detail, place)

    def _known(self, root: str) -> Iterable[str] | None:
        if root == "var":
            return self.declarations.variables
        if root == "local":
            return self.declarations.values
        if root in RESOURCES:
            return [key.name for key in self.declarations.resources if key.root == root]
        return {"path": PATHS, "stack": ("name",)}.get(root)

    def _unknown_root(self, root: str, place: Place) -> EvaluationError:
        if root in ROOT.later:
            detail = f"It comes with a later version ({ROOT.later[root]})."
            return EvaluationError("E0210", f'"{root}" is not supported yet', detail, place)
        words = ("var", "local", "path", "stack", "each", "count", *RESOURCES)
        detail = similar(root, words) or f'Write "{root}" in quotes if it is meant as text.'
        return EvaluationError("E0401", f'there is nothing called "{root}"', detail, place)
