"""Reads the folders that `module` blocks name, and theirs."""

from __future__ import annotations

import posixpath
from pathlib import Path

from reconciler.language.declarations import Declaration, Declarations, collect
from reconciler.language.files import FolderReader
from reconciler.language.limits import MAXIMUM_MODULE_DEPTH
from reconciler.language.modules import Module, source_of
from reconciler.language.report import Report
from reconciler.language.source_files import read_folder
from reconciler.language.syntax import Place

BASE = "The path is relative to the folder of this file."
"""What to say of a path that leads nowhere."""


class ModuleReader:
    """Reads the folders that modules are in, each once however often it is called."""

    def __init__(self, folder: Path, files: FolderReader, report: Report, kept: Path | None) -> None:
        self._folder, self._files, self._report, self._kept = folder, files, report, kept
        self._found: dict[str, Declarations | None] = {}

    def module(self, path: tuple[str, ...], where: str, declarations: Declarations) -> Module:
        """Return a module with those it calls; `where` is its folder, relative to the stack's."""
        children = {}
        for name, call in declarations.calls.items():
            inner = self._called((*path, name), where, call)
            if inner is not None:
                children[name] = inner
        return Module(path, where, declarations, children)

    def _called(self, path: tuple[str, ...], where: str, call: Declaration) -> Module | None:
        source = source_of(call, self._report)
        if source is None:
            return None
        folder = posixpath.normpath(posixpath.join(where, source[0]))
        if len(path) > MAXIMUM_MODULE_DEPTH:
            detail = "A module may not call itself, also not by way of others."
            summary = f"modules are nested more than {MAXIMUM_MODULE_DEPTH} deep"
            self._report.error("E0217", summary, detail, call.file, source[1])
            return None
        if folder not in self._found:
            self._found[folder] = self.declarations(folder, call.file, source[1])
        declarations = self._found[folder]
        return self.module(path, folder, declarations) if declarations is not None else None

    def declarations(self, folder: str, file: str, place: Place, base: str = BASE) -> Declarations | None:
        """Return what a folder declares; None after reporting, at the place that names it, why it cannot be read."""
        inside = self._folder / folder
        try:
            self._files.admit(inside)
        except ValueError as error:
            self._report.error("E0217", str(error), base, file, place)
            return None
        bodies = read_folder(inside, self._report, self._kept)
        if not bodies:
            summary = f'there are no *.hcl files in "{folder}"'
            self._report.error("E0217", summary, "Give another folder.", file, place)
            return None
        found = collect(bodies, self._report)
        for word, declaration in found.settings.items():
            detail = "It belongs to the folder that is planned and applied."
            self._report.error("E0217", f"a module has no {word} block", detail, declaration.file, declaration.place)
        return found
