"""The arrows and fences of the design, refereed over `ast`: who may import whom, and what pure packages never do.

    cli -> engine -> {planner, scheduler} -> model        cli -> {language, render} -> model
    drivers -> balancers -> model

`planner` may ask `scheduler`: a plan records what `decide` will pursue, with the same task ids.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

ROOT = Path(reconciler.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))
PURE = ("model", "language", "planner", "scheduler", "render")
PROTOCOLS = {"drivers.driver", "drivers.labels", "store.store"}

MAY_IMPORT = {
    "model": {"model"},
    "language": {"language", "model"},
    "render": {"render", "model"},
    "scheduler": {"scheduler", "model"},
    "planner": {"planner", "scheduler", "model"},
    "balancers": {"balancers", "model"},
    "drivers": {"drivers", "balancers", "model"},
    "hooks": {"hooks", "model"},
    "store": {"store", "model"},
    "observe": {"observe", "model"},
    "engine": {"engine", "planner", "scheduler", "drivers", "store", "model"},
    "cli": {
        "cli",
        "engine",
        "planner",
        "scheduler",
        "drivers",
        "hooks",
        "store",
        "language",
        "render",
        "model",
        "observe",
    },
}
"""Package -> packages of ours. Everybody may import `errors`; `clock` is for those that have effects."""

FENCES = {
    "hcl2": ("language",),
    "lark": ("language",),
    "deepdiff": ("planner/differ.py",),
    "docker": ("drivers/docker",),
    "prometheus_client": ("observe/metrics.py",),
    "click": ("cli",),
    "cronsim": ("model/timetable.py",),
}
IMPURE = {"time", "random", "threading", "logging", "secrets"}
IMPURE_ENDINGS = (".environ", ".getenv", "datetime.now", "date.today", ".uuid1", ".uuid4")
READS_FILES = {"language/loader.py", "language/cache.py"}


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(path: Path) -> Iterator[str]:
    """Yield what is reached through modules: `os.environ`, `datetime.now`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != ROOT], ids=place)
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.removeprefix("reconciler.") for name in imports(path) if name.startswith("reconciler.")}
    allowed = MAY_IMPORT[package] | {"errors", "__version__"} | (set() if package in PURE else {"clock"})
    assert {name for name in ours if name.split(".")[0] not in allowed} == set()


def test_the_engine_knows_protocols_only() -> None:
    """Only the preview and the sandbox of tests hold a driver: the simulated one."""
    for path in sorted((ROOT / "engine").glob("*.py")):
        effects = {name.removeprefix("reconciler.") for name in imports(path)}
        concrete = {name for name in effects if name.startswith(("drivers.", "store."))}
        concrete = {name for name in concrete if name.rpartition(".")[0] not in PROTOCOLS}
        simulates = path.name in ("preview.py", "sandbox.py", "simulation.py")
        simulated = {name for name in concrete if name.startswith(("drivers.simulated.", "store.memory."))}
        assert concrete == (simulated if simulates else set()), place(path)


@pytest.mark.parametrize("library", sorted(FENCES))
def test_a_library_stays_behind_its_fence(library: str) -> None:
    users = {place(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert {user for user in users if not user.startswith(FENCES[library])} == set()


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_have_no_clock_chance_threads_or_environment(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        if place(path) in READS_FILES:
            continue
        assert {name.split(".")[0] for name in imports(path)} & IMPURE == set(), place(path)
        used = {*imports(path), *attributes(path)}
        assert {name for name in used if name.endswith(IMPURE_ENDINGS)} == set(), place(path)
