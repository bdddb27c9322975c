"""What tools are shown around a place: the goldens are what `terraform validate -json` says of the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.language.loader import load
from reconciler.model.diagnostic import Snippet
from reconciler.render.diagnostics import diagnostic_json

NATIVE = '# é\nlocals {\n  a = 1\n}\noutput "o" {\n  value = [1, "é", var.x,\n  2]\n}\n'
JSON = '{"output":{"o":{"value":"${var.x}"},"p":[{"value":["a",{"b":"${var.y}"}]}]}}'


def shown(folder: Path, name: str, text: str) -> list[dict[str, object]]:
    (folder / name).write_text(text)
    found = [diagnostic_json(each) for each in load(folder).diagnostics]
    return [{"range": each["range"], "snippet": each["snippet"]} for each in found]


def test_offsets_count_bytes_and_the_context_is_the_block_at_the_top(tmp_path: Path) -> None:
    (found,) = shown(tmp_path, "main.hcl", NATIVE)
    assert found == {
        "range": {
            "filename": f"{tmp_path}/main.hcl",
            "start": {"line": 6, "column": 20, "byte": 57},
            "end": {"line": 6, "column": 25, "byte": 62},
        },
        "snippet": {
            "context": 'output "o"',
            "code": '  value = [1, "é", var.x,',
            "start_line": 6,
            "highlight_start_offset": 20,
            "highlight_end_offset": 25,
            "values": [],
        },
    }


def test_of_a_json_file_the_context_is_the_path_of_what_holds_the_place(tmp_path: Path) -> None:
    found = [each["snippet"] for each in shown(tmp_path, "main.hcl.json", JSON)]
    assert found == [
        {
            "context": "output.o",
            "code": JSON,
            "start_line": 1,
            "highlight_start_offset": 27,
            "highlight_end_offset": 32,
            "values": [],
        },
        {
            "context": "output.p[0].value[1]",
            "code": JSON,
            "start_line": 1,
            "highlight_start_offset": 63,
            "highlight_end_offset": 68,
            "values": [],
        },
    ]


CASES = {
    "the header itself": ('network "a" {\n}\nnetwork "a" {\n}\n', Snippet("", 'network "a" {', 16, 16, 27)),
    "a range of lines": ('locals {\n  a = max(\n    "x")\n}\n', Snippet("locals", '    "x")', 20, 24, 27)),
    "the end of a line": ('locals {\n  a = "x\n}\n', Snippet("locals", '  a = "x', 9, 17, 18)),
    "the end of the file": ("a = <<E", Snippet("", "a = <<E", 0, 4, 7)),
    "CRLF": ('locals {\r\n  a = "x" y\r\n}\r\n', Snippet("locals", '  a = "x" y', 10, 20, 21)),
    "braces in strings, comments and heredocs": (
        'locals {\n  a = "}" # }\n  b = <<E\n}\nE\n  /* } */ c = 1 +\n}\n',
        Snippet("locals", "  /* } */ c = 1 +", 37, 54, 55),
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_the_snippet_is_the_lines_of_the_range(text: str, expected: Snippet, tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_bytes(text.encode())
    (found,) = load(tmp_path).diagnostics
    assert found.snippet == expected


def test_of_a_line_without_end_only_the_surroundings_are_shown(tmp_path: Path) -> None:
    text = '{"locals": {"a": "' + "x" * 100_000 + '"}, "output": {"o": {"value": "${var.x}"}}}'
    (found,) = shown(tmp_path, "main.hcl.json", text)
    snippet = found["snippet"]
    assert isinstance(snippet, dict)
    start, end = snippet["highlight_start_offset"], snippet["highlight_end_offset"]
    assert (snippet["code"][start:end], len(snippet["code"]) < 5000) == ("var.x", True)
