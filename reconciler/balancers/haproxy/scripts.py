"""The shell scripts that run in a balancer's container.

They use only what both the official image (dash, bash, coreutils) and a small one (busybox) have. Values come as
arguments, never as text of a script. Parts of the output are parted by a character that no part can hold.
"""

from __future__ import annotations

from reconciler.balancers.haproxy.names import MASTER

MARK = "\x1e"
_HOST, _, _PORT = MASTER.partition(":")

# Every question ends with `quit`: without nc nothing else tells HAProxy that no more comes, and it waits.
_ASK = f"""\
ask() {{
  if command -v nc >/dev/null 2>&1; then
    printf '%s\\n' "$1" | nc -w 5 {_HOST} {_PORT}
  else
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$1" && printf "%s\\n" "$2" >&3 && cat <&3' ask {_HOST}/{_PORT} "$1"
  fi 2>/dev/null | tr -d '\\036'
}}
"""

LOOK = (
    _ASK
    + """\
printf '\\036'
cat "$1" 2>/dev/null
printf '\\036'
questions='@1;show stat'
if [ -f "$1" ]; then
  while read -r word name rest; do
    case "$word $name" in "set-var proc."*) questions="$questions;get var $name" ;; esac
    if [ ${#questions} -gt 6000 ]; then ask "$questions;quit"; questions=@1; fi
  done <"$1"
fi
ask "$questions;show info;quit"
printf '\\036'
ask 'show proc;quit'
exit 0
"""
)
"""Argument: the file. Writes the file, the worker's answers and the master's, each after a mark.

The shares to ask for are the file's own variables. What the process says of itself comes last: an answer that has it
is whole. A target's words are in the answers, so the mark is taken out of them."""

CONFIGURE = (
    _ASK
    + """\
file=$1 new=$2 look=$3 how=$4 end=$(($(date +%s) + 30))
shift 4
is_late() { [ "$(date +%s)" -ge "$end" ]; }
if [ -f "$new" ]; then
  sync "$new" 2>/dev/null  # without, a power failure after the renaming may leave an empty file
  said=$(haproxy -c -f "$new" 2>&1) || { printf '%s\\n' "$said"; rm -f "$new"; exit 3; }
  cp -f "$file" "$file.old" 2>/dev/null
  mv -f "$new" "$file"
fi
case $how in
  tell)
    for line; do is_late || ask "$line"; done
    ;;
  reload)
    ask 'reload;quit' >/dev/null
    tries=0
    until case "$(ask '@1;show info;quit')" in *"description: $1"*) true ;; *) false ;; esac; do
      tries=$((tries + 1))
      if [ $tries -gt 50 ] || is_late; then
        [ ! -f "$file.old" ] || mv -f "$file.old" "$file"
        echo "HAProxy did not take the new configuration: its own log says why"
        exit 4
      fi
      sleep 0.1
    done
    ;;
esac
rm -f "$file".*.new
rm -f "$file.old"
content=$(cat "$file")
for pem in "${file%/*}"/certs/*; do
  case $content in *"/${pem##*/}"*) ;; *) rm -f "$pem" ;; esac
done
sh -c "$look" look "$file"
"""
)
"""Arguments: the file, the new one, the script above, and either `tell` and lines, or `reload` and the description
to wait for.

Ends before whoever waits for it gives up: what it did later might undo another's work. Ends with 3 when HAProxy
refuses the new file, and with 4 when no process takes it: then the old one is back."""
