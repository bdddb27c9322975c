"""What is written down of a noun, on labels and on disk, can be read back."""

from __future__ import annotations

import pytest

from reconciler.drivers.labels import container_labels, task_from_labels
from reconciler.model.noun import canonical, fingerprint
from reconciler.model.stack import CommandSource, EnvironmentSource, FileSource, Secret, SecretSource, Stack
from reconciler.model.task_definition import (
    HostVolume,
    PrivateVolume,
    SharedVolume,
    TaskDefinition,
    TaskVolume,
    TmpfsVolume,
)
from tests.builders import container, definition, task

VOLUMES = (
    PrivateVolume(name="scratch"),
    SharedVolume(name="data", source="volume.data"),
    HostVolume(name="host", host_path="/srv"),
    TmpfsVolume(name="memory", tmpfs_size=64),
)
SOURCES = (EnvironmentSource(name="KEY"), FileSource(path="key"), CommandSource(argv=("pass", "key")))


@pytest.mark.parametrize("volume", VOLUMES, ids=lambda volume: volume.kind)
def test_a_definition_with_a_volume_is_read_back_from_its_canonical_text(volume: TaskVolume) -> None:
    written = definition(volumes=(volume,))
    assert TaskDefinition.model_validate_json(canonical(written)) == written


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_a_stack_with_a_secret_is_read_back_from_what_is_recorded(source: SecretSource) -> None:
    written = Stack(name="shop", secrets=(Secret(address="secret.key", source=source),))
    assert Stack.model_validate_json(written.model_dump_json(exclude_defaults=True)) == written


def test_a_task_is_read_back_from_the_labels_of_its_containers() -> None:
    written = task(of=definition(container("app"), container("side", essential=False), volumes=VOLUMES))
    assert task_from_labels(container_labels(written, "app")) == written


def test_equal_content_has_one_fingerprint_whatever_was_said_explicitly() -> None:
    assert fingerprint(definition(container(essential=True))) == fingerprint(definition(container()))
    assert fingerprint(definition(container(cpu=2))) != fingerprint(definition(container()))
