#!/usr/bin/env bash
# venv.sh: makes .venv and installs the project in it, with its development tools. Does so again only when
# pyproject.toml, Python or the folder's place have changed. PYTHON names the Python to use.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$scripts")
venv=$root/.venv
stamp=$venv/.installed

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "venv: no Python 3.11 or later among: ${PYTHON:-python3 python3.13 python3.12 python3.11}. On Debian 12:" \
    "apt-get install python3 python3-venv" >&2
  return 1
}

# Debian ships venv's pip apart, in python3-venv: without it `python3 -m venv` stops half-way.
need_ensurepip() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null || "$scripts/apt-install.sh" python3-venv
}

python=$(find_python)
mkdir -p "$root/build"
exec 9>"$root/build/venv.lock"
flock 9

place="$root $("$python" -c 'import sys; print(sys.version.split()[0], sys.base_prefix)')"
content=$(sha256sum <"$root/pyproject.toml")
if [[ -f $stamp && $(<"$stamp") == "$place"$'\n'"$content" ]]; then
  echo "venv: .venv is up to date"
  exit
fi

# The commands in .venv/bin name their folder: after a move they are made anew.
if [[ ! -f $stamp || $(head -n 1 "$stamp") != "$place" ]]; then
  need_ensurepip "$python"
  "$python" -m venv --clear "$venv"
fi
rm -f "$stamp"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "${root}[dev]" </dev/null
printf '%s\n%s' "$place" "$content" >"$stamp"
echo "venv: installed the project and its development tools in .venv (Python $("$venv/bin/python" -V | cut -d' ' -f2))"
