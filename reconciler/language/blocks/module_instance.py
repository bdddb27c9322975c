"""One copy of a module: its names, what it holds, and the scope its expressions are evaluated in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.language.blocks.instances import Instance, Repetition
from reconciler.language.blocks.modules import Module
from reconciler.language.blocks.names import ModuleNames
from reconciler.language.blocks.references import Key, Reference
from reconciler.language.expressions.scope import FileReader, Scope
from reconciler.language.expressions.values import Value, object_of, tuple_of, unknown
from reconciler.language.limits import Budget


class ModuleInstance:
    """A module as one call made it, or the stack's own folder.

    `address` is empty for the stack itself. `loop` are the `each` and `count` that the arguments of the call may use;
    `after` are the services that must be steady before any of this module.
    """

    def __init__(
        self,
        module: Module,
        names: ModuleNames,
        files: FileReader,
        parent: ModuleInstance | None = None,
        address: str = "",
        loop: Mapping[str, Value] | None = None,
        after: tuple[str, ...] = (),
    ) -> None:
        self.module, self.names, self.files, self.parent = module, names, files, parent
        self.address, self.loop, self.after = address, loop or {}, after
        self.resources: dict[Key, list[Instance]] = {}
        self.children: dict[str, list[ModuleInstance]] = {}
        self._value: Value | None = None
        self._calls: dict[str, Value] = {}

    def scope(self, file: str, variables: Mapping[str, Value] | None = None, budget: Budget | None = None) -> Scope:
        """Return the scope of a declaration in a file, with a budget of its own unless one is given."""
        return Scope(self.names, self.files, variables, budget, file)

    def called(self, address: str) -> str:
        """Return the address that something of this module has in the whole stack."""
        return f"{self.address}.{address}" if self.address else address

    def every(self) -> Iterator[ModuleInstance]:
        """Yield this one and those inside."""
        yield self
        for children in self.children.values():
            for child in children:
                yield from child.every()

    def call(self, name: str, repeated: Repetition, children: list[ModuleInstance]) -> None:
        """Remember the copies that a call made, and what `module.NAME` stands for."""
        self.children[name] = children
        self.names.calls[name] = lambda: self._call(name, repeated)

    def _call(self, name: str, repeated: Repetition) -> Value:
        if name not in self._calls:
            self._calls[name] = _call_value(repeated, self.children[name])
        return self._calls[name]

    def outdate(self) -> None:
        """Forget what this module, and each around it, stood for: something of it was evaluated since."""
        self._value = None
        if self.parent is not None:
            self.parent._calls.pop(self.module.path[-1], None)
            self.parent.outdate()

    def value(self) -> Value:
        """Return the outputs as an object; those not evaluated yet are unknown."""
        if self._value is None:
            self._value = self._made()
        return self._value

    def _made(self) -> Value:
        declarations = self.module.declarations
        names = [*declarations.outputs, *(each.label for each in declarations.lost if each.word == "output")]
        found = {name: self.names.values.get(Key("output", name), unknown()) for name in names}
        return object_of(found, Reference("module", tuple(self._services())))

    def _services(self) -> Iterator[str]:
        for each in self.every():
            for key, instances in each.resources.items():
                if key.root == "service":
                    yield from (instance.address for instance in instances)


def _call_value(repeated: Repetition, children: list[ModuleInstance]) -> Value:
    values = [each.value() for each in children]
    addresses = (address for value in values for address in value.identity.addresses)
    identity = Reference("module", tuple(addresses), repeated.kind == "for_each")
    if repeated.kind == "count":
        return tuple_of(values)._replace(identity=identity)
    if repeated.kind == "for_each":
        return object_of(dict(zip(repeated.names, values, strict=True)), identity)
    return values[0]
