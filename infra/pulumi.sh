#!/usr/bin/env bash
# infra/pulumi.sh <preview|up> <dev|prod> [options of pulumi …]: the three stacks in their order, by the pinned Pulumi.
# Needs PULUMI_BACKEND_URL (s3://…, what infra/setup-pulumi-state.sh made), PULUMI_CONFIG_PASSPHRASE and credentials of AWS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

refuse() {
  echo "$1" >&2
  echo "infra/pulumi.sh <preview|up> <dev|prod> [options of pulumi …]" >&2
  exit 64
}
act="${1:-}"
environment="${2:-}"
case "$act" in preview | up) ;; *) refuse "There is no act \"$act\"." ;; esac
case "$environment" in dev | prod) ;; *) refuse "There is no environment \"$environment\"." ;; esac
shift 2
for name in PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE; do
  [ -n "${!name:-}" ] || refuse "$name is not set."
done

version="$(node -p 'require("./package.json").dependencies["@pulumi/pulumi"]')"
if [ "$(pulumi version 2>/dev/null || true)" != "v$version" ]; then
  curl -fsSL https://get.pulumi.com | sh -s -- --version "$version"
  PATH="$HOME/.pulumi/bin:$PATH"
fi
npm ci --no-audit --no-fund --loglevel=error

for stack in base workers platform; do
  echo "== viberglass-$stack, $environment"
  pulumi "$act" --cwd "$stack" --stack "organization/viberglass-$stack/$environment" --non-interactive "$@"
done
