"""What some functions need besides the values of their arguments."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.expressions.scope import FileReader, Scope
from reconciler.language.functions.table import FunctionError
from reconciler.language.reading.syntax import Expression


class Context(NamedTuple):
    """The scope of a call, and its arguments as written."""

    scope: Scope
    arguments: tuple[Expression, ...]

    def files(self) -> FileReader:
        """Return the reader of the stack's files; raise FunctionError when there is none."""
        if self.scope.files is None:
            raise FunctionError("there is no stack folder to read files from")
        return self.scope.files
