"""Text in the character encodings that IANA names and Terraform knows, to bytes and back."""

from __future__ import annotations

import codecs
import re

# (codec, IANA's names of it in lower case)
_NAMES = {
    "ascii": "us-ascii iso-ir-6 ansi_x3.4-1968 ansi_x3.4-1986 iso_646.irv:1991 iso646-us us ibm367 cp367 csascii",
    "utf-8": "utf-8 csutf8",
    "utf-16": "utf-16 csutf16",
    "utf-16-be": "utf-16be csutf16be",
    "utf-16-le": "utf-16le csutf16le",
    "latin-1": "iso-8859-1 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 ibm819 cp819 csisolatin1",
    "iso8859-2": "iso-8859-2 iso_8859-2 iso_8859-2:1987 iso-ir-101 latin2 l2 csisolatin2",
    "iso8859-3": "iso-8859-3 iso_8859-3 iso_8859-3:1988 iso-ir-109 latin3 l3 csisolatin3",
    "iso8859-4": "iso-8859-4 iso_8859-4 iso_8859-4:1988 iso-ir-110 latin4 l4 csisolatin4",
    "iso8859-5": "iso-8859-5 iso_8859-5 iso_8859-5:1988 iso-ir-144 cyrillic csisolatincyrillic",
    "iso8859-6": "iso-8859-6 iso_8859-6 iso_8859-6:1987 iso-ir-127 ecma-114 asmo-708 arabic csisolatinarabic "
    "iso-8859-6-e iso_8859-6-e csiso88596e iso-8859-6-i iso_8859-6-i csiso88596i",
    "iso8859-7": "iso-8859-7 iso_8859-7 iso_8859-7:1987 iso-ir-126 elot_928 ecma-118 greek greek8 csisolatingreek",
    "iso8859-8": "iso-8859-8 iso_8859-8 iso_8859-8:1988 iso-ir-138 hebrew csisolatinhebrew "
    "iso-8859-8-e iso_8859-8-e csiso88598e iso-8859-8-i iso_8859-8-i csiso88598i",
    "iso8859-9": "iso-8859-9 iso_8859-9 iso_8859-9:1989 iso-ir-148 latin5 l5 csisolatin5",
    "iso8859-10": "iso-8859-10 iso_8859-10:1992 iso-ir-157 latin6 l6 csisolatin6",
    "iso8859-13": "iso-8859-13 csiso885913",
    "iso8859-14": "iso-8859-14 iso_8859-14 iso_8859-14:1998 iso-ir-199 latin8 l8 iso-celtic csiso885914",
    "iso8859-15": "iso-8859-15 iso_8859-15 latin-9 csiso885915",
    "iso8859-16": "iso-8859-16 iso_8859-16 iso_8859-16:2001 iso-ir-226 latin10 l10 csiso885916",
    "cp037": "ibm037 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csibm037",
    "cp437": "ibm437 cp437 437 cspc8codepage437",
    "cp850": "ibm850 cp850 850 cspc850multilingual",
    "cp852": "ibm852 cp852 852 cspcp852",
    "cp855": "ibm855 cp855 855 csibm855",
    "cp858": "ibm00858 ccsid00858 cp00858 pc-multilingual-850+euro csibm00858",
    "cp860": "ibm860 cp860 860 csibm860",
    "cp862": "ibm862 cp862 862 cspc862latinhebrew",
    "cp863": "ibm863 cp863 863 csibm863",
    "cp865": "ibm865 cp865 865 csibm865",
    "cp866": "ibm866 cp866 866 csibm866",
    "cp1140": "ibm01140 ccsid01140 cp01140 ebcdic-us-37+euro csibm01140",
    "koi8-r": "koi8-r cskoi8r",
    "koi8-u": "koi8-u cskoi8u",
    "mac-roman": "macintosh mac csmacintosh",
    "cp874": "windows-874 cswindows874",
    **{f"cp125{digit}": f"windows-125{digit} cswindows125{digit}" for digit in range(9)},
    "gbk": "gbk cp936 ms936 windows-936 csgbk",
    "gb18030": "gb18030 csgb18030",
    "hz": "hz-gb-2312",
    "big5hkscs": "big5 csbig5",
    "euc-jp": "euc-jp extended_unix_code_packed_format_for_japanese cseucpkdfmtjapanese",
    "iso2022-jp": "iso-2022-jp csiso2022jp",
    "cp932": "shift_jis ms_kanji csshiftjis",
    "cp949": "euc-kr cseuckr",
}
_CODECS = {name: codec for codec, names in _NAMES.items() for name in names.split()}
_WITHOUT_CONTROLS = re.compile(r"iso8859-(?!9\Z)\d+\Z")
_CONTROLS = re.compile("[\x80-\x9f]")
_JAPANESE = frozenset({"euc-jp", "iso2022-jp"})
_OURS, _PYTHONS = "～∥－￠￡￢", "〜‖−¢£¬"
"""Characters for which Python's Japanese codecs have another one than everybody else."""


class CharsetError(ValueError):
    """The text and the encoding do not fit."""


def codec_of(name: str) -> str | None:
    """Return what `encoded` and `decoded` call an encoding; None for one that is not known."""
    return _CODECS.get(name.strip().lower())


def encoded(text: str, codec: str) -> bytes:
    """Return a text's bytes; raise CharsetError."""
    _check_controls(text, codec)
    if codec == "utf-16":
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    if codec in _JAPANESE:
        text = text.translate(str.maketrans(_OURS, _PYTHONS))
    try:
        content = b"\x80" if codec == "gbk" and text == "€" else text.encode(codec)
        return content if codec != "hz" or text[-1:].isascii() else content.removesuffix(b"~}")
    except UnicodeError:
        raise CharsetError("the text cannot be written in this encoding") from None


def decoded(content: bytes, codec: str) -> str:
    """Return the text that bytes are; raise CharsetError."""
    if codec == "utf-16":
        codec = "utf-16-le" if content.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        content = content.removeprefix(codecs.BOM_UTF16_LE if codec == "utf-16-le" else codecs.BOM_UTF16_BE)
    if codec in ("gbk", "gb18030") and content == b"\x80":
        return "€"
    try:
        text = content.decode(codec)
    except UnicodeError:
        raise CharsetError("the bytes are no text in this encoding") from None
    _check_controls(text, codec)
    return text.translate(str.maketrans(_PYTHONS, _OURS)) if codec in _JAPANESE else text


def _check_controls(text: str, codec: str) -> None:
    if _WITHOUT_CONTROLS.match(codec) and _CONTROLS.search(text):
        raise CharsetError("the encoding has no control characters above 127")
