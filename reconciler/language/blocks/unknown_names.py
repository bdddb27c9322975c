"""Names that a block does not have: what may be meant, in the words of other tools, of other blocks, or by a slip."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from reconciler.language.expressions.access import similar
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.schema import Block, Kind

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "args": ("command",),
    "cmd": ("command",),
    "cpus": ("cpu",),
    "deployment": ("service",),
    "env": ("environment",),
    "environment_variables": ("environment",),
    "expose": ("port_mapping",),
    "instances": ("desired_count",),
    "mem_limit": ("memory",),
    "mounts": ("mount_point",),
    "pod": ("task_definition",),
    "port": ("port_mapping", "container_port"),
    "ports": ("port_mapping",),
    "replicas": ("desired_count",),
    "restart": ("restart_policy",),
    "scale": ("desired_count",),
    "task": ("task_definition",),
    "volume_mount": ("mount_point",),
    "volumes": ("mount_point",),
    "workdir": ("working_directory",),
    "working_dir": ("working_directory",),
}
"""A word of Compose, Kubernetes, Terraform or docker -> what is meant, if the block at hand has it."""

_LAST = ("load_balancer", "target_group")
"""Where a name is looked for last."""

TERRAFORM = ("", "module")
"""Blocks whose table names words of Terraform that we do not have."""


def unknown_name(report: Report, file: str, name: tuple[str, Place, str], where: str, schema: Block) -> None:
    """Report a block or attribute that the table does not have; `name` is its text, place and which of the two."""
    if report.is_full:
        report.untold += 1
        return
    text, place, word = name
    code, summary, detail = _explained(text, word, schema)
    report.error(code, summary.replace("@", f'"{text}"{f" {where}" if where else ""}'), detail, file, place)


def _explained(text: str, word: str, schema: Block) -> tuple[str, str, str]:
    """Return code, summary and detail; @ in the summary stands for the name and where it is."""
    if text in schema.aws_only:
        whose = "of Terraform" if schema.word in TERRAFORM else "AWS-only"
        return "E0209", f"@ is {whose} and not supported", instead(schema.aws_only[text])
    if text in schema.later:
        detail = f"It comes with a later version ({schema.later[text]}); remove it for now."
        return "E0210", "@ is not supported yet", detail
    attribute = schema.attribute(text)
    if word == "attribute" and schema.block(text) is not None:
        return "E0202", "@ is a block", f"Write `{text} {{ ... }}` without an equals sign."
    if word == "block" and attribute is not None:
        value = "{ ... }" if attribute.kind in (Kind.MAP, Kind.REFERENCE_MAP) else "..."
        return "E0202", "@ is an attribute", f"Write `{text} = {value}`."
    return "E0201" if word == "block" else "E0202", f"unknown {word} @", _proposal(text, schema)


def instead(what: str) -> str:
    """Return the next step of a table's "nothing", "nothing: why" or "what to use"."""
    if what == "nothing":
        return "Remove it."
    nothing, colon, why = what.partition(": ")
    return f"Remove it: {why}." if colon and nothing == "nothing" else f"Remove it. Instead: {what}."


def _proposal(text: str, schema: Block) -> str:
    names = names_of(schema)
    path = f"{schema.word}." if schema.word else ""
    other = next((each for each in OTHER_WORDS.get(text, ()) if each in names), "")
    if other:
        return f'Did you mean "{other}"? See `reconciler docs {path}{other}`.'
    outer = _elsewhere(text, schema)
    if outer:
        return f"It stands in {outer}: see `reconciler docs {outer}.{text}`."
    command = f"reconciler docs {schema.word}".rstrip()
    return similar(text, names) or f"`{command}` tells what there is."


def names_of(schema: Block) -> list[str]:
    """Return the names of a block's attributes and blocks."""
    return [*(each.name for each in schema.attributes), *(each.word for each in schema.blocks)]


def meant(name: str, schema: Block) -> set[str]:
    """Return what an unknown name may stand for, by a slip or in the words of others: that is not missing as well."""
    known = names_of(schema)
    if name in known:  # a block written as an attribute, or the other way round
        return {name}
    words = {*re.findall(r"\w+", schema.aws_only.get(name, "")), *OTHER_WORDS.get(name, ())}
    return {*difflib.get_close_matches(name, known), *(each for each in known if each in words)}


def _elsewhere(word: str, schema: Block) -> str:
    """Return the path of another block that has a block or attribute of this name.

    Of several it is the one nearest to the top, those of traffic last: an image is rather a container's.
    """
    from reconciler.language.schema_stack import ROOT

    found = [path for path, block in _blocks(ROOT, "") if block is not schema and word in names_of(block)]
    return min(found, key=lambda path: (path.startswith(_LAST), path.count(".")), default="")


def _blocks(block: Block, path: str) -> Iterator[tuple[str, Block]]:
    for each in block.blocks:
        inner = f"{path}.{each.word}" if path else each.word
        yield inner, each
        yield from _blocks(each, inner)
