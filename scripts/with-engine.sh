#!/usr/bin/env bash
# with-engine.sh COMMAND...: runs it with the right to use the local engine's socket. Somebody who is not in the
# socket's group gets it through sudo for this one command: same user, same files, nothing changed for good.
set -euo pipefail

socket=/var/run/docker.sock
if [[ -n ${DOCKER_HOST:-} || ! -S $socket || -w $socket ]]; then
  exec "$@"
fi
# sudo has a PATH of its own: take ours along.
exec sudo --preserve-env --group="$(stat --format=%G "$socket")" -- env PATH="$PATH" "$@"
