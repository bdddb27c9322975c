"""Declarations to instances and outputs: every node of every module evaluated once, in the order that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.language.blocks import conditions, module_calls, variables
from reconciler.language.blocks.conditions import Breach
from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.decode import Decoder
from reconciler.language.blocks.instances import Instance, Surroundings, expand, repetition
from reconciler.language.blocks.module_instance import ModuleInstance
from reconciler.language.blocks.modules import RULE, Graph, Module, Node, Path, argument
from reconciler.language.blocks.names import ModuleNames
from reconciler.language.blocks.references import MODULE, Key
from reconciler.language.blocks.variables import Given, Variable
from reconciler.language.expressions.constraints import type_json
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, FileReader, Scope
from reconciler.language.expressions.values import (
    Value,
    has_sensitive,
    is_wholly_known,
    number_to_python,
    to_python,
    unmark,
)
from reconciler.language.limits import MAXIMUM_COUNT
from reconciler.language.reading import syntax
from reconciler.language.reading.recovery import ANY
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report, SkippedError
from reconciler.language.schema_stack import OUTPUT
from reconciler.model.stack import Output

Attributes = Mapping[str, Mapping[str, object]]

SEEN_FROM_OUTSIDE = ("output", "service")
"""Roots of the nodes that change what a module stands for where it is called."""


class Interpreter:
    """Evaluates the declarations of one stack.

    `attributes` holds what is known of what runs, by address; `names` the names that moved objects keep.
    """

    def __init__(
        self,
        root: Module,
        stack_name: str,
        files: FileReader,
        report: Report,
        attributes: Attributes,
        names: Mapping[str, str],
    ) -> None:
        self.report, self.stack_name = report, stack_name
        self.around = Surroundings(report, attributes, names)
        self.graph = Graph(root)
        self.outputs: dict[str, Output] = {}
        self.output_values: dict[str, Value] = {}
        self.root = ModuleInstance(root, ModuleNames(root, stack_name), files)
        self._at: dict[Path, list[ModuleInstance]] = {(): [self.root]}
        self._given: Mapping[str, Given] = {}
        self._variables: dict[Node, Variable | None] = {}
        self._made = 0

    def run(self, given: Mapping[str, Given]) -> None:
        """Evaluate everything. `given` are the values of the stack's own variables."""
        self._given = given
        ordered, circles = self.graph.ordered()
        circular: set[Node] = set()
        for circle in circles:
            if circular.isdisjoint(circle):  # of circles that have a part in common, one is enough to tell
                self._report_circle(circle)
            circular.update(circle)
        for node in ordered:
            if node.key.root == "var":
                self._variables[node] = self._declared(node)
            for place in self._at.get(node.path, ()):
                self._evaluate(place, node, node in circular)

    def instances(self, block_type: str) -> Iterator[Instance]:
        """Yield the objects of one kind, of all modules."""
        for place in self.root.every():
            for key, instances in place.resources.items():
                if key.root == block_type:
                    yield from instances

    def _evaluate(self, place: ModuleInstance, node: Node, is_circular: bool) -> None:
        key = node.key
        try:
            if is_circular or self._made > MAXIMUM_COUNT:
                raise SkippedError((1, 1, 1, 1))
            value = _EVALUATORS.get(key.root, Interpreter._resource)(self, place, node)
            if value is not None:
                place.names.values[key] = value
        except SkippedError:
            place.names.failed.add(key)
        if key.root in SEEN_FROM_OUTSIDE:
            place.outdate()

    def _declared(self, node: Node) -> Variable | None:
        declaration = self.graph.modules[node.path].declarations.variables[node.key.name]
        return variables.declare(declaration, self.report, variables.constant_scope())

    def _variable(self, place: ModuleInstance, node: Node) -> Value:
        variable = self._variables[node]
        if variable is None:
            raise SkippedError((1, 1, 1, 1))
        given = self._given.get(node.key.name) if place.parent is None else self._argument(place, variable)
        return variables.value_of(variable, given, self.report, variables.constant_scope())

    def _argument(self, place: ModuleInstance, variable: Variable) -> Given | None:
        """Return what the call of a module gives for one of its variables."""
        call, outer = self._call(place)
        found = argument(call, variable.name)
        if found is not None:
            value = self._value(found.value, outer.scope(call.file, place.loop))
            return Given(f'the argument "{variable.name}"', "", None, call.file, found.value.place, value)
        if variable.is_required:
            summary = f'module "{call.key.name}" needs the argument "{variable.name}"'
            about = variable.decoded.get("description") or f"its type is {variable.type}"
            self.report.error("E0205", summary, f"Add `{variable.name} = ...`: {about}", call.file, call.place)
            raise SkippedError(call.place)
        return None

    def _call(self, place: ModuleInstance) -> tuple[Declaration, ModuleInstance]:
        assert place.parent is not None
        return place.parent.module.declarations.calls[place.module.path[-1]], place.parent

    def _rules(self, place: ModuleInstance, node: Node) -> None:
        """Check what a variable says about its value; one that will not do counts as having none from here on."""
        key = Key("var", node.key.name)
        variable = self._variables[Node(node.path, key)]
        if variable is None or key in place.names.failed:
            return
        block, file = variable.declaration.block, variable.declaration.file
        assert block is not None
        given = self._given_at(place, variable)
        breach = Breach("E0503", f'the value of "{variable.name}" will not do', place.called(str(key)), given)
        if not conditions.hold(conditions.rules(block, "validation"), breach, place.scope(file), self.report):
            del place.names.values[key]
            place.names.failed.add(key)

    def _given_at(self, place: ModuleInstance, variable: Variable) -> tuple[str, Place] | None:
        """Return where the call of a module gives a variable its value."""
        if place.parent is None:
            return None
        call, _ = self._call(place)
        found = argument(call, variable.name)
        return (call.file, found.value.place) if found is not None else None

    def _local(self, place: ModuleInstance, node: Node) -> Value:
        declaration = place.module.declarations.values[node.key.name]
        assert declaration.value is not None
        return self._value(declaration.value, place.scope(declaration.file))

    def _value(self, node: syntax.Expression, scope: Scope) -> Value:
        try:
            return evaluate(node, scope)
        except EvaluationError as error:
            error.file = error.file or scope.file
            self.report.evaluation(error)
            raise SkippedError(node.place) from None

    def _resource(self, place: ModuleInstance, node: Node) -> None:
        declaration = place.module.declarations.resources[node.key]
        scope = place.scope(declaration.file)
        address = place.called(str(node.key))
        instances, value = expand(declaration, address, scope, self.around, place.after)
        self._count(declaration, len(instances))
        place.resources[node.key], place.names.unasked[node.key] = instances, value

    def _count(self, declaration: Declaration, amount: int) -> None:
        """Refuse a stack whose modules and blocks multiply beyond measure."""
        self._made += amount
        if self._made > MAXIMUM_COUNT:
            summary = f"the stack has more than {MAXIMUM_COUNT} objects"
            detail = "Look at what count and for_each of the modules around it multiply to."
            self.report.error("E0207", summary, detail, declaration.file, declaration.place)
            raise SkippedError(declaration.place)

    def _module(self, place: ModuleInstance, node: Node) -> None:
        """Make the copies of a module that a call asks for."""
        name = node.key.name
        call, module = place.module.declarations.calls[name], place.module.children[name]
        module_calls.check_arguments(call, module, self.report)
        scope = place.scope(call.file)
        try:
            repeated = repetition(call, scope)
            after = (*place.after, *module_calls.after(call, scope))
        except EvaluationError as error:
            error.file = error.file or call.file
            self.report.evaluation(error)
            raise SkippedError(call.place) from None
        self._count(call, len(repeated.keys))
        if module.declarations.is_lost(Key("output", ANY)):
            raise SkippedError(call.place)
        made = [
            ModuleInstance(
                module,
                ModuleNames(module, self.stack_name),
                place.files,
                place,
                place.called(f"{node.key}{suffix}"),
                loop,
                after,
            )
            for suffix, loop in repeated.keys
        ]
        place.call(name, repeated, made)
        self._at.setdefault(module.path, []).extend(made)

    def _output(self, place: ModuleInstance, node: Node) -> Value | None:
        """Evaluate an output: for the module around, or, of the stack itself, for people."""
        name, declaration = node.key.name, place.module.declarations.outputs[node.key.name]
        block, scope = declaration.block, place.scope(declaration.file)
        assert block is not None
        breach = Breach("E0407", f'the output "{place.called(name)}" cannot be', place.called(str(node.key)))
        good = conditions.hold(conditions.rules(block, "precondition"), breach, scope, self.report)
        decoded = Decoder(self.report, declaration.file, scope).block(block, OUTPUT)
        given = next((each.value for each in block.body.attributes if each.name == "value"), None)
        if decoded.failed or given is None or not good:
            raise SkippedError(declaration.place)
        value, sensitive = self._value(given, scope), bool(decoded.get("sensitive"))
        if place.parent is not None:
            return value.mark(sensitive)
        if has_sensitive(value) and not sensitive:
            detail = "Add `sensitive = true` to the output, or nonsensitive() where the value may be seen."
            summary = f'the output "{name}" would show a sensitive value'
            self.report.error("E0406", summary, detail, declaration.file, given.place)
            return None
        known = is_wholly_known(value)
        self.output_values[name] = value.mark(sensitive)
        self.outputs[name] = Output(
            name=name,
            value=_plain(value) if known else None,
            type=type_json(value.type),
            known=known,
            sensitive=sensitive,
            description=decoded.get("description") or "",
        )
        return None

    def _check(self, place: ModuleInstance, node: Node) -> None:
        """Tell which assertions do not hold: a warning, for a check stops nothing."""
        declaration = place.module.declarations.checks[node.key.name]
        block, scope = declaration.block, place.scope(declaration.file)
        assert block is not None
        conditions.tell(block, place.called(str(node.key)), scope, self.report)

    def _report_circle(self, circle: tuple[Node, ...]) -> None:
        first, following = circle[0], circle[1]
        edge = next(edge for edge in self.graph.edges(first) if edge.target == following)
        path = " -> ".join(map(str, circle))
        summary = f"{first} refers to itself" if len(circle) == 2 else f"these refer to each other: {path}"
        detail = "Each needs the value of the next before it has one: remove one of the references."
        self.report.error("E0403", summary, detail, edge.file, edge.place)


_EVALUATORS: Mapping[str, Callable[[Interpreter, ModuleInstance, Node], Value | None]] = {
    "var": Interpreter._variable,
    RULE: Interpreter._rules,
    "local": Interpreter._local,
    MODULE: Interpreter._module,
    "output": Interpreter._output,
    "check": Interpreter._check,
}
"""Root of a key -> how such a node is evaluated; every other root is a kind of resource."""


def _plain(value: Value) -> Any:
    return number_to_python(to_python(unmark(value)))
