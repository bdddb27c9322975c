"""What counts as one character, as `length` of Terraform has it."""

from __future__ import annotations

import pytest

from reconciler.language.expressions.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("", []),
        ("ab", ["a", "b"]),
        ("a\r\n\n", ["a", "\r\n", "\n"]),
        ("é\r\n", ["é", "\r\n"]),
        ("e\u0301\u0327x", ["e\u0301\u0327", "x"]),
        ("\u0301x", ["\u0301", "x"]),
        ("\x01\u0301", ["\x01", "\u0301"]),
        ("\u200be\u0301", ["\u200b", "e\u0301"]),
        ("\u1112\u1161\u11ab\u1100\u1173", ["\u1112\u1161\u11ab", "\u1100\u1173"]),
        ("\uac00\u11a8\uac01\u11a8\uac00", ["\uac00\u11a8", "\uac01\u11a8", "\uac00"]),
        ("\u0e01\u0e33\u0e48", ["\u0e01\u0e33\u0e48"]),
        ("\u0915\u094d\u0937\u093f", ["\u0915\u094d", "\u0937\u093f"]),
        ("\u0600\u0661", ["\u0600\u0661"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("👨\u200d👩\u200d👧x", ["👨\u200d👩\u200d👧", "x"]),
        ("a\u200d❤️", ["a\u200d", "❤️"]),
        ("🇩🇪🇫🇷🇺", ["🇩🇪", "🇫🇷", "🇺"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
    ],
)
def test_a_text_is_split_where_a_reader_sees_characters(text: str, clusters: list[str]) -> None:
    assert graphemes(text) == clusters
