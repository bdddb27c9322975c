"""Functions that read files below the stack's folder, and templates."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping

from reconciler.language import syntax
from reconciler.language.dispatch import evaluate
from reconciler.language.functions.context import Context
from reconciler.language.functions.encoding import utf8
from reconciler.language.functions.hashing import digest, digest_base64
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.scope import EvaluationError, Scope
from reconciler.language.syntax import Place
from reconciler.language.values import ANY, BOOL, STRING, Value, set_of, set_type, string

MAXIMUM_TEMPLATES = 16
INSIDE = "Paths are relative to the stack's folder, and end inside it."


def _read(context: Context, path: str) -> bytes:
    try:
        return context.files().read_bytes(path)
    except ValueError as error:
        if isinstance(error, FunctionError):
            raise
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, returns=STRING, contextual=True)
def file(context: Context, path: str) -> str:
    """Return a file as text."""
    return utf8(_read(context, path), "the file")


@function(STRING, returns=BOOL, contextual=True)
def fileexists(context: Context, path: str) -> bool:
    """Say whether there is such a file."""
    try:
        return context.files().exists(path)
    except FunctionError:
        raise
    except ValueError as error:
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, STRING, returns=set_type(STRING), contextual=True)
def fileset(context: Context, path: str, pattern: str) -> Value:
    """Return the files below `path` that match a pattern with *, ? and **."""
    try:
        return set_of(STRING, map(string, context.files().matching(path, pattern)))
    except FunctionError:
        raise
    except ValueError as error:
        raise FunctionError(str(error), 0, INSIDE) from None


@function(STRING, returns=STRING, contextual=True)
def filebase64(context: Context, path: str) -> str:
    """Return a file's bytes in base64."""
    return base64.b64encode(_read(context, path)).decode()


def _enter(algorithm: str) -> None:
    def body(context: Context, path: str) -> str:
        """Return the digest of a file."""
        return digest(algorithm, _read(context, path))

    def body_base64(context: Context, path: str) -> str:
        """Return the digest of a file, in base64."""
        return digest_base64(algorithm, _read(context, path))

    function(STRING, returns=STRING, name=f"file{algorithm}", contextual=True)(body)
    if algorithm in ("sha256", "sha512"):
        function(STRING, returns=STRING, name=f"filebase64{algorithm}", contextual=True)(body_base64)


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _enter(_algorithm)


@function(STRING, Parameter(ANY), returns=STRING, contextual=True)
def templatefile(context: Context, path: str, variables: Value) -> Value:
    """Fill a file's template with variables of its own."""
    return _filled(context, utf8(_read(context, path), "the file"), path, variables)


@function(STRING, Parameter(ANY), returns=STRING, contextual=True)
def templatestring(context: Context, template: str, variables: Value) -> Value:
    """Fill the template that a reference stands for with variables of its own."""
    if isinstance(context.arguments[0], syntax.Template | syntax.Literal | syntax.Chain | syntax.Conditional):
        detail = "Write the template as an expression of its own, or refer to one that was read elsewhere."
        raise FunctionError("the template must be a reference", 0, detail)
    return _filled(context, template, "the template", variables)


def _filled(context: Context, text: str, name: str, variables: Value) -> Value:
    from reconciler.language.parser import parse_template

    if not isinstance(variables.data, dict):
        raise FunctionError("the variables must be a map or object", 1)
    depth = context.scope.templates + 1
    if depth > MAXIMUM_TEMPLATES:
        raise FunctionError("templates fill templates too deeply", 0)
    node, problems = parse_template(text)
    if node is None:
        problem = problems[0]
        raise FunctionError(f"{name}, line {problem.place[0]}: {problem.summary}", 0)
    inner = Scope(_OnlyVariables(variables.data), context.scope.files, {}, context.scope.budget, templates=depth)
    try:
        value = evaluate(node, inner)
    except EvaluationError as error:
        raise FunctionError(f"{name}, line {error.place[0]}: {error.summary}", 0, error.detail) from None
    return value


class _OnlyVariables:
    """The names inside a template: the variables that it is given."""

    def __init__(self, variables: Mapping[str, Value]) -> None:
        self.variables = variables

    def bare(self, root: str, place: Place) -> Value:
        """Return a variable."""
        found = self.variables.get(root)
        if found is None:
            detail = "Pass it in the function's second argument."
            raise EvaluationError("E0401", f'the template is not given "{root}"', detail, place)
        return found

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return an attribute of a variable."""
        from reconciler.language import access

        try:
            return access.attribute(self.bare(root, place), name)
        except access.AccessError as error:
            raise EvaluationError("E0303", str(error), error.detail, place) from None


@function(STRING, returns=STRING)
def basename(path: str) -> str:
    """Return the last part of a path."""
    trimmed = path.rstrip("/")
    if not path:
        return "."
    return trimmed.rpartition("/")[2] if trimmed else "/"


@function(STRING, returns=STRING)
def dirname(path: str) -> str:
    """Return a path without its last part."""
    folder = path.rpartition("/")[0] if "/" in path else "."
    if path.startswith("/") and not folder:
        return "/"
    return posixpath.normpath(folder) if folder else "."


@function(STRING, returns=STRING, contextual=True)
def abspath(context: Context, path: str) -> str:
    """Return a path from the root: that of the stack's folder in front of a relative one."""
    return posixpath.normpath(posixpath.join(context.files().folder, path))


@function(STRING, returns=STRING)
def pathexpand(path: str) -> str:
    """Return the path; a leading ~ is refused, for a stack must not depend on who applies it."""
    if path.startswith("~"):
        raise FunctionError("a home folder is not a part of the stack", 0, "Write the path out, or use a variable.")
    return path
