"""The names of one module as its expressions see them: `var.x`, `local.y`, `service.web`, `module.mail.url`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from reconciler.language.blocks.modules import Module
from reconciler.language.blocks.references import MODULE, Key
from reconciler.language.expressions.access import similar
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.expressions.values import Value, string
from reconciler.language.reading.syntax import Place
from reconciler.language.report import SkippedError
from reconciler.language.schema_stack import RESOURCES, ROOT

LOOPS = {"each": "for_each", "count": "count"}
ATTRIBUTES = {"each": "each.key or each.value", "count": "count.index"}
PATHS = ("module", "root")
CONSTANTS = {
    **dict.fromkeys(("true", "yes", "on"), "true"),
    **dict.fromkeys(("false", "no", "off"), "false"),
    **dict.fromkeys(("null", "none", "nil", "undefined"), "null"),
}
"""What other languages call true, false and null."""


class ModuleNames:
    """Values by key, filled in as blocks are evaluated; a key that failed is remembered as such.

    `calls` gives the values of the modules called, by name: they grow as the outputs of those are evaluated.
    `unasked` makes values that nobody has asked for yet: few resources are referred to.
    """

    def __init__(self, module: Module, stack_name: str) -> None:
        self.declarations, self.folder, self.stack_name = module.declarations, module.folder, stack_name
        self.values: dict[Key, Value] = {}
        self.failed: set[Key] = set()
        self.calls: dict[str, Callable[[], Value]] = {}
        self.unasked: dict[Key, Callable[[], Value]] = {}

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return what `root.name` stands for."""
        key = Key(root, name)
        if key in self.unasked:
            self.values[key] = self.unasked.pop(key)()
        if key in self.values:
            return self.values[key]
        if key in self.failed:
            raise SkippedError(place)
        if root == MODULE and name in self.calls:
            return self.calls[name]()
        if root == MODULE and name in self.declarations.calls:
            raise SkippedError(place)  # its folder could not be read
        if root == "path" and name in PATHS:
            return string(self.folder if name == "module" else ".")
        if root == "stack" and name == "name":
            return string(self.stack_name)
        if self.declarations.is_lost(key):
            raise SkippedError(place)
        raise self._missing(key, place)

    def bare(self, root: str, place: Place) -> Value:
        """Refuse: no name of a stack stands alone."""
        if root in LOOPS:
            detail = f"Write {ATTRIBUTES[root]}, in a block that has {LOOPS[root]}."
            raise EvaluationError("E0401", f'"{root}" alone is no value', detail, place)
        if root in ("var", "local", MODULE, *RESOURCES):
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
        if root in ("path", "stack"):
            detail = f"There is {' and '.join(f'{root}.{each}' for each in known)}."
            return EvaluationError("E0402", f'there is no {root} "{name}"', similar(name, known) or detail, place)
        what = {"var": "variable", "local": "local"}.get(root, root)
        block = f'{what} "{name}" {{ ... }}' if root != "local" else f"locals {{ {name} = ... }}"
        detail = similar(name, known) or f"Declare it: {block}"
        return EvaluationError("E0402", f'there is no {what} "{name}"', detail, place)

    def _known(self, root: str) -> Iterable[str] | None:
        if root == "var":
            return self.declarations.variables
        if root == "local":
            return self.declarations.values
        if root == MODULE:
            return self.declarations.calls
        if root in RESOURCES:
            return [key.name for key in self.declarations.resources if key.root == root]
        return {"path": PATHS, "stack": ("name",)}.get(root)

    def _keys(self) -> Iterator[Key]:
        """Yield everything that can be referred to."""
        declared = self.declarations
        yield from declared.resources
        yield from (Key("var", name) for name in declared.variables)
        yield from (Key("local", name) for name in declared.values)

    def _unknown_root(self, root: str, place: Place) -> EvaluationError:
        if root in ROOT.later:
            detail = f"It comes with a later version ({ROOT.later[root]})."
            return EvaluationError("E0210", f'"{root}" is not supported yet', detail, place)
        if root == "self":
            detail = "It is there only in a postcondition."
            return EvaluationError("E0405", '"self" is not known here', detail, place)
        words = ("var", "local", MODULE, "path", "stack", "each", "count", *RESOURCES)
        named = [str(key) for key in self._keys() if key.name == root]
        if root.lower() in CONSTANTS:
            detail = f"Write {CONSTANTS[root.lower()]}."
        elif named:
            detail = f"Did you mean {named[0]}?"
        else:
            detail = similar(root, words) or f'Write "{root}" in quotes if it is meant as text.'
        return EvaluationError("E0401", f'there is nothing called "{root}"', detail, place)
