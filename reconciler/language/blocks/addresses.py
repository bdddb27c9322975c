"""Addresses as they are written: `service.web`, `module.mail["eu"].service.smtp`, `container.app.image`."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.blocks.references import MODULE
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.reading import syntax
from reconciler.language.reading.parser import parse_expression
from reconciler.language.reading.syntax import Expression
from reconciler.language.schema_stack import RESOURCES

EXAMPLE = 'Write it as in a plan, without quotes: service.web, service.web["blue"], module.mail.service.smtp.'

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
"""How a key is written, so that what a plan shows can be copied into a file."""


class Spelled(NamedTuple):
    """A chain of names and literal keys: `words` are all of them, `text` is how a plan writes the chain."""

    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text


def spelled(node: Expression) -> Spelled | None:
    """Return a chain of names and literal keys; None for any other expression."""
    match node:
        case syntax.Variable():
            return Spelled((node.name,), node.name)
        case syntax.GetAttribute():
            base = spelled(node.base)
            return base and Spelled((*base.words, node.name), f"{base.text}.{node.name}")
        case syntax.Index():
            base, key = spelled(node.base), _literal(node.key)
            if base is None or key is None:
                return None
            return Spelled((*base.words, str(key)), f"{base.text}{bracketed(key)}")
    return None


def bracketed(key: str | int) -> str:
    """Return a key of for_each or count as an address has it.

    >>> bracketed("eu"), bracketed(0)
    ('["eu"]', '[0]')
    """
    if isinstance(key, int):
        return f"[{key}]"
    text = key.translate(_ESCAPES).replace("${", "$${").replace("%{", "%%{")
    return f'["{text}"]'


def _literal(node: Expression) -> str | int | None:
    if isinstance(node, syntax.Template) and len(node.parts) <= 1:
        node = node.parts[0] if node.parts else syntax.Literal(node.place, "")
    if not isinstance(node, syntax.Literal) or isinstance(node.value, bool):
        return None
    return node.value if isinstance(node.value, str | int) else None


def read_address(node: Expression, kinds: tuple[str, ...] = (MODULE, *RESOURCES)) -> str:
    """Return the address that an expression names, of one of these kinds; raise EvaluationError."""
    bare = _unquoted(node) if isinstance(node, syntax.Template) else node
    found = spelled(bare) if bare is not None else None
    if bare is None or found is None or not _is_address(bare, kinds):
        raise EvaluationError("E0215", "this is no address", EXAMPLE, node.place)
    return found.text


def _unquoted(node: syntax.Template) -> Expression | None:
    """Read the text of the JSON form as what it says."""
    text = _literal(node)
    return parse_expression(text)[0] if isinstance(text, str) else None


def _is_address(node: Expression, kinds: tuple[str, ...]) -> bool:
    """Say whether a chain is any number of modules, then one of the kinds: names, each with at most one key."""
    names: list[str] = []
    while not isinstance(node, syntax.Variable):
        if isinstance(node, syntax.Index):
            node = node.base
            if not isinstance(node, syntax.GetAttribute):
                return False
        assert isinstance(node, syntax.GetAttribute)
        names.insert(0, node.name)
        node = node.base
        if isinstance(node, syntax.Index) and len(names) % 2:
            return False
    names.insert(0, node.name)
    pairs = list(zip(names[::2], names[1::2], strict=False))
    if len(names) % 2 or not pairs:
        return False
    *outer, (last, _) = pairs
    return all(word == MODULE for word, _ in outer) and last in kinds
