"""How things are called: addresses (`module.mail.service.smtp["eu"]`) and the names made from them.

An address is a plain string, unique in its stack. Keys of `for_each` are written as in Terraform: `["eu"]`, `[0]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

BLOCK_TYPES = (
    "network",
    "volume",
    "secret",
    "task_definition",
    "service",
    "load_balancer",
    "target_group",
    "autoscaling",
    "scheduled_task",
    "notification",
)

_PART = re.compile(r'(?P<word>[^.\["\]]+)|\["(?P<key>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]')
_KEY = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_NOT_A_NAME = re.compile(r"[^a-z0-9-]+")


def block_type(address: str) -> str:
    """Return the type in an address: `service` of `module.mail.service.smtp`, `module` of `module.mail`.

    >>> block_type('module.mail.service.smtp["eu"]')
    'service'
    """
    words = _words(address)
    while words[0][0] == "module" and (inside := _after_module(words)):
        words = inside
    return words[0][0]


def default_name(address: str) -> str:
    """Return the name a family or service has by default: the address without block types, joined by `-`.

    >>> default_name('module.mail.service.smtp["eu"]')
    'mail-smtp-eu'
    """
    names = [text for text, is_type in _words(address) if not is_type]
    return _NOT_A_NAME.sub("-", "-".join(names).lower()).strip("-")


def short_name(address: str) -> str:
    """Return what follows the block type: `web["blue"]` of `service.web["blue"]`."""
    words = [match for match in _PART.finditer(address) if match["word"] is not None]
    return address[words[-1].start() :]


def _words(address: str) -> list[tuple[str, bool]]:
    """Split into (text, is it a block type). The word after a type is a name; keys are names too."""
    words: list[tuple[str, bool]] = []
    expects_type = True
    for match in _PART.finditer(address):
        if match["word"] is None:
            words.append((match["key"] if match["key"] is not None else match["index"], False))
            continue
        words.append((match["word"], expects_type))
        expects_type = not expects_type
    return words


def _after_module(words: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    rest = words[2:]
    while rest and not rest[0][1]:
        rest = rest[1:]
    return rest


def without_keys(address: str) -> str:
    """Return the address of the block in its file, whichever copies there are.

    >>> without_keys('module.mail["eu"].service.smtp[0]')
    'module.mail.service.smtp'
    """
    return _KEY.sub("", address)


def has_key(address: str) -> bool:
    """Say whether an address is that of one copy: `service.web["blue"]`."""
    return address.endswith("]")


def around(address: str) -> Iterator[str]:
    """Yield an address and all that it is within, the nearest first.

    >>> list(around('module.mail["eu"].service.smtp'))[:3]
    ['module.mail["eu"].service.smtp', 'module.mail["eu"].service', 'module.mail["eu"]']
    """
    yield address
    yield from (address[:end] for end in range(len(address) - 1, 0, -1) if address[end] in ".[")


def is_within(address: str, container: str) -> bool:
    """Say whether an address is the same as another, an instance of it, or inside that module.

    >>> is_within('module.mail["eu"].service.smtp', 'module.mail')
    True
    >>> is_within('service.web2', 'service.web')
    False
    """
    rest = address.removeprefix(container)
    return address.startswith(container) and rest[:1] in ("", ".", "[")
