"""From grammar rules to syntax nodes: one method per rule, called by the parser as it reduces.

A method is given the rule's tokens and the nodes already built. What the grammar cannot say (duplicates, escapes,
`%{ endif }` without `%{ if }`) is checked here and collected in `problems`, so that one reading reports them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.language.expressions import numbers
from reconciler.language.reading import syntax
from reconciler.language.reading.escapes import unescape
from reconciler.language.reading.expression_builder import ExpressionBuilder
from reconciler.language.reading.items import Item, around, at, between, is_of, word
from reconciler.language.reading.templates import Marker, TextPart, heredoc, heredoc_text, quoted


class Builder(ExpressionBuilder):
    """Build the tree of one text. `template` parses a heredoc's body that holds interpolations."""

    def __init__(self, template: Callable[[str, int], list[Item]]) -> None:
        super().__init__()
        self._template = template

    # Bodies

    def start(self, items: list[Item]) -> syntax.Body:
        body: syntax.Body = items[0]
        return body

    def body(self, items: list[Item]) -> syntax.Body:
        attributes: list[syntax.Attribute] = []
        blocks: list[syntax.Block] = []
        seen: dict[str, syntax.Attribute] = {}
        for item in items:
            if isinstance(item, syntax.Block):
                blocks.append(item)
            elif isinstance(item, syntax.Attribute):
                earlier = seen.setdefault(item.name, item)
                if earlier is not item:
                    self.report(
                        "E0110",
                        f'"{item.name}" is set twice',
                        f"It is set on line {earlier.place[0]} already; keep one of the two.",
                        item.name_place,
                    )
                attributes.append(item)
        place = around(items) if items else (1, 1, 1, 1)
        return syntax.Body(place, tuple(attributes), tuple(blocks))

    block_body = body

    def new_line_or_comment(self, items: list[Item]) -> Item:
        return items[0]

    def attribute(self, items: list[Item]) -> syntax.Attribute:
        name, value = items[0], items[2]
        return syntax.Attribute(between(name.place, value.place), word(name), name.place, value)

    def block(self, items: list[Item]) -> syntax.Block:
        kind, *labels = items[:-3]
        place = between(kind.place, labels[-1].place if labels else kind.place)
        return syntax.Block(place, word(kind), tuple(map(self._label, labels)), items[-2])

    def _label(self, item: Item) -> syntax.Label:
        if not isinstance(item, syntax.Template):
            return syntax.Label(item.place, word(item))
        texts = [part.value for part in item.parts if isinstance(part, syntax.Literal)]
        if len(texts) == len(item.parts) and all(isinstance(text, str) for text in texts):
            return syntax.Label(item.place, "".join(map(str, texts)))
        summary = "a block's label cannot hold an interpolation"
        self.report("E0111", summary, "Write the label out; use for_each for names that vary.", item.place)
        return syntax.Label(item.place, "")

    # Words and numbers

    def identifier(self, items: list[Item]) -> syntax.Variable:
        place, name = at(items[0]), str(items[0])
        if not name.isascii() and not name.replace("-", "_").isidentifier():
            self.report("E0101", f'"{name}" is no name', "Names are of letters, digits, _ and -.", place)
        return syntax.Variable(place, name)

    keyword = identifier

    def literal_value(self, items: list[Item]) -> syntax.Literal:
        return syntax.Literal(at(items[0]), {"true": True, "false": False, "null": None}[items[0]])

    def int_lit(self, items: list[Item]) -> syntax.Literal:
        return self.float_lit(items)

    def float_lit(self, items: list[Item]) -> syntax.Literal:
        place = at(items[0])
        try:
            value = numbers.parse(str(items[0]))
        except numbers.NumberTooLargeError:
            self.report("E0112", "the number is too large", "Use a number of fewer digits.", place)
            value = 0
        if value is None:
            self.report("E0112", f'"{items[0]}" is no number', "Write a number such as 1.5 or 1e3.", place)
        return syntax.Literal(place, value)

    # Strings and templates

    def string(self, items: list[Item]) -> syntax.Template:
        place = between(at(items[0]), at(items[-1]))
        return syntax.Template(place, quoted(items[1:-1], self.report), True)

    def string_part(self, items: list[Item]) -> Item:
        item = items[0]
        if not hasattr(item, "type"):
            return item
        place = at(item)
        if item.type != "STRING_CHARS":
            return TextPart(place, str(item)[1:])
        value, bad = unescape(item)
        if bad is not None:
            column = place[1] + bad
            detail = r"Known are \n, \r, \t, \", \\, \uNNNN and \UNNNNNNNN; write \\ for a backslash."
            self.report(
                "E0113", f'unknown escape "{item[bad : bad + 2]}"', detail, (place[0], column, place[0], column + 2)
            )
        return TextPart(place, value)

    def template_part(self, items: list[Item]) -> Item:
        item = items[0]
        if not hasattr(item, "type"):
            return item
        return TextPart(at(item), str(item) if item.type == "HEREDOC_CHARS" else str(item)[1:])

    def template(self, items: list[Item]) -> list[Item]:
        return items

    def interpolation(self, items: list[Item]) -> Marker:
        return self._marker("value", items, items[1])

    def template_if_start(self, items: list[Item]) -> Marker:
        return self._marker("if", items, items[2])

    def template_else(self, items: list[Item]) -> Marker:
        return self._marker("else", items, None)

    def template_endif(self, items: list[Item]) -> Marker:
        return self._marker("endif", items, None)

    def template_for_start(self, items: list[Item]) -> Marker:
        names = [item.name for item in items[2:5] if isinstance(item, syntax.Variable)]
        key, value = (names[0], names[1]) if is_of(items[3], "COMMA") else (None, names[0])
        collection = items[6] if key is not None else items[4]
        return self._marker("for", items, (key, value, collection))

    def template_endfor(self, items: list[Item]) -> Marker:
        return self._marker("endfor", items, None)

    def _marker(self, kind: str, items: list[Item], value: Any) -> Marker:
        place = between(at(items[0]), at(items[-1]))
        return Marker(place, kind, value, items[0].endswith("~"), is_of(items[-2], "STRIP_MARKER"))

    def heredoc_template(self, items: list[Item]) -> syntax.Template:
        token = items[0]
        place = at(token)
        flush = token.startswith("<<-")
        rest = token.partition("\n")[2]
        body = rest[: rest.rfind("\n") + 1] if "\n" in rest else ""
        if "${" not in body and "%{" not in body:
            text = heredoc_text(body, flush)
            return syntax.Template(place, (syntax.Literal(place, text),) if text else (), True)
        parts = self._template(body, place[0] + 1)
        return syntax.Template(place, heredoc(parts, self.report, flush), True)
