"""Reads the folders that `module` blocks name, and theirs."""

from __future__ import annotations

import posixpath
from pathlib import Path

from reconciler.language.blocks.declarations import Declaration, Declarations, collect
from reconciler.language.blocks.modules import Module, source_of
from reconciler.language.files import FolderReader
from reconciler.language.limits import MAXIMUM_MODULE_CALLS, MAXIMUM_MODULE_DEPTH
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.source_files import read_folder

BASE = "The path is relative to the folder of this file."
"""What to say of a path that leads nowhere."""


class ModuleReader:
    """Reads the folders that modules are in, each once however often it is called."""

    def __init__(self, folder: Path, files: FolderReader, report: Report, kept: Path | None) -> None:
        self._folder, self._files, self._report, self._kept = folder, files, report, kept
        self._found: dict[str, Declarations | None] = {}
        self._calls = 0

    def module(
        self, path: tuple[str, ...], where: str, declarations: Declarations, around: tuple[str, ...] = ()
    ) -> Module:
        """Return a module with those it calls. `where` is its folder, `around` are those of the modules around it."""
        children = {}
        for name, call in declarations.calls.items():
            inner = self._called((*path, name), (*around, where), call)
            if inner is not None:
                children[name] = inner
        return Module(path, where, declarations, children)

    def _called(self, path: tuple[str, ...], around: tuple[str, ...], call: Declaration) -> Module | None:
        source = source_of(call, self._report)
        if source is None:
            return None
        folder = posixpath.normpath(posixpath.join(around[-1], source[0]))
        problem = self._why_not(folder, around)
        if problem is not None and self._calls > MAXIMUM_MODULE_CALLS + 1:
            return None  # told already
        if problem is not None:
            self._report.error("E0217", *problem, call.file, source[1])
            return None
        if folder not in self._found:
            self._found[folder] = self.declarations(folder, call.file, source[1])
        declarations = self._found[folder]
        return self.module(path, folder, declarations, around) if declarations is not None else None

    def _why_not(self, folder: str, around: tuple[str, ...]) -> tuple[str, str] | None:
        """Return why a module cannot be where it is called, as summary and detail."""
        places = [self._files.place_of(self._folder / each) for each in (*around, folder)]
        again = places.index(places[-1])
        if again < len(around):
            way = " -> ".join(f'"{each}"' for each in (*around[again:], folder))
            return "a module calls itself", f"Remove one of the calls: {way}."
        if len(around) > MAXIMUM_MODULE_DEPTH:
            return f"modules are nested more than {MAXIMUM_MODULE_DEPTH} deep", "Call some of them side by side."
        self._calls += 1
        if self._calls > MAXIMUM_MODULE_CALLS:
            detail = "Look at how many modules each of the modules calls; count and for_each repeat one call."
            return f"modules call each other more than {MAXIMUM_MODULE_CALLS} times", detail
        return None

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
