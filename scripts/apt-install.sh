#!/usr/bin/env bash
# apt-install.sh PACKAGE...: installs Debian packages, as root or through sudo; shows apt's words only if it fails.
set -euo pipefail

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian: install what provides $* by hand, and run this again." >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A list of packages that cannot be refreshed is no reason to stop: the one at hand may do.
as_root apt-get update -q </dev/null >"$log" 2>&1 || true
if ! as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1; then
  echo "apt-get could not install $*; its last words:" >&2
  tail -n 20 "$log" >&2
  exit 1
fi
