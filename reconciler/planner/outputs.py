"""Which output values an apply would change."""

from __future__ import annotations

from reconciler.model.plan import Action, OutputChange
from reconciler.model.stack import Output


def output_changes(before: tuple[Output, ...], after: tuple[Output, ...]) -> tuple[OutputChange, ...]:
    """Compare recorded with evaluated outputs, by name. Sensitive values are never compared: none is recorded."""
    old = {each.name: each for each in before}
    new = {each.name: each for each in after}
    changes = [_output_change(old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())]
    return tuple(each for each in changes if each is not None)


def _output_change(old: Output | None, new: Output | None) -> OutputChange | None:
    if new is None:
        assert old is not None  # one of the two is there
        return OutputChange(name=old.name, action=Action.DELETE, old=old.value, sensitive=old.sensitive)
    is_same = old is not None and new.known and old.value == new.value and old.sensitive == new.sensitive
    if is_same or (old is not None and new.sensitive and old.sensitive):
        return None
    return OutputChange(
        name=new.name,
        action=Action.UPDATE if old else Action.CREATE,
        old=old.value if old else None,
        new=new.value,
        known=new.known,
        sensitive=new.sensitive or (old is not None and old.sensitive),
    )
