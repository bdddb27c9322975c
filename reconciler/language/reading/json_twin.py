"""The JSON form of the language, `*.hcl.json`, as a tree like that of a text: HCL's JSON syntax, as Terraform has it.

The table of blocks tells which names are blocks, and which of these have a label. A string is a template; where the
language wants something that is no value (a type, an address, an attribute's name), it is that, written as a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from reconciler.language import cache
from reconciler.language.reading import syntax
from reconciler.language.reading.json_reader import Json, JsonError, JsonReader, Member, text_of
from reconciler.language.reading.parser import Parsed, parse_expression, parse_template, versions
from reconciler.language.reading.recovery import ANY, Lost
from reconciler.language.reading.relocation import Relocation
from reconciler.language.reading.syntax import Expression, Place
from reconciler.language.schema import Attribute, Block, Kind
from reconciler.language.schema_stack import ROOT, VALUES

COMMENT = "//"


class Mode(Enum):
    """What the strings of an attribute are."""

    TEMPLATE = "template"
    LITERAL = "literal"
    EXPRESSION = "expression"


_LITERAL = frozenset({("stack", "required_version"), ("variable", "default"), ("module", "source")})
_LITERAL_EVERYWHERE = frozenset({"description"})
_EXPRESSION = frozenset(
    {
        ("variable", "type"),
        ("moved", "from"),
        ("moved", "to"),
        ("removed", "from"),
        ("run", "command"),
        ("run", "expect_failures"),
    }
)
_EXPRESSION_EVERYWHERE = frozenset({"depends_on", "ignore_changes", "replace_triggered_by", "iterator"})
_REFERENCES = (Kind.REFERENCE, Kind.REFERENCES, Kind.REFERENCE_MAP)

_DYNAMIC = Block("dynamic", "", labelled=True)
_DYNAMIC_ATTRIBUTES = ("for_each", "iterator", "labels")


def parse_json(text: str, cache_folder: Path | None = None, schema: Block = ROOT) -> Parsed:
    """Read the text of a `*.hcl.json` file that holds what a table says."""
    text = text.removeprefix("\ufeff")
    key = cache.key(text, syntax.TREE_VERSION, versions(), "json", schema) if cache_folder else ""
    name = f"tree-{key}"
    found = cache.read(cache_folder, name)
    if isinstance(found, Parsed):
        return found
    parsed = _parsed(text, cache_folder, schema)
    cache.write(cache_folder, name, parsed)
    return parsed


def _parsed(text: str, cache_folder: Path | None, schema: Block) -> Parsed:
    reader = JsonReader(text)
    try:
        root = reader.read()
    except JsonError as error:
        return Parsed(syntax.Body((1, 1, 1, 1), (), ()), (error.problem,), (Lost(ANY, ANY),))
    twin = _Twin(reader, cache_folder)
    body = twin.body(root, schema)
    return Parsed(body, tuple(dict.fromkeys(twin.problems)))


class _Twin:
    """Converts one file."""

    def __init__(self, reader: JsonReader, cache_folder: Path | None) -> None:
        self.reader, self.cache_folder = reader, cache_folder
        self.problems: list[syntax.Problem] = []

    def body(self, node: Json, schema: Block) -> syntax.Body:
        """Convert what stands between the braces of a block, or a whole file."""
        attributes: dict[str, syntax.Attribute] = {}
        blocks: list[syntax.Block] = []
        for key, value in self._members(node, schema):
            name = text_of(key)
            inner = _inner(schema, name, value)
            if inner is not None:
                blocks.extend(self._blocks(name, key, value, inner, schema))
            elif name in attributes:
                detail = f"It is set on line {attributes[name].place[0]} already; keep one of the two."
                self._problem("E0110", f'"{name}" is set twice', detail, key.place)
            else:
                found = self._expression(value, _mode(schema, name))
                attributes[name] = syntax.Attribute(_around(key.place, value.place), name, key.place, found)
        return syntax.Body(node.place, tuple(attributes.values()), tuple(blocks))

    def _members(self, node: Json, schema: Block) -> Iterator[Member]:
        """Yield the members of an object, or of every object of an array; comments are left out."""
        for each in _present(node):
            if not isinstance(each.value, list):
                what = f'"{schema.word}"' if schema.word else "the file"
                self._problem("E0118", f"{what} holds an object", 'Write { "name": value }.', each.place)
                continue
            yield from (member for member in each.value if member.key.value != COMMENT)

    def _blocks(self, name: str, key: Json, value: Json, schema: Block, outer: Block) -> Iterator[syntax.Block]:
        """Yield the blocks of one name: an object, an array of them, and around these an object of labels."""
        if not schema.labelled:
            for each in _present(value):
                yield syntax.Block(key.place, name, (), self.body(each, schema))
            return
        for label, bodies in self._members(value, schema):
            text = text_of(label)
            inside = _generated(outer, text) if schema is _DYNAMIC else schema
            for each in _present(bodies):
                body = self.body(each, inside)
                yield syntax.Block(label.place, name, (syntax.Label(label.place, text),), body)

    def _expression(self, node: Json, mode: Mode) -> Expression:
        value = node.value
        if isinstance(value, str):
            return self._string(node, mode)
        if isinstance(value, tuple):
            return syntax.TupleConstructor(node.place, tuple(self._expression(each, mode) for each in value))
        if isinstance(value, list):
            return self._object(node, value, mode)
        return syntax.Literal(node.place, value)

    def _object(self, node: Json, members: list[Member], mode: Mode) -> Expression:
        seen: dict[str, Place] = {}
        items = []
        for key, value in members:
            name = text_of(key)
            if seen.setdefault(name, key.place) is not key.place:
                detail = f"It is set on line {seen[name][0]} already; keep one of the two."
                self._problem("E0110", f'"{name}" is set twice', detail, key.place)
            keys = Mode.LITERAL if mode is Mode.LITERAL else Mode.TEMPLATE
            items.append((_bare(self._string(key, keys)), self._expression(value, mode)))
        return syntax.ObjectConstructor(node.place, tuple(items))

    def _string(self, node: Json, mode: Mode) -> Expression:
        text = text_of(node)
        is_template = "${" in text or "%{" in text
        if mode is Mode.LITERAL or (mode is Mode.TEMPLATE and not is_template):
            return syntax.Template(node.place, (syntax.Literal(node.place, text),) if text else (), True)
        parse = parse_template if is_template else parse_expression
        found, problems = parse(text, self.cache_folder)
        relocation = Relocation(self.reader, node, text)
        self.problems += [each._replace(place=relocation.place(each.place)) for each in problems]
        if found is None:
            return syntax.Literal(node.place, None)
        moved: Expression = relocation.node(found)
        return moved._replace(place=node.place) if isinstance(moved, syntax.Template) else moved

    def _problem(self, code: str, summary: str, detail: str, place: Place) -> None:
        self.problems.append(syntax.Problem(code, summary, detail, place))


def _present(node: Json) -> tuple[Json, ...]:
    """Return the elements of an array, or what is no array; null is as good as absent."""
    elements = node.value if isinstance(node.value, tuple) else (node,)
    return tuple(each for each in elements if each.value is not None)


def _inner(schema: Block, name: str, value: Json) -> Block | None:
    """Return the table of a member that is a block; None for an attribute."""
    found = schema.block(name)
    if found is not None:
        return found
    if schema.attribute(name) is not None or schema.free:
        return None
    if name == "dynamic" and schema.blocks:
        return _DYNAMIC
    elements = _present(value)
    looks = bool(elements) and all(isinstance(each.value, list) for each in elements)
    return Block(name, "", free=True) if looks else None


def _generated(outer: Block, name: str) -> Block:
    """Return the table of the body of `dynamic "name"`: its content is a block of that name."""
    content = outer.block(name) or Block(name, "", free=True)
    attributes = tuple(Attribute(each, Kind.EXPRESSION, "") for each in _DYNAMIC_ATTRIBUTES)
    return Block("dynamic", "", attributes, (content._replace(word="content", labelled=False),))


def _mode(schema: Block, name: str) -> Mode:
    attribute = schema.attribute(name)
    place = (schema.word, name)
    if schema is VALUES or place in _LITERAL or (name in _LITERAL_EVERYWHERE and attribute is not None):
        return Mode.LITERAL
    if attribute is None:
        return Mode.TEMPLATE
    if attribute.kind in _REFERENCES or place in _EXPRESSION or name in _EXPRESSION_EVERYWHERE:
        return Mode.EXPRESSION
    return Mode.TEMPLATE


def _bare(key: Expression) -> Expression:
    """Return a plain key as one without quotes would be: its value's place is told apart in plans."""
    if isinstance(key, syntax.Template) and len(key.parts) == 1 and isinstance(key.parts[0], syntax.Literal):
        return syntax.Literal(key.place, key.parts[0].value)
    return key


def _around(first: Place, last: Place) -> Place:
    return (*first[:2], *last[2:])
