"""Diagnostics for people and for tools."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.diagnostic import Snippet, Span, error, warning
from reconciler.render.diagnostics import diagnostic_brief, diagnostic_text, validation_json

UNKNOWN = replace(
    error("E0203", 'unknown attribute "imgae"', 'Did you mean "image"?', Span("shop.hcl", 14, 5, 14, 10)),
    source=((13, '  container "app" {'), (14, '    imgae = "nginx"')),
)


def test_an_error_shows_its_place_the_line_with_a_marker_and_what_to_do() -> None:
    assert (
        diagnostic_text(UNKNOWN)
        == """\
Error: unknown attribute "imgae"   [E0203]
  shop.hcl:14:5
    13 |   container "app" {
    14 |     imgae = "nginx"
       |     ^^^^^
  Did you mean "image"?"""
    )


def test_the_marker_stands_below_tabs_and_ends_with_the_line() -> None:
    found = replace(UNKNOWN, span=Span("shop.hcl", 14, 2, 16, 2), source=((14, "\tsecrets = {"),))
    assert diagnostic_text(found).splitlines()[3] == "       | \t^^^^^^^^^^^"


def test_a_line_without_end_is_cut_around_the_mark() -> None:
    code = "x" * 900 + "var.a" + "y" * 900
    around = Snippet("", code, 100, 1000, 1005)
    found = replace(UNKNOWN, span=Span("a.json", 1, 1001, 1, 1006), source=((1, code[:200]),), snippet=around)
    line, mark = diagnostic_text(found).splitlines()[2:4]
    assert (line, mark) == ("    1 | ..." + "x" * 60 + "var.a" + "y" * 95, "      | " + " " * 63 + "^^^^^")


def test_an_error_without_a_place_is_what_and_what_to_do() -> None:
    assert diagnostic_text(error("E0507", "no files", "Run init.")) == "Error: no files   [E0507]\n  Run init."


def test_escapes_in_a_file_are_not_printed() -> None:
    found = replace(UNKNOWN, source=((14, "    imgae = \x1b[2J"),))
    assert "\x1b" not in diagnostic_text(found)


def test_validation_counts_errors_and_warnings() -> None:
    shape = validation_json([UNKNOWN, warning("W0401", "privileged")])
    counts = {name: shape[name] for name in ("valid", "error_count", "warning_count")}
    assert counts == {"valid": False, "error_count": 1, "warning_count": 1}
    assert validation_json([])["valid"] is True


def test_a_diagnostic_in_json_has_terraform_s_shape_with_offsets_in_bytes() -> None:
    around = Snippet('service "web"', "  é = var.x", 100, 107, 112)
    found = replace(error("E0402", "no x", "Declare it.", Span("a.hcl", 3, 7, 3, 12)), snippet=around)
    assert validation_json([found]) == {
        "format_version": "1.0",
        "valid": False,
        "error_count": 1,
        "warning_count": 0,
        "diagnostics": [
            {
                "severity": "error",
                "code": "E0402",
                "summary": "no x",
                "detail": "Declare it.",
                "range": {
                    "filename": "a.hcl",
                    "start": {"line": 3, "column": 7, "byte": 107},
                    "end": {"line": 3, "column": 12, "byte": 112},
                },
                "snippet": {
                    "context": 'service "web"',
                    "code": "  é = var.x",
                    "start_line": 3,
                    "highlight_start_offset": 7,
                    "highlight_end_offset": 12,
                    "values": [],
                },
            }
        ],
    }


def test_a_warning_in_brief_is_one_line_with_its_place() -> None:
    found = warning("E0223", 'container "app" has no memory limit', "Set memory.", Span("main.hcl", 9, 3, 9, 18))
    assert diagnostic_brief(found) == 'Warning: container "app" has no memory limit   main.hcl:9:3   [E0223]'


def test_the_values_of_the_parts_of_a_condition_stand_below_it() -> None:
    around = Snippet('container "app"', '    imgae = "nginx"', 300, 304, 309)
    found = replace(UNKNOWN, parts=(("var.tag", '"2"'), ("local.text", '"a\nb"')), snippet=around)
    assert diagnostic_text(found).splitlines()[4:7] == [
        "       |     ^^^^^",
        '       | var.tag is "2"',
        '       | local.text is "a b"',
    ]
    shape = validation_json([found])["diagnostics"]
    assert isinstance(shape, list)
    assert shape[0]["snippet"]["values"][0] == {"traversal": "var.tag", "statement": 'is "2"'}
