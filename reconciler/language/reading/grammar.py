"""The grammar: python-hcl2's own text, made as strict as HCL by a table of substitutions.

Every substitution asserts that it applies, so that an upgrade of python-hcl2 fails loudly instead of silently
changing what a stack means.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.language import cache
from reconciler.language.limits import MAXIMUM_DEPTH

if TYPE_CHECKING:
    from lark import Lark, Token

START_FILE, START_TEMPLATE, START_EXPRESSION = "start", "template", "lone_expr"

# (what python-hcl2 says, what HCL says). Newlines are settled by the post-lexer: rules of expressions have none.
_PATCHES: tuple[tuple[str, str], ...] = (
    # A comment never takes the newline that follows it; blank lines are one token.
    (
        r"NL_OR_COMMENT: /\n[ \t]*/ | /#.*\n/ | /\/\/.*\n/ | /\/\*(.|\n)*?(\*\/)/",
        r"NL_OR_COMMENT: /\n(?:[ \t\n]|\r(?=\n))*+/ | /(#|\/\/)[^\n]*/ | /\/\*[\s\S]*?\*\//",
    ),
    ("NAME : /[a-zA-Z_][a-zA-Z0-9_-]*/", "NAME : /[^\\W\\d][\\w\\u0300-\\u036f\\u00b7-]*/"),
    # The escape is three characters; what follows is text, and may hold interpolations of its own.
    (r"ESCAPED_INTERPOLATION.2: /\$\$\{[^}]*\}/", r"ESCAPED_INTERPOLATION.2: /\$\$\{/"),
    (r"ESCAPED_DIRECTIVE.2: /%%\{[^}]*\}/", r"ESCAPED_DIRECTIVE.2: /%%\{/"),
    # A quoted string ends on its line.
    (
        r"STRING_CHARS.1: /(?:(?!\$\$\{)(?!\$\{)(?!%%\{)(?!%\{)[^\"\\]|\\.|(?:\$(?!\$?\{))|(?:%(?!%?\{)))+/".replace(
            r"\"", '"'
        ),
        'STRING_CHARS.1: /(?:[^"\\\\$%\\r\\n]+|\\\\.|\\$(?!\\$?\\{)|%(?!%?\\{))++/\n'
        "HEREDOC_CHARS.1: /(?:[^$%]+|\\$(?!\\$?\\{)|%(?!%?\\{))++/",
    ),
    ('NEGATIVE_DECIMAL : "-" DECIMAL\n', ""),
    # Digits, points and exponents are one number as far as they go: `x.0.1` asks for the element 0.1 of x.
    (
        "INT_LITERAL: NEGATIVE_DECIMAL? DECIMAL+",
        r"INT_LITERAL: /[0-9]+(?!(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))/",
    ),
    (
        'FLOAT_LITERAL: (NEGATIVE_DECIMAL? DECIMAL+ | NEGATIVE_DECIMAL+) "." DECIMAL+ (EXP_MARK)?\n'
        "               | (NEGATIVE_DECIMAL? DECIMAL+ | NEGATIVE_DECIMAL+) (EXP_MARK)",
        r"FLOAT_LITERAL: /[0-9]+(?=[.eE])(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9])/",
    ),
    # A keyword is a whole word: `%{ ifx }` is none.
    ('IF : "if"', r"IF.3 : /if(?![\w-])/"),
    ('FOR : "for"', r"FOR.3 : /for(?![\w-])/"),
    ('ELSE : "else"', r"ELSE.3 : /else(?![\w-])/"),
    ('ENDIF : "endif"', r"ENDIF.3 : /endif(?![\w-])/"),
    ('ENDFOR : "endfor"', r"ENDFOR.3 : /endfor(?![\w-])/"),
    ('IN : "in"', r"IN.3 : /in(?![\w-])/"),
    # A carriage return is white space before a newline only; `~` stands right before its brace.
    (r"%ignore /[ \t\r]+/", r"%ignore /(?:[ \t]|\r(?=\n))++/"),
    ('STRIP_MARKER : "~"', r"STRIP_MARKER : /~(?=\})/"),
    # `\"x\"` is no string of HCL.
    (r'TEMPLATE_STRING.3 : /\\\\"(?:[^"\\\\]|\\\\.)*\\\\"/', ""),
    ("            | template_string\n", ""),
    ("template_string : TEMPLATE_STRING\n", ""),
    ('INTERP_START : "${"', r"INTERP_START : /\$\{~?/"),
    ('DIRECTIVE_START : "%{"', r"DIRECTIVE_START : /%\{~?/"),
    ("DIRECTIVE_START STRIP_MARKER? IF expression", "DIRECTIVE_START IF expression"),
    ("DIRECTIVE_START STRIP_MARKER? ELSE", "DIRECTIVE_START ELSE"),
    ("DIRECTIVE_START STRIP_MARKER? ENDIF", "DIRECTIVE_START ENDIF"),
    ("DIRECTIVE_START STRIP_MARKER? FOR", "DIRECTIVE_START FOR"),
    ("DIRECTIVE_START STRIP_MARKER? ENDFOR", "DIRECTIVE_START ENDFOR"),
    ("interpolation: INTERP_START expression RBRACE", "interpolation: INTERP_START expression STRIP_MARKER? RBRACE"),
    ('ATTR_SPLAT : ".*"', r"ATTR_SPLAT : /\.[ \t]*\*/"),
    ('FULL_SPLAT_START : "[*]"', r"FULL_SPLAT_START : /\[[ \t]*\*[ \t]*\]/"),
    # One terminal for both kinds of heredoc; the newline after the closing marker stays a newline.
    (
        r"HEREDOC_TEMPLATE : /<<(?P<heredoc>[a-zA-Z][a-zA-Z0-9._-]*)\r?\n(?:(?:.|\n)*?\r?\n)??\s*(?P=heredoc)\r?\n/",
        r"HEREDOC_TEMPLATE : /<<-?(?P<heredoc>[^\W\d][\w-]*)\r?\n"
        r"(?:(?![ \t]*(?P=heredoc)[ \t]*\r?\n)[^\r\n]*\r?\n)*+[ \t]*(?P=heredoc)[ \t]*(?=\r?\n)/"
        "\nFOR_BRACE.1 : /\\{(?=(?:\\s|(?:#|\\/\\/)[^\\n]*\\n|\\/\\*(?:[^*]|\\*(?!\\/))*\\*\\/)*for(?![\\w-]))/",
    ),
    (
        r"HEREDOC_TEMPLATE_TRIM : /<<-(?P<heredoc_trim>[a-zA-Z][a-zA-Z0-9._-]*)\r?\n"
        r"(?:(?:.|\n)*?\r?\n)??\s*(?P=heredoc_trim)\r?\n/",
        "",
    ),
    ("            | heredoc_template_trim\n", ""),
    ("heredoc_template_trim : HEREDOC_TEMPLATE_TRIM\n", ""),
    # One item a line; a one-line block holds one attribute at most; a block opens on its header's line.
    (
        "body : (new_line_or_comment? (attribute | block))* new_line_or_comment?",
        "body : new_line_or_comment? ((attribute | block) new_line_or_comment)* (attribute | block)?",
    ),
    (
        "block : _attribute_name (_attribute_name | string)* new_line_or_comment? LBRACE body RBRACE",
        "block : _attribute_name (_attribute_name | string)* LBRACE block_body RBRACE\n"
        "block_body : attribute? | new_line_or_comment ((attribute | block) new_line_or_comment)*",
    ),
    ("!unary_op : (MINUS | NOT) expr_term", "!unary_op : (MINUS | NOT) unary_expr"),
    (
        "object : LBRACE new_line_or_comment? ((object_elem | (object_elem new_line_or_comment? COMMA)) "
        "new_line_or_comment?)* RBRACE",
        "object : LBRACE new_lines? (object_elem object_separator)* object_elem? RBRACE\n"
        "object_separator : COMMA new_lines? | new_lines",
    ),
    ("for_object_expr : LBRACE", "for_object_expr : FOR_BRACE"),
    (
        "function_call : identifier (COLONS identifier COLONS identifier)? LPAR",
        "function_call : identifier (COLONS identifier)* LPAR",
    ),
    # What follows a splat is attached to it while building, because `[*]` and `.*` reach differently far.
    ("attr_splat : ATTR_SPLAT (get_attr | index)*", "attr_splat : ATTR_SPLAT"),
    ("full_splat : FULL_SPLAT_START (get_attr | index)*", "full_splat : FULL_SPLAT_START"),
)

# Heredoc bodies have rules of their own: a shared rule would let STRING_CHARS match where HEREDOC_CHARS must.
_TEMPLATE_RULES = r"""
template : template_part*
template_part : HEREDOC_CHARS
              | ESCAPED_INTERPOLATION
              | ESCAPED_DIRECTIVE
              | body_interpolation
              | body_if
              | body_else
              | body_endif
              | body_for
              | body_endfor
body_interpolation : INTERP_START expression STRIP_MARKER? RBRACE -> interpolation
body_if : DIRECTIVE_START IF expression STRIP_MARKER? RBRACE -> template_if_start
body_else : DIRECTIVE_START ELSE STRIP_MARKER? RBRACE -> template_else
body_endif : DIRECTIVE_START ENDIF STRIP_MARKER? RBRACE -> template_endif
body_for : DIRECTIVE_START FOR identifier (COMMA identifier)? IN expression STRIP_MARKER? RBRACE -> template_for_start
body_endfor : DIRECTIVE_START ENDFOR STRIP_MARKER? RBRACE -> template_endfor
lone_expr : expression
"""


class BracketError(Exception):
    """The post-lexer's complaint about `token`; `opener` is the bracket that it is about, if any."""

    def __init__(self, problem: str, token: Token, opener: Token | None = None) -> None:
        super().__init__(problem)
        self.problem, self.token, self.opener = problem, token, opener


_OPENERS = frozenset({"LBRACE", "FOR_BRACE", "LPAR", "LSQB", "INTERP_START", "DIRECTIVE_START"})
_CLOSERS = {
    "RBRACE": frozenset({"LBRACE", "FOR_BRACE", "INTERP_START", "DIRECTIVE_START"}),
    "RPAR": frozenset({"LPAR"}),
    "RSQB": frozenset({"LSQB"}),
}


class PostLexer:
    """Drop comments everywhere, and newlines where HCL ignores them: in every bracket but a plain `{`.

    `brackets` is the stack of what is open in the text being lexed, kept for messages about unclosed things. `left`
    is how many more tokens a text may have.
    """

    always_accept = ("NL_OR_COMMENT",)

    def __init__(self) -> None:
        self.brackets: list[Token] = []
        self.lines_matter = True
        self.left = sys.maxsize

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass on the tokens the grammar knows; raise BracketError for an unclosed string or too much depth."""
        brackets: list[Token] = []
        self.brackets = brackets
        lines_matter = self.lines_matter
        for token in stream:
            kind = token.type
            self.left -= 1
            if self.left < 0:
                raise BracketError("size", token)
            if kind == "NL_OR_COMMENT":
                if not token.startswith("\n"):
                    continue
                if brackets:
                    opener = brackets[-1].type
                    if opener == "DBLQUOTE":
                        raise BracketError("string", token, brackets[-1])
                    if opener != "LBRACE":
                        continue
                elif not lines_matter:
                    continue
            elif kind in _OPENERS:
                brackets.append(token)
                if len(brackets) > MAXIMUM_DEPTH:
                    raise BracketError("depth", token)
            elif kind in _CLOSERS and brackets and brackets[-1].type not in _CLOSERS[kind]:
                raise BracketError("unclosed", token, brackets[-1])
            elif kind == "DBLQUOTE" and not (brackets and brackets[-1].type == "DBLQUOTE"):
                brackets.append(token)
                yield token
                continue
            yield token  # what it closes is open until the parser has taken it, for messages
            if brackets and (kind in _CLOSERS or kind == "DBLQUOTE"):
                brackets.pop()


def grammar_text() -> str:
    """Return python-hcl2's grammar with every substitution made, without importing hcl2."""
    specification = importlib.util.find_spec("hcl2")
    assert specification is not None and specification.origin is not None, "python-hcl2 is not installed"
    text = Path(specification.origin).with_name("hcl2.lark").read_text(encoding="utf-8")
    for old, new in _PATCHES[:-1]:
        text = _substitute(text, old, new)
    text = _substitute(text, *_PATCHES[-1])
    head, marker, rules = text.partition("// Expressions\n")
    assert marker, "python-hcl2's grammar has no section of expressions"
    rules = rules.replace("new_line_or_comment? ", "").replace(" new_line_or_comment?", "")
    rules = rules.replace("new_lines", "new_line_or_comment")
    return head + marker + rules + _TEMPLATE_RULES


def grammar_version() -> str:
    """Return python-hcl2's version: part of every cache key."""
    return importlib.metadata.version("python-hcl2")


def build(builder: Any, post_lexer: PostLexer, cache_folder: Path | None) -> Lark:
    """Build the LALR parser that calls `builder`, with its table from `cache_folder` where it can be had."""
    import lark.lark

    text = grammar_text()
    live = {"transformer": builder, "postlex": post_lexer}
    name = f"grammar-{cache.key(text, lark.__version__)}"
    table = cache.read(cache_folder, name)
    if isinstance(table, dict):
        found: Lark = lark.Lark.__new__(lark.Lark)._load(table, **live)
        return found
    starts = [START_FILE, START_TEMPLATE, START_EXPRESSION]
    parser = lark.Lark(text, parser="lalr", start=starts, **live)
    cache.write(cache_folder, name, _table(parser))
    return parser


def _table(parser: Lark) -> dict[str, Any]:
    """Return what Lark makes of a grammar, as its own cache keeps it: that one is never found under another name."""
    from lark.grammar import Rule
    from lark.lark import _LOAD_ALLOWED_OPTIONS
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {name: value for name, value in data["options"].items() if name not in _LOAD_ALLOWED_OPTIONS}
    return {"data": data, "memo": memo}


def _substitute(text: str, old: str, new: str) -> str:
    assert old in text, f"python-hcl2's grammar no longer holds: {old}"
    return text.replace(old, new)
