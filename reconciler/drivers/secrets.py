"""Secrets read where they are kept, when a task starts: an environment variable, a file, or a command's output.

A value is handed on and never stored, logged or shown; what is recorded is its keyed digest. No message has a value.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.model.snapshot import SecretReading
from reconciler.model.stack import CommandSource, EnvironmentSource, FileSource, Secret

COMMAND_TIMEOUT = 30.0


class SecretUnavailableError(ReconcilerError):
    """A secret's value could not be read; the text says where it was looked for."""


class SecretReader:
    """Reads the secrets of a stack. Relative files and commands start from the stack's `folder`."""

    def __init__(self, secrets: Iterable[Secret], folder: str | Path, environ: Mapping[str, str]) -> None:
        self._secrets = {secret.address: secret for secret in secrets}
        self._folder = Path(folder)
        self._environ = environ

    def value(self, address: str) -> str:
        """Return the present value, without one final newline; raises SecretUnavailableError."""
        if address not in self._secrets:
            raise SecretUnavailableError(f"{address} is not declared")
        source = self._secrets[address].source
        if isinstance(source, EnvironmentSource):
            return self._variable(address, source)
        content = self._file(address, source) if isinstance(source, FileSource) else self._output(address, source)
        try:
            return content.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise SecretUnavailableError(f"{address}: the value is not UTF-8 text") from None

    def readings(self, digest_key: str) -> tuple[SecretReading, ...]:
        """Return the keyed digest of every secret, sorted by address, or why it could not be read."""
        return tuple(self._reading(address, digest_key) for address in sorted(self._secrets))

    def _reading(self, address: str, digest_key: str) -> SecretReading:
        try:
            value = self.value(address)
        except SecretUnavailableError as problem:
            return SecretReading(address=address, reason=str(problem))
        digest = hmac.new(digest_key.encode(), value.encode(), hashlib.sha256).hexdigest()
        return SecretReading(address=address, digest=digest)

    def _variable(self, address: str, source: EnvironmentSource) -> str:
        if source.name not in self._environ:
            raise SecretUnavailableError(f"{address}: the environment variable {source.name} is not set")
        return self._environ[source.name].removesuffix("\n")

    def _file(self, address: str, source: FileSource) -> bytes:
        path = self._folder / source.path
        try:
            return path.read_bytes()
        except OSError as problem:
            raise SecretUnavailableError(f"{address}: cannot read {path}: {problem.strerror}") from problem

    def _output(self, address: str, source: CommandSource) -> bytes:
        """Run the command without a shell. Only its name is told: arguments, and what it prints, may be secret."""
        import subprocess  # few stacks have such secrets, and every start would pay for it

        command = source.argv[0] if source.argv else ""
        try:
            ended = subprocess.run(
                source.argv,
                cwd=self._folder,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SecretUnavailableError(
                f"{address}: the command {command!r} did not end within {COMMAND_TIMEOUT:.0f} s"
            ) from None
        except (OSError, ValueError, IndexError) as problem:
            reason = getattr(problem, "strerror", None) or "it cannot be run"
            raise SecretUnavailableError(f"{address}: the command {command!r} did not run: {reason}") from None
        if ended.returncode != 0:
            raise SecretUnavailableError(f"{address}: the command {command!r} ended with {ended.returncode}")
        return ended.stdout
