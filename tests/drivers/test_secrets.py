"""Secrets are read where they are kept; what is wrong is said without what is secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.drivers.secrets import SecretReader, SecretUnavailableError
from reconciler.model.snapshot import SecretReading
from reconciler.model.stack import CommandSource, EnvironmentSource, FileSource, Secret

ENVIRON = {"DB": "from-env", "PATH": "/usr/bin:/bin"}


def reader(folder: Path, *sources: EnvironmentSource | FileSource | CommandSource) -> SecretReader:
    return SecretReader(
        [Secret(address=f"secret.s{n}", source=each) for n, each in enumerate(sources)], folder, ENVIRON
    )


@pytest.mark.parametrize("source", [FileSource(path="db.txt"), CommandSource(argv=("cat", "db.txt"))])
def test_files_and_commands_start_from_the_stacks_folder_and_lose_one_newline(
    tmp_path: Path, source: FileSource | CommandSource
) -> None:
    (tmp_path / "db.txt").write_text("two\nlines\n\n")
    assert reader(tmp_path, source).value("secret.s0") == "two\nlines\n"


def test_a_variable_is_read(tmp_path: Path) -> None:
    assert reader(tmp_path, EnvironmentSource(name="DB")).value("secret.s0") == "from-env"


def test_a_command_is_run_without_a_shell(tmp_path: Path) -> None:
    assert reader(tmp_path, CommandSource(argv=("echo", "$(id)"))).value("secret.s0") == "$(id)"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (EnvironmentSource(name="ABSENT"), "secret.s0: the environment variable ABSENT is not set"),
        (FileSource(path="absent"), "secret.s0: cannot read {folder}/absent: No such file or directory"),
        (CommandSource(argv=("absent-command",)), "secret.s0: the command 'absent-command' did not run: No such"),
        (CommandSource(argv=("sh", "-c", "echo v4lue; echo v4lue >&2; exit 3")), "the command 'sh' ended with 3"),
        (CommandSource(argv=("printf", "\\377v4lue")), "secret.s0: the value is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_says_where_it_was_looked_for(
    tmp_path: Path, source: EnvironmentSource | FileSource | CommandSource, message: str
) -> None:
    with pytest.raises(SecretUnavailableError) as caught:
        reader(tmp_path, source).value("secret.s0")
    assert message.format(folder=tmp_path) in str(caught.value)
    assert "v4lue" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_readings_are_keyed_digests_or_reasons(tmp_path: Path) -> None:
    found = reader(tmp_path, EnvironmentSource(name="DB"), EnvironmentSource(name="ABSENT")).readings("key")
    assert found == (
        SecretReading(address="secret.s0", digest="db97a77a0789f8be12f0ff4f00e4db9058e76494df3b701f30bd776c592cc254"),
        SecretReading(address="secret.s1", reason="secret.s1: the environment variable ABSENT is not set"),
    )


def test_a_secret_that_is_not_declared_is_no_key_error(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailableError, match=r"secret\.other is not declared"):
        reader(tmp_path).value("secret.other")
