"""Registering task definitions: equal content is the same revision (ECS RegisterTaskDefinition)."""

from __future__ import annotations

from reconciler.model.noun import fingerprint
from reconciler.model.state import Revision, State
from reconciler.model.task_definition import TaskDefinition


def register(definition: TaskDefinition, state: State, now: float) -> tuple[State, Revision]:
    """Register a definition; content that its family had before is that revision again."""
    content = fingerprint(definition)
    known = state.revision_of(definition.family, content)
    if known is not None:
        return state, known
    latest = state.latest_revision(definition.family)
    revision = Revision(
        family=definition.family,
        number=latest.number + 1 if latest else 1,
        fingerprint=content,
        definition=definition,
        registered_at=now,
    )
    return state.changed(revisions=(*state.revisions, revision)), revision
