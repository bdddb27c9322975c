"""HCL text to a Stack: grammar, syntax tree, evaluator, schema and loader.

Importing this package imports neither hcl2, lark nor docker: a warm run never needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def evaluate(expression: str, variables: Mapping[str, object] | None = None, folder: Path | None = None) -> object:
    """Return the value of one HCL expression as JSON-like Python, given `var.*` and files below `folder`.

    Numbers are int or Fraction, exactly; sets are sorted lists; a sensitive result is its plain value. Raises
    reconciler.errors.StackError with diagnostics, also where the result is unknown.
    """
    from reconciler.language.console import python_value

    return python_value(expression, variables or {}, folder)


def format(text: str) -> str:
    """Return the text of a file in the layout of `terraform fmt`, every comment kept; the same text for its result.

    Raises reconciler.errors.StackError with diagnostics for text that is no HCL.
    """
    from reconciler.language.formatting.formatter import formatted

    return formatted(text)
