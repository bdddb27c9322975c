#!/usr/bin/env bash
# engine.sh: brings up a Docker engine if none answers, and says in one line what it did.
#   engine.sh        uses the engine that answers; else installs Debian's docker.io if absent, and starts dockerd
#   engine.sh stop   stops the dockerd that this script started; any other is left alone
# Needs .venv (scripts/venv.sh). Becomes root through sudo only when there is something to install or to start.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$(dirname "$scripts")/.venv/bin/python
run=/run/reconciler-engine
log=/var/log/reconciler-engine.log
wait_seconds=60
dockerd_id="" # of the dockerd started by this run

answer() {
  "$scripts/with-engine.sh" "$python" "$scripts/connect.py"
}

fail() {
  echo "engine: $1" >&2
  if [[ -s $log ]]; then
    echo "The last warnings and errors of $log:" >&2
    grep -v level=info "$log" | tail -n 15 >&2
  fi
  exit 1
}

# is_alive ID NAME: whether it is a process of that name and more than a zombie, which a container without an init
# keeps for ever.
is_alive() {
  [[ $(cat "/proc/$1/stat" 2>/dev/null) == "$1 ($2) "[!Z]* ]]
}

# is_recorded FILE NAME: whether FILE holds the id of a living process of that name.
is_recorded() {
  [[ -s $1 ]] && is_alive "$(<"$1")" "$2"
}

# A dockerd that was killed leaves its process id behind; dockerd refuses to start while any process has that id.
remove_stale_ids() {
  local file name
  while read -r file name; do
    is_recorded "$file" "$name" || rm -f "$file"
  done <<<"/var/run/docker.pid dockerd
/var/run/docker/containerd/containerd.pid containerd"
}

missing_packages() {
  command -v dockerd >/dev/null || echo docker.io
  command -v iptables >/dev/null || echo iptables
}

has_systemd_unit() {
  [[ -d /run/systemd/system ]] && systemctl cat docker.service >/dev/null 2>&1
}

# Out of reach of the shell that starts it: a session of its own, no terminal, none of our open files.
start_dockerd() {
  remove_stale_ids
  if is_recorded /var/run/docker.pid dockerd; then
    return # it is still starting
  fi
  ulimit -n "$(ulimit -Hn)" # containers inherit it, and a thousand of them need more than 1024
  setsid dockerd </dev/null >"$log" 2>&1 9>&- &
  dockerd_id=$! # setsid becomes dockerd
  echo "$dockerd_id" >"$run/dockerd.pid"
}

wait_for_answer() {
  local deadline=$((SECONDS + wait_seconds))
  until answer >/dev/null 2>&1; do
    [[ -z $dockerd_id ]] || kill -0 "$dockerd_id" 2>/dev/null || fail "dockerd ended while it was starting"
    ((SECONDS < deadline)) || fail "no answer from dockerd within $wait_seconds s"
    sleep 0.2
  done
}

# One at a time: whoever waited for the lock finds the engine that the other one started.
start() {
  local did="" packages
  mkdir -p "$run"
  exec 9>"$run/lock"
  flock 9
  if answer >/dev/null 2>&1; then
    did="waited while somebody else started it"
  else
    packages=$(missing_packages)
    if [[ -n $packages ]]; then
      # shellcheck disable=SC2086 # one word a package
      "$scripts/apt-install.sh" $packages 9>&- || fail "could not install ${packages//$'\n'/ and }"
      did="installed ${packages//$'\n'/ and }, "
    fi
    if has_systemd_unit; then
      systemctl start docker.service 9>&- || fail "systemctl could not start docker.service (journalctl -u docker)"
      did+="started docker.service (log: journalctl -u docker)"
    else
      start_dockerd
      did+="started dockerd (log: $log)"
    fi
    wait_for_answer
  fi
  echo "engine: $did; it answers at $(answer)"
}

stop() {
  local id
  [[ -e $run/dockerd.pid ]] && as_root stop
  if ! is_recorded "$run/dockerd.pid" dockerd; then
    echo "engine: nothing to stop: no dockerd of this script's runs"
    return
  fi
  id=$(<"$run/dockerd.pid")
  kill "$id"
  local deadline=$((SECONDS + wait_seconds))
  while is_alive "$id" dockerd; do
    ((SECONDS < deadline)) || fail "dockerd (process $id) does not end within $wait_seconds s"
    sleep 0.2
  done
  rm -f "$run/dockerd.pid"
  echo "engine: stopped dockerd"
}

as_root() {
  ((EUID == 0)) || exec sudo --preserve-env -- "$scripts/engine.sh" "$@"
}

case ${1:-} in
  "")
    code=0
    said=$(answer 2>&1) || code=$?
    case $code in
      0) echo "engine: using the one that answers at $said" ;;
      3) as_root && start ;;
      *) echo "engine: $said" >&2 && exit 1 ;;
    esac
    ;;
  stop)
    stop
    ;;
  *)
    echo "usage: $0 [stop]" >&2
    exit 64
    ;;
esac
