"""Declarations to instances and outputs: everything evaluated once, in the order that references ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.language import syntax, variables
from reconciler.language.constraints import type_json
from reconciler.language.declarations import Declaration, Declarations
from reconciler.language.decode import Decoder
from reconciler.language.evaluator import evaluate
from reconciler.language.instances import Instance, expand
from reconciler.language.names import StackNames
from reconciler.language.references import Key, body_references, in_order, references
from reconciler.language.report import Report, SkippedError
from reconciler.language.schema_stack import OUTPUT
from reconciler.language.scope import EvaluationError, FileReader, Scope
from reconciler.language.syntax import Place
from reconciler.language.values import Value, has_sensitive, is_wholly_known, number_to_python, to_python, unmark
from reconciler.language.variables import Given, Variable
from reconciler.model.stack import Output

Attributes = Mapping[str, Mapping[str, object]]


class Interpreter:
    """Evaluates the declarations of one stack. `attributes` holds what is known of what runs, by address."""

    def __init__(
        self, declarations: Declarations, stack_name: str, files: FileReader, report: Report, attributes: Attributes
    ) -> None:
        self.declarations, self.report, self.attributes = declarations, report, attributes
        self.names = StackNames(declarations, stack_name)
        self.scope = Scope(self.names, files)
        self.instances: dict[Key, list[Instance]] = {}
        self.variables: dict[str, Variable] = {}

    def run(self, given: Mapping[str, Given]) -> None:
        """Evaluate variables, then locals and resources in order."""
        self._declare_variables(given)
        self._validate_variables(given)
        for key in self._ordered():
            declaration = self._declaration(key)
            try:
                if key.root == "local":
                    self.names.values[key] = self._local(declaration)
                else:
                    instances, value = expand(declaration, self.report, self.scope, self.attributes)
                    self.instances[key], self.names.values[key] = instances, value
            except SkippedError:
                self.names.failed.add(key)

    def outputs(self) -> dict[str, Output]:
        """Evaluate the output blocks."""
        found = {}
        for name, declaration in sorted(self.declarations.outputs.items()):
            output = self._output(name, declaration)
            if output is not None:
                found[name] = output
        return found

    def _declare_variables(self, given: Mapping[str, Given]) -> None:
        constants = variables.constant_scope()
        for name, declaration in self.declarations.variables.items():
            variable = variables.declare(declaration, self.report, constants)
            key = Key("var", name)
            try:
                if variable is None:
                    raise SkippedError(declaration.place)
                self.names.values[key] = variables.value_of(variable, given.get(name), self.report, constants)
                self.variables[name] = variable
            except SkippedError:
                self.names.failed.add(key)

    def _validate_variables(self, given: Mapping[str, Given]) -> None:
        """Check the rules of variables; they may refer to other variables, and to nothing else."""
        for variable in self.variables.values():
            variables.validate(variable, self.report, self.scope_of(variable.declaration.file))

    def scope_of(self, file: str) -> Scope:
        """Return the scope of a declaration in a file, with a budget of its own."""
        return Scope(self.scope.names, self.scope.files, file=file)

    def _declaration(self, key: Key) -> Declaration:
        return self.declarations.values[key.name] if key.root == "local" else self.declarations.resources[key]

    def _ordered(self) -> list[Key]:
        """Return locals and resources so that each follows what it refers to; those in a circle are left out."""
        everything = [Key("local", name) for name in self.declarations.values] + list(self.declarations.resources)
        needs = {key: dict.fromkeys(target for target, _ in self._references(key)) for key in everything}
        ordered, circles = in_order(needs)
        for circle in circles:
            self._report_circle(circle)
        return [key for key in ordered if key not in self.names.failed]

    def _references(self, key: Key) -> Iterator[tuple[Key, Place]]:
        declaration = self._declaration(key)
        if declaration.value is not None:
            return references(declaration.value)
        assert declaration.block is not None
        return body_references(declaration.block.body)

    def _report_circle(self, circle: tuple[Key, ...]) -> None:
        self.names.failed.update(circle)
        first, following = circle[0], circle[1]
        place = next(place for target, place in self._references(first) if target == following)
        path = " -> ".join(map(str, circle))
        summary = f"{first} refers to itself" if len(circle) == 2 else f"these refer to each other: {path}"
        detail = "Each needs the value of the next before it has one: remove one of the references."
        self.report.error("E0403", summary, detail, self._declaration(first).file, place)

    def _local(self, declaration: Declaration) -> Value:
        assert declaration.value is not None
        return self._evaluated(declaration.value, declaration.file)

    def _evaluated(self, node: syntax.Expression, file: str) -> Value:
        try:
            return evaluate(node, self.scope_of(file))
        except EvaluationError as error:
            error.file = error.file or file
            self.report.evaluation(error)
            raise SkippedError(node.place) from None

    def _output(self, name: str, declaration: Declaration) -> Output | None:
        assert declaration.block is not None
        decoded = Decoder(self.report, declaration.file, self.scope_of(declaration.file)).block(
            declaration.block, OUTPUT
        )
        node = next((each.value for each in declaration.block.body.attributes if each.name == "value"), None)
        if decoded.failed or node is None:
            return None
        try:
            value = self._evaluated(node, declaration.file)
        except SkippedError:
            return None
        sensitive = bool(decoded.get("sensitive"))
        if has_sensitive(value) and not sensitive:
            detail = "Add `sensitive = true` to the output, or nonsensitive() where the value may be seen."
            summary = f'the output "{name}" would show a sensitive value'
            self.report.error("E0406", summary, detail, declaration.file, node.place)
            return None
        known = is_wholly_known(value)
        return Output(
            name=name,
            value=_plain(value) if known else None,
            type=type_json(value.type),
            known=known,
            sensitive=sensitive,
            description=decoded.get("description") or "",
        )


def _plain(value: Value) -> Any:
    return number_to_python(to_python(unmark(value)))
