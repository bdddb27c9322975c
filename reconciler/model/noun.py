"""The base of every model: frozen, closed to unknown fields, built on first use; and its canonical text.

The canonical text leaves out what equals its default, so that a field added in a later version changes no
fingerprint. It sorts keys, so that the order in which a file says things never matters.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field


class Noun(BaseModel):
    """A frozen model. `changed(...)` is how a new one is made from an old one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, protected_namespaces=())

    def changed(self, **fields: Any) -> Self:
        """Return a copy with `fields` replaced. The values are trusted: they come from our own code."""
        return self.model_copy(update=fields)


Seconds = Annotated[float, Field(ge=0)]
"""A duration in seconds."""

MiB = Annotated[int, Field(ge=0)]
"""A size of memory in mebibytes."""


def canonical(noun: Noun) -> str:
    """Return the one text of a noun's content: equal content gives equal text."""
    content = noun.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(noun: Noun) -> str:
    """Return `v1:` and the SHA-256 of the canonical text."""
    return "v1:" + hashlib.sha256(canonical(noun).encode()).hexdigest()
