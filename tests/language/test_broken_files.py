"""Broken files: every error with its place, in words. Places are where Terraform shows the same mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.language.reading.parser import parse

_CASE = re.compile(r"=== (?P<name>.*)\n(?P<expected>(?:(?!---).*\n)*)---\n(?P<text>(?:(?!=== ).*\n)*)")
CASES = [
    pytest.param(found["text"], found["expected"], id=found["name"])
    for found in _CASE.finditer(Path(__file__).with_name("broken_files.txt").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_error_has_its_place_one_cause_and_one_next_step(text: str, expected: str) -> None:
    told = "".join(
        f"{one.place[0]}:{one.place[1]} {one.code} {one.summary}\n    {one.detail}\n" for one in parse(text).problems
    )
    assert told == expected


def test_there_are_enough_broken_files() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_no_message_lists_what_a_parser_expected(text: str, expected: str) -> None:
    told = [problem.summary + problem.detail for problem in parse(text).problems]
    assert not [message for message in told if re.search(r"[A-Z]{3,}_|RBRACE|DBLQUOTE|Token|[Ee]xpected", message)]


def test_what_is_whole_is_read_in_spite_of_errors() -> None:
    text = "a {\n}\nb {\n x = = 1\n}\nc {\n}\nd {\n y = [\n}\ne {\n}\n"
    assert [block.type for block in parse(text).body.blocks] == ["a", "c", "e"]
