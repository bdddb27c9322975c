"""Functions that read files, that decrypt, and that are not known before an apply: each of them at least once."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from reconciler.errors import StackError
from reconciler.language import evaluate

KEY = """\
-----BEGIN RSA PRIVATE KEY-----
MIICWwIBAAKBgQDEvbc9Jtr0OK9jNriHnQJwCoA3Wa2uL3sO9BSaUHj8xxuQJuzO
cc6FNzNjyc+sXvHxwwvTQxr/eSG/Z3vgWPTHi8fWQ8/Hs8deCw3sPAD9e10n/COk
Y+z6MRUV8VUC0yUOjJ+lH2nUkRxHg0ovOscMdeWhLLUzR0MPCxs/5YM9pQIDAQAB
AoGAAoTHPsIrlWrQW/3MWPgamuKXh53fSlaTRbq8NMmI8vt9j9ffujjcwvnU75ca
0IMap9SuZxL52oFrfC7P+CxLXejeCJGOyw5GsJTPrMGu2vosXSMW2rcFcSbJXcbJ
BkQLccA+W5TfEWu+lQ/avwrLa8aoC3IuJrlQft0QsTJJTxUCQQDjkrV2zGQnpOup
ZeCiWGsxmc9BFeL1eEOeu9dMAu8sNEAzRqV4yqX/Enn2DZInCgKf592eGNujjgf6
mfcVnzW/AkEA3VERDx1xQcL8c0aJgfokvU0rIPfYqK/az9Ntlrw+p1WPSIhYrXEE
01WIdcz4JP0+53Ankcjre6s1k9gqTl0NmwJAdMufzFe780jGFguOTWO5qBw7bTjx
YXAWrEnVhlJfM72hUW+pjyPaK93ssCZo4xZVIIJckD5Lw1YqrCgG0pcCewJAV/yt
woubBmEFyrKlYoZXaucuGVpPyai4Xl2ZOQ83/YDXiSej0biYCYj8ypClqtb/1jVR
lfUCIdWMZG3RS/xUtwJAA6RAvi6mseXSXHxn7LP7PwP8Uz2LAfJeDstNFPRBoX2H
loDIfoMPyzkTYUVlEOxkXUcQDJTDWnaSFMAyWqgs7A==
-----END RSA PRIVATE KEY-----
"""
CIPHER = (
    "SAUZTIHkZfikh67w7uYPrBahQP0sRi32OMuQxJwu+NADn5KUKDZjw/M7SWix6yTXvGNtAwjxdI2dfM2mM/hh9r"
    "Z4+vu8R4bzJB+pBoyNsv/GnMrXtbOo+BQ4zmQP5bCaX91V/uewGaBnY1zPwHWHFwZp4XJAdaZy3SFpIjT7jAc="
)
TEXT = "one\ntwo ${name}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stack's folder with a file, one below, and a key."""
    (tmp_path / "a.tpl").write_text(TEXT)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_text("b")
    (tmp_path / "key.pem").write_text(KEY)
    return tmp_path


def digest(name: str) -> bytes:
    return hashlib.new(name, TEXT.encode()).digest()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('file("a.tpl")', TEXT),
        ('filebase64("a.tpl")', base64.b64encode(TEXT.encode()).decode()),
        ('filemd5("a.tpl")', digest("md5").hex()),
        ('filesha1("a.tpl")', digest("sha1").hex()),
        ('filesha256("a.tpl")', digest("sha256").hex()),
        ('filesha512("a.tpl")', digest("sha512").hex()),
        ('filebase64sha256("a.tpl")', base64.b64encode(digest("sha256")).decode()),
        ('filebase64sha512("a.tpl")', base64.b64encode(digest("sha512")).decode()),
        ('[fileexists("a.tpl"), fileexists("b.txt"), fileexists("sub/b.txt")]', [True, False, True]),
        ('fileset(".", "**/*.t*")', ["a.tpl", "sub/b.txt"]),
        ('fileset("sub", "*")', ["b.txt"]),
        ('templatefile("a.tpl", { name = "you" })', "one\ntwo you\n"),
        ('rsadecrypt("' + CIPHER + '", file("key.pem"))', "secret text"),
        ('pathexpand("x/~/y")', "x/~/y"),
        ("ephemeralasnull([1, null])", [1, None]),
        ('base64gzip("abc")', "H4sIAAAAAAAA/0pMSgYAAAD//wEAAP//wkEkNQMAAAA="),
    ],
)
def test_files_are_read_from_the_stacks_folder(expression: str, expected: object, folder: Path) -> None:
    assert evaluate(expression, folder=folder) == expected


def test_a_path_is_made_absolute_below_the_stacks_folder(folder: Path) -> None:
    assert evaluate('abspath("sub/../a.tpl")', folder=folder) == str(folder / "a.tpl")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "sub/../../x", "link"])
def test_no_function_reads_outside_of_the_stacks_folder(path: str, folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(StackError, match="lies outside of the stack's folder"):
        evaluate(f'file("{path}")', folder=folder)


@pytest.mark.parametrize("call", ["timestamp()", "plantimestamp()", "uuid()", 'bcrypt("x")'])
def test_what_only_an_apply_can_know_has_no_value_before(call: str) -> None:
    with pytest.raises(StackError, match="known only after apply"):
        evaluate(call)
