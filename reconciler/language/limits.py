"""How much work one stack may ask for, so that a slip of the pen ends with an error and not with a full memory."""

from __future__ import annotations

MAXIMUM_DEPTH = 64
MAXIMUM_TOKENS = 100_000
MAXIMUM_TEXT = 8 * 1024 * 1024
MAXIMUM_ELEMENTS = 200_000
MAXIMUM_ITERATIONS = 200_000
MAXIMUM_STEPS = 1_000_000
MAXIMUM_COUNT = 10_000
MAXIMUM_MODULE_DEPTH = 16
MAXIMUM_MODULE_CALLS = 2_000
MAXIMUM_FILE_BYTES = 1024 * 1024


class LimitError(ValueError):
    """A value grew beyond what any stack needs."""


class Budget:
    """Counts the turns of all loops of one declaration, the elements that functions give, and all there is to do."""

    def __init__(self) -> None:
        self.left = MAXIMUM_ITERATIONS
        self.steps = MAXIMUM_STEPS

    def spend(self, turns: int) -> None:
        """Take `turns` from what is left; raise LimitError when that is too little."""
        self.left -= turns
        if self.left < 0:
            raise LimitError(f"loops and functions give more than {MAXIMUM_ITERATIONS} elements here")


def check_text(length: int) -> None:
    """Raise LimitError for a string of `length` characters that is too long."""
    if length > MAXIMUM_TEXT:
        raise LimitError(f"the string is longer than {MAXIMUM_TEXT // 1024 // 1024} MiB")


def check_elements(count: int) -> None:
    """Raise LimitError for a collection of `count` elements that is too large."""
    if count > MAXIMUM_ELEMENTS:
        raise LimitError(f"the collection has more than {MAXIMUM_ELEMENTS} elements")
