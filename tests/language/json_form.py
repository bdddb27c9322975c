"""A stack's text in the JSON form, written from its syntax tree: what tests compare the two forms with."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from reconciler.language.reading import syntax
from reconciler.language.reading.parser import parse

BARE = {"type", "from", "to", "iterator"}
BARE_ITEMS = {"depends_on", "ignore_changes", "replace_triggered_by"}


def json_form(text: str) -> str:
    """Return the text in the JSON form."""
    writer = _Writer(text)
    return json.dumps(writer.body(parse(text).body), indent=2)


class _Writer:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")

    def body(self, body: syntax.Body) -> dict[str, Any]:
        found: dict[str, Any] = {each.name: self.attribute(each) for each in body.attributes}
        for block in body.blocks:
            inner: Any = self.body(block.body)
            for label in reversed(block.labels):
                inner = {label.text: inner}
            found.setdefault(block.type, []).append(inner)
        return {"//": "a comment", **found}

    def attribute(self, attribute: syntax.Attribute) -> Any:
        value = attribute.value
        if attribute.name in BARE and not isinstance(value, syntax.Template):
            return self.source(value)
        if attribute.name in BARE_ITEMS and isinstance(value, syntax.TupleConstructor):
            return [self.source(each) for each in value.items]
        return self.expression(value)

    def expression(self, node: syntax.Expression) -> Any:
        if isinstance(node, syntax.Literal):
            return float(node.value) if isinstance(node.value, Fraction) else node.value
        if isinstance(node, syntax.TupleConstructor):
            return [self.expression(each) for each in node.items]
        if isinstance(node, syntax.ObjectConstructor):
            return {self.key(key): self.expression(value) for key, value in node.items}
        if isinstance(node, syntax.Template) and all(isinstance(each, syntax.Literal) for each in node.parts):
            text = "".join(str(each.value) for each in node.parts if isinstance(each, syntax.Literal))
            return text.replace("${", "$${").replace("%{", "%%{")
        return "${" + self.source(node) + "\n}"

    def key(self, key: syntax.Expression) -> str:
        return str(key.value) if isinstance(key, syntax.Literal) else str(self.expression(key))

    def source(self, node: syntax.Expression) -> str:
        line, column, end_line, end_column = node.place
        lines = self.lines[line - 1 : end_line]
        lines[-1] = lines[-1][: end_column - 1]
        return "\n".join([lines[0][column - 1 :], *lines[1:]])
