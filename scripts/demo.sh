#!/usr/bin/env bash
# demo.sh: applies stacks/shop, shows it, and says what to try next. Needs .venv, an engine and the demo's images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

reconciler=.venv/bin/reconciler
scripts/with-engine.sh "$reconciler" apply --stack stacks/shop --auto-approve
echo
scripts/with-engine.sh "$reconciler" status --stack stacks/shop
echo
command -v curl >/dev/null || scripts/apt-install.sh curl
url=$(scripts/with-engine.sh "$reconciler" output url --raw --stack stacks/shop)
echo "\$ curl $url"
curl --silent --show-error --fail --max-time 10 "$url"
echo
[[ -z ${DOCKER_HOST:-} && ! -w /var/run/docker.sock ]] && reconciler="scripts/with-engine.sh $reconciler"
echo "Try next: $reconciler plan --stack stacks/shop --var tag=2"
