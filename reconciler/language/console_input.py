"""Whether an expression typed line by line goes on in the next: in an open bracket, heredoc or comment it does."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"?|#.*|//.*|/\*|<<-?(?P<mark>[^\W\d][\w.-]*)[ \t\r]*$|[()\[\]{}]")


class Continuation:
    """Follows the lines of one expression."""

    def __init__(self) -> None:
        self._depth, self._mark, self._in_comment = 0, "", False

    @property
    def is_open(self) -> bool:
        """Say whether another line is needed."""
        return self._depth > 0 or bool(self._mark) or self._in_comment

    def add(self, line: str) -> None:
        """Take the next line."""
        if self._mark:
            self._mark = "" if line.strip() == self._mark else self._mark
            return
        position = 0
        while position < len(line) or self._in_comment:
            if self._in_comment:
                end = line.find("*/", position)
                if end < 0:
                    return
                position, self._in_comment = end + 2, False
            found = _TOKEN.search(line, position)
            if found is None:
                return
            position = found.end()
            self._take(found)

    def _take(self, found: re.Match[str]) -> None:
        if found["mark"]:
            self._mark = found["mark"]
        elif found[0] == "/*":
            self._in_comment = True
        elif found[0] in "([{":
            self._depth += 1
        elif found[0] in ")]}":
            self._depth -= 1
