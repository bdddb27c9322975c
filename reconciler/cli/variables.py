"""The command line's variables in the loader's shape."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.language.loader import VariableSources


def variable_sources(variables: tuple[str, ...], var_files: tuple[str, ...]) -> VariableSources:
    """Return what --var, --var-file and the environment say."""
    pairs = []
    for text in variables:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f'--var wants NAME=VALUE, not "{text}"')
        pairs.append((name.strip(), value))
    return VariableSources(
        pairs=tuple(pairs), files=tuple(Path(each) for each in var_files), environment=dict(os.environ)
    )
