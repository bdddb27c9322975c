#!/usr/bin/env bash
# demo.sh: applies stacks/shop, shows it, and says what to try next. Needs .venv, an engine and the demo's images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

.venv/bin/reconciler apply --stack stacks/shop --auto-approve
echo
.venv/bin/reconciler status --stack stacks/shop
echo
echo "Try next: .venv/bin/reconciler plan --stack stacks/shop --var tag=2"
