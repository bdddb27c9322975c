"""The documentation is complete, current and true: what it links to is there, and what it shows parses and runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from reconciler.cli.main import VERBS, cli
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.language.loader import NO_SOURCES, VariableSources, load
from reconciler.language.reading.parser import parse
from reconciler.language.schema import paths
from reconciler.model.stack import Output
from reconciler.render.plan import plan_text
from tests.site import Site

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted([REPOSITORY / "README.md", REPOSITORY / "stacks" / "README.md", *(REPOSITORY / "docs").glob("*.md")])
SAMPLES = REPOSITORY / "docs" / "samples"
STACKS = sorted({file.parent for file in REPOSITORY.glob("stacks/*/*.hcl")})
NAMES = {page: page.relative_to(REPOSITORY).as_posix() for page in PAGES}

FENCE = re.compile(r"^(?P<mark><!-- runnable -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:\S*/)?reconciler (?P<words>.+?)(?:\s+#.*)?$", re.MULTILINE)


def blocks(page: Path, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    return [found["text"] for found in FENCE.finditer(page.read_text()) if found["kind"] == kind]


def test_the_generated_pages_are_current() -> None:
    command = [sys.executable, "scripts/docs.py", "--check"]
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "docs: all is current", "")


def test_every_verb_and_every_option_of_it_is_documented() -> None:
    sections = re.split(r"^## ", (REPOSITORY / "docs" / "commands.md").read_text(), flags=re.MULTILINE)
    documented = {section.split("`")[1]: section for section in sections[1:]}
    assert sorted(documented) == sorted(VERBS)
    missing = [
        f"{verb} {option}"
        for verb, section in documented.items()
        for option in options(verb)
        if f"`{option}`" not in section
    ]
    assert missing == []
    readme = (REPOSITORY / "README.md").read_text()
    assert [verb for verb in VERBS if f"`{verb}" not in readme] == []


def options(verb: str) -> Iterator[str]:
    """The options of a verb, in every spelling."""
    import click

    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    yield from (
        name
        for each in (option for found in (command, *parts) for option in found.params)
        if isinstance(each, click.Option)
        for name in (*each.opts, *each.secondary_opts)
    )
    yield from ("-h", "--help")


def test_every_block_and_attribute_is_documented_and_every_block_with_content_has_a_sample() -> None:
    text = (REPOSITORY / "docs" / "reference.md").read_text()
    sections = {
        each.split("`")[1].split(" ")[0]: each for each in re.split(r"^##+ (?=`)", text, flags=re.MULTILINE)[1:]
    }
    missing = []
    for path in paths():
        path = re.sub(r"^(?!removed)\w+\.lifecycle\.", "service.lifecycle.", path)
        block, _, name = path.rpartition(".")
        if path not in sections and f"- `{name}`: " not in sections.get(block, ""):
            missing.append(path)
    assert missing == []
    bare = [path for path, section in sections.items() if "```hcl" not in section]
    assert bare == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES.__getitem__)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        found["target"]
        for found in LINK.finditer(FENCE.sub("", page.read_text()))
        if not found["target"].startswith(("https://", "http://")) and not resolves(page, found["target"])
    ]
    assert broken == []


def resolves(page: Path, target: str) -> bool:
    """Whether a relative link names a file, and a heading in it when it names one."""
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not anchor or anchor in {anchor_of(each["title"]) for each in headings(file)})


def headings(file: Path) -> Iterator[re.Match[str]]:
    return HEADING.finditer(FENCE.sub("", file.read_text()))


def anchor_of(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=NAMES.__getitem__)
def test_every_hcl_block_parses(page: Path) -> None:
    assert [problem for text in blocks(page, "hcl") for problem in parse(text).problems] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES.__getitem__)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    unknown = []
    for text in (*blocks(page, "sh"), *blocks(page, "")):
        for found in COMMAND.finditer(text):
            verb, *words = re.split(r" (?:--|\|\|?) ", found["words"])[0].split()
            known = set(options(verb)) if verb in VERBS else {verb} & {"--help", "--version"}
            flags = [word.split("=")[0] for word in words if word.startswith("-")]
            unknown += [f"{verb} {flag}" for flag in flags if flag not in known]
            unknown += [] if known else [verb]
    assert unknown == []


@pytest.mark.parametrize("folder", STACKS, ids=lambda folder: folder.name)
def test_every_example_stack_is_valid_and_plans(folder: Path) -> None:
    prepared = planned(folder, Site())
    assert prepared.messages == () and not prepared.plan.is_empty
    assert {change.action.value for change in prepared.plan.changes} == {"create"}


def test_the_samples_of_the_reference_are_valid() -> None:
    assert load(SAMPLES, NO_SOURCES).diagnostics == ()


def planned(folder: Path, site: Site, **variables: str) -> Prepared:
    """Plan a folder's stack on a simulated engine that has its images."""
    sources = VariableSources(environment={f"RECONCILER_VAR_{name}": value for name, value in variables.items()})
    loaded = load(folder, sources)
    assert loaded.diagnostics == () and loaded.stack is not None
    for definition in loaded.stack.definitions.values():
        for container in definition.containers:
            site.engine.add_image(container.image)

    def outputs(attributes: object) -> tuple[Output, ...]:
        return tuple(loaded.outputs(attributes).values())  # type: ignore[arg-type]

    return prepare(site.session(), loaded.stack, outputs, Options())


def test_the_plan_in_the_readme_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for how long it takes, which the plan guesses."""
    readme = REPOSITORY / "README.md"
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "web.hcl").write_text(blocks(readme, "hcl")[0])
    monkeypatch.chdir(folder)
    site = Site()
    site.apply(planned(Path(), site, tag="1").stack)
    printed = plan_text(planned(Path(), site, tag="2").plan).strip()
    shown = next(text for text in blocks(readme, "") if text.startswith("$ reconciler plan"))
    assert untimed(shown) == untimed(f"$ reconciler plan --var tag=2\n{printed}\n")


def untimed(text: str) -> str:
    return re.sub(r"about [\d.ms]+", "about TIME", text)


@pytest.mark.parametrize("folder", [*STACKS, SAMPLES], ids=lambda folder: folder.name)
def test_every_example_is_formatted(folder: Path) -> None:
    assert [(file.name, line) for file in folder.glob("*.hcl") for line in unformatted(file.read_text())] == []


def unformatted(text: str) -> Iterator[str]:
    """Yield lines that are not as Terraform's formatter would leave them: indentation, spaces, aligned `=`."""
    if not text.endswith("\n") or text.endswith("\n\n") or "\n\n\n" in text:
        yield "empty lines"
    depth = 0
    columns: set[int] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        code = re.sub(r'"(?:\\.|[^"\\])*"', '""', line).split("#")[0]
        opened, closed = len(re.findall(r"[{[(]", code)), len(re.findall(r"[]})]", code))
        depth -= closed > opened  # as the formatter does: brackets that open on one line are one level
        indentation = len(line) - len(line.lstrip(" "))
        if line and (indentation != 2 * depth or line != line.rstrip() or "\t" in line):
            yield f"{number}: {line}"
        depth += opened > closed
        name = re.match(r"\s*\w+\s* = ", code)
        columns = {*columns, name.end()} if name and opened == closed else set()
        if len(columns) > 1:
            yield f"{number}: {line}"


def test_no_committed_file_names_the_machine_it_was_made_on() -> None:
    """Neither this folder, nor somebody's home, nor the package index that pip is told to use here."""
    words = [str(REPOSITORY), r"/home/[a-z]+/", r"/Users/[A-Za-z]+/", *map(re.escape, own_folders()), *indexes()]
    command = ["git", "grep", "-nIE", "|".join(words), "--", "."]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def own_folders() -> list[str]:
    """The top folder that this repository is in, unless every Linux has one of that name."""
    top = REPOSITORY.parts[1]
    return [] if top in ("tmp", "home", "root", "srv", "opt", "usr", "var", "mnt", "Users") else [f"/{top}/"]


def indexes() -> list[str]:
    """The hosts of package indexes other than the public one."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    told += "\n".join(value for name, value in os.environ.items() if name.endswith("INDEX_URL"))
    hosts = re.findall(r"https?://(?:[^/@\s']*@)?([^/:\s']+)", told)
    return sorted({re.escape(host) for host in hosts} - {re.escape("pypi.org")})


@pytest.mark.engine
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """All but `make`, in order, on a stack of this test's own name, so that a demo that runs is left alone."""
    name = f"shop-docs-{uuid4().hex[:8]}"
    shutil.copytree(REPOSITORY / "stacks", tmp_path / "stacks")
    for file in (tmp_path / "stacks" / "shop").glob("*.hcl"):
        text = file.read_text().replace('stack "shop"', f'stack "{name}"')
        file.write_text(text.replace('interval = "2s"', 'interval = "1s"'))  # the same, in less time
    command = tmp_path / ".venv" / "bin" / "reconciler"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m reconciler "$@"\n')
    command.chmod(0o755)
    (tmp_path / "state").mkdir()
    lines = runnable(REPOSITORY / "README.md")
    assert lines[-1].split()[1] == "destroy"
    apply, destroy = (
        f".venv/bin/reconciler {verb} --stack stacks/shop --auto-approve" for verb in ("apply", "destroy")
    )
    try:
        ended = [run(line, tmp_path) for line in (apply, *lines)]
    finally:
        run(f"{destroy} --volumes", tmp_path)
    assert [(each.args, each.returncode, each.stderr) for each in ended if each.returncode] == []
    nothing = run(destroy.replace("destroy", "plan").replace("auto-approve", "destroy --detailed-exitcode"), tmp_path)
    assert nothing.returncode == 0, nothing.stdout


def runnable(page: Path) -> list[str]:
    """The lines of the blocks marked as runnable, without those that are run by `make`."""
    found = [each["text"] for each in FENCE.finditer(page.read_text()) if each["mark"]]
    assert found
    return [line for text in found for line in text.splitlines() if line and not line.startswith(("#", "make "))]


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = environment() | {"RECONCILER_VAR_web_count": "2", "RECONCILER_VAR_listener_port": "18079"}
    command = ["sh", "-c", line]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120)


def environment() -> dict[str, str]:
    """The environment, with this project importable and without settings of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    return kept | {"PYTHONPATH": str(REPOSITORY)}
