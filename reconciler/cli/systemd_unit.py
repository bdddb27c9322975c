"""A unit of systemd for `watch`: started at boot, restarted whatever happens, hardened as far as that hurts no stack.

Sources: systemd.unit(5), systemd.service(5), systemd.exec(5); systemd.syntax(7) for how words are quoted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reconciler.cli.options import Given, find_stack, find_state

KEPT = re.compile(r"DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)|RECONCILER_(LEASE|RELIST|RETRY)_SECONDS")
"""Of our environment, what decides which engine it is and how it is watched."""

_PLAIN = re.compile(r"[\w/.:=,@+-]+", re.ASCII)


def unit_text(stacks: Sequence[Given], options: Iterable[str], environ: Mapping[str, str], user: str) -> str:
    """Return a unit that watches stacks as `user`, with the same options as this command line.

    Whoever watches writes the state's files, so it must be who applies: else neither could read the other's.
    """
    folders = [find_stack(each.stack_folder).resolve() for each in stacks]
    states = [find_state(each.state_folder, folder).resolve() for each, folder in zip(stacks, folders, strict=True)]
    words = [*_program(), "watch", *map(str, folders), *_given(stacks[0]), *options]
    if len(set(states)) == 1:
        words += ["--state", str(states[0])]
    kept = [f"Environment={_word(f'{name}={environ[name]}')}" for name in sorted(environ) if KEPT.fullmatch(name)]
    return _UNIT.format(
        names=", ".join(_line(folder.name) for folder in folders),
        user="" if user == "root" else f"User={user}\n",
        environment="".join(f"{each}\n" for each in kept),
        command=" ".join(_word(each).replace("$", "$$") for each in words),
        folder=_line(str(folders[0])),
        states="\n".join(f"ReadWritePaths={_word(f'-{each}')}" for each in dict.fromkeys(states)),
    )


def _program() -> tuple[str, ...]:
    """Return how this program is called: with its whole path, for systemd looks nowhere else."""
    program = Path(sys.argv[0]).resolve()
    return (str(program),) if program.name == "reconciler" else (sys.executable, "-m", "reconciler")


def _given(stack: Given) -> Iterable[str]:
    """Return the variables of all stacks as options: --follow evaluates the files with them."""
    for variable in stack.variables:
        yield from ("--var", variable)
    for file in stack.var_files:
        yield from ("--var-file", str(Path(file).absolute()))


def _word(text: str) -> str:
    """Return a word as systemd reads it back."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{_line(escaped)}"'


def _line(text: str) -> str:
    """Return a value that is not quoted: only specifiers mean something there."""
    return text.replace("%", "%%").replace("\n", " ")


_UNIT = """\
[Unit]
Description=reconciler keeps {names}
After=network-online.target docker.service
Wants=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WorkingDirectory={folder}
{user}{environment}Restart=always
RestartSec=2
RestartPreventExitStatus=64
SuccessExitStatus=143
WatchdogSec=120
TimeoutStopSec=15
KillMode=mixed

# It needs the engine and the state's folder; commands of hooks, secrets and notifications run in here too.
NoNewPrivileges=yes
ProtectSystem=full
{states}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""
